"""What a camera was told to do: keys over time, from the files that world models are steered by.

    layout        what                                                          time
    turns         {"turns": [{"action": "W+right", "start": 0, "end": 30}],     ours; end exclusive, unit
                  "unit": "frames", "perspective": "first_person"}              frames or seconds
    wbench        {"interactions": [{"action": "W"}, ...], "settings": ...}     equal shares of the clip
    mind          action.json {"mark_time", "data": [{"ws", "ad", "ud", "lr"}]} frames; 0 nothing, 1 the first, 2 the
                                                                                second of its name
    lingbot       folder or file action.npy, wasd_action.npy (n 4) W A S D;     frames
                  beside it ijkl_action.npy (n 4) up left down right, else the
                  turns of poses.npy, which it takes for the looks
    pose string   "w-3, wright-2, d-4" (HY-WorldPlay), counts of latents        four frames a latent
    a path        any trajectory: its steps, as HY-WorldPlay's generator        the path's own
                  quantises them (1e-4 units, 0.05°)

An action at a frame is the step from it to the next. Sources: WBench `src/evaluate.py` (evaluate_navigation); MIND
`src/utils/utils.py` (extract_actions_from_json: its README counts 0 and 1, the code 1 and 2); LingBot-World
`extract_translation_wasd`, `ijkl_onehot_to_direction`; HY-WorldPlay `hyvideo/generate.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, final

import numpy as np
from jaxtyping import Float, Int

from trajectory import io
from trajectory.actions import Code, code_of, spelled, worldplay_codes
from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _json
from trajectory.io._arrays import npy_array, numbers
from trajectory.io._text import decode, read_bytes
from trajectory.io.worldplay import FRAMES as LATENT
from trajectory.model import Trajectory

Unit = Literal["frames", "seconds", "share"]
Perspective = Literal["first_person", "third_person"]

GENERATOR_MOVE, GENERATOR_TURN_DEG = 1e-4, 0.05
"""HY-WorldPlay's own quantiser of the poses that it is given (pose_to_input)."""
LINGBOT_TURN_DEG = float(np.degrees(0.005))
"""From which turn on LingBot-World shows a look (extract_rotation_directions)."""
ROUNDING = 1e-6
"""Printed times may be off by this much, in seconds or frames."""
FILES = ("action.json", "action.npy", "wasd_action.npy")
"""What a folder of commands holds, the first of them that is there counts."""
REMEDY = (
    'expected {"turns": [{"action": "W", "start": 0, "end": 30}]}, a case of WBench, action.json of MIND, action.npy '
    "of LingBot-World, a pose string of HY-WorldPlay, or a trajectory"
)
_MIND_WORDS = {
    "ws": ("forward", "backward"),
    "ad": ("left", "right"),
    "ud": ("look_up", "look_down"),
    "lr": ("look_left", "look_right"),
}
_MIND_KEYS = {"ws": ("W", "S"), "ad": ("A", "D"), "ud": ("up", "down"), "lr": ("left", "right")}
_POSE_WORD = re.compile(r"down|left|right|up|[wasd]")
_POSE_COMMAND = re.compile(r"([a-z]+)-(\d{1,9}(?:\.\d*)?)")


@final
@dataclass(frozen=True, kw_only=True)
class Turn:
    """One command: the action in its file's own words, its code, and when, in the unit of the whole; end exclusive."""

    action: str
    code: Code
    start: float
    end: float


