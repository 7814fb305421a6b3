"""HY-WorldPlay pose strings: "w-3, right-2, d-4", movements and how many latents each lasts.

The first pose is the identity. w s a d move by 0.08 units a latent, left right up down turn by 3 degrees, each in the
axes of the camera before it. Source: HY-WorldPlay `hyvideo/generate.py` (parse_pose_string, pose_string_to_json).
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError, ReadError
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices
from trajectory.io._text import decode, read_bytes
from trajectory.io.worldplay import FRAMES, from_latents, latents
from trajectory.model import Trajectory

_STEP = 0.08
_TURN_DEG = 3.0
_MOVES = {"w": (0, 0, 1), "s": (0, 0, -1), "a": (-1, 0, 0), "d": (1, 0, 0)}
_TURNS = {"up": (1, 0, 0), "down": (-1, 0, 0), "left": (0, -1, 0), "right": (0, 1, 0)}
_DEFAULT_K = np.array([[32e3 / 33, 0, 960], [0, 32e3 / 33, 540], [0, 0, 1]])
"""The lens that the tool gives to a pose string (969.69... px of 1920 x 1080)."""
_COMMAND = re.compile(r"([a-z]+)-(\d{1,9}(?:\.\d*)?)")
_MOST_LATENTS = 1_000_000


def _motion(move: tuple[int, ...], turn: tuple[int, ...]) -> Float[np.ndarray, "4 4"]:
    """What a word does in one latent, in the axes of the camera before it."""
    step = np.eye(4)
    step[:3, :3] = Rotation.from_rotvec(_TURN_DEG * np.array(turn), degrees=True).as_matrix()
    step[:3, 3] = _STEP * np.array(move)
    return step


_MOTIONS = {word: _motion(_MOVES.get(word, (0, 0, 0)), _TURNS.get(word, (0, 0, 0))) for word in (*_MOVES, *_TURNS)}


def _read(path: Path) -> Trajectory:
    text = decode(path, read_bytes(path)).strip()
    poses = [np.eye(4)]
    for command in (part.strip() for part in text.split(",")):
        if not command:
            continue
        parts = _COMMAND.fullmatch(command)
        step = _MOTIONS.get(parts[1]) if parts else None
        if parts is None or step is None:
            raise ReadError(
                path,
                f"{command[:40]!r} is no movement of HY-WorldPlay",
                remedy=f"a pose string is like 'w-3, right-2', of {' '.join(_MOTIONS)}; "
                "LingBot-World's strings (iw, none) have step sizes that no document gives: save its poses.npy",
            )
        count = int(float(parts[2]))  # the tool cuts parts of a latent off
        if len(poses) + count > _MOST_LATENTS:
            raise ReadError(path, f"{command!r} is longer than a million latents", remedy="repair it")
        for _ in range(count):
            poses.append(poses[-1] @ step)
    if len(poses) < 2:
        raise ReadError(path, "holds no movement", remedy="a pose string is like 'w-3, right-2'")
    stack = poses_from_matrices(Rows(path=path), np.array(poses))
    return from_latents(path, "hy-worldplay-string", stack, np.tile(_DEFAULT_K, (len(poses), 1, 1)))


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    rows = latents(trajectory, "hy-worldplay-string")
    poses = trajectory.world_from_cam[rows]
    if not np.allclose(poses[0], np.eye(4), rtol=0, atol=1e-6):
        raise CinetrajError("a pose string starts at the identity and this trajectory does not; write hy-worldplay")
    if len(poses) < 2:
        raise CinetrajError("one pose makes no movement of a pose string; write hy-worldplay")
    said: list[tuple[str, int]] = []
    for i, step in enumerate(np.linalg.inv(poses[:-1]) @ poses[1:]):
        word = next((word for word, one in _MOTIONS.items() if np.allclose(step, one, rtol=0, atol=1e-6)), "")
        if not word:
            raise CinetrajError(
                f"the move from latent {i} to {i + 1} is none of a pose string, {_STEP} units or {_TURN_DEG:g} degrees "
                f"of {' '.join(_MOTIONS)}; write hy-worldplay"
            )
        if said and said[-1][0] == word:
            said[-1] = (word, said[-1][1] + 1)
        else:
            said.append((word, 1))
    return {path: (", ".join(f"{word}-{count}" for word, count in said) + "\n").encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.rows or len(probe.comments) != 1:
        return None
    parts = [part.strip() for part in probe.comments[0].split(",") if part.strip()]
    if not parts or not all(_COMMAND.fullmatch(part) for part in parts):
        return None
    return Match(evidence="movements and their lengths, as w-3, right-2", sure=True)


FORMAT = Format(
    name="hy-worldplay-string",
    summary="HY-WorldPlay pose string: w-3, right-2, d-4; one movement a latent of four frames",
    target="pose_string.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    stride=FRAMES,
)
