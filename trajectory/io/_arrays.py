"""Arrays from npy and npz files, never unpickled and never larger than the file says; and back, byte for byte equal."""

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError

_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    SyntaxError,
    EOFError,
    OSError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and numpy raise on damaged files (NotImplementedError and RecursionError are RuntimeErrors)."""


@runtime_checkable
class Stream(Protocol):
    """Bytes of a file, or of a member of an archive."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""
        ...


Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


@contextmanager
def damage_is_a_read_error(path: Path, what: str) -> Generator[None]:
    """Turn what zipfile and numpy raise on damaged files into a ReadError."""
    try:
        yield
    except ReadError:
        raise
    except FileNotFoundError as error:
        raise ReadError(path, "does not exist", remedy="check the path") from error
    except IsADirectoryError as error:
        raise ReadError(path, "is a folder, expected a file", remedy="name the file in it") from error
    except _BROKEN as error:
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise ReadError(path, f"is no {what} or is damaged ({detail})", remedy="write or copy it again") from error


def _header(stream: Stream) -> Header:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"npy version {version} is not known")
    length = stream.read(2 if version == (1, 0) else 4)
    return _parsed(version, length + stream.read(int.from_bytes(length, "little")))


@lru_cache(maxsize=256)
def _parsed(version: tuple[int, int], told: bytes) -> Header:
    """A header from its length and text: thousands of files have the same few, and numpy compiles each."""
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(io.BytesIO(told))
    return tuple(int(side) for side in shape), bool(fortran), dtype


def _is_plain(dtype: np.dtype[Any]) -> bool:
    """Whether an array is numbers or text; Python objects would have to be unpickled, which runs foreign code."""
    return not dtype.hasobject and dtype.kind in "biufU"


def _no_plain(path: Path, name: str, dtype: np.dtype[Any]) -> ReadError:
    what = "Python objects, which are not unpickled" if dtype.hasobject else f"values of type {dtype}"
    label = f"array {name!r}" if name else "the array"
    remedy = f"save it as plain numbers, by np.savez('poses.npz', {name or 'NAME'}=np.stack(...))"
    return ReadError(path, f"{label} holds no plain numbers: {what}", remedy=remedy)


def _array(stream: Stream, size: int, path: Path, name: str) -> np.ndarray:
    shape, fortran, dtype = _header(stream)
    if not _is_plain(dtype):
        raise _no_plain(path, name, dtype)
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or expected > size:
        raise ValueError(f"an array of shape {shape} needs {expected} bytes, the file holds fewer")
    data = stream.read(expected)
    if len(data) != expected:
        raise ValueError("it ends too early")
    flat = np.frombuffer(data, dtype=dtype, count=math.prod(shape))
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


@final
class Npz:
    """An npz file that is held while several of its arrays are read; `held_npz` makes one."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """As `npz_shapes`."""
        found: dict[str, tuple[int, ...]] = {}
        others: list[str] = []
        with damage_is_a_read_error(self._path, "npz file"):
            for info in self._archive.infolist():
                if info.filename.endswith(".npy"):
                    with self._archive.open(info) as stream:
                        shape, _, dtype = _header(stream)
                    if _is_plain(dtype):
                        found[info.filename[:-4]] = shape
                    else:
                        others.append(info.filename[:-4])
        if others and not found:
            listed = ", ".join(others[:4])
            raise ReadError(
                self._path,
                f"holds no plain numbers, only Python objects ({listed}), which are not unpickled",
                remedy="save the poses as plain numbers, by np.savez('poses.npz', cam_c2w=np.stack(...))",
            )
        return found

    def array(self, name: str) -> np.ndarray:
        """As `npz_array`."""
        with damage_is_a_read_error(self._path, "npz file"):
            info = self._archive.getinfo(f"{name}.npy")
            with self._archive.open(info) as stream:
                return _array(stream, info.file_size, self._path, name)


@contextmanager
def held_npz(path: Path) -> Generator[Npz]:
    """An npz file, whose list of arrays is read once for all that is asked of it."""
    with damage_is_a_read_error(path, "npz file"):
        archive = zipfile.ZipFile(path)
    with archive:
        yield Npz(path, archive)


def npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays in an npz file, by name, from their headers alone.

    Members that are Python objects are passed over: programs save None and dictionaries beside their poses. A file of
    nothing else is refused.
    """
    with held_npz(path) as held:
        return held.shapes()


