"""Code of dataclasses' methods, kept from one process to the next as Python keeps that of modules."""

import dataclasses
import marshal
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from types import CodeType
from typing import Any

from trajectory.errors import CinetrajError
from trajectory.files import write_whole

FILE = Path(cache_from_source(__file__)).with_suffix(".texts")
MOST_BYTES = 8_000_000
"""Of the file, from which on it is begun anew: texts of versions that are gone stay in it."""
_HASH_BYTES = 8


@contextmanager
def kept_code(file: Path = FILE) -> Generator[None]:
    """Inside of the block the methods of each new dataclass are compiled once, and not in each process.

    Python writes them as text and compiles that as the class is made: the 950 methods of the 190 classes that an
    estimate loads take it a tenth of a second. For a process of ours, as `sfm.processes.postponed.postpone` is.
    """
    kept, new = _read(file), dict[str, CodeType]()

    def executed(text: Any, *names: Any) -> None:
        code = kept.get(text) or new.get(text)
        if code is None:
            code = new[text] = compile(text, "<string>", "exec")
        exec(code, *names)

    hidden: Any = dataclasses
    hidden.exec = executed  # before the builtin of that name, which it calls
    try:
        yield
    finally:
        del hidden.exec
        if new and not sys.dont_write_bytecode:
            with suppress(CinetrajError, OSError):  # of no account: the next process compiles anew
                write_whole(file, _packed({**kept, **new}) or _packed(new))


def _packed(codes: Mapping[str, CodeType]) -> bytes:
    """Their file, nothing where it would be too large."""
    data = marshal.dumps(dict(codes))
    return MAGIC_NUMBER + source_hash(data) + data if len(data) <= MOST_BYTES else b""


def _read(file: Path) -> dict[str, CodeType]:
    """What is kept; nothing where the file is not there, of another Python, or not whole."""
    try:
        packed = file.read_bytes()
    except OSError:
        return {}
    begin = len(MAGIC_NUMBER) + _HASH_BYTES
    head, data = packed[:begin], packed[begin:]
    return marshal.loads(data) if head == MAGIC_NUMBER + source_hash(data) else {}
