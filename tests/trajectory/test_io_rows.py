"""A bad row costs a row, with a note, where rows tell their own time; more of them are another layout."""

from pathlib import Path

import numpy as np
import pytest

from trajectory.errors import ReadError
from trajectory.io import notes, read
from trajectory.io._text import number, resolution


def rows(n: int = 30) -> list[str]:
    half = np.linspace(0, 0.25, n)
    return [
        f"{100 + i / 30:.6f} {i / n:.7f} 0 0 0 {np.sin(a):.7f} 0 {np.cos(a):.7f}"
        for i, a in zip(range(n), half.tolist(), strict=True)
    ]


def put(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("place", [0, 11, 29])
@pytest.mark.parametrize("negated", [False, True])
def test_equal_rows_are_read_once_with_a_note(tmp_path: Path, place: int, negated: bool):
    lines = rows()
    again = lines[place].split()
    if negated:  # q and -q are one rotation
        again[4:] = [f"{-float(value):.7f}" for value in again[4:]]
    path = put(tmp_path / "f.txt", [*lines[: place + 1], " ".join(again), *lines[place + 1 :]])
    trajectory = read(path)
    assert len(trajectory) == 30
    assert trajectory.valid.all()
    assert notes(trajectory) == (f"line {place + 2}: equal to the row above, read once",)


@pytest.mark.parametrize(
    ("bad", "frames", "said"),
    [
        ("{t} nan nan nan nan nan nan nan", 30, "line 13: no pose"),
        ("{t} 0.1 0 0 0 0 0 0", 30, "line 13: no pose"),
        ("{t} 0.1 0 inf 0 0 0 1", 30, "line 13: no pose"),
        ("{t} 0.1 0 0 0 0 0 2", 30, "line 13: no pose"),
        ("nan 0.1 0 0 0 0 0 1", 29, "line 13: no time"),
        ("{t} 0.1 0 0", 29, "line 13 is left out: it has 4 columns"),
        ("tracking lost", 29, "line 13 is left out: it 'tracking' is not a number"),
    ],
)
def test_one_bad_row_of_thirty(tmp_path: Path, bad: str, frames: int, said: str):
    lines = rows()
    lines[12] = bad.format(t=lines[12].split()[0])
    trajectory = read(put(tmp_path / "f.txt", lines))
    assert len(trajectory) == frames
    assert int(trajectory.valid.sum()) == 29
    assert said in " ".join(notes(trajectory))
    if frames == 30:
        assert trajectory.reason is not None
        assert trajectory.reason[12] == "no pose in its row"


def test_two_poses_at_one_time_are_both_doubted(tmp_path: Path):
    lines = rows()
    other = lines[12].split()
    other[1] = "9.0"
    trajectory = read(put(tmp_path / "f.txt", [*lines[:13], " ".join(other), *lines[13:]]))
    assert len(trajectory) == 30
    assert np.flatnonzero(~trajectory.valid).tolist() == [12]
    assert "neither is used" in notes(trajectory)[0]


@pytest.mark.parametrize("bad", ["{t} nan 0 0 0 0 0 1", "{t} 0 0 0 0 0 0 2", "{t} 0 0"])
def test_more_than_a_few_bad_rows_are_refused(tmp_path: Path, bad: str):
    lines = rows()
    for i in (3, 4, 5):
        lines[i] = bad.format(t=lines[i].split()[0])
    with pytest.raises(ReadError) as caught:
        read(put(tmp_path / "f.txt", lines), format="tum")
    assert caught.value.line == 4


@pytest.mark.parametrize(
    ("name", "first", "rest"), [("kitti", "", "1 0 0 0 0 1 0 0 0 0 1 0"), ("kitti", "n ", "1 0 0 0 0 1 0 0 0 0 1 0")]
)
def test_a_last_line_cut_off_costs_itself_and_one_in_the_middle_all(tmp_path: Path, name: str, first: str, rest: str):
    lines = [(f"{i} " if first else "") + rest for i in range(25)]
    trajectory = read(put(tmp_path / "f.txt", [*lines, "1 0 0"]))
    assert len(trajectory) == 25
    assert "line 26 is left out" in notes(trajectory)[0]
    with pytest.raises(ReadError, match="has 3 columns"):
        read(put(tmp_path / "f.txt", [*lines[:9], "1 0 0", *lines[9:]]), format=name)


def test_intrinsics_stay_with_their_rows(tmp_path: Path):
    lines = [f"{i} 0 0 0 1 0 0 0" for i in range(24)]
    lines[5] = "5 nan 0 0 1 0 0 0"
    put(tmp_path / "pred_traj.txt", lines)
    put(tmp_path / "pred_intrinsics.txt", [f"{400 + i} 0 256 0 400 144 0 0 1" for i in range(24)])
    trajectory = read(tmp_path / "pred_traj.txt")
    assert trajectory.intrinsics_px is not None
    assert trajectory.intrinsics_px[:, 0, 0].tolist() == list(range(400, 424))
    assert not trajectory.valid[5]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text_in_other_encodings(tmp_path: Path, encoding: str, end: str):
    path = tmp_path / "f.txt"
    head = "# Kamerafahrt für é\n" if encoding in ("latin-1", "utf-8-sig", "utf-16") else ""
    path.write_bytes((head + "\n".join(rows()) + "\n").replace("\n", end).encode(encoding))
    plain = read(put(tmp_path / "plain.txt", rows()))
    np.testing.assert_array_equal(read(path).world_from_cam, plain.world_from_cam)


@pytest.mark.parametrize("separator", [" ", ",", "; "])
def test_exponents_of_fortran(tmp_path: Path, separator: str):
    """1.0D+02 was no number, and a whole file of them in no format."""

    def double(row: str) -> str:
        return separator.join(f"{float(cell):.9E}".replace("E", "D") for cell in row.split())

    assert "D-01" in double(rows()[3])
    plain = read(put(tmp_path / "plain.txt", rows()))
    found = read(put(tmp_path / "f.txt", [double(row) for row in rows()]))
    np.testing.assert_allclose(found.world_from_cam, plain.world_from_cam, atol=1e-8)
    np.testing.assert_allclose(found.time_s, plain.time_s, atol=1e-6)
    assert resolution(["1.250D-01"]) == resolution(["1.250E-01"]) == 1e-4
    assert [number(token) for token in ("1D2", "4d6", "0x1.8D1", "1.0D")] == [None] * 4


@pytest.mark.parametrize("separator", [";", "; ", "\t", " "])
def test_decimal_commas(tmp_path: Path, separator: str):
    path = tmp_path / "f.txt"
    head = "timestamp;tx;ty;tz;qx;qy;qz;qw".replace(";", separator)
    path.write_text("\n".join([head, *(row.replace(".", ",").replace(" ", separator) for row in rows())]))
    plain = read(put(tmp_path / "plain.txt", rows()))
    np.testing.assert_array_equal(read(path).world_from_cam, plain.world_from_cam)


@pytest.mark.parametrize("name", ["kitti", "et", "re10k", "cami2v"])
def test_a_row_of_matrices_without_a_pose_keeps_its_place(tmp_path: Path, name: str):
    head = {"kitti": "", "et": "", "re10k": "{} 0.5 0.9 0.5 0.5 0 0 ", "cami2v": "500 500 320 180 0 0 "}[name]
    lines = [head.format(33333 * i) + f"1 0 0 {i} 0 1 0 0 0 0 1 0" for i in range(30)]
    lines[12] = head.format(33333 * 12) + " ".join(["nan"] * 12)
    trajectory = read(put(tmp_path / "f.txt", lines), format=name)
    assert len(trajectory) == 30
    assert np.flatnonzero(~trajectory.valid).tolist() == [12]
    assert np.abs(trajectory.positions[trajectory.valid, 0]).tolist() == [i for i in range(30) if i != 12]
    assert notes(trajectory) == ("1 rows hold no finite pose, the first in line 13",)
