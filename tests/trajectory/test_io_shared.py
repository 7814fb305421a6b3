"""Real files: what published tools and data sets wrote reads as what it is, and never as something else."""

from pathlib import Path

import numpy as np
import pytest

from trajectory.errors import FormatAmbiguousError
from trajectory.io import read, write
from trajectory.model import Trajectory


def files(shared: Path, pattern: str) -> list[Path]:
    found = sorted(shared.glob(pattern))
    assert found, pattern
    return found


def form(trajectory: Trajectory) -> str:
    assert trajectory.provenance is not None
    return trajectory.provenance.config["format"]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("data/*/gt_tum.txt", "tum"),
        ("data/*/intended_tum.txt", "tum"),
        ("data/traj_tum_fr1_xyz/*.txt", "tum"),
        ("data/*/*pose_re10k.txt", "re10k"),
        ("data/*/gt_kitti.txt", "kitti"),
        ("data/traj_kitti_odom_eval/*.txt", "kitti"),
        ("data/traj_motionctrl_primitives/*camera*.json", "motionctrl"),
        ("data/*/transforms.json", "nerfstudio"),
    ],
)
def test_real_files_are_recognised(shared: Path, pattern: str, name: str):
    for path in files(shared, pattern):
        trajectory = read(path)
        assert form(trajectory) == name, path
        assert trajectory.valid.any()


def test_pred_traj_files_are_monst3r_or_undecided_never_tum(shared: Path):
    decided = 0
    for path in files(shared, "golden/cinetechbench/*/*/pred_traj.txt"):
        try:
            trajectory = read(path)
        except FormatAmbiguousError:
            trajectory = read(path, format="monst3r")
        else:
            decided += 1
        assert form(trajectory) == "monst3r"
        assert trajectory.time_source == "index"
    assert decided >= 2


def test_two_files_of_one_camera_agree(shared: Path):
    """gt_tum.txt was converted from pose_re10k.txt, gt_kitti.txt and transforms.json by others."""
    pairs = [(path, path.with_name("gt_tum.txt")) for path in files(shared, "data/re10k_*/pose_re10k.txt")]
    pairs += [(path, path.with_name("gt_tum.txt")) for path in files(shared, "data/*/gt_kitti.txt")]
    pairs += [(path, path.with_name("gt_tum.txt")) for path in files(shared, "data/fox_*/transforms.json")]
    for one, other in pairs:
        a, b = read(one), read(other)
        if len(a) != len(b):
            _, rows, others = np.intersect1d(a.time_s, b.time_s, return_indices=True)
            assert len(rows) >= 40
        else:
            rows = others = np.arange(len(a))
        np.testing.assert_allclose(a.world_from_cam[rows], b.world_from_cam[others], atol=3e-6, err_msg=str(one))


def test_estimates_with_frame_numbers_line_up_with_their_truth(shared: Path):
    for sequence in ("09", "10"):
        folder = shared / "data" / "traj_kitti_odom_eval"
        estimate, truth = read(folder / f"est_{sequence}.txt"), read(folder / f"gt_{sequence}.txt")
        rows = estimate.time_s[estimate.valid].astype(int)
        assert set(rows) <= set(truth.time_s.astype(int))
        turned, guessed = (t[:-1].transpose(0, 2, 1) @ t[1:] for t in (truth.rotations[rows], estimate.rotations))
        assert np.corrcoef(turned[:, 0, 2], guessed[:, 0, 2])[0, 1] > 0.98
        assert np.corrcoef(turned[5:, 0, 2], guessed[:-5, 0, 2])[0, 1] < 0.98


def test_named_moves_of_motionctrl_have_their_direction(shared: Path):
    expected = {"D": (1, 1), "U": (1, -1), "L": (0, -1), "R": (0, 1), "I": (2, 1), "O": (2, -1)}
    for move, (axis, sign) in expected.items():
        trajectory = read(shared / "data" / "traj_motionctrl_primitives" / f"basic_test_camera_{move}.json")
        relative = np.linalg.inv(trajectory.world_from_cam[0]) @ trajectory.world_from_cam[-1]
        step = relative[:3, 3] * sign
        assert np.argmax(np.abs(step)) == axis
        assert step[axis] > 0, move


@pytest.mark.parametrize("name", ["tum", "kitti", "monst3r", "motionctrl", "nerfstudio", "native", "recammaster"])
def test_real_poses_round_trip(shared: Path, tmp_path: Path, name: str):
    before = read(shared / "data" / "7scenes_truck_right" / "gt_tum.txt")
    write(before, tmp_path / "f.npz", format=name)
    after = read(tmp_path / "f.npz", format=name)
    np.testing.assert_allclose(after.world_from_cam, before.world_from_cam, atol=1e-12)
