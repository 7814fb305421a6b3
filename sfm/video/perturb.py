"""Changed copies of a clip that show the same camera: what an estimator makes of them is its own noise."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from sfm.types import Frames
from trajectory.errors import CinetrajError

Kind = Literal["reencoded", "resized", "reversed", "mirrored"]
KINDS: tuple[Kind, ...] = ("reencoded", "resized", "reversed", "mirrored")
CRF = 28
"""Quality of the re-encoding: visibly worse than the 18 to 23 that is usual, as of a clip shared twice."""
SHARE = 0.75
"""Size of the resized twin."""


def twin(frames: Frames, kind: Kind) -> Frames:
    """A copy of the clip, compressed again, made smaller, played backwards, or flipped left to right.

    Times stay as they are, so a reversed clip spans the same time; `compare.uncertainty.undone` takes the trajectory
    of a twin back.
    """
    if kind == "reencoded":
        return replace(frames, rgb=_reencoded(frames))
    if kind == "resized":
        import cv2

        height, width = (max(16, 2 * round(SHARE * side / 2)) for side in frames.hw)
        small = [cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in frames.rgb]
        focal = None if frames.focal_px is None else frames.focal_px * height / frames.hw[0]
        return replace(frames, rgb=np.stack(small), focal_px=focal)
    if kind == "reversed":
        first, last = frames.time_s[0], frames.time_s[-1]
        return replace(
            frames, rgb=np.ascontiguousarray(frames.rgb[::-1]), time_s=(first + (last - frames.time_s))[::-1]
        )
    return replace(frames, rgb=np.ascontiguousarray(frames.rgb[:, :, ::-1]))


def _reencoded(frames: Frames) -> np.ndarray:
    from sfm.video.encode import encode

    height, width = frames.hw
    even = np.pad(frames.rgb, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "twin.mp4"
        encode(even, file, fps=24.0, crf=CRF)
        rgb = _decoded(file)
    if len(rgb) != len(frames):
        raise CinetrajError(f"{frames.source}: {len(rgb)} of {len(frames)} frames came back from re-encoding")
    return np.ascontiguousarray(rgb[:, :height, :width])


def _decoded(file: Path) -> np.ndarray:
    import av

    with av.open(str(file)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
