"""A handful of small clips with known paths, for trying things in seconds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import final

from sfm.synthetic.clip import render, write_video
from sfm.synthetic.spec import ClipSpec
from trajectory.errors import CinetrajError

_MOVES: Mapping[str, Mapping[str, float]] = {
    "arc": {"orbit_deg": 16.0},
    "dolly": {"dolly": 0.3},
    "pan": {"pan_deg": 14.0},
    "tilt": {"tilt_deg": 9.0},
    "zoom": {"zoom": 1.3},
    "fixed": {},
}
EXAMPLES: Mapping[str, ClipSpec] = MappingProxyType(
    {
        name: ClipSpec(scene="room", move=dict(move), frames=12, image_hw=(120, 160), focal_px=140.0, fps=12.0)
        for name, move in _MOVES.items()
    }
)
"""By what the camera does; each takes a second to render and one or two to estimate."""


@final
@dataclass(frozen=True, kw_only=True)
class Example:
    """Where a clip lies, and its true path (native format)."""

    clip: Path
    truth: Path


def write_examples(folder: str | Path, names: Iterable[str] = tuple(EXAMPLES)) -> dict[str, Example]:
    """Render the clips of these names into `folder`/clips and their truth into `folder`/truth; what is there stays."""
    from trajectory import io

    found: dict[str, Example] = {}
    for name in names:
        if name not in EXAMPLES:
            raise CinetrajError(f"there is no example {name!r}, expected some of {', '.join(EXAMPLES)}")
        example = Example(clip=Path(folder) / "clips" / f"{name}.mp4", truth=Path(folder) / "truth" / f"{name}.npz")
        if not (example.clip.is_file() and example.truth.is_file()):
            rendered = render(EXAMPLES[name])
            write_video(rendered, example.clip)
            example.truth.parent.mkdir(parents=True, exist_ok=True)
            io.write(rendered.trajectory, example.truth, format="native")
        found[name] = example
    return found
