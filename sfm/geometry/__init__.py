"""The core: what is observed, what is unknown, and the adjustment of the one to the other. In numpy."""
