"""One of several answers, and the calibrated probability of each thing that it says: see docs/confidence.md."""
