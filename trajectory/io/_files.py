"""Writing files so that a reader never sees half of one."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trajectory.errors import CinetrajError


def write_atomically(files: Mapping[Path, bytes]) -> None:
    """Write all files beside their final names, then move them there in order; on failure nothing new is left."""
    waiting: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        for path, data in files.items():
            made += _make_parents(path)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            waiting.append((Path(name), path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o666 & ~_umask())
            if path.is_dir():
                raise CinetrajError(f"{path} is a folder, expected a file name; choose another name")
        for part, path in waiting:
            os.replace(part, path)
        waiting.clear()
        made.clear()
    except (OSError, ValueError) as error:
        if isinstance(error, CinetrajError):
            raise
        target = list(files)[-1]
        raise CinetrajError(
            f"{target} cannot be written ({error}); choose another folder or free some space"
        ) from error
    finally:
        for part, _ in waiting:
            part.unlink(missing_ok=True)
        for folder in reversed(made):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _make_parents(path: Path) -> list[Path]:
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
