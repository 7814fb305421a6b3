# pyright: basic
# (rerun's classes have partial types)
"""What changes over time: turns, positions, focal length, and the segments with their probabilities."""

from typing import Any

import numpy as np
from jaxtyping import Float

from compare.view.library import rerun, rgb_of
from trajectory.colors import color_of
from trajectory.curves import moved_from_first, pose_sigma, rotation_deg
from trajectory.description import Description
from trajectory.kinematics import seconds
from trajectory.model import Trajectory
from trajectory.moves import with_holds

ROTATION, POSITION, FOCAL, SEGMENTS = "curves/rotation", "curves/position", "curves/focal", "segments"
SPREAD = "spread"
"""Before the curves of one standard deviation."""
NAMES = {ROTATION: ("tilt", "pan", "roll"), POSITION: ("right", "down", "forward"), FOCAL: ("focal",)}
"""Up, right and clockwise are positive."""
PALE = 0.55
"""Share of white in the colours of a reference's curves."""


def log_curves(stream: Any, trajectory: Trajectory, numbers: list[int], *, reference: bool = False) -> None:
    """Curves of a path relative to its first frame, in that camera's axes, and their standard deviations where known.

    Args:
        numbers: of the frames, one for each row of the path.
        reference: it is the path that another one is compared with: its curves are paler, and named so.
    """
    if not trajectory.valid.any():
        return
    sigma = pose_sigma(trajectory)
    values = {ROTATION: rotation_deg(trajectory), POSITION: moved_from_first(trajectory)}
    spreads = {ROTATION: np.degrees(sigma[:, 3:]), POSITION: sigma[:, :3]}
    if trajectory.focal_px is not None:
        values[FOCAL] = trajectory.focal_px[:, None]
        spread = trajectory.focal_sigma_px
        spreads[FOCAL] = np.full((len(trajectory), 1), np.nan) if spread is None else spread[:, None]
    for origin, columns in values.items():
        for column, name in enumerate(NAMES[origin]):
            colour = rgb_of(color_of(column))
            if reference:
                line = f"{origin}/{name}_reference"
                _send(stream, line, trajectory, numbers, columns[:, column], f"reference {name}", _pale(colour))
                continue
            _send(stream, f"{origin}/{name}", trajectory, numbers, columns[:, column], name, colour)
            if (spreads[origin] > 0).any():
                spread_line = f"{SPREAD}/{origin}/{name}"
                _send(stream, spread_line, trajectory, numbers, spreads[origin][:, column], name, colour)


def _send(
    stream: Any,
    entity: str,
    trajectory: Trajectory,
    numbers: list[int],
    values: Float[np.ndarray, " n"],
    name: str,
    colour: list[int],
) -> None:
    rr = rerun()
    known = np.flatnonzero(trajectory.valid & np.isfinite(values))
    if not len(known):
        return
    stream.log(entity, rr.SeriesLines(colors=[colour], names=[name], widths=[2.0]), static=True)
    times = [rr.TimeColumn("frame", sequence=np.array(numbers)[known])]
    if trajectory.time_source != "index":
        times.append(rr.TimeColumn("time", duration=np.array(trajectory.time_s[known])))
    stream.send_columns(entity, indexes=times, columns=rr.Scalars.columns(scalars=np.array(values[known])))


def log_segments(stream: Any, trajectory: Trajectory, description: Description, numbers: list[int]) -> None:
    """A lane for each primitive that is told, its state named with how far it can be trusted."""
    rr = rerun()
    shown = with_holds(description.decisions, description.segments, description.translation_unit)
    time_s = seconds(trajectory, trajectory.time_s)
    counted = trajectory.time_source == "index"
    for name in dict.fromkeys(segment.primitive for segment in shown):
        words = name.replace("_", " ")
        decision = description.decisions[name]
        said = f"{words} ({'' if decision.yes else 'in parts, '}{decision.trust:.2f})"
        stream.log(f"{SEGMENTS}/{name}", rr.StateConfiguration(values=[words], labels=[said]), static=True)
        edges = [
            edge
            for segment in shown
            if segment.primitive == name
            for edge in ((segment.start_s, words), (segment.end_s, ""))
        ]
        for at, state in edges:
            row = min(int(np.searchsorted(time_s, at - 1e-9)), len(numbers) - 1)
            stream.set_time("frame", sequence=numbers[row])
            if not counted:
                stream.set_time("time", duration=float(at))
            stream.log(f"{SEGMENTS}/{name}", rr.StateChange(state=state))
        stream.reset_time()


def _pale(colour: list[int]) -> list[int]:
    return [round(value + PALE * (255 - value)) for value in colour]
