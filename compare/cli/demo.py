"""Render a clip with known camera motion and run estimate, describe and compare on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.cli import _report

if TYPE_CHECKING:
    from trajectory.model import Trajectory


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj demo`."""

    out: Path = Path("demo")
    """Folder for everything that is made."""
    frames: int = 60
    """Length of the clip."""
    seed: int = 0
    """Seed of the scene and of the estimate."""


def run(args: Args) -> int:
    """A camera that moves right and forward while it pans, past a street with a walker; known to the last digit."""
    from compare import score
    from compare.cli import compare, describe, estimate
    from sfm import synthetic
    from trajectory import io
    from trajectory.files import require_folder
    from trajectory.plot import save_overview

    require_folder(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    clip, truth_file = args.out / "clip.mp4", args.out / "truth.npz"
    spec = synthetic.ClipSpec(
        seed=args.seed,
        scene="street",
        move={"truck": 0.25, "dolly": 0.15, "pan_deg": 12.0},
        frames=args.frames,
        movers=(synthetic.MoverSpec(motion="cross", area=0.06),),
        noise=2.0,
        blur=0.4,
    )
    with _report.stages("rendering", quiet=False):
        rendered = synthetic.render(spec)
    synthetic.write_video(rendered, clip)
    io.write(rendered.trajectory, truth_file, format="native")
    print(f"Rendered {clip}: {args.frames} frames; the camera trucks right, moves in and pans right by 12 degrees.")
    print(f"Its true path is in {truth_file}.\n")

    runs = args.out / "runs"
    print(f"$ cinetraj estimate {clip} --out {runs} --name clip")
    code = estimate.run(estimate.Args(clips=(str(clip),), out=str(runs), name="clip", seed=args.seed))
    if code != 0:
        return code
    print(f"\n$ cinetraj describe {runs / 'clip'}")
    code = describe.run(describe.Args(target=runs / "clip"))
    print(f"\n$ cinetraj compare {truth_file} {runs / 'clip'} --protocol strict")
    code = max(code, compare.run(compare.Args(reference=truth_file, generated=(runs / "clip",))))

    estimated = io.read(runs / "clip" / "trajectory.npz", format="native")
    save_overview(
        [_in_extents(rendered.trajectory), _in_extents(estimated)], args.out / "truth_and_estimate.png",
        labels=["truth", "estimate"],
    )  # fmt: skip
    said = score(rendered.trajectory, estimated, protocol="strict").to_json()["summary"]
    print("\nHow far the estimate is from the truth:")
    print(f"  rotation     {_number(said.get('RotErr'))} degrees, mean over the clip")
    print(f"  position     {_number(said.get('TransErr'), 100.0)} % of the path's extent, mean over the clip")
    print(f"  direction    {_number(said.get('DirErr'))} degrees between the directions of travel")
    print("\nPictures to look at:")
    print(f"  {runs / 'clip' / 'plot.png'}          the estimate: path, rotation, focal length, tracks on a frame")
    print(f"  {args.out / 'truth_and_estimate.png'}      truth and estimate over each other")
    return code


def _in_extents(trajectory: "Trajectory") -> "Trajectory":
    """First camera at the identity, the farthest one at distance 1, so that two paths can be laid over each other."""
    import numpy as np

    from trajectory.frames import Sim3, anchor_to_first, transform

    anchored = anchor_to_first(trajectory)
    extent = float(np.nanmax(np.linalg.norm(anchored.positions, axis=1)))
    if extent == 0:
        return anchored
    return transform(anchored, Sim3(scale=1 / extent, rotation=np.eye(3), translation=np.zeros(3)))


def _number(value: Any, factor: float = 1.0) -> str:
    return f"{factor * value:.3f}" if isinstance(value, (int, float)) else "undefined"
