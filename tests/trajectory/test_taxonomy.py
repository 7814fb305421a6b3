"""The vocabularies of CameraBench and CineTechBench."""

import csv

import numpy as np
import pytest
from motions import OPPOSITE, SIGN, build, primitive

from trajectory.description import DescribeConfig, describe
from trajectory.primitives import NAMES
from trajectory.taxonomy import (
    CAMERABENCH,
    CINETECHBENCH,
    CINETECHBENCH_GROUPS,
    camerabench_margins,
)

UNIT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}
STEADY = "cam_motion.steadiness_and_movement"
ARC = "cam_motion.arc_crane_movement"


def unit(name, **options):
    return primitive(name, UNIT[SIGN[name][0]], **options)


def yes(t, config=None):
    return {label for label, m in camerabench_margins(describe(t, config)).items() if m is not None and m >= 0}


def test_every_split_has_its_label():
    assert tuple(CAMERABENCH) == NAMES
    assert len(set(CAMERABENCH.values())) == 15


def test_all_labels_are_labels_of_the_benchmark(shared):
    with (shared / "design/camerabench_labels.tsv").open(encoding="utf-8") as file:
        official = {row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    ours = set(camerabench_margins(describe(build(move=(0, 0, 1)), DescribeConfig(pitch_deg=0.0))))
    assert ours <= official
    assert len(ours) >= 55


def test_the_15_labels_are_those_of_the_official_files(shared):
    import json

    for name, label in CAMERABENCH.items():
        first = (shared / f"camerabench/binary_classification/{name}.jsonl").read_text().splitlines()[0]
        assert json.loads(first)["label_name"] == label


@pytest.mark.parametrize("name", SIGN)
def test_one_primitive_is_has_and_only(name):
    found = yes(unit(name))
    only = CAMERABENCH[name].replace(".has_", ".only_")
    assert {CAMERABENCH[name], only} <= found
    assert CAMERABENCH[OPPOSITE[name]] not in found
    assert len([label for label in found if ".only_" in label]) == 1


def test_two_primitives_are_no_only():
    found = yes(build(turn_deg=(0, 30, 0), move=(0, 0, 0.5)))
    assert {CAMERABENCH["Pan_Right"], CAMERABENCH["Move_In"]} <= found
    assert not [label for label in found if ".only_" in label]


def test_static_and_shake():
    assert f"{STEADY}.fixed_camera" in yes(build())
    assert f"{STEADY}.moving_camera" not in yes(build())
    shaking = yes(build(noise_deg=0.3, frames=120, duration_s=4.0))
    assert {f"{STEADY}.fixed_camera_with_shake", f"{STEADY}.shaky_camera", f"{STEADY}.moving_camera"} <= shaking
    assert not {f"{STEADY}.fixed_camera", f"{STEADY}.clear_moving_camera"} & shaking


def test_smooth_and_slow_or_fast():
    slow = yes(build(turn_deg=(0, 10, 0), duration_s=6.0, frames=180))
    assert {f"{STEADY}.very_stable_camera", f"{STEADY}.slow_moving_camera"} <= slow
    fast = yes(build(turn_deg=(0, 90, 0), duration_s=2.0))
    assert f"{STEADY}.fast_moving_camera" in fast
    assert f"{STEADY}.slow_moving_camera" not in fast


def test_leftward_orbit_is_a_clockwise_arc():
    angle = np.radians(40) * np.linspace(0, 1, 60)
    t = build(turn_deg=(0, 40, 0))
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = np.stack([-np.sin(angle), 0 * angle, 1 - np.cos(angle)], axis=1)
    assert f"{ARC}.arc_clockwise.has_arc_clockwise" in yes(t.replace(world_from_cam=poses))
    margins = camerabench_margins(describe(t.replace(world_from_cam=poses)))
    assert margins[f"{ARC}.arc_counterclockwise.has_arc_counterclockwise"] < 0


def test_dolly_zoom_label_needs_both():
    label = "cam_motion.dolly_zoom_movement.has_dolly_in_zoom_out"
    assert label in yes(build(move=(0, 0, 0.4), log_zoom=-0.5))
    assert label not in yes(build(move=(0, 0, 0.4)))
    assert camerabench_margins(describe(build(move=(0, 0, 0.4), log_zoom=0.5)))[label] < 0


def test_ground_labels_need_gravity_and_leave_out_steep_views():
    t = build(move=(0, -0.5, 0))
    forward = "cam_motion.ground_centric_movement.forward.has_forward_wrt_ground"
    assert forward not in camerabench_margins(describe(t))
    bird = camerabench_margins(describe(t, DescribeConfig(pitch_deg=-90.0)))
    assert bird[forward] is None
    assert bird[f"{forward}_birds_worms_included"] > 0
    level = camerabench_margins(describe(build(move=(0, 0, 0.5)), DescribeConfig(pitch_deg=0.0)))
    assert level[forward] == pytest.approx(level[CAMERABENCH["Move_In"]])


def test_unknown_stays_unknown():
    t = build().replace(scale="bounded", translation_bound=np.inf)
    margins = camerabench_margins(describe(t))
    assert margins[CAMERABENCH["Move_In"]] is None
    assert margins[f"{ARC}.arc_clockwise.has_arc_clockwise"] is None


def test_cinetechbench_has_15_types_and_8_groups():
    assert len(CINETECHBENCH) == 15
    assert len(CINETECHBENCH_GROUPS) == 8
    grouped = {t for types in CINETECHBENCH_GROUPS.values() for t in types}
    assert set(CINETECHBENCH) - grouped == {"Tracking Shot"}
