"""A run in the viewer of rerun (extra `view`): film, tracks, depth, cameras and points, curves, segments."""
