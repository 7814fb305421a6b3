"""A header that names columns and units decides; one that contradicts the layout is refused with both readings."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import detect, read, write
from trajectory.io._columns import SECONDS_PER, columns_of

N = 8
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
POSES = np.tile(np.eye(4), (N, 1, 1))
POSES[:, :3, :3] = Rotation.from_rotvec(np.linspace([0.3, -0.9, 0.2], [0.5, 0.4, -0.3], N)).as_matrix()
POSES[:, :3, 3] = np.linspace([0, 0, 0], [1.0, 0.2, 0.5], N)
QUAT = Rotation.from_matrix(POSES[:, :3, :3]).as_quat()
VALUES = dict(zip("xyz", POSES[:, :3, 3].T, strict=True)) | dict(zip(("qx", "qy", "qz", "qw"), QUAT.T, strict=True))
SPELLED = {
    "plain": {**{c: f"t{c}" for c in "xyz"}, **{f"q{c}": f"q{c}" for c in "wxyz"}},
    "euroc": {**{c: f"p_RS_R_{c} [m]" for c in "xyz"}, **{f"q{c}": f"q_RS_{c} []" for c in "wxyz"}},
    "ros": {
        **{c: f"field.pose.position.{c}" for c in "xyz"},
        **{f"q{c}": f"field.pose.orientation.{c}" for c in "wxyz"},
    },
    "camel": {**{c: f"pos{c.upper()}" for c in "xyz"}, **{f"q{c}": f"quat{c.upper()}" for c in "wxyz"}},
    "bare": {**{c: c for c in "xyz"}, **{f"q{c}": f"rot_{c}" for c in "wxyz"}},
}


def table(names: list[str], columns: list[np.ndarray], separator: str, sign: str, end: str = "\n") -> str:
    rows = [separator.join(f"{value:.12f}" for value in row) for row in np.column_stack(columns).tolist()]
    return sign + (separator if separator in ",;\t" else " ").join(names) + end + end.join(rows) + end


@RELAXED
@given(
    order=st.permutations([*VALUES, "clock", "extra"]),
    spelling=st.sampled_from(sorted(SPELLED)),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
    separator=st.sampled_from([",", ";", "\t", " "]),
    sign=st.sampled_from(["#", "# ", "%", ""]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_order_and_unit_that_a_header_names_is_read_so(
    tmp_path: Path, order: list[str], spelling: str, unit: str, separator: str, sign: str, end: str, encoding: str
):
    if spelling == "euroc" and separator == " ":
        separator = ","
    time_s = 5 + np.arange(N) / 20
    words = {**SPELLED[spelling], "clock": f"timestamp [{unit}]", "extra": "status"}
    values = {**VALUES, "clock": time_s / SECONDS_PER[unit], "extra": np.arange(N) % 2}
    path = tmp_path / "poses.dat"
    text = table([words[key] for key in order], [values[key] for key in order], separator, sign, end)
    path.write_bytes(text.encode(encoding))
    trajectory = read(path)
    np.testing.assert_allclose(trajectory.world_from_cam, POSES, atol=1e-9)
    np.testing.assert_allclose(trajectory.time_s, time_s, atol=1e-9)
    assert trajectory.time_source == "seconds"


@pytest.mark.parametrize("format", ["tum", "euroc", "monst3r"])
def test_a_named_format_that_the_header_contradicts_is_refused_with_both_readings(tmp_path: Path, format: str):
    order = ["x", "y", "z", "qz", "qy", "qx", "qw"]
    path = tmp_path / "poses.csv"
    columns = [np.arange(N) * 5e7, *(VALUES[key] for key in order)]
    path.write_text(table(["timestamp [ns]", *(SPELLED["plain"][key] for key in order)], columns, ",", "#"))
    with pytest.raises(ReadError, match=r"header says .*tx ty tz qz qy qx qw.*the format .*") as caught:
        read(path, format=format)
    assert "leave out --format" in caught.value.remedy
    np.testing.assert_allclose(read(path).world_from_cam, POSES, atol=1e-9)


def test_a_remedy_of_the_guess_works(tmp_path: Path):
    """What no format recognises is read once its columns are named."""
    path = tmp_path / "poses.txt"
    columns = [np.arange(N) / 20, *(VALUES[key] for key in ("qw", "qx", "qy", "qz", "x", "y", "z")), np.ones(N)]
    body = table([], columns, " ", "").lstrip("\n")
    path.write_text(body)
    with pytest.raises(ReadError, match="a unit quaternion in columns 2 to 5"):
        read(path)
    path.write_text("# timestamp qw qx qy qz tx ty tz quality\n" + body)
    np.testing.assert_allclose(read(path).world_from_cam, POSES, atol=1e-9)


@pytest.mark.parametrize(("unit", "size"), [("mm", 1e-3), ("cm", 1e-2), ("m", 1.0)])
def test_lengths_are_in_the_unit_that_is_named(tmp_path: Path, unit: str, size: float):
    path = tmp_path / "poses.csv"
    columns = [np.arange(N) / 20, *(VALUES[key] / (size if key in "xyz" else 1) for key in VALUES)]
    names = ["time [s]", *(f"{c} [{unit}]" for c in "xyz"), "qx", "qy", "qz", "qw"]
    path.write_text(table(names, columns, ",", ""))
    np.testing.assert_allclose(read(path).positions, POSES[:, :3, 3], atol=1e-9)


def test_frame_numbers_count_and_their_holes_are_frames_without_a_pose(tmp_path: Path):
    path = tmp_path / "poses.csv"
    frames = np.array([10, 11, 12, 15, 16, 17, 18, 19])
    path.write_text(table(["frame", *SPELLED["plain"].values()], [frames, *VALUES.values()], ",", ""))
    order = [SPELLED["plain"][key] for key in VALUES]
    path.write_text(table(["frame", *order], [frames, *VALUES.values()], ",", ""))
    trajectory = read(path)
    assert trajectory.time_source == "index"
    assert trajectory.time_s.tolist() == list(range(10, 20))
    assert trajectory.valid.tolist() == [n not in (13, 14) for n in range(10, 20)]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("time,x,y,z,roll,pitch,yaw", "roll is an angle"),
        ("time,x,y,z,qx,qy,qz,qw,gt_qx,gt_qy,gt_qz,gt_qw", "it names 2 orientations"),
    ],
)
def test_a_header_in_doubt_is_said_to_be(tmp_path: Path, header: str, said: str):
    path = tmp_path / "poses.csv"
    path.write_text(header + "\n" + (",".join(["0.5"] * len(header.split(","))) + "\n") * 3)
    with pytest.raises(ReadError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("comment", "format"),
    [
        ("poses are world-to-camera", "tum"),
        ("T_cw of each frame", "kitti"),
        ("axes: OpenGL", "tum"),
        ("y-up", "kitti"),
        ("camera-to-world", "re10k"),
    ],
)
def test_comments_against_the_format_are_refused(tmp_path: Path, comment: str, format: str):
    eye = "1 0 0 0 0 1 0 0 0 0 1 0"
    row = {"tum": "0.5 0 0 0 0 0 0 1", "kitti": eye, "re10k": f"0 0.5 0.9 0.5 0.5 0 0 {eye}"}[format]
    path = tmp_path / "f.txt"
    path.write_text(f"# {comment}\n{row}\n")
    for name in ("auto", format):
        with pytest.raises(ReadError, match="its comment says that"):
            read(path, format=name)
    path.write_text(f"# from OpenGL, world-to-camera to OpenCV, camera-to-world\n{row}\n")
    assert len(read(path, format=format)) == 1 or format == "re10k"


def test_the_columns_of_an_images_txt_are_not_taken_for_camera_to_world(tmp_path: Path):
    path = tmp_path / "images.txt"
    path.write_text("# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME\n1 1 0 0 0 0 0 0 1 000\n")
    with pytest.raises(CinetrajError):
        read(path)


def test_what_we_write_names_its_columns_as_they_are(tmp_path: Path):
    path = tmp_path / "poses.txt"
    path.write_text(
        table(["timestamp", "tx", "ty", "tz", "qx", "qy", "qz", "qw"], [np.arange(N), *VALUES.values()], " ", "#")
    )
    before = read(path)
    for format, place in (("tum", (7, 4, 5, 6)), ("euroc", (4, 5, 6, 7))):
        write(before, tmp_path / "out", format=format)
        first = (tmp_path / "out").read_text().splitlines()[0].lstrip("# ")
        header = columns_of([first], 8)
        assert header is not None
        assert (header.position, header.quat_wxyz) == ((1, 2, 3), place)
        assert detect(tmp_path / "out")[0] == format
