"""Which key points of two frames show the same place."""
