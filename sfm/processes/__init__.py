"""Processes that may die: isolation, limits, what the system says of them."""
