"""What each of the 81 tasks asks, in terms of a camera path.

A question is a function of the *facts* of one clip alone, never of its partner in a pair or of which task asks: facts
are signed margins by name (positive: yes), None where the path does not tell. "And" is the smallest margin, "not" the
negative, as the benchmark's label rules combine its labels.

Groups, by what an answer needs: A the path and the focal length (40 tasks); B also the direction of gravity, or zoom
told from dolly (23); C the content of the scene (18), which no path can answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from trajectory.components import NAMES
from trajectory.margins import negated, weakest

Facts = Mapping[str, float | None]
Question = Callable[[Facts], float | None]

MOTIONS = tuple(name for name in NAMES if name != "Static")
"""The 14 motions; with Static the 15 primitives."""
GROUND = {
    "Move_In": "Ground_Forward",
    "Move_Out": "Ground_Backward",
    "Move_Up": "Ground_Up",
    "Move_Down": "Ground_Down",
}
"""Moves along and across the view, and their names relative to the ground."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of group A, B or C as above, and its two questions (none in group C).

    Attributes:
        needs_gravity: without gravity no level camera may be assumed, since the task asks for the difference it makes.
    """

    group: Literal["A", "B", "C"]
    positive: Question | None = None
    negative: Question | None = None
    needs_gravity: bool = False


def has(name: str) -> Question:
    """The margin of one fact."""
    return lambda facts: facts.get(name)


def negation(question: Question) -> Question:
    """Yes where the question is answered no, as sure."""
    return lambda facts: negated(question(facts))


def conjunction(*questions: Question) -> Question:
    """The weakest part decides. With an unknown part it is known only where another part says no already."""
    return lambda facts: weakest(*(question(facts) for question in questions))


def moving(facts: Facts) -> float | None:
    """The largest margin of the 14 motions, over the clip or over a stretch of it: motion beyond minor shake."""
    known = [margin for name in MOTIONS if (margin := facts.get(name)) is not None]
    complete = len(known) == len(MOTIONS)
    if (stretch := facts.get("Stretch")) is not None:
        known.append(stretch)
    return max(known) if known and (complete or max(known) >= 0) else None


def only(name: str) -> Question:
    """This motion and no other one; its own opposite says nothing more and is left out."""
    own = {name, _opposite(name)}
    ground = name in GROUND.values()
    others = [GROUND.get(motion, motion) if ground else motion for motion in MOTIONS]
    return conjunction(has(name), *(negation(has(other)) for other in others if other not in own))


def _opposite(name: str) -> str:
    pairs = (
        ("In", "Out"),
        ("Up", "Down"),
        ("Right", "Left"),
        ("Forward", "Backward"),
        ("Clockwise", "Counterclockwise"),
    )
    stem, last = name.rsplit("_", 1)
    swap = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    return f"{stem}_{swap[last]}"


def _has(group: Literal["A", "B"], name: str) -> Task:
    return Task(group=group, positive=has(name), negative=negation(has(name)))


def _versus(group: Literal["A", "B"], one: str, other: str) -> Task:
    return Task(group=group, positive=has(one), negative=has(other))


def _only(group: Literal["A", "B"], name: str) -> Task:
    return Task(group=group, positive=only(name), negative=negation(only(name)))


def _confused(group: Literal["A", "B"], one: str, other: str) -> Task:
    return Task(group=group, positive=only(one), negative=only(other))


def _but_not(group: Literal["A", "B"], one: str, other: str) -> Task:
    return Task(
        group=group,
        positive=conjunction(has(one), negation(has(other))),
        negative=conjunction(has(other), negation(has(one))),
    )


def _camera_only(name: str) -> Task:
    in_view, on_ground = has(name), has(GROUND[name])
    return Task(
        group="B",
        positive=conjunction(in_view, negation(on_ground)),
        negative=conjunction(in_view, on_ground),
        needs_gravity=True,
    )


_SCENE = Task(group="C")
_STILL = has("Static")
_SLOW, _FAST = conjunction(moving, has("Slow")), conjunction(moving, has("Fast"))
_TREMBLING = conjunction(negation(moving), has("Shaky"))
_SCENE_TASKS = (
    *(f"tracking_shot/{name}" for name in ("has_aerial_tracking", "has_arc_tracking", "has_front_side_tracking")),
    *(f"tracking_shot/{name}" for name in ("has_lead_tracking", "has_pan_tracking", "has_rear_side_tracking")),
    *(f"tracking_shot/{name}" for name in ("has_side_tracking", "has_tail_tracking", "has_tilt_tracking")),
    *(f"tracking_shot/{name}" for name in ("is_tracking", "tracking_subject_larger", "tracking_subject_smaller")),
    "scene_dynamics/has_frame_freeze_or_not",
    "scene_dynamics/is_scene_static_or_not",
    "complex_description/all",
    "motion_direction/lead_tracking_vs_tail_tracking",
    "motion_direction/side_tracking_leftward_vs_rightward",
    "motion_speed/has_motion_blur_or_not",
)

TASKS: Mapping[str, Task] = {
    **{name: _SCENE for name in _SCENE_TASKS},
    # has_motion
    "has_motion/has_arc_clockwise": _has("A", "Arc_Clockwise"),
    "has_motion/has_arc_counterclockwise": _has("A", "Arc_Counterclockwise"),
    "has_motion/has_crane_down": _has("A", "Crane_Down"),
    "has_motion/has_crane_up": _has("A", "Crane_Up"),
    "has_motion/has_pan_left": _has("A", "Pan_Left"),
    "has_motion/has_pan_right": _has("A", "Pan_Right"),
    "has_motion/has_roll_clockwise": _has("A", "Roll_Clockwise"),
    "has_motion/has_roll_counterclockwise": _has("A", "Roll_Counterclockwise"),
    "has_motion/has_tilt_down": _has("A", "Tilt_Down"),
    "has_motion/has_tilt_up": _has("A", "Tilt_Up"),
    "has_motion/has_truck_left": _has("A", "Move_Left"),
    "has_motion/has_truck_right": _has("A", "Move_Right"),
    "has_motion/has_zoom_in": _has("A", "Zoom_In"),
    "has_motion/has_zoom_out": _has("A", "Zoom_Out"),
    "has_motion/has_pan_left_not_truck_vs_has_truck_not_pan_left": _but_not("A", "Pan_Left", "Move_Left"),
    "has_motion/has_pan_right_not_truck_vs_has_truck_not_pan_right": _but_not("A", "Pan_Right", "Move_Right"),
    "has_motion/has_backward_motion": _has("B", "Ground_Backward"),
    "has_motion/has_forward_motion": _has("B", "Ground_Forward"),
    "has_motion/has_pedestal_down": _has("B", "Ground_Down"),
    "has_motion/has_pedestal_up": _has("B", "Ground_Up"),
    "has_motion/has_tilt_down_not_pedestal_vs_has_pedestal_not_tilt_down": _but_not("B", "Tilt_Down", "Ground_Down"),
    "has_motion/has_tilt_up_not_pedestal_vs_has_pedestal_not_tilt_up": _but_not("B", "Tilt_Up", "Ground_Up"),
    "has_motion/has_zoom_in_not_move_vs_has_move_not_zoom_in": _but_not("B", "Zoom_In", "Ground_Forward"),
    "has_motion/has_zoom_out_not_move_vs_has_move_not_zoom_out": _but_not("B", "Zoom_Out", "Ground_Backward"),
    # motion_direction
    "motion_direction/arc_ccw_vs_arc_cc": _versus("A", "Arc_Counterclockwise", "Arc_Clockwise"),
    "motion_direction/crane_up_vs_crane_down": _versus("A", "Crane_Up", "Crane_Down"),
    "motion_direction/has_leftward_vs_rightward": _versus("A", "Move_Left", "Move_Right"),
    "motion_direction/pan_left_vs_pan_right": _versus("A", "Pan_Left", "Pan_Right"),
    "motion_direction/roll_cc_vs_roll_ccw": _versus("A", "Roll_Clockwise", "Roll_Counterclockwise"),
    "motion_direction/tilt_up_vs_tilt_down": _versus("A", "Tilt_Up", "Tilt_Down"),
    "motion_direction/zoom_in_vs_zoom_out": _versus("A", "Zoom_In", "Zoom_Out"),
    # "Dolly zoom in" moves backward while zooming in.
    "motion_direction/dolly_zoom_in_vs_dolly_zoom_out": _versus("B", "Dolly_Out_Zoom_In", "Dolly_In_Zoom_Out"),
    "motion_direction/has_forward_vs_backward_ground": _versus("B", "Ground_Forward", "Ground_Backward"),
    "motion_direction/has_upward_vs_downward_ground": _versus("B", "Ground_Up", "Ground_Down"),
    # motion_and_steadiness, motion_speed
    "motion_and_steadiness/is_the_camera_clearly_moving_or_not": Task(
        group="A", positive=moving, negative=negation(moving)
    ),
    "motion_and_steadiness/is_the_camera_fixed_or_moving": Task(group="A", positive=_STILL, negative=negation(_STILL)),
    "motion_and_steadiness/is_the_camera_stable_or_shaky": Task(
        group="A", positive=has("Smooth"), negative=has("Shaky")
    ),
    "motion_and_steadiness/is_the_fixed_camera_shaking_or_not": Task(group="A", positive=_STILL, negative=_TREMBLING),
    "motion_speed/is_camera_movement_slow_or_fast": Task(group="A", positive=_SLOW, negative=_FAST),
    # only_motion
    "only_motion/only_pan_left_vs_has_pan_left_and_not_only": _only("A", "Pan_Left"),
    "only_motion/only_pan_right_vs_has_pan_right_and_not_only": _only("A", "Pan_Right"),
    "only_motion/only_roll_cc_vs_has_roll_cc_and_not_only": _only("A", "Roll_Clockwise"),
    "only_motion/only_roll_ccw_vs_has_roll_ccw_and_not_only": _only("A", "Roll_Counterclockwise"),
    "only_motion/only_tilt_down_vs_has_tilt_down_and_not_only": _only("A", "Tilt_Down"),
    "only_motion/only_tilt_up_vs_has_tilt_up_and_not_only": _only("A", "Tilt_Up"),
    "only_motion/only_truck_left_vs_has_truck_left_and_not_only": _only("A", "Move_Left"),
    "only_motion/only_truck_right_vs_has_truck_right_and_not_only": _only("A", "Move_Right"),
    "only_motion/only_zoom_in_vs_has_zoom_in_and_not_only": _only("A", "Zoom_In"),
    "only_motion/only_zoom_out_vs_has_zoom_out_and_not_only": _only("A", "Zoom_Out"),
    "only_motion/only_backward_vs_has_backward_and_not_only": _only("B", "Ground_Backward"),
    "only_motion/only_forward_vs_has_forward_and_not_only": _only("B", "Ground_Forward"),
    "only_motion/only_pedestal_down_vs_has_pedestal_down_and_not_only": _only("B", "Ground_Down"),
    "only_motion/only_pedestal_up_vs_has_pedestal_up_and_not_only": _only("B", "Ground_Up"),
    # confusable_motion
    "confusable_motion/only_pan_left_vs_only_truck_left": _confused("A", "Pan_Left", "Move_Left"),
    "confusable_motion/only_pan_right_vs_only_truck_right": _confused("A", "Pan_Right", "Move_Right"),
    "confusable_motion/only_tilt_down_vs_only_pedestal_down": _confused("B", "Tilt_Down", "Ground_Down"),
    "confusable_motion/only_tilt_up_vs_only_pedestal_up": _confused("B", "Tilt_Up", "Ground_Up"),
    "confusable_motion/only_zoom_in_vs_only_forward": _confused("B", "Zoom_In", "Ground_Forward"),
    "confusable_motion/only_zoom_out_vs_only_backward": _confused("B", "Zoom_Out", "Ground_Backward"),
    "confusable_motion/backward_camera_only_vs_backward_ground_and_camera": _camera_only("Move_Out"),
    "confusable_motion/downward_camera_only_vs_downward_camera_and_ground": _camera_only("Move_Down"),
    "confusable_motion/forward_camera_only_vs_forward_ground_and_camera": _camera_only("Move_In"),
    "confusable_motion/upward_camera_only_vs_upward_camera_and_ground": _camera_only("Move_Up"),
}
