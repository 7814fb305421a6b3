"""pycolmap's mappers: incremental and global on our features and matches, and stock COLMAP end to end."""

from sfm.backends._backend import Backend, later
from sfm.config import ColmapConfig, ColmapSiftConfig, GlomapConfig

BACKEND = (
    Backend(
        name="colmap",
        summary="pycolmap's incremental mapper on our features",
        config=ColmapConfig,
        run=later("sfm.backends.colmap.incremental"),
        modules=("sfm.backends.colmap.incremental",),
    ),
    Backend(
        name="glomap",
        summary="pycolmap's global mapper on our features",
        config=GlomapConfig,
        run=later("sfm.backends.colmap.global_"),
        modules=("sfm.backends.colmap.global_",),
    ),
    Backend(
        name="colmap-sift",
        summary="stock pycolmap, the usual baseline",
        config=ColmapSiftConfig,
        run=later("sfm.backends.colmap.stock"),
        modules=("sfm.backends.colmap.stock",),
    ),
)