@final
@dataclass(frozen=True, kw_only=True)
class Commands:
    """All commands of one clip, in order.

    Attributes:
        unit: of the turns; "share" for equal parts of whatever length the clip has, of which a turn is one.
        mark: the frame at which the generated clip starts (MIND's `mark_time`); before it lies what it was shown.
        layout: of the file.
    """

    turns: tuple[Turn, ...]
    unit: Unit = "frames"
    perspective: Perspective = "first_person"
    mark: int = 0
    layout: str = "turns"

    def __post_init__(self) -> None:
        if not self.turns:
            raise CinetrajError("there are no commands, expected at least one")
        for turn in self.turns:
            if not (np.isfinite([turn.start, turn.end]).all() and 0 <= turn.start < turn.end):
                raise CinetrajError(f"command {turn.action!r} is from {turn.start:g} to {turn.end:g}, expected a span")
        for before, after in zip(self.turns[:-1], self.turns[1:], strict=True):
            if after.start < before.end:
                raise CinetrajError(
                    f"command {after.action!r} starts at {after.start:g}, before the one before it ends"
                )

    def from_mark(self) -> "Commands":
        """The commands of the generated part, counted from its first frame."""
        if self.mark == 0:
            return self
        kept = [replace(t, start=max(t.start - self.mark, 0.0), end=t.end - self.mark) for t in self.turns]
        return replace(self, turns=tuple(t for t in kept if t.end > 0), mark=0)

    def axis(self, clip: Trajectory) -> Float[np.ndarray, " n"]:
        """The rows of a clip in the unit of the commands, from its start.

        Raises:
            CinetrajError: they are in seconds, and the clip counts frames.
        """
        if self.unit == "seconds" and clip.time_source == "index":
            raise CinetrajError("the commands are in seconds and the clip counts frames; give their frames instead")
        if self.unit == "seconds" or (self.unit == "frames" and clip.time_source == "index"):
            return clip.time_s - clip.time_s[0]
        return np.arange(len(clip), dtype=np.float64)

    def bounds(self, axis: Float[np.ndarray, " n"]) -> list[tuple[int, int]]:
        """First row and end of each turn among rows at these places; equal for a turn of which they have nothing."""
        if self.unit == "share":
            each = len(axis) // round(self.turns[-1].end)
            return [(int(t.start) * each, min(int(t.end) * each, len(axis))) for t in self.turns]
        edges = np.searchsorted(axis, np.array([(t.start, t.end) for t in self.turns]) - ROUNDING)
        return [(a, b) for a, b in edges.tolist()]

    def by_step(self, axis: Float[np.ndarray, " n"]) -> list[Turn | None]:
        """The turn of each step between such rows, by where the step starts; None where nothing was told."""
        found: list[Turn | None] = [None] * (len(axis) - 1)
        for turn, (start, end) in zip(self.turns, self.bounds(axis), strict=True):
            for i in range(start, min(end, len(found))):
                found[i] = turn
        return found


def read_commands(path: str | Path, format: str = "auto") -> Commands:
    """The commands that a file or folder holds; see the table at the head of `trajectory.commands`.

    Args:
        path: of the file.
        format: of a trajectory, where it cannot be told.

    Raises:
        ReadError: it holds none.
    """
    file = Path(path)
    if file.is_dir():
        inside = next((file / name for name in FILES if (file / name).is_file()), None)
        return _of_path(file, format) if inside is None else read_commands(inside, format)
    if not file.exists():
        raise ReadError(file, "does not exist", remedy=REMEDY)
    try:
        if file.suffix == ".npy" and file.stem.endswith("action"):
            return _lingbot(file)
        if file.suffix == ".json":
            found = _of_json(file)
            if found is not None:
                return found
        elif file.suffix == ".txt" or (file.suffix == "" and format == "auto"):
            text = decode(file, read_bytes(file)).strip()
            if _POSE_COMMAND.match(text):
                return pose_string(text)
        return _of_path(file, format)
    except ReadError:
        raise
    except CinetrajError as error:
        raise ReadError(file, str(error), remedy=REMEDY) from error


def _of_json(path: Path) -> Commands | None:
    """One of the JSON layouts; None for an object that may be a trajectory."""
    document = _json.as_object(path, "the document", _json.load(path))
    if "turns" in document:
        return _turns(path, document)
    if "interactions" in document:
        return _wbench(path, document)
    data = document.get("data")
    if isinstance(data, list) and data and isinstance(data[0], dict) and set(_MIND_WORDS) <= set(cast("Any", data[0])):
        return _mind(path, document)
    return None


