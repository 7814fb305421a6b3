"""Files: written so that a reader never sees half of one, and read with an error that says what to do."""

import codecs
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trajectory.errors import CinetrajError, ReadError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; those of UTF-32 first, since one of them begins as one of UTF-16."""
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r")
"""Bytes that no text holds in any encoding of one byte a letter."""


def decoded(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 or UTF-32 (PowerShell's redirection), or else in one byte a letter (older Windows).

    Numbers are ASCII in all of these; only letters of a comment could be taken for others.

    Raises:
        UnicodeDecodeError: it is no text.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return data.decode(marked)
    head = data[:4096]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):  # without a mark: every other byte is zero
        if len(data) % 2 == 0 and head[first::2] and not any(head[first::2]) and all(head[1 - first :: 2]):
            return data.decode(name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        letters = sum(byte >= 128 for byte in head)
        if _CONTROLS.intersection(data) or letters > 0.3 * len(head):
            raise
        return data.decode("latin-1")


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write one file, whole or not at all; folders that are missing are made.

    Args:
        path: what stands there is replaced. A link or what is no regular file (a pipe, /dev/stdout) is written through.
        content: a text is written as UTF-8.

    Returns:
        The path.

    Raises:
        CinetrajError: the disk refuses; nothing new is left.
    """
    target = Path(path)
    write_atomically({target: printable(content).encode("utf-8") if isinstance(content, str) else content})
    return target


def require_folder(folder: str | Path) -> None:
    """Raises CinetrajError where no file can be put into a folder, nor the folder made: before minutes of work."""
    target = Path(folder).absolute()
    above = next(path for path in (target, *target.parents) if path.exists())
    if not above.is_dir():
        raise CinetrajError(f"{above} is a file; choose another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise CinetrajError(f"{above} cannot be written; choose another folder")


def named_place(path: str | Path) -> Path:
    """The path as it is asked for, without "." and "..", which are no names; what a link points at may have another."""
    return Path(os.path.abspath(path))


def require_named(path: object) -> None:
    """Raises CinetrajError for an empty string, which as a path would be the current folder."""
    if isinstance(path, str) and not path:
        raise CinetrajError("the path is an empty string; '.' stands for the current folder")


def read_json(path: str | Path, *, remedy: str) -> object:
    """The content of a JSON file.

    Raises:
        ReadError: it cannot be read or is no JSON; ends with the remedy.
    """
    source = Path(path)
    try:
        return json.loads(decoded(source.read_bytes()))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ReadError(source, f"is no JSON file ({error})", remedy=remedy) from error


def printable(text: str) -> str:
    """Text that can be printed and stored: bytes of a file name that are no UTF-8 are spelt out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_atomically(files: Mapping[Path, bytes]) -> None:
    """Write all files beside their final names, then move them there in order; on failure nothing new is left.

    A link or what is no regular file (a pipe, /dev/stdout) is written through, and stays what it is. A file named - is
    refused: it is meant for the output stream, and each command that has one asks for it by itself.
    """
    if Path("-") in files:
        raise CinetrajError("- would be a file of that name here, and not the output stream; give a name")
    waiting: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        through = [path for path in files if _leads_elsewhere(path)]
        for path, data in files.items():
            if path in through:
                continue
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
        parts = {path: part for part, path in waiting}
        for path, data in files.items():
            if path in through:
                path.write_bytes(data)
            else:
                os.replace(parts[path], path)
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


def _leads_elsewhere(path: Path) -> bool:
    return not path.is_dir() and (path.is_symlink() or (path.exists() and not path.is_file()))


def _make_parents(path: Path) -> list[Path]:
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