def no_array(path: Path, name: str) -> ReadError:
    """The error for an array that `npz_shapes` does not list: it is missing, or no plain numbers."""
    with damage_is_a_read_error(path, "npz file"), zipfile.ZipFile(path) as archive:
        if f"{name}.npy" in archive.namelist():
            with archive.open(f"{name}.npy") as stream:
                return _no_plain(path, name, _header(stream)[2])
    return ReadError(path, f"has no array {name}", remedy="name the right file or format")


def members(path: Path) -> frozenset[str]:
    """Names of all files in an npz file, of Python objects too, which are never read."""
    with damage_is_a_read_error(path, "npz file"), zipfile.ZipFile(path) as archive:
        return frozenset(archive.namelist())


def npz_array(path: Path, name: str) -> np.ndarray:
    """One array of an npz file."""
    with held_npz(path) as held:
        return held.array(name)


def npy_shape(path: Path) -> tuple[int, ...]:
    """Shape of an npy file."""
    with damage_is_a_read_error(path, "npy file"), path.open("rb") as stream:
        shape, _, dtype = _header(stream)
        if not _is_plain(dtype):
            raise _no_plain(path, "", dtype)
        return shape


def npy_array(path: Path) -> np.ndarray:
    """The array of an npy file."""
    with damage_is_a_read_error(path, "npy file"), path.open("rb") as stream:
        return _array(stream, path.stat().st_size, path, "")


def numbers(path: Path, name: str, value: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    """An array as float64 after a check of its shape; None allows any length."""
    fits = value.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, value.shape, strict=True))
    label = f"array {name!r}" if name else "the array"
    if not fits or value.dtype.kind not in "iuf":
        wanted = ", ".join("n" if side is None else str(side) for side in shape)
        raise ReadError(
            path,
            f"{label} has shape {value.shape} and type {value.dtype}, expected numbers of shape ({wanted})",
            remedy="name the right file or format",
        )
    if value.shape[0] == 0:
        raise ReadError(path, f"{label} holds no poses", remedy="run the estimator again, or leave the clip out")
    return value.astype(np.float64)


def median_depths(
    path: Path, name: str | None, *, frames: int, from_disparity: bool = False
) -> Float[np.ndarray, " n"] | None:
    """Median of the positive finite depths of each frame, one frame in memory at a time; None where shapes differ.

    Args:
        name: array in an npz file, or None for an npy file. from_disparity: the file holds 1 / depth.
    """
    with damage_is_a_read_error(path, "npz file" if name else "npy file"):
        if name is None:
            with path.open("rb") as stream:
                return _medians(stream, frames, from_disparity)
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
            return _medians(stream, frames, from_disparity)


def _medians(stream: Stream, frames: int, from_disparity: bool) -> Float[np.ndarray, " n"] | None:
    shape, fortran, dtype = _header(stream)
    if fortran or dtype.kind != "f" or len(shape) < 3 or shape[0] != frames or math.prod(shape[1:]) > 2**27:
        return None
    count = math.prod(shape[1:])
    out = np.full(frames, np.nan)
    for frame in range(frames):
        data = stream.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise ValueError(f"the depth of frame {frame} is missing")
        values = np.frombuffer(data, dtype=dtype).astype(np.float64)
        values = values[np.isfinite(values) & (values > 0)]
        if len(values):
            middle = float(np.median(values))
            out[frame] = 1 / middle if from_disparity else middle
    return out


def npz_frames(path: Path, name: str, wanted: Sequence[int]) -> np.ndarray:
    """Some entries along the first axis of an array of numbers, without holding the others; `wanted` increases."""
    with damage_is_a_read_error(path, "npz file"), zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{name}.npy")
        with archive.open(info) as stream:
            shape, fortran, dtype = _header(stream)
            size = math.prod(shape[1:]) * dtype.itemsize
            if fortran or dtype.kind not in "iuf" or not shape or shape[0] <= wanted[-1] or size > info.file_size:
                raise ValueError(f"array {name!r} of shape {shape} is not read frame by frame")
            picked: list[bytes] = []
            for frame in range(wanted[-1] + 1):
                data = stream.read(size)
                if len(data) != size:
                    raise ValueError(f"frame {frame} is missing")
                if frame in wanted:
                    picked.append(data)
    return np.array([np.frombuffer(data, dtype=dtype).reshape(shape[1:]) for data in picked])


def npy_bytes(value: np.ndarray) -> bytes:
    """An npy file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(value), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def unbatched(value: np.ndarray) -> np.ndarray:
    """An array per frame without the dimension of a batch of one."""
    return value[0] if value.ndim == 4 and value.shape[0] == 1 else value


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An npz file: stored, with fixed time stamps, so that equal arrays give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, npy_bytes(value) if value.ndim else _scalar_bytes(value))
    return buffer.getvalue()


def _scalar_bytes(value: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, value, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()
