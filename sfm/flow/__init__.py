"""Optical flow on a grid of patches: in torch, one law on CPU and GPU; inner loops on a CPU are compiled by numba."""
