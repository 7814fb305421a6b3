"""What runs the units of work of a batch."""
