"""Recognising formats, and above all TUM against MonST3R: never a wrong guess."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.errors import FormatAmbiguousError, ReadError
from trajectory.io import detect, read


def rows(order: str, *, start: Rotation, seconds: bool, n: int = 12, seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    steps = Rotation.from_rotvec(np.vstack([np.zeros(3), rng.normal(0, 0.05, (n - 1, 3)).cumsum(0)]))
    quat = (start * steps).as_quat(scalar_first=order == "wxyz")
    time = np.arange(n) / 25 + 1305031102.16 if seconds else np.arange(n, dtype=float)
    position = rng.normal(0, 0.1, (n, 3)).cumsum(0)
    table = np.column_stack([time, position, quat])
    return "".join(" ".join(f"{v:.9f}" for v in row) + "\n" for row in table)


NEAR_IDENTITY = np.cos(np.radians(15) / 2)
"""|w| of a turn by 15 degrees, up to which a start counts as near the identity."""
IDENTITY = Rotation.identity()
FAR = Rotation.from_rotvec([0.9, -1.1, 0.8])


@pytest.mark.parametrize(
    ("order", "start", "seconds", "header", "name", "expected"),
    [
        ("xyzw", IDENTITY, False, "", "a.txt", "tum"),
        ("wxyz", IDENTITY, False, "", "a.txt", "monst3r"),
        ("wxyz", IDENTITY, False, "", "pred_traj.txt", "monst3r"),
        ("xyzw", IDENTITY, False, "", "pred_traj.txt", "tum"),
        ("xyzw", FAR, True, "", "a.txt", "tum"),
        ("xyzw", FAR, True, "", "pred_traj.txt", "tum"),
        ("xyzw", FAR, False, "# timestamp tx ty tz qx qy qz qw\n", "a.txt", "tum"),
        ("xyzw", FAR, False, "# t tx ty tz qx qy qz qw ; OpenCV axes (x right, y down, z forward)\n", "a.txt", "tum"),
        ("wxyz", FAR, False, "# frame tx ty tz qw qx qy qz\n", "a.txt", "monst3r"),
        ("wxyz", FAR, False, "# camera-to-world, wxyz\n", "a.txt", "monst3r"),
        ("xyzw", FAR, False, "", "a.txt", None),
        ("wxyz", FAR, False, "", "a.txt", None),
        ("wxyz", FAR, False, "", "pred_traj.txt", None),
        # a camera that looks straight down is (1, 0, 0, 0) in xyzw: two strong signs against each other
        ("xyzw", Rotation.from_quat([1, 0, 0, 0]), True, "", "a.txt", None),
        ("wxyz", FAR, True, "# t x y z qw qx qy qz\n", "a.txt", "table"),
    ],
)
def test_tum_against_monst3r(
    tmp_path: Path, order: str, start: Rotation, seconds: bool, header: str, name: str, expected: str | None
):
    path = tmp_path / name
    path.write_text(header + rows(order, start=start, seconds=seconds))
    if expected is None:
        with pytest.raises(FormatAmbiguousError, match=r"say --format monst3r or --format tum"):
            read(path)
    else:
        found, evidence = detect(path)
        assert found == expected
        assert evidence


@settings(max_examples=60, deadline=None)
@given(
    order=st.sampled_from(["xyzw", "wxyz"]),
    angle=st.floats(0, 3.1),
    seed=st.integers(0, 2**31),
    seconds=st.booleans(),
    name=st.sampled_from(["pred_traj.txt", "b.txt"]),
)
def test_a_guess_is_never_wrong_for_starts_that_are_no_half_turn(
    tmp_path_factory: pytest.TempPathFactory, order: str, angle: float, seed: int, seconds: bool, name: str
):
    axis = np.random.default_rng(seed).normal(size=3)
    start = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis))
    seconds = seconds and order == "xyzw"  # MonST3R counts frames
    first = np.abs(start.as_quat())
    path = tmp_path_factory.mktemp("detect") / name
    path.write_text(rows(order, start=start, seconds=seconds, seed=seed))
    truth = {"xyzw": "tum", "wxyz": "monst3r"}[order]
    # a half turn about x or z is the identity in the other order: no content of the file can tell
    if first[:3].max() > NEAR_IDENTITY - 0.01:
        return
    try:
        found = detect(path)[0]
    except FormatAmbiguousError:
        assert not seconds
        assert first[3] < NEAR_IDENTITY + 1e-6
    else:
        assert found == truth


def test_intrinsics_beside_it_settle_a_pred_traj(tmp_path: Path):
    (tmp_path / "pred_traj.txt").write_text(rows("wxyz", start=FAR, seconds=False))
    (tmp_path / "pred_intrinsics.txt").write_text("400 0 256 0 400 144 0 0 1\n" * 12)
    assert detect(tmp_path / "pred_traj.txt")[0] == "monst3r"
    assert detect(tmp_path)[0] == "monst3r"
    assert len(read(tmp_path)) == 12
    (tmp_path / "pred_intrinsics.txt").unlink()
    with pytest.raises(FormatAmbiguousError):
        read(tmp_path)
    assert len(read(tmp_path, format="monst3r")) == 12


def test_the_evidence_is_in_the_message_and_in_the_result(tmp_path: Path):
    path = tmp_path / "pred_traj.txt"
    path.write_text(rows("wxyz", start=FAR, seconds=False))
    with pytest.raises(FormatAmbiguousError) as caught:
        read(path)
    assert "its name is pred_traj.txt" in str(caught.value)
    assert "\n" not in str(caught.value)
    trajectory = read(path, format="monst3r")
    assert trajectory.provenance is not None
    assert trajectory.provenance.config["quaternion"] == "wxyz"
    path.write_text(rows("wxyz", start=IDENTITY, seconds=False))
    trajectory = read(path)
    assert trajectory.provenance is not None
    assert "near the identity" in trajectory.provenance.config["recognised_by"]


@pytest.mark.parametrize(
    ("name", "content", "flag"),
    [
        ("a.txt", "0 0 0 0 0 0 1\n", "--format tartanair"),
        ("a.csv", "0,0,0,0,1,0,0,0\n", "--format euroc"),
    ],
)
def test_one_plausible_format_is_still_not_assumed(tmp_path: Path, name: str, content: str, flag: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(FormatAmbiguousError, match=flag):
        read(tmp_path / name)
    assert len(read(tmp_path / name, format=flag.split()[1])) == 1


def test_poses_npy_without_company_may_be_of_several_tools(tmp_path: Path):
    np.save(tmp_path / "poses.npy", np.tile([0, 0, 0, 0, 0, 0, 1.0], (3, 1)))
    with pytest.raises(FormatAmbiguousError, match="--format droid or --format spatialvid"):
        read(tmp_path / "poses.npy")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "hello world\n", "text without numbers"),
        ("a.txt", "1 2 3\n", "text with 3 columns"),
        ("a.json", '{"a": 1}', "JSON of another layout"),
        ("a.json", "[[1, 2], [3]]", "JSON of another layout"),
    ],
)
def test_what_is_no_trajectory_is_said_to_be_none(tmp_path: Path, name: str, content: str, said: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(ReadError, match=said) as caught:
        read(tmp_path / name)
    assert "--format" in caught.value.remedy


def test_missing_paths_and_empty_folders(tmp_path: Path):
    with pytest.raises(ReadError, match="does not exist"):
        read(tmp_path / "nothing.txt")
    with pytest.raises(ReadError, match="is an empty folder"):
        read(tmp_path)
    (tmp_path / "x.mp4").write_bytes(b"\0\0")
    with pytest.raises(ReadError, match=r"a folder with x\.mp4"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("line", "bad", "said"),
    [
        (3, "2 0.1 nan 0 0.5 0.5 0.5 0.5", r"not finite \(nan\)"),
        (4, "3 0.1 0 0 1.0 1.0 1.0 1.0", "length 2, expected 1"),
        (5, "3 0.1 0 0 0.5 0.5 0.5 0.5", "repeats"),
        (6, "5 0.1 0 0", "has 4 columns, expected 8"),
    ],
)
def test_a_fault_in_either_reading_is_named_before_the_doubt(tmp_path: Path, line: int, bad: str, said: str):
    text = rows("wxyz", start=FAR, seconds=False).splitlines()
    text[line - 1] = bad
    path = tmp_path / "pred_traj.txt"
    path.write_text("\n".join(text) + "\n")
    with pytest.raises(ReadError, match=said) as caught:
        read(path)
    assert caught.value.line == line
    assert not isinstance(caught.value, FormatAmbiguousError)
