"""A folder with a clip, and its true path as reference and as generated one: what commands of the pages are given."""

from pathlib import Path
from typing import Any


def write_panned_clip(folder: Path, image_hw: tuple[int, int], focal_px: float) -> Any:
    """Write clip.mp4, reference/ and generated/; returns the rendered clip."""
    from sfm import synthetic
    from trajectory import io

    spec = synthetic.ClipSpec(scene="room", move={"pan_deg": 6.0}, frames=16, image_hw=image_hw, focal_px=focal_px)
    rendered = synthetic.render(spec)
    synthetic.write_video(rendered, folder / "clip.mp4")
    for side in ("reference", "generated"):
        (folder / side / "pan").mkdir(parents=True)
        io.write(rendered.trajectory, folder / side / "pan" / "pred_traj.txt", format="monst3r")
    return rendered
