"""The adjuster's inner loops, compiled by numba: one hypothesis at a time on one core, and only what a track sees.

The same law stands plainly, a batch of whole arrays, beside the tests, which compare the two.
Arrays have the tracks last, so that each loop over the tracks of a frame is one long run through memory.
"""
