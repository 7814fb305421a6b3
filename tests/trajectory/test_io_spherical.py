"""Spherical tracks: what the documentation of the tools says of their signs, and what can be written in them."""

from pathlib import Path

import numpy as np
import pytest
from layouts import C2W, STEPS
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError, FormatAmbiguousError, ReadError
from trajectory.io import read, write
from trajectory.model import Trajectory


def seen(trajectory: Trajectory) -> np.ndarray:
    return np.linalg.inv(trajectory.world_from_cam[0]) @ trajectory.world_from_cam


@pytest.mark.parametrize(
    ("name", "text", "direction"),
    [
        ("viewcrafter", "0 30\n0 0\n0 0\n", (1, None, None)),  # "a positive d_phi moves the camera to the right"
        ("viewcrafter", "0 0\n0 -20\n0 0\n", (0, -1, None)),  # "a negative d_theta moves the camera up"
        ("viewcrafter", "0 0\n0 0\n0 -0.4\n", (0, None, 1)),  # "a negative d_r moves it forward"
        ("trajectorycrafter", "0 0\n0 30\n0 0\n", (1, 0, None)),
        ("trajectorycrafter", "0 20\n0 0\n0 0\n", (0, -1, None)),
        ("trajectorycrafter", "0 0\n0 0\n0 0.4\n", (0, 0, 1)),
    ],
)
def test_signs(tmp_path: Path, name: str, text: str, direction: tuple[int | None, ...]) -> None:
    (tmp_path / "a.txt").write_text(text)
    trajectory = read(tmp_path / "a.txt", format=name)
    assert len(trajectory) == {"viewcrafter": 25, "trajectorycrafter": 49}[name]
    last = seen(trajectory)[-1]
    for value, sign in zip(last[:3, 3], direction, strict=True):
        if sign is not None:
            assert np.sign(np.round(value, 6)) == sign, last[:3, 3]
    ahead = last[:3, :3].T @ (np.array([0, 0, 1.0]) - last[:3, 3])  # the point that is circled, in the last camera
    np.testing.assert_allclose(ahead[:2], 0, atol=0.05 if "-0.4" in text else 1e-9)  # r is level
    assert ahead[2] > 0


def test_an_orbit_by_30_degrees_is_a_chord_of_the_circle(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 0\n0 30\n0 0\n")
    last = seen(read(tmp_path / "a.txt", format="trajectorycrafter"))[-1]
    np.testing.assert_allclose(last[:3, 3], (0.5, 0, 1 - np.cos(np.radians(30))), atol=1e-9)
    turned = Rotation.from_matrix(last[:3, :3]).as_rotvec(degrees=True)
    np.testing.assert_allclose(turned, (0, -30, 0), atol=1e-9)


def test_the_two_tools_cannot_be_told_apart(tmp_path: Path) -> None:
    (tmp_path / "loop1.txt").write_text("0 -3 -15 -20 -15 -3 0\n0 -2 -5 -10 -8 -5 0 2 5 10 8 5 0\n0. 0.")
    with pytest.raises(FormatAmbiguousError, match="--format trajectorycrafter or --format viewcrafter"):
        read(tmp_path / "loop1.txt")
    poses = seen(read(tmp_path / "loop1.txt", format="viewcrafter"))
    np.testing.assert_allclose(poses[-1], np.eye(4), atol=1e-9)
    assert poses[:, 0, 3].min() < -0.2


@pytest.mark.parametrize("name", ["viewcrafter", "trajectorycrafter"])
@pytest.mark.parametrize("track", [(25.0, 0.0, 0.0), (0.0, 12.0, 0.0), (20.0, -8.0, 0.2), (0.0, 0.0, 0.3)])
def test_an_orbit_is_written_as_the_tool_reads_it(tmp_path: Path, name: str, track: tuple[float, ...]) -> None:
    order = (0, 1, 2) if name == "viewcrafter" else (1, 0, 2)
    (tmp_path / "in.txt").write_text("".join(f"0 {track[what]}\n" for what in order))
    before = read(tmp_path / "in.txt", format=name)
    before = before.replace(scene_depth=np.full(len(before), 1.0))
    write(before, tmp_path / "out.txt", format=name)
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert len(lines) == 3
    for line in lines:  # ViewCrafter: "start with 0, and the length should range from 2 to 25"
        values = [float(token) for token in line.split()]
        assert 2 <= len(values) <= 25
        assert abs(values[0]) < 1e-9
    after = read(tmp_path / "out.txt", format=name)
    np.testing.assert_allclose(seen(after), seen(before), atol=0.03)


@pytest.mark.parametrize("name", ["viewcrafter", "trajectorycrafter"])
def test_a_path_that_is_no_orbit_or_without_depth_is_refused(tmp_path: Path, name: str) -> None:
    path = Trajectory(world_from_cam=C2W, time_s=np.arange(STEPS) / 2, valid=np.ones(STEPS, bool))
    with pytest.raises(CinetrajError, match="scene_depth is not known"):
        write(path, tmp_path / "a.txt", format=name)
    with pytest.raises(CinetrajError, match=r"would be off by .* of its depth and .* degrees"):
        write(path.replace(scene_depth=np.full(STEPS, 9.0)), tmp_path / "a.txt", format=name)


@pytest.mark.parametrize("text", ["0 1\n0 1\n", "0 1\n0 1\n0 x\n", "0\n0 1\n0 1\n", "0 nan\n0 1\n0 1\n"])
def test_what_is_no_track(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ReadError):
        read(tmp_path / "a.txt", format="viewcrafter")
