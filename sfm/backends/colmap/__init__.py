"""pycolmap's mappers: incremental and global on our features and matches, and stock COLMAP end to end."""

from sfm.backends._backend import Backend, later
from sfm.config import ColmapConfig, ColmapSiftConfig, GlomapConfig


def _of_module(module: str, *, name: str, summary: str, config: type) -> Backend:
    """The backend whose `run` is that of a module of this folder, which is imported when it is asked for."""
    place = f"{__name__}.{module}"
    return Backend(name=name, summary=summary, config=config, run=later(place), modules=(place,))


BACKEND = (
    _of_module(
        "incremental", name="colmap", summary="pycolmap's incremental mapper on our features", config=ColmapConfig
    ),
    _of_module("global_", name="glomap", summary="pycolmap's global mapper on our features", config=GlomapConfig),
    _of_module("stock", name="colmap-sift", summary="stock pycolmap, the usual baseline", config=ColmapSiftConfig),
)
