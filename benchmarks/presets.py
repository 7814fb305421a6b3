"""What the camera presets in circulation really do: rows of their stated increments, told by `cinetraj describe`.

Run: python benchmarks/presets.py. Prints the table of docs/presets.md as Markdown. No file of others is needed: a row
is the one before plus an increment, which the page names.
"""

import contextlib
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FRAMES = 81
LENS = (0.532139961, 0.946026558, 0.5, 0.5)
"""fx fy cx cy of the files, in parts of the picture."""
STEP = 1 / 54
"""Of the files that are called pans, 0.0185 a frame; the zooms take two."""
ROLL_DEG = 20 / 27
"""Of those that are called clockwise and anticlockwise: 0.741 degrees a frame."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What each row of a file adds to the one before, world-to-camera in OpenCV's axes.

    Attributes:
        words: the same for the table.
        move: of the translation.
        turn_deg, axis: of the rotation.
        zoom: of the focal length, as a factor over the whole file.
    """

    name: str
    words: str
    move: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn_deg: float = 0.0
    axis: str = "z"
    zoom: float = 1.0


PRESETS = (
    Preset(name="Pan_Left.txt", words="t_x + 0.0185", move=(STEP, 0, 0)),
    Preset(name="Pan_Right.txt", words="t_x - 0.0185", move=(-STEP, 0, 0)),
    Preset(name="Pan_Up.txt", words="t_y + 0.0185", move=(0, STEP, 0)),
    Preset(name="Pan_Down.txt", words="t_y - 0.0185", move=(0, -STEP, 0)),
    Preset(name="Zoom_In.txt", words="t_z - 0.037", move=(0, 0, -2 * STEP)),
    Preset(name="Zoom_Out.txt", words="t_z + 0.037", move=(0, 0, 2 * STEP)),
    Preset(name="CW.txt", words="turns by -0.741° about z", turn_deg=-ROLL_DEG),
    Preset(name="ACW.txt", words="turns by 0.741° about z", turn_deg=ROLL_DEG),
)
"""The files, with the increments that were read off them."""
WHAT_THE_NAMES_SAY = (
    Preset(name="a pan left", words="turns by 0.25° about y", turn_deg=0.25, axis="y"),
    Preset(name="a tilt up", words="turns by -0.25° about x", turn_deg=-0.25, axis="x"),
    Preset(name="a zoom in", words="fx and fy grow, by 1.5 in all", zoom=1.5),
)
"""The motions that bear these names among camera people, for comparison."""


def about(axis: str, degrees: float) -> np.ndarray:
    """A turn about an axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    out = np.eye(3)
    out[i, i] = out[j, j] = c
    out[i, j], out[j, i] = -s, s
    return out


def rows(preset: Preset, *, stamps: bool = True) -> str:
    """The text of a file: an empty line, then a row a frame, with the stamp 0 or, as older files have it, without."""
    lines = [""]
    for i in range(FRAMES):
        scale = preset.zoom ** (i / (FRAMES - 1))
        matrix = np.column_stack([about(preset.axis, i * preset.turn_deg), i * np.array(preset.move)])
        numbers = [LENS[0] * scale, LENS[1] * scale, *LENS[2:], 0, 0, *matrix.ravel()]
        lines.append(" ".join(str(float(value)) for value in [*([0] if stamps else []), *numbers]))
    return "\n".join(lines) + "\n"


def told(text: str) -> dict[str, Any]:
    """What `cinetraj describe FILE --json` prints of a file with this text."""
    from compare.cli import main as cinetraj

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "preset.txt"
        file.write_text(text)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert cinetraj(["describe", str(file), "--json"]) == 0
    return json.loads(out.getvalue())


def line(preset: Preset) -> str:
    """One row of the table."""
    found = told(rows(preset))
    yes = [name.replace("_", " ") for name, decision in found["decisions"].items() if decision["yes"]]
    angles = found["turned"]["told"]
    turned = ", ".join(f"{name} {angles[f'{name}_deg'] + 0.0:.0f}°" for name in ("pan", "tilt", "roll"))
    name = f"`{preset.name}`" if preset.name.endswith(".txt") else preset.name
    return f"| {name} | {preset.words} | {', '.join(yes)} | {found['sentence']} | {turned} |"


def table() -> str:
    """The presets, then what their names mean."""
    head = ["file", "each row, world-to-camera", "primitives", "`cinetraj describe`", "turned in all"]
    lines = [f"| {' | '.join(head)} |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *(line(preset) for preset in (*PRESETS, *WHAT_THE_NAMES_SAY))]) + "\n"


if __name__ == "__main__":
    print(table())
