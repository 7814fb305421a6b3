"""ReCamMaster and InfCam `camera_extrinsics.json`: several cameras in one file, Unreal axes, centimetres.

ReCamMaster's world and cameras are both Unreal's, left-handed (x forward, y right, z up), so that its matrices have
determinant +1. Both are renamed to right, down, forward, which makes them right-handed; relative motion then equals
that of ReCamMaster `inference_recammaster.py`, which renames the camera's axes and leaves the mirrored world.
InfCam's world is right-handed already, its matrices have determinant -1, and the same renaming of the camera's axes
gives proper poses (InfCam `inference_infcam.py`). One camera is named as FILE#cam01, FILE#* is all of them.
"""

from functools import partial

from trajectory.io._format import Format, Match, Probe
from trajectory.io._unreal_cameras import Axes, determinant, encode_every, encode_one, names, read_every, read_one


def _sniff(axes: Axes, probe: Probe) -> Match | None:
    found = determinant(probe)
    if found is None or (found >= 0) != axes.left_handed_world:
        return None
    return Match(evidence=f"cameras as bracketed rows of determinant {'+1' if found >= 0 else '-1'}", sure=True)


def _format(axes: Axes, summary: str, target: str) -> Format:
    return Format(
        name=axes.name,
        summary=summary,
        target=target,
        read=partial(read_one, axes),
        encode=partial(encode_one, axes),
        sniff=partial(_sniff, axes),
        keeps=frozenset({"gaps"}),
        metric=True,
        cameras=names,
        read_every=partial(read_every, axes),
        encode_every=partial(encode_every, axes),
    )


FORMAT = (
    _format(
        Axes(name="recammaster", left_handed_world=True),
        "ReCamMaster / MultiCamVideo JSON: Unreal axes, centimetres; FILE#cam01 names the camera, FILE#* all",
        "camera_extrinsics.json",
    ),
    _format(
        Axes(name="infcam", left_handed_world=False),
        "InfCam JSON: as recammaster with a right-handed world (determinant -1)",
        "camera_extrinsics_10types.json",
    ),
)
