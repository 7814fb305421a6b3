"""TUM or MonST3R? Both have eight columns, t x y z and a quaternion, which only the order of the last four tells apart.

What cannot tell them apart: the step from one row to the next. Reading wxyz as xyzw permutes the components of every
quaternion alike, which keeps their products |q_i . q_j| and so every rotation angle between rows: both readings are
equally continuous. What can: a header, times that are no frame numbers (MonST3R counts frames), a first rotation
near the identity (the wrong reading turns it into a half turn), the name that MonST3R gives its files.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from trajectory.io._columns import columns_of
from trajectory.io._format import Probe
from trajectory.io._text import number

NEAR_IDENTITY = float(np.cos(np.deg2rad(15) / 2))
"""|w| of a rotation by 15 degrees: beyond it a first pose counts as near the identity."""
_DECIDE = 3
_Name = Literal["tum", "monst3r"]


@final
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The format, or None, and what speaks for each."""

    name: _Name | None
    tum: str
    monst3r: str


def weigh(probe: Probe) -> Verdict | None:
    """Weigh the evidence of an eight-column text; None for anything else.

    A header that names the columns decides, unless the times contradict it. Else in points: fractional times 3, a
    near-identity start 3, pred_intrinsics.txt beside 2, the name pred_traj.txt 1; one side needs 3, the other fewer.
    """
    if probe.kind != "text" or probe.columns != 8 or probe.path.suffix.lower() == ".chan":  # angles, no quaternions
        return None
    named = by_header(probe)
    if named in ("tum", "monst3r"):
        evidence = "its header names the columns"
        return Verdict(name=named, tum=evidence, monst3r=evidence)
    if named is not None or (probe.commas and starts(probe) == "wxyz"):
        return None
    values = [[number(token) for token in row] for row in probe.rows]
    if any(value is None for row in values for value in row):
        return None
    table = np.array(values, dtype=np.float64)
    points: dict[_Name, int] = {"tum": 0, "monst3r": 0}
    said: dict[_Name, list[str]] = {"tum": [], "monst3r": []}

    def speak(name: _Name, weight: int, evidence: str) -> None:
        points[name] += weight
        said[name].append(evidence)

    header = _header_order(probe.comments)
    if header:
        speak(header, _DECIDE, "its header names the order of the quaternion")
    with np.errstate(invalid="ignore", over="ignore"):
        fractional = bool(np.any(table[:, 0] != np.round(table[:, 0])))
        if fractional:
            speak("tum", 3, "its times are no frame numbers")
        first = np.abs(table[0, 4:])
        step = float(np.abs((table[1:, 4:] * table[:-1, 4:]).sum(axis=1)).min(initial=1.0))
    if first[0] > NEAR_IDENTITY:
        speak("monst3r", 3, f"column 5 starts at {table[0, 4]:.4f}, near the identity as w first")
    if first[3] > NEAR_IDENTITY:
        speak("tum", 3, f"column 8 starts at {table[0, 7]:.4f}, near the identity as w last")
    if probe.path.name == "pred_traj.txt":
        speak("monst3r", 1, "its name is pred_traj.txt")
        if (probe.path.parent / "pred_intrinsics.txt").is_file():
            speak("monst3r", 2, "pred_intrinsics.txt lies beside it")
    neutral = f"the start is not near the identity, and steps of at most {_angle(step):.1f} deg fit both orders"
    texts = {name: ", ".join(evidence) or neutral for name, evidence in said.items()}
    return Verdict(name=_decide(header, fractional, points), tum=texts["tum"], monst3r=texts["monst3r"])


def by_header(probe: Probe) -> Literal["tum", "monst3r", "euroc", "table"] | None:
    """The format whose columns a header names, "table" for those of none; None where it does not name them all.

    Numbers of frames before a quaternion w first are MonST3R's, commas around one EuRoC's.
    """
    header = columns_of(probe.comments, probe.columns)
    words = [name.lower() for name in header.names] if header is not None else []
    colmap = any("camera" in word for word in words) and any("name" in word for word in words)  # images.txt: inverted
    numeric = all(number(token) is not None for row in probe.rows for token in row)
    if header is None or not header.complete or colmap or not numeric:
        return None
    integers = all((number(row[0]) or 0.0) % 1 == 0 for row in probe.rows)
    place = header.time if header.time is not None else header.frame
    if header.position != (1, 2, 3) or place != 0:
        return "table"
    if header.quat_wxyz == (7, 4, 5, 6):
        return "tum" if probe.columns == 8 and not probe.commas and header.time == 0 else "table"
    if header.quat_wxyz != (4, 5, 6, 7):
        return "table"
    if probe.commas:
        return "euroc" if header.time == 0 else "table"
    return "monst3r" if probe.columns == 8 and integers and header.clock is None else "table"


def starts(probe: Probe) -> Literal["xyzw", "wxyz"] | None:
    """The order in which the first rotation is near the identity, if only one is."""
    first = [abs(number(token) or 0.0) for token in probe.rows[0][4:8]]
    near = {"wxyz": first[0] > NEAR_IDENTITY, "xyzw": first[3] > NEAR_IDENTITY}
    if near["wxyz"] == near["xyzw"]:
        return None
    return "wxyz" if near["wxyz"] else "xyzw"


def other_order(quat: Sequence[float], order: Literal["xyzw", "wxyz"]) -> bool:
    """Whether the first quaternion of a path is near the identity in the other order than its format's."""
    w, other = (quat[3], quat[0]) if order == "xyzw" else (quat[0], quat[3])
    return abs(other) > NEAR_IDENTITY > abs(w)


def _decide(header: _Name | None, fractional: bool, points: dict[_Name, int]) -> _Name | None:
    if header == "tum" or (header == "monst3r" and not fractional):
        return header
    strong: list[_Name] = [name for name, count in points.items() if count >= _DECIDE]
    return strong[0] if len(strong) == 1 else None


def _angle(product: float) -> float:
    return float(np.rad2deg(2 * np.arccos(np.clip(product, -1, 1))))


def _header_order(comments: tuple[str, ...]) -> _Name | None:
    for comment in comments:
        text = comment.lower()
        named = "".join(re.findall(r"\bq_?([wxyz])\b", text)) or "".join(re.findall(r"\b(xyzw|wxyz)\b", text))
        if named == "xyzw":
            return "tum"
        if named == "wxyz":
            return "monst3r"
    return None
