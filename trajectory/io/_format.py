"""What a format module offers, and what is seen of a file before its format is known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, final

from trajectory.io._scene import Scene
from trajectory.model import Trajectory

Kept = Literal["time", "gaps", "intrinsics", "zoom", "image_hw", "scale", "scene_depth", "distortion", "everything"]
Kind = Literal["folder", "npz", "npy", "json", "text", "bag"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """A first look at a path, enough to recognise a format by.

    Attributes:
        names: entries of a folder. arrays: shapes of the arrays in an npz or npy file, by name ("" in an npy).
        document: the parsed JSON. comments, rows: leading comment lines and tokens of the first data rows of a text.
        commas: the text separates its columns with commas.
    """

    path: Path
    kind: Kind
    names: frozenset[str] = frozenset()
    arrays: Mapping[str, tuple[int, ...]]
    document: Any = None
    comments: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    commas: bool = False

    @property
    def columns(self) -> int:
        """Columns of the text, or 0 where rows differ or there are none."""
        counts = {len(row) for row in self.rows}
        return counts.pop() if len(counts) == 1 else 0

    @property
    def entries(self) -> dict[str, Any]:
        """The document where it is a JSON object, else nothing."""
        document = self.document
        return cast("dict[str, Any]", document) if isinstance(document, dict) else {}

    @property
    def items(self) -> list[Any]:
        """The document where it is a JSON list, else nothing."""
        document = self.document
        return cast("list[Any]", document) if isinstance(document, list) else []


@final
@dataclass(frozen=True, kw_only=True)
class Match:
    """A format recognises a file. sure: nothing else that we know looks like this."""

    evidence: str
    sure: bool


def _unseen(_: Probe) -> None:
    """What no file speaks for, of formats that are only written."""


def _nothing(_: Trajectory) -> tuple[str, ...]:
    return ()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Format:
    """One trajectory format; each module of `trajectory.io` without a leading underscore defines one as FORMAT.

    Attributes:
        read: path -> Trajectory, raising ReadError; None where there is no reader.
        encode: (trajectory, path) -> bytes by the path to write, the main file last; None where there is no writer.
        sniff: what of a Probe speaks for this format, or None.
        keeps: what survives writing; the rest is listed by `trajectory.io.losses`.
        lacks: what else of a trajectory has no place, in words.
        scene: what a file, or the folder that it lies in, says besides the poses.
        encode_scene: as `encode`, with that.
        target: usual file name, or a folder where it ends with "/".
        read_every: all cameras of a file at once, by name, where that is cheaper than one by one.
        encode_every: cameras by name into one file; None where a file holds one.
        metric: whether its files count metres, which is what is read back whatever was written.
        stride: frames of the clip from one pose that is written to the next.
        assumed_fps: rate at which frames that have numbers and no times are played; None where numbers are written.
        cameras: names of the cameras in a file that may hold several; None where it holds one. `read` is given
            FILE#NAME for one of them.
    """

    name: str
    summary: str
    target: str
    read: Callable[[Path], Trajectory] | None = None
    encode: Callable[[Trajectory, Path], Mapping[Path, bytes]] | None = None
    sniff: Callable[[Probe], Match | None] = _unseen
    keeps: frozenset[Kept] = frozenset()
    lacks: Callable[[Trajectory], Sequence[str]] = _nothing
    scene: Callable[[Path], Scene] | None = None
    encode_scene: Callable[[Trajectory, Scene, Path], Mapping[Path, bytes]] | None = None
    read_every: Callable[[Path], Mapping[str, Trajectory]] | None = None
    encode_every: Callable[[Mapping[str, Trajectory], Path], Mapping[Path, bytes]] | None = None
    metric: bool = False
    stride: int = 1
    assumed_fps: float | None = None
    cameras: Callable[[Path], tuple[str, ...]] | None = None
