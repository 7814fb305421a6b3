"""The adjuster's inner loops, compiled by numba: one hypothesis at a time on one core, and only what a track sees.

The same law as in the torch modules of `sfm.geometry`, which run on any device and which the tests compare these with.
Arrays have the frames last, so that each loop over the frames of a track is one run through memory.
"""
