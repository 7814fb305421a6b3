"""What comments of a file say about its poses, against what its format means by them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from trajectory.errors import AmbiguousError

_DIRECTIONS = {
    "camera-to-world": r"cam(?:era)?[ _-]?(?:to|2)[ _-]?world|c2w|world_from_cam(?:era)?|t_?wc|t_world_cam(?:era)?",
    "world-to-camera": r"world[ _-]?(?:to|2)[ _-]?cam(?:era)?|w2c|cam(?:era)?_from_world|t_?cw|t_cam(?:era)?_world",
}
_AXES = {
    "OpenCV": r"open_?cv",
    "OpenGL": r"open_?gl|blender|y[ -]up|arkit",
    "Unreal": r"unreal|ue[45]",
    "Unity": r"unity",
    "NED": r"ned",
}


def refuse_claims(
    path: Path,
    comments: Iterable[str],
    *,
    direction: Literal["camera-to-world", "world-to-camera"],
    axes: str = "OpenCV",
) -> None:
    """Refuse a file whose comments name another direction or other axes than its format has.

    Comments that name both (a conversion) and addresses say nothing.
    """
    text = [comment for comment in comments if "://" not in comment]
    for what, known, own, remedy in (
        ("poses", _DIRECTIONS, direction, "invert the poses, or take the word out of the comment if it is wrong"),
        ("axes", _AXES, axes, "turn the axes, or take the word out of the comment if it is wrong"),
    ):
        said = {name for name, spelled in known.items() for line in text if _says(line, spelled)}
        if said and own not in said:
            raise AmbiguousError(
                path, f"its comment says that {what} are {' and '.join(sorted(said))}, its format {own}", remedy=remedy
            )


def _says(line: str, spelled: str) -> bool:
    return re.search(rf"(?<![a-z0-9])(?:{spelled})(?![a-z0-9])", line, re.IGNORECASE) is not None
