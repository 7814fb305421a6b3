"""From camera paths to the official files: every split and every task is answered rightly where the truth is known."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from moves import CLIPS, MOVES

from compare.benchmarks.camerabench.answers import write_binary, write_tasks
from compare.benchmarks.camerabench.clips import Clip, clip_of_trajectory
from compare.benchmarks.camerabench.evaluate import evaluate_binary, evaluate_tasks
from compare.benchmarks.camerabench.facts import answer, clip_facts
from compare.benchmarks.camerabench.labels import SPLITS, BinaryRow, Labels, PairRow, read_labels
from compare.benchmarks.camerabench.questions import TASKS
from compare.benchmarks.camerabench.score_files import NEEDS_SCENE, read_score_file
from trajectory.candidates import Candidates
from trajectory.errors import CinetrajError
from trajectory.likelihood import LEAST
from trajectory.probabilities import MOVES as USUAL

# For every task that a path can answer: a clip of which the positive text is true, and one of which it is false.
TRUTH: dict[str, tuple[str, str]] = {
    **{
        f"has_motion/has_{a}": (b, "Static")
        for a, b in (
            ("pan_left", "Pan_Left"),
            ("pan_right", "Pan_Right"),
            ("tilt_up", "Tilt_Up"),
            ("tilt_down", "Tilt_Down"),
            ("roll_clockwise", "Roll_Clockwise"),
            ("roll_counterclockwise", "Roll_Counterclockwise"),
            ("truck_left", "Move_Left"),
            ("truck_right", "Move_Right"),
            ("zoom_in", "Zoom_In"),
            ("zoom_out", "Zoom_Out"),
            ("forward_motion", "Move_In"),
            ("backward_motion", "Move_Out"),
            ("pedestal_up", "Move_Up"),
            ("pedestal_down", "Move_Down"),
        )
    },
    "has_motion/has_arc_clockwise": ("Arc_Left", "Move_Left"),
    "has_motion/has_arc_counterclockwise": ("Arc_Right", "Move_Right"),
    "has_motion/has_crane_up": ("Crane_Up", "Move_Up"),
    "has_motion/has_crane_down": ("Crane_Down", "Move_Down"),
    "has_motion/has_pan_left_not_truck_vs_has_truck_not_pan_left": ("Pan_Left", "Move_Left"),
    "has_motion/has_pan_right_not_truck_vs_has_truck_not_pan_right": ("Pan_Right", "Move_Right"),
    "has_motion/has_tilt_down_not_pedestal_vs_has_pedestal_not_tilt_down": ("Tilt_Down", "Move_Down"),
    "has_motion/has_tilt_up_not_pedestal_vs_has_pedestal_not_tilt_up": ("Tilt_Up", "Move_Up"),
    "has_motion/has_zoom_in_not_move_vs_has_move_not_zoom_in": ("Zoom_In", "Move_In"),
    "has_motion/has_zoom_out_not_move_vs_has_move_not_zoom_out": ("Zoom_Out", "Move_Out"),
    "motion_direction/arc_ccw_vs_arc_cc": ("Arc_Right", "Arc_Left"),
    "motion_direction/crane_up_vs_crane_down": ("Crane_Up", "Crane_Down"),
    "motion_direction/has_leftward_vs_rightward": ("Move_Left", "Move_Right"),
    "motion_direction/pan_left_vs_pan_right": ("Pan_Left", "Pan_Right"),
    "motion_direction/roll_cc_vs_roll_ccw": ("Roll_Clockwise", "Roll_Counterclockwise"),
    "motion_direction/tilt_up_vs_tilt_down": ("Tilt_Up", "Tilt_Down"),
    "motion_direction/zoom_in_vs_zoom_out": ("Zoom_In", "Zoom_Out"),
    "motion_direction/dolly_zoom_in_vs_dolly_zoom_out": ("Dolly_Out_Zoom_In", "Dolly_In_Zoom_Out"),
    "motion_direction/has_forward_vs_backward_ground": ("Move_In", "Move_Out"),
    "motion_direction/has_upward_vs_downward_ground": ("Move_Up", "Move_Down"),
    "motion_and_steadiness/is_the_camera_clearly_moving_or_not": ("Pan_Right", "Trembling"),
    "motion_and_steadiness/is_the_camera_fixed_or_moving": ("Static", "Pan_Right"),
    "motion_and_steadiness/is_the_camera_stable_or_shaky": ("Pan_Right", "Shaky_Pan"),
    "motion_and_steadiness/is_the_fixed_camera_shaking_or_not": ("Static", "Trembling"),
    "motion_speed/is_camera_movement_slow_or_fast": ("Slow_Pan", "Fast_Pan"),
    **{
        f"only_motion/only_{a}_vs_has_{a}_and_not_only": b
        for a, b in (
            ("pan_left", ("Pan_Left", "Everything")),
            ("pan_right", ("Pan_Right", "Everything_Else")),
            ("roll_cc", ("Roll_Clockwise", "Everything")),
            ("roll_ccw", ("Roll_Counterclockwise", "Everything_Else")),
            ("tilt_down", ("Tilt_Down", "Everything")),
            ("tilt_up", ("Tilt_Up", "Everything_Else")),
            ("truck_left", ("Move_Left", "Everything_Else")),
            ("truck_right", ("Move_Right", "Everything")),
            ("zoom_in", ("Zoom_In", "Everything")),
            ("zoom_out", ("Zoom_Out", "Everything_Else")),
            ("backward", ("Move_Out", "Everything_Else")),
            ("forward", ("Move_In", "Everything")),
            ("pedestal_down", ("Move_Down", "Everything")),
            ("pedestal_up", ("Move_Up", "Everything_Else")),
        )
    },
    "confusable_motion/only_pan_left_vs_only_truck_left": ("Pan_Left", "Move_Left"),
    "confusable_motion/only_pan_right_vs_only_truck_right": ("Pan_Right", "Move_Right"),
    "confusable_motion/only_tilt_down_vs_only_pedestal_down": ("Tilt_Down", "Move_Down"),
    "confusable_motion/only_tilt_up_vs_only_pedestal_up": ("Tilt_Up", "Move_Up"),
    "confusable_motion/only_zoom_in_vs_only_forward": ("Zoom_In", "Move_In"),
    "confusable_motion/only_zoom_out_vs_only_backward": ("Zoom_Out", "Move_Out"),
    "confusable_motion/forward_camera_only_vs_forward_ground_and_camera": ("Ahead_Bird", "Ahead_Level"),
    "confusable_motion/backward_camera_only_vs_backward_ground_and_camera": ("Back_Bird", "Back_Level"),
    "confusable_motion/upward_camera_only_vs_upward_camera_and_ground": ("Rise_Bird", "Rise_Level"),
    "confusable_motion/downward_camera_only_vs_downward_camera_and_ground": ("Sink_Bird", "Sink_Level"),
}


def pair(positive: str, negative: str, number: int = 0) -> PairRow:
    return PairRow(
        number=number, pos_video=f"{positive}.mp4", neg_video=f"{negative}.mp4", pos_question="P?", neg_question="N?"
    )


def primitive_labels() -> Labels:
    """Every split: the clip with the motion is the positive one, all others are negative."""
    binary = {
        split: tuple(
            BinaryRow(number=i, video=f"{name}.mp4", question="Q?", label="yes" if name == split else "no")
            for i, name in enumerate(SPLITS)
        )
        for split in SPLITS
    }
    return Labels(binary=binary, tasks={})


@pytest.fixture(scope="module")
def described() -> dict[str, Clip]:
    return {name: clip_of_trajectory(name, trajectory) for name, trajectory in CLIPS.items()}


@pytest.mark.parametrize("rule", ["apparent", "authors"])
def test_every_primitive_ranks_its_clip_first(tmp_path: Path, rule: str) -> None:
    clips = {n: clip_of_trajectory(n, t, rule=rule) for n, t in MOVES.items()}  # type: ignore[arg-type]
    written = write_binary(clips, primitive_labels(), tmp_path, model=f"m-{rule}")
    assert (written.clips, written.estimated, written.failures) == (15, 15, {})
    result = evaluate_binary(written.files)
    assert {r["split_name"]: r["average_precision"] for r in result["results_by_split"].values()} == dict.fromkeys(
        SPLITS, 1.0
    )


def test_every_task_that_a_path_can_answer(tmp_path: Path, described: dict[str, Clip]) -> None:
    assert set(TRUTH) == {name for name, task in TASKS.items() if task.group != "C"}
    labels = Labels(binary={}, tasks={name: (pair(*clips),) for name, clips in TRUTH.items()})
    result = evaluate_tasks(write_tasks(described, labels, tmp_path, model="m").files)
    wrong = [key for key, r in result["results_by_split"].items() if r["vqa"]["binary_acc"] < 1]
    assert not wrong
    assert result["evaluated_splits"] == 63
    assert result["overall_retrieval_group"] == 1.0


def test_the_other_way_round_every_answer_is_wrong(tmp_path: Path, described: dict[str, Clip]) -> None:
    labels = Labels(binary={}, tasks={name: (pair(*clips[::-1]),) for name, clips in TRUTH.items()})
    result = evaluate_tasks(write_tasks(described, labels, tmp_path, model="m").files)
    assert result["overall_binary_acc"] == 0.0


def test_the_same_words_mean_the_same_whichever_task_asks(shared: Path, described: dict[str, Clip]) -> None:
    answers: dict[str, list[float]] = {}
    repeated = 0
    for name, pairs in read_labels(shared / "camerabench").tasks.items():
        task = TASKS[name]
        if task.positive is None or task.negative is None or task.needs_gravity:
            continue
        facts = [clip_facts(described[clip], task) for clip in ("Pan_Left", "Arc_Left", "Everything", "Ahead_Bird")]
        for text, question in ((pairs[0].pos_question, task.positive), (pairs[0].neg_question, task.negative)):
            found = [answer(question, f) for f in facts]
            repeated += text in answers
            assert answers.setdefault(text, found) == found
    assert repeated >= 14


def test_scene_tasks_are_errors_and_never_answers(tmp_path: Path, described: dict[str, Clip]) -> None:
    scene = [name for name, task in TASKS.items() if task.group == "C"]
    labels = Labels(binary={}, tasks={name: (pair("Pan_Left", "Static"),) for name in scene})
    written = write_tasks(described, labels, tmp_path, model="m")
    rows = [row for file in written.files for row in read_score_file(file).rows]
    assert len(rows) == 18
    assert all(row["error"] == NEEDS_SCENE and row["yes_scores"] is None for row in rows)


def test_without_gravity_the_difference_that_it_makes_is_an_error(tmp_path: Path, described: dict[str, Clip]) -> None:
    task = "confusable_motion/forward_camera_only_vs_forward_ground_and_camera"
    assumed = "has_motion/has_forward_motion"
    labels = Labels(binary={}, tasks={n: (pair("Move_In", "Ahead_Level"),) for n in (task, assumed)})
    first, second = (read_score_file(f).rows[0] for f in write_tasks(described, labels, tmp_path, model="m").files)
    assert "Move_In: needs gravity" in first["error"]
    assert (second["error"], second["assumed"]) == (None, "camera level in the first frame")


def test_files_and_keys_are_those_of_the_official_format(tmp_path: Path, described: dict[str, Clip]) -> None:
    labels = Labels(
        binary={"Pan_Left": primitive_labels().binary["Pan_Left"]},
        tasks={"has_motion/has_pan_left": (pair("Pan_Left", "Static", 7),)},
    )
    clips = {"Pan_Left": described["Pan_Left"], "Static": described["Static"]}
    (binary,) = write_binary(clips, labels, tmp_path, model="my model").files
    (tasks,) = write_tasks(clips, labels, tmp_path, model="my model").files
    assert binary.name == "classification_scores_my-model_Pan_Left.json"
    assert tasks.name == "vqa_retrieval_scores_my-model_has_motion_has_pan_left.json"
    row = json.loads(binary.read_text())["scores"][0]
    assert {"sample_id", "video_path", "question", "ground_truth_label", "method", "score", "error"} <= set(row)
    content = json.loads(tasks.read_text())
    assert {"method_type", "model_name", "skill_name", "task_name", "split_name"} <= set(content["metadata"])
    (row,) = content["scores"]
    assert row["sample_id"] == "7"
    for corner, yes in row["yes_scores"].items():
        assert yes + row["no_scores"][corner] == pytest.approx(1.0)
        assert yes != row["no_scores"][corner]


@pytest.mark.parametrize(("failures", "error"), [("last", None), ("drop", "not estimated")])
def test_a_clip_that_was_never_estimated_is_a_failure(
    tmp_path: Path, described: dict[str, Clip], failures: str, error: str | None
) -> None:
    clips = {n: c for n, c in described.items() if n in SPLITS and n != "Zoom_In"}
    clips["Pan_Left"] = Clip(name="Pan_Left", camera=None, failure="all frames are black")
    written = write_binary(clips, primitive_labels(), tmp_path, model="m", failures=failures)  # type: ignore[arg-type]
    assert (written.clips, written.estimated) == (15, 13)
    assert written.failures == {"not estimated": 1, "all frames are black": 1}
    rows = {r["video_path"]: r for r in read_score_file(tmp_path / "classification_scores_m_Zoom_In.json").rows}
    assert len(rows) == 15
    assert math.isnan(rows["Zoom_In.mp4"]["score"])
    assert (rows["Zoom_In.mp4"]["error"], rows["Zoom_In.mp4"]["failure"]) == (error, "not estimated")
    assert rows["Pan_Left.mp4"]["failure"] == "all frames are black"
    result = evaluate_binary(written.files, failures=failures)  # type: ignore[arg-type]
    by_split = {r["split_name"]: r for r in result["results_by_split"].values()}
    assert by_split["Static"]["num_samples"] == (15 if failures == "last" else 13)
    if failures == "last":
        assert by_split["Zoom_In"]["average_precision"] < 0.2


def test_a_score_that_is_not_known_is_nan_without_error(tmp_path: Path) -> None:
    description = {"scores": {**dict.fromkeys(SPLITS, 0.5), "Zoom_In": None}, "decisions": {}}
    clips = {"Static": Clip(name="Static", camera=description)}
    write_binary(clips, primitive_labels(), tmp_path, model="m", failures="drop")
    rows = read_score_file(tmp_path / "classification_scores_m_Zoom_In.json").rows
    row = next(r for r in rows if r["video_path"] == "Static.mp4")
    assert math.isnan(row["score"])
    assert row["error"] is None
    assert "not known" in row["failure"]


def bounded(name: str) -> Clip:
    """A clip of which no translation is known, though it may have been there."""
    return clip_of_trajectory(name, CLIPS[name].replace(scale="bounded", translation_bound=math.inf))


@pytest.mark.parametrize("rank", ["likelihood", "amount"])
@pytest.mark.parametrize("unknown", ["number", "nan"])
def test_a_flagged_number_ranks_and_nan_does_not(
    tmp_path: Path, described: dict[str, Clip], unknown: Any, rank: Any
) -> None:
    clips = {n: c for n, c in described.items() if n in SPLITS} | {n: bounded(n) for n in ("Pan_Left", "Move_Right")}
    written = write_binary(clips, primitive_labels(), tmp_path, model="m", unknown=unknown, rank=rank)
    assert (written.rows, written.flagged) == (225, 13)  # six moves of two clips, and whether one of them rests
    file = read_score_file(tmp_path / "classification_scores_m_Move_Left.json")
    assert (file.metadata["unknown"], file.metadata["rank"]) == (unknown, rank)
    rows = {r["video_path"]: r for r in file.rows}
    assert rows["Tilt_Up.mp4"]["flagged"] is None
    flagged = rows["Pan_Left.mp4"]
    assert flagged["flagged"] == "not known from this trajectory"
    assert flagged["error"] is None
    if unknown == "number":
        usual = LEAST * USUAL  # as often as cameras move so, and nothing to be seen of it
        assert flagged["score"] == (0.0 if rank == "amount" else pytest.approx(usual))
        assert flagged["failure"] is None
    else:
        assert math.isnan(flagged["score"])
        assert "not known" in flagged["failure"]


def test_numbers_rank_no_worse_than_nan(tmp_path: Path, described: dict[str, Clip]) -> None:
    hidden = ("Pan_Left", "Tilt_Up", "Zoom_In", "Roll_Clockwise", "Move_Right", "Move_In", "Static")
    clips = {n: c for n, c in described.items() if n in SPLITS} | {n: bounded(n) for n in hidden}
    found: dict[str, dict[str, float]] = {}
    for unknown in ("number", "nan"):
        written = write_binary(clips, primitive_labels(), tmp_path / unknown, model="m", unknown=unknown)
        result = evaluate_binary(written.files)["results_by_split"]
        found[unknown] = {r["split_name"]: r["average_precision"] for r in result.values()}
    assert all(found["number"][split] >= found["nan"][split] for split in SPLITS)
    assert found["number"]["Move_Right"] > found["nan"]["Move_Right"]
    assert found["number"]["Static"] > found["nan"]["Static"]


def test_a_candidate_that_saw_the_move_ranks_it_first(tmp_path: Path, described: dict[str, Clip]) -> None:
    other = Candidates(own=0.7, others=((0.3, CLIPS["Move_Right"]),))
    still = CLIPS["Move_Right"].replace(scale="bounded", translation_bound=math.inf)
    clips = {n: c for n, c in described.items() if n in SPLITS}
    clips["Move_Right"] = clip_of_trajectory("Move_Right", still, candidates=other)
    written = write_binary(clips, primitive_labels(), tmp_path, model="m")
    result = evaluate_binary(written.files)["results_by_split"]["m_Move_Right"]
    assert result["average_precision"] == 1.0


@pytest.mark.parametrize("unknown", ["number", "nan"])
def test_tasks_are_answered_by_best_estimates_only_where_nothing_else_tells(
    tmp_path: Path, described: dict[str, Clip], unknown: Any
) -> None:
    tasks = ("has_motion/has_truck_left", "has_motion/has_pan_left")
    labels = Labels(binary={}, tasks={name: (pair("Pan_Left", "Static"),) for name in tasks})
    clips = {"Pan_Left": bounded("Pan_Left"), "Static": described["Static"]}
    written = write_tasks(clips, labels, tmp_path, model="m", unknown=unknown)
    truck, pan = (read_score_file(f).rows[0] for f in written.files)
    assert (pan["error"], pan["flagged"]) == (None, None)
    assert (written.rows, written.flagged) == (2, int(unknown == "number"))
    if unknown == "number":
        assert truck["flagged"] == "Pan_Left: not known from this trajectory"
        assert truck["yes_scores"]["pos_text_pos_image"] < 0.5
    else:
        assert "Pan_Left: not known" in truck["error"]


def test_names_that_match_no_label_are_refused(tmp_path: Path, described: dict[str, Clip]) -> None:
    with pytest.raises(CinetrajError, match=r"none of the 1 runs \(first: 'other'\)"):
        write_binary({"other": described["Static"]}, primitive_labels(), tmp_path, model="m")
    with pytest.raises(CinetrajError, match="'has_motion/flies' is none of CameraBench's 81"):
        write_tasks(described, Labels(binary={}, tasks={"has_motion/flies": ()}), tmp_path, model="m")
    assert not list(tmp_path.iterdir())
