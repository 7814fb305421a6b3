"""Names of the files in a run folder: sfm writes them, compare and the readers of files look for them."""

RUN_FILE, RUN_FORMAT, RUN_VERSION = "run.json", "cinetraj-run", 1
"""The record of a run, and what its keys `format` and `version` say. The version rises when a key changes its meaning;
keys may be added without."""
TRAJECTORY_FILE = "trajectory.npz"
DEPTH_FILE, MASK_FILE, TRACKS_FILE = "depth.npz", "mask.mp4", "tracks.npz"
POINTS_FILE, COLMAP_FOLDER = "points.ply", "colmap"
PAGE_FILE = "index.html"
"""A page of a run, or of the runs in a folder."""
