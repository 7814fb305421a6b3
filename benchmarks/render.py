"""Rendered benchmark clips on disk: drawn once, found again as long as neither clip nor renderer changes."""

import ast
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, final

import numpy as np

import sfm.synthetic
from sfm.synthetic import ClipSpec, encode, render, widest, write_video
from trajectory import io
from trajectory.model import Trajectory

CACHE = Path.home() / ".cache" / "cinetraj-benchmarks"
KINDS_OF_DISPLACEMENT = ("static_rms", "static_p90", "rotation_rms", "rotation_p90", "zoom_rms", "zoom_p90")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """A clip on disk and what is true about it.

    mask: video of what moves by itself, white; None where nothing does.
    displacement: largest over the clip, pixels at 640 wide (see `sfm.synthetic.truth.Displacement`).
    moving_share: mean share of the frame that movers cover.
    """

    video: Path
    mask: Path | None
    spec: ClipSpec
    trajectory: Trajectory
    displacement: dict[str, float]
    moving_share: float


def to_and_fro(count: int, length: int) -> np.ndarray:
    """Numbers of `length` frames of a clip of `count` that is played to its end, back, and again."""
    last = count - 1
    return np.abs((np.arange(length) + last) % (2 * last) - last)


def written(spec: ClipSpec, path: Path) -> None:
    """The clip as a video, whole or not there; one that is there already stays."""
    if path.is_file():
        return
    part = path.with_suffix(".part.mp4")
    write_video(render(spec), part)
    part.replace(path)


def cached(entry: dict[str, Any], folder: Path) -> Clip:
    """The clip of an entry of the manifest, rendered if it is not there yet."""
    spec = ClipSpec.from_dict(entry["clip"])
    place = folder / "clips" / f"{entry['id']}-{digest(entry)}"
    video, truth, facts = place / "clip.mp4", place / "truth.npz", place / "facts.json"
    mask = place / "mask.mp4" if spec.movers else None
    if not facts.is_file() or (mask is not None and not mask.is_file()):
        place.mkdir(parents=True, exist_ok=True)
        clip = render(spec)
        encode(clip.rgb, video, fps=spec.fps, crf=spec.crf)
        if mask is not None:
            encode(np.repeat(np.where(clip.moving, np.uint8(255), np.uint8(0))[..., None], 3, -1), mask, fps=spec.fps)
        io.write(clip.trajectory, truth, format="native")
        moved = clip.displacement
        known = {name: widest(moved, getattr(moved, name)) for name in KINDS_OF_DISPLACEMENT}
        text = {"displacement": known, "moving_share": float(np.mean(clip.moving))}
        # Last and at once: a clip without its facts is rendered again.
        partial = facts.with_suffix(".part")
        partial.write_text(json.dumps(text))
        partial.replace(facts)
    found = json.loads(facts.read_text())
    return Clip(
        video=video,
        mask=mask,
        spec=spec,
        trajectory=io.read(truth, format="native"),
        displacement=found["displacement"],
        moving_share=found["moving_share"],
    )


def digest(entry: dict[str, Any]) -> str:
    """What a clip is, whatever it is called: its specification and the renderer."""
    return hashlib.sha256((renderer() + json.dumps(entry["clip"], sort_keys=True)).encode()).hexdigest()[:12]


@cache
def renderer() -> str:
    """What the renderer does, as a digest of its code; comments and layout do not count."""
    whole = hashlib.sha256()
    for path in sorted(Path(sfm.synthetic.__file__).parent.glob("*.py")):
        whole.update(ast.dump(ast.parse(path.read_text())).encode())
    return whole.hexdigest()
