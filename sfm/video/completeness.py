"""Whether a file is all there: the sizes that its own outermost boxes declare, against its length."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

BOXES = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot", b"sidx", b"uuid"})
"""Outermost boxes of MP4 and MOV (ISO 14496-12; QuickTime File Format)."""
_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_TAIL_BYTES = 4096
_MOST_BOXES = 100_000
"""Recordings of a day in fragments have fewer; nonsense may have one every eight bytes."""


def missing_bytes(path: Path) -> int | None:
    """Bytes that a file declares and lacks, 0 where it is whole, None where its kind does not say.

    A file of full length whose end is all zeros lacks at least that end: programs reserve room before they download.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        end = next((find(file, size) for match, find in _KINDS if match(head)), None)
        if end is None:
            return None
        if end <= size and size > _TAIL_BYTES:
            file.seek(size - _TAIL_BYTES)
            return 0 if file.read().strip(b"\0") else _TAIL_BYTES
    return max(0, end - size)


def without_index(path: Path) -> bool:
    """Whether an MP4 or MOV has no `moov` box, which lists its frames: often the last thing to be downloaded."""
    with path.open("rb") as file:
        if file.read(8)[4:] not in BOXES:
            return False
        file.seek(0)
        names, _ = _boxes(file, path.stat().st_size)
    return b"moov" not in names


def _end_of_boxes(file: BinaryIO, size: int) -> int | None:
    return _boxes(file, size)[1]


def _boxes(file: BinaryIO, size: int) -> tuple[set[bytes], int | None]:
    """Names of the outermost boxes, and where the last ends (ISO 14496-12, 4.2); None where they make no sense."""
    names: set[bytes] = set()
    place = count = 0
    while place + 8 <= size:
        file.seek(place)
        header = file.read(16)
        count += 1
        length, name = struct.unpack(">I4s", header[:8])
        if length == 1 and len(header) == 16:
            length = struct.unpack(">Q", header[8:])[0]
        elif length == 0:  # to the end of the file
            length = size - place
        if length < 8 or count > _MOST_BOXES:
            return names, None
        names.add(name)
        place += length
    return names, place if place >= size else place + 8  # the header of a further box is cut


def _end_of_riff(file: BinaryIO, size: int) -> int | None:
    """End of the last RIFF chunk; large AVIs have several (OpenDML 1.02, 3.0). None where the length was never set."""
    place = 0
    while place + 12 <= size:
        file.seek(place)
        name, length = struct.unpack("<4sI", file.read(8))
        if name != b"RIFF":  # what follows is no part of it
            break
        if length in (0, 0xFFFFFFFF):
            return None
        place += 8 + length + length % 2
    return place - 1 if place == size + 1 else place  # the padding byte of an odd chunk is often left out


def _end_of_ebml(file: BinaryIO, size: int) -> int | None:
    """End of the Matroska segment (RFC 8794, 6; RFC 9559, 5.1); None for one of unknown size, as streams have."""
    place = 0
    for _ in range(8):
        file.seek(place)
        head = file.read(16)
        name, after = _ebml_number(head, 0, marker=True)
        length, begin = _ebml_number(head, after, marker=False)
        if name is None or length is None or length == (1 << 7 * (begin - after)) - 1:
            return None
        place += begin + length
        if name == _SEGMENT or place >= size:
            return place
    return None


def _ebml_number(data: bytes, start: int, *, marker: bool) -> tuple[int | None, int]:
    """A number of 1 to 8 bytes, whose length its leading zero bits tell, and where it ends."""
    if start >= len(data) or data[start] == 0:
        return None, start
    length = 9 - data[start].bit_length()
    value = int.from_bytes(data[start : start + length], "big")
    if start + length > len(data):
        return None, start
    return (value if marker else value & ((1 << 7 * length) - 1)), start + length


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], int | None]], ...] = (
    (lambda head: head[4:8] in BOXES, _end_of_boxes),
    (lambda head: head[:4] == b"RIFF", _end_of_riff),
    (lambda head: head[:4] == _EBML.to_bytes(4, "big"), _end_of_ebml),
)
