"""Optical flow on a grid of patches: torch only, the same on CPU and GPU."""