def _turns(path: Path, document: dict[str, Any]) -> Commands:
    turns: list[Turn] = []
    for i, each in enumerate(_json.as_list(path, "turns", document["turns"])):
        entry = _json.as_object(path, f"turns[{i}]", each)
        start, end = (_json.as_number(path, f"turns[{i}].{key}", entry.get(key)) for key in ("start", "end"))
        action = _word(path, f"turns[{i}].action", entry.get("action"))
        turns.append(Turn(action=action, code=code_of(action), start=start, end=end))
    unit = document.get("unit", "frames")
    if unit not in ("frames", "seconds"):
        raise ReadError(path, f"unit is {unit!r}, expected frames or seconds", remedy="correct it")
    return Commands(turns=tuple(turns), unit=unit, perspective=_perspective(path, document.get("perspective")))


def _wbench(path: Path, document: dict[str, Any]) -> Commands:
    """Each interaction lasts as long as the others; what is no navigation has no code and keeps its place."""
    turns: list[Turn] = []
    for i, each in enumerate(_json.as_list(path, "interactions", document["interactions"])):
        entry = _json.as_object(path, f"interactions[{i}]", each)
        action = _word(path, f"interactions[{i}].action", entry.get("action"))
        try:
            code = code_of(action)
        except CinetrajError:
            code = (0, 0, 0, 0)  # an edit of the scene, an action of its subject
        turns.append(Turn(action=action, code=code, start=float(i), end=float(i + 1)))
    settings = document.get("settings")
    told = cast("dict[str, Any]", settings).get("perspective") if isinstance(settings, dict) else None
    return Commands(turns=tuple(turns), unit="share", perspective=_perspective(path, told), layout="wbench")


