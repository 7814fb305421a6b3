"""The default estimator, in the order of its work: see docs/estimator.md."""
