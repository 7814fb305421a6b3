"""ATE and RPE are evo's, to 1e-9, for every alignment that evo has, and evo leaves no trace."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import elsewhere, smooth

from compare.evo_scores import ate_rpe, evo_path
from compare.scoring import score
from trajectory.errors import CinetrajError, GaugeError, TimeSourceError
from trajectory.model import Trajectory

ALIGNMENTS = {
    "none": {},
    "origin": {"align_origin": True},
    "scale": {"correct_scale": True},
    "se3": {"align": True},
    "sim3": {"align": True, "correct_scale": True},
}
RELATIONS = {"ATE": "translation_part", "RPE_t": "translation_part", "RPE_r": "rotation_angle_deg"}


def by_evo(ref, est, name: str, options: dict, all_pairs: bool) -> float:
    from evo.core.metrics import PoseRelation
    from evo.core.units import Unit
    from evo.main_ape import ape
    from evo.main_rpe import rpe

    ref, est = copy.deepcopy(ref), copy.deepcopy(est)
    relation = getattr(PoseRelation, RELATIONS[name])
    if name == "ATE":
        return ape(ref, est, relation, **options).stats["rmse"]
    return rpe(ref, est, relation, delta=1, delta_unit=Unit.frames, all_pairs=all_pairs, **options).stats["rmse"]


@pytest.mark.parametrize(("protocol", "first"), [("ate-rpe", 0), ("monst3r-ate-rpe", 7)])
def test_by_index_frames_meet_by_their_numbers(protocol: str, first: int) -> None:
    """Row met row, so that every second frame of a path was far from the path itself."""
    whole = smooth(1).replace(time_source="index", time_s=np.arange(len(smooth(1)), dtype=float))
    second = np.arange(0, len(whole), 2)
    found = score(
        whole,
        Trajectory(
            world_from_cam=whole.world_from_cam[second],
            time_s=second.astype(float) + first,
            valid=np.ones(len(second), dtype=bool),
            time_source="index",
        ),
        protocol=protocol,
        time="index",
    ).to_json()
    (clip,) = found["clips"].values()
    assert [clip[name] for name in ("ATE", "RPE_t", "RPE_r")] == pytest.approx([0, 0, 0], abs=1e-5)


def kitti(file: Path) -> Trajectory:
    rows = np.loadtxt(file)
    poses = np.tile(np.eye(4), (len(rows), 1, 1))
    poses[:, :3] = rows[:, -12:].reshape(-1, 3, 4)
    u, _, vt = np.linalg.svd(poses[:, :3, :3])  # printed digits: the nearest rotation
    poses[:, :3, :3] = u @ vt
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(len(rows), dtype=float),
        valid=np.ones(len(rows), dtype=bool),
        time_source="index",
    )


@pytest.mark.parametrize(
    ("estimate", "align", "all_pairs"),
    [("ORB_kf_mono", align, all_pairs) for align in ALIGNMENTS for all_pairs in (False, True)]
    + [("rgbdslam", align, False) for align in ALIGNMENTS]
    + [("rgbdslam_drift", "sim3", True)],
)
def test_tum_equals_evo(shared: Path, align: str, estimate: str, all_pairs: bool) -> None:
    from evo.core import sync
    from evo.tools.file_interface import read_tum_trajectory_file

    from trajectory.io import read

    folder = shared / "data" / "traj_tum_fr1_xyz"
    names = [folder / f"freiburg1_xyz-{name}.txt" for name in ("groundtruth", estimate)]
    ref, est = sync.associate_trajectories(*(read_tum_trajectory_file(str(name)) for name in names), max_diff=0.01)
    ours = ate_rpe(*(read(name, format="tum") for name in names), align=align, all_pairs=all_pairs)
    for name, found in ours.items():
        assert found.value == pytest.approx(by_evo(ref, est, name, ALIGNMENTS[align], all_pairs), rel=1e-9), name
        assert found.per_frame is not None


@pytest.mark.slow
@pytest.mark.parametrize("align", ALIGNMENTS)
def test_kitti_equals_evo(shared: Path, align: str) -> None:
    folder = shared / "data" / "traj_kitti_odom_eval"
    a, b = kitti(folder / "gt_10.txt"), kitti(folder / "est_10.txt")
    n = min(len(a), len(b))
    ours = ate_rpe(a, b, align=align, associate="truncate")
    ref, est = (
        evo_path(Trajectory(world_from_cam=t.world_from_cam[:n], time_s=t.time_s[:n], valid=t.valid[:n]))
        for t in (a, b)
    )
    for name, found in ours.items():
        # Angles of nearly equal rotations: evo's arccos loses half the digits either way.
        assert found.value == pytest.approx(by_evo(ref, est, name, ALIGNMENTS[align], False), rel=1e-9), name


def test_alignment_over_the_first_frames_only(shared: Path) -> None:
    a, b = smooth(1), elsewhere(smooth(2), 3)
    expected = by_evo(evo_path(a), evo_path(b), "ATE", {"align": True, "correct_scale": True, "n_to_align": 15}, False)
    assert ate_rpe(a, b, align="sim3", n_to_align=15)["ATE"].value == pytest.approx(expected, rel=1e-9)


def test_the_monst3r_protocol_is_sim3_rmse_over_all_pairs() -> None:
    a, b = smooth(1, 30), elsewhere(smooth(2, 36), 3)
    n = 30
    ref, est = (
        evo_path(Trajectory(world_from_cam=t.world_from_cam[:n], time_s=t.time_s[:n], valid=t.valid[:n]))
        for t in (a, b)
    )
    (clip,) = score(a, b, protocol="monst3r-ate-rpe").to_json()["clips"].values()
    for name, value in clip.items():
        assert value == pytest.approx(by_evo(ref, est, name, ALIGNMENTS["sim3"], True), rel=1e-9), name


def test_inputs_stay_as_they_are() -> None:
    a, b = smooth(1), elsewhere(smooth(2), 3)
    before = np.array(b.world_from_cam)
    first = ate_rpe(a, b, align="sim3")["ATE"].value
    np.testing.assert_array_equal(b.world_from_cam, before)
    assert ate_rpe(a, b, align="sim3")["ATE"].value == first


def test_evo_writes_no_settings(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/compare')\nfrom paths import smooth\n"
        "from compare.evo_scores import ate_rpe\nate_rpe(smooth(1), smooth(2))\n"
        "print('evo.tools' in ' '.join(sys.modules), 'matplotlib' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert out.split() == ["False", "False"]
    assert list(tmp_path.iterdir()) == []


def test_refusals_are_clear() -> None:
    a, b = smooth(1), smooth(2)
    with pytest.raises(CinetrajError, match="within 10 ms"):
        ate_rpe(a, b.replace(time_s=b.time_s + 100))
    with pytest.raises(CinetrajError, match="1 poses meet"):
        ate_rpe(smooth(1, 2), smooth(2, 1), associate="truncate")
    with pytest.raises(GaugeError, match="gauge-ate"):
        ate_rpe(a, a.replace(world_from_cam=np.tile(np.eye(4), (len(a), 1, 1))))
    with pytest.raises(TimeSourceError, match=r"how to associate them: --time index$"):
        score(a, b.replace(time_source="index"), protocol="ate-rpe")
    with pytest.raises(CinetrajError, match="expected seconds, index or truncate"):
        score({"a": a}, {"a": b}, protocol="ate-rpe", time="progress")
