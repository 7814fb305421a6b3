"""What `depth_prior` names: a file of maps, a folder with a network, a name on the hub; what is none is said early."""

import os
from pathlib import Path

from trajectory.errors import CinetrajError

MAPS_SUFFIX = ".npz"
REMEDY = "give a model of the transformers library for depth (a hub name or a folder), or an .npz with an array `depth`"


def require_there(source: str) -> None:
    """Raises CinetrajError where a path is given that is no file of maps and no folder: no hub knows it."""
    path = Path(source)
    if path.is_dir() or (path.is_file() and source.endswith(MAPS_SUFFIX)):
        return
    if path.is_file():
        raise CinetrajError(f"depth prior {source} is a file, and no {MAPS_SUFFIX}; {REMEDY}")
    if source.endswith(MAPS_SUFFIX) or _is_path(path, source):
        raise CinetrajError(f"depth prior {source}: no such file or folder; {REMEDY}")


def _is_path(path: Path, source: str) -> bool:
    """Whether it can be no name on the hub (NAME or OWNER/NAME), or its folder is here."""
    if source != source.strip("/") or "\\" in source or source.count("/") > 1 or source[:1] in (".", "~"):
        return True
    return os.path.dirname(source) != "" and path.parent.is_dir()