def _word(path: Path, where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ReadError(path, f"{where} is {_json.kind(value)}, expected keys such as W+right", remedy="correct it")
    return value


def _perspective(path: Path, value: Any) -> Perspective:
    if value is None or value == "first_person":
        return "first_person"
    if value == "third_person":
        return "third_person"
    raise ReadError(path, f"perspective is {value!r}, expected first_person or third_person", remedy="correct it")


def _mind(path: Path, document: dict[str, Any]) -> Commands:
    words: list[str] = []
    codes: list[Code] = []
    for i, each in enumerate(_json.as_list(path, "data", document["data"])):
        entry = _json.as_object(path, f"data[{i}]", each)
        said: list[str] = []
        keys: list[str] = []
        for name in _MIND_WORDS:
            value = _json.as_number(path, f"data[{i}].{name}", entry.get(name))
            if value not in (0, 1, 2):
                raise ReadError(path, f"data[{i}].{name} is {value:g}, expected 0, 1 or 2", remedy="repair it")
            if value:
                said.append(_MIND_WORDS[name][int(value) - 1])
                keys.append(_MIND_KEYS[name][int(value) - 1])
        words.append("+".join(said) or "no_op")
        codes.append(code_of("+".join(keys)))
    mark = _json.as_number(path, "mark_time", document.get("mark_time", 0))
    if mark != int(mark) or not 0 <= mark < len(words):
        raise ReadError(path, f"mark_time is {mark:g} of {len(words)} frames, expected one of them", remedy="repair it")
    return Commands(turns=_merged(words, codes), mark=int(mark), layout="mind")


def _merged(words: Sequence[str], codes: Sequence[Code], edges: Sequence[float] | None = None) -> tuple[Turn, ...]:
    """Commands of single steps as turns; `edges` are where the steps begin and the last one ends, else frames."""
    at = range(len(words) + 1) if edges is None else edges
    turns: list[Turn] = []
    for word, code, start, end in zip(words, codes, at[:-1], at[1:], strict=True):
        if turns and turns[-1].action == word:
            turns[-1] = replace(turns[-1], end=float(end))
        else:
            turns.append(Turn(action=word, code=code, start=float(start), end=float(end)))
    return tuple(turns)


def _lingbot(path: Path) -> Commands:
    moves = _pressed(path)
    beside = path.parent / "ijkl_action.npy"
    if not beside.is_file():
        beside = path.parent / "poses.npy"
        looks = _turned(beside) if beside.is_file() else np.zeros_like(moves)
    else:
        looks = _pressed(beside)
    if len(looks) != len(moves):
        raise ReadError(beside, f"has {len(looks)} rows for {len(moves)} of {path.name}", remedy="copy it again")
    both = np.stack(
        [
            moves[:, 0].astype(int) - moves[:, 2],
            moves[:, 3].astype(int) - moves[:, 1],
            looks[:, 3].astype(int) - looks[:, 1],
            looks[:, 0].astype(int) - looks[:, 2],
        ],
        axis=1,
    )
    codes: list[Code] = [(a, b, c, d) for a, b, c, d in both.tolist()]
    return Commands(turns=_merged([spelled(code) for code in codes], codes), layout="lingbot")


def _turned(path: Path) -> Int[np.ndarray, "n 4"]:
    """The looks up, left, down, right of LingBot-World's poses, of each to the next one; none of the last."""
    poses = numbers(path, "", npy_array(path), (None, 4, 4))
    codes = np.zeros((len(poses), 4), dtype=np.int64)
    codes[:-1] = worldplay_codes(poses, move=np.inf, turn_deg=LINGBOT_TURN_DEG)
    look_right, look_up = codes[:, 2], codes[:, 3]
    return np.stack([look_up > 0, look_right < 0, look_up < 0, look_right > 0], axis=1).astype(np.int64)


def _pressed(path: Path) -> Int[np.ndarray, "n 4"]:
    values = numbers(path, "", npy_array(path), (None, 4))
    if not np.isin(values, (0, 1)).all():
        raise ReadError(path, "holds other numbers than 0 and 1", remedy="a row has a 1 for each key that is pressed")
    return values.astype(np.int64)


def is_pose_string(text: str) -> bool:
    """Whether a text, and not a file, is given: keys, a dash, a number, and no path."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return bool(parts) and all(_POSE_COMMAND.fullmatch(part) for part in parts)


def pose_string(text: str) -> Commands:
    """HY-WorldPlay's pose string: keys without a sign between them, a dash, and how many latents they last.

    Raises:
        CinetrajError: a part is none, as in LingBot-World's strings (iw-15, none-10), whose unit no document tells.
    """
    turns: list[Turn] = []
    start = 0
    for part in filter(None, (part.strip() for part in text.split(","))):
        parts = _POSE_COMMAND.fullmatch(part)
        keys = _POSE_WORD.findall(parts[1]) if parts else []
        if parts is None or "".join(keys) != parts[1]:
            raise CinetrajError(f"{part[:40]!r} is no command of HY-WorldPlay, which are like w-3, right-2, wleft-1")
        count = int(float(parts[2]))  # the tool cuts parts of a latent off
        if count:
            code = code_of("+".join(keys))
            end = start + LATENT * count
            turns.append(Turn(action=spelled(code), code=code, start=float(start), end=float(end)))
            start = end
    return Commands(turns=tuple(turns), layout="pose string")


def _of_path(path: Path, format: str) -> Commands:
    """The keys that take a camera along a path."""
    try:
        told = io.read(path, format=format)
    except ReadError as error:
        raise ReadError(path, f"holds no commands ({error.problem})", remedy=REMEDY) from error
    rows = np.flatnonzero(told.valid)
    if len(rows) < 2:
        raise ReadError(path, "has fewer than two poses, expected a path to take the commands from", remedy=REMEDY)
    codes = worldplay_codes(told.world_from_cam[rows], move=GENERATOR_MOVE, turn_deg=GENERATOR_TURN_DEG)
    each: list[Code] = [(a, b, c, d) for a, b, c, d in codes.tolist()]
    edges = (told.time_s[rows] - told.time_s[rows[0]]).tolist()
    turns = _merged([spelled(code) for code in each], each, edges)
    return Commands(turns=turns, unit="frames" if told.time_source == "index" else "seconds", layout="path")
