"""DataDoP and GenDoP `*_transforms_*.json`: as nerfstudio, frames counted by `monst3r_im_id`.

Source: GenDoP `Dataset_DataDoP.py`, which negates the y and z columns to reach OpenGL axes.
"""

from collections.abc import Mapping
from pathlib import Path

from trajectory.io._format import Format, Match, Probe
from trajectory.io._transforms import encode_transforms, read_transforms
from trajectory.io.nerfstudio import first_frame
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    return read_transforms(path, "datadop")


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    return encode_transforms(trajectory, path, "datadop", lambda number: {"monst3r_im_id": number})


def _sniff(probe: Probe) -> Match | None:
    first = first_frame(probe)
    if first is None or "monst3r_im_id" not in first:
        return None
    return Match(evidence="frames with monst3r_im_id", sure=True)


FORMAT = Format(
    name="datadop",
    summary="DataDoP / GenDoP transforms JSON: camera-to-world in OpenGL axes, monst3r_im_id",
    target="transforms_cleaning.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "intrinsics", "zoom", "image_hw", "distortion"}),
)
