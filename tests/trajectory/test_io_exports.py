"""Exports to programs that make pictures: what each file says, by its program's own mathematics, shows the same pixels.

The readers here are a few lines from the documentation of each program and share nothing with our writers.
"""

import ast
import base64
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import films
import numpy as np
import pytest

from trajectory.errors import CinetrajError, FormatAmbiguousError
from trajectory.io import FORMATS, losses, read, write
from trajectory.model import Provenance, Trajectory
from trajectory.picture import resized

Shown = dict[int, np.ndarray]
"""Pixels of the points by frame, the points too being those of the file where it holds some."""
CLOSE_PX = 0.1
"""The promise; single precision, which some programs keep numbers in, costs a hundredth of it."""
H, W = films.HW


def turn(quat_wxyz: Any) -> np.ndarray:
    w, x, y, z = quat_wxyz
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def about(axis: str, degrees: float) -> np.ndarray:
    half = np.radians(degrees) / 2
    return turn([np.cos(half), *(np.sin(half) * np.array([name == axis for name in "xyz"]))])


def constants(script: str) -> dict[str, Any]:
    """What a Python script assigns in capitals."""
    found: dict[str, Any] = {}
    for node in ast.parse(script).body:
        for target in node.targets if isinstance(node, ast.Assign) else []:
            if isinstance(node, ast.Assign) and not isinstance(target, ast.Tuple):
                found[ast.unparse(target)] = ast.literal_eval(node.value)
            elif isinstance(node, ast.Assign):
                found |= zip(ast.unparse(target).strip("()").split(", "), ast.literal_eval(node.value), strict=True)
    return found


def shown_by_blender(path: Path) -> Shown:
    """A point at (x, y, -z) before a camera is drawn at lens / sensor * x / z widths of the picture from its middle."""
    said = constants(path.read_text())
    (aspect_x, aspect_y), world = said["PIXEL_ASPECT"], turn(said["WORLD"])
    assert (said["WIDTH"], said["HEIGHT"], said["FPS"]) == (W, H, films.FPS)
    points = np.array(said["POINTS"]) @ world.T
    out = {}
    for frame, place, quat, lens, shift_x, shift_y in said["KEYS"]:
        x, y, z = (world @ turn(quat)).T @ (points - world @ np.array(place)).T
        wide = lens / said["SENSOR_MM"] * W
        u = W / 2 + wide * x / -z - shift_x * W
        v = H / 2 - (wide * y / -z - shift_y * W) * aspect_x / aspect_y
        out[frame - 1] = np.stack([u, v], axis=1)
    return out


def shown_by_after_effects(path: Path) -> Shown:
    said = json.loads(re.search(r"var shot = (\{.*\});", path.read_text()).group(1))
    assert (said["width"], said["height"], said["fps"]) == (W, H, films.FPS)
    points = np.array(said["points"])
    out = {}
    for time, place, angles, zoom in zip(*(said[k] for k in ("times", "position", "orientation", "zoom")), strict=True):
        own = about("x", angles[0]) @ about("y", angles[1]) @ about("z", angles[2])
        x, y, z = own.T @ (points - place).T
        out[round(time * said["fps"])] = np.stack([W / 2 + zoom * x / z, H / 2 + zoom * y / z], axis=1)
    return out


def shown_by_nuke(path: Path, order: str = "yxz") -> Shown:
    points = films.points() * (1, -1, -1)
    out = {}
    for line in path.read_text().splitlines():
        frame, *rest = line.split("\t")
        tx, ty, tz, rx, ry, rz, vfov = map(float, rest)
        angles = {"x": rx, "y": ry, "z": rz}
        first, then, last = (about(axis, angles[axis]) for axis in order)
        x, y, z = (first @ then @ last).T @ (points - (tx, ty, tz)).T
        focal = H / 2 / np.tan(np.radians(vfov) / 2)
        out[int(frame)] = np.stack([W / 2 + focal * x / -z, H / 2 - focal * y / -z], axis=1)
    return out


def shown_by_usd(path: Path) -> Shown:
    text = path.read_text()
    assert f"timeCodesPerSecond = {films.FPS}" in text

    def samples(name: str) -> dict[int, Any]:
        body = re.search(rf"{name}\.timeSamples = \{{(.*?)\}}", text, re.DOTALL).group(1)
        return {
            int(frame): ast.literal_eval(value) for frame, value in re.findall(r"(\d+): (.*),$", body, re.MULTILINE)
        }

    points = np.array(ast.literal_eval(re.search(r"point3f\[\] points = (\[.*\])", text).group(1)))
    focal, gate_x, gate_y = map(samples, ("focalLength", "horizontalAperture", "verticalAperture"))
    off_x, off_y = map(samples, ("horizontalApertureOffset", "verticalApertureOffset"))
    out = {}
    for frame, matrix in samples("xformOp:transform").items():
        x, y, z, _ = (np.column_stack([points, np.ones(len(points))]) @ np.linalg.inv(np.array(matrix))).T
        u = (focal[frame] * x / -z - (off_x[frame] - gate_x[frame] / 2)) / gate_x[frame]
        v = (off_y[frame] + gate_y[frame] / 2 - focal[frame] * y / -z) / gate_y[frame]
        out[frame] = np.stack([W * u, H * v], axis=1)
    return out


def shown_by_gltf(path: Path) -> Shown:
    said = json.loads(path.read_text())
    data = base64.b64decode(said["buffers"][0]["uri"].partition(",")[2])

    def values(number: int) -> np.ndarray:
        accessor = said["accessors"][number]
        view = said["bufferViews"][accessor["bufferView"]]
        assert accessor["componentType"] == 5126
        count = accessor["count"] * {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        return np.frombuffer(data, "<f4", count, view["byteOffset"]).reshape(accessor["count"], -1).astype(float)

    animation, lens = said["animations"][0], said["cameras"][0]["perspective"]
    tracks, time = {}, np.zeros(0)
    for channel in animation["channels"]:
        sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
        pointer = target.get("extensions", {}).get("KHR_animation_pointer", {}).get("pointer", "")
        tracks[target["path"] + pointer] = values(sampler["output"])
        time = values(sampler["input"])[:, 0]
    attributes = said["meshes"][0]["primitives"][0]["attributes"]
    points = values(attributes["POSITION"])
    yfov = tracks["pointer/cameras/0/perspective/yfov"][:, 0]
    assert said["extensionsUsed"] == ["KHR_animation_pointer"]
    out = {}
    for at, place, quat, angle in zip(time, tracks["translation"], tracks["rotation"], yfov, strict=True):
        x, y, z = turn(np.roll(quat, 1)).T @ (points - place).T
        high = np.tan(angle / 2)
        u, v = x / -z / (high * lens["aspectRatio"]), y / -z / high
        out[round(at * films.FPS)] = np.stack([W / 2 * (1 + u), H / 2 * (1 - v)], axis=1)
    return out


SHOWN: dict[str, Callable[[Path], Shown]] = {
    "blender": shown_by_blender,
    "after-effects": shown_by_after_effects,
    "chan": shown_by_nuke,
    "chan-xyz": partial(shown_by_nuke, order="zyx"),
    "usd": shown_by_usd,
    "gltf": shown_by_gltf,
}
SHIFT, SHAPE = {"blender", "usd"}, {"blender", "usd", "gltf"}
"""What holds a principal point off the middle, and pixels that are not square."""


def exported(tmp_path: Path, name: str, trajectory: Trajectory) -> dict[int, np.ndarray]:
    path = tmp_path / FORMATS[name].target
    write(trajectory, path, format=name, scene=films.scene(trajectory))
    return SHOWN[name](path)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("missing", [False, True])
def test_a_zoom_arrives_as_a_zoom(tmp_path: Path, name: str, missing: bool) -> None:
    trajectory = films.film(missing=missing)
    found = exported(tmp_path, name, trajectory)
    assert sorted(found) == np.flatnonzero(trajectory.valid).tolist()
    true = films.pixels(trajectory, films.points())
    for frame, xy in found.items():
        np.testing.assert_allclose(xy, true[frame], atol=CLOSE_PX / 10)
    if missing:
        assert "2 frames without a pose" in losses(trajectory, name) or "gaps" in FORMATS[name].keeps


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("shape", [{"off_middle": True}, {"aspect": 1.185}, {"aspect": 0.8}])
def test_other_lenses_arrive_or_are_told(tmp_path: Path, name: str, shape: dict[str, Any]) -> None:
    trajectory = films.film(**shape)
    found = exported(tmp_path, name, trajectory)
    true = films.pixels(trajectory, films.points())
    off = max(float(np.abs(xy - true[frame]).max()) for frame, xy in found.items())
    told = [loss for loss in losses(trajectory, name) if "principal point, up to" in loss or "shape of pixels" in loss]
    kept = name in (SHIFT if "off_middle" in shape else SHAPE)
    assert (off < CLOSE_PX / 10) == kept
    assert len(told) == (not kept)


@pytest.mark.parametrize("name", ["blender", "gltf"])
def test_pixels_that_change_their_shape_are_refused(tmp_path: Path, name: str) -> None:
    trajectory = films.film()
    assert trajectory.intrinsics_px is not None
    k = np.array(trajectory.intrinsics_px)
    k[4:, 0, 0] *= 1.01
    with pytest.raises(CinetrajError, match="fx / fy changes over time"):
        write(trajectory.replace(intrinsics_px=k), tmp_path / "a", format=name)


def test_where_gravity_is_known_blenders_world_is_level(tmp_path: Path) -> None:
    """A camera that looks down by 20 degrees: in Blender it stands so, and sees what it saw."""
    trajectory = films.film()
    told = Provenance(evidence={"gravity": {"pitch_deg": -20.0, "roll_deg": 0.0}})
    found = exported(tmp_path, "blender", trajectory.replace(provenance=told))
    np.testing.assert_allclose(found[8], films.pixels(trajectory, films.points())[8], atol=1e-6)
    said = constants((tmp_path / "camera_blender.py").read_text())
    ahead = turn(said["WORLD"]) @ turn(said["KEYS"][0][2]) @ np.array([0, 0, -1])
    assert np.degrees(np.arcsin(ahead[2])) == pytest.approx(-20)


@pytest.mark.parametrize("name", ["chan", "chan-xyz"])
def test_chan_is_read_back(tmp_path: Path, name: str) -> None:
    trajectory = films.film(missing=True)
    write(trajectory, tmp_path / "a.chan", format=name)
    with pytest.raises(
        FormatAmbiguousError, match=r"ZXY, as in Nuke.*XYZ, as Blender exports.*--format chan or --format chan-xyz"
    ):
        read(tmp_path / "a.chan")
    again = read(tmp_path / "a.chan", format=name)
    good = trajectory.valid
    np.testing.assert_array_equal(again.valid, good)
    np.testing.assert_allclose(again.world_from_cam[good], trajectory.world_from_cam[good], atol=1e-12)
    assert trajectory.intrinsics_px is not None
    assert again.intrinsics_px is not None
    assert again.image_hw == (1080, 1920)
    np.testing.assert_allclose(again.intrinsics_px[good, 1, 1] / 1080, trajectory.intrinsics_px[good, 1, 1] / H)
    write(trajectory.replace(intrinsics_px=None), tmp_path / "b.chan", format=name)
    assert read(tmp_path / "b.chan", format=name).intrinsics_px is None


def test_chan_that_turns_about_one_axis_means_one_thing(tmp_path: Path) -> None:
    (tmp_path / "a.chan").write_text("1 0 0 0 0 0 0 40\n2 0 0 -1 0 30 0 40\n4 0 0 -2 0 0 0 40\n")
    found = read(tmp_path / "a.chan")
    assert found.valid.tolist() == [True, True, False, True]
    np.testing.assert_allclose(found.positions[1], (0, 0, 1), atol=1e-12)
    turned = found.rotations[1] @ np.array([0, 0, 1.0])
    np.testing.assert_allclose(turned, (-0.5, 0, np.sqrt(0.75)), atol=1e-12)  # about y, which is up: to the left


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1.5 0 0 0 0 0 0 40", "no whole number"),
        ("0 0 0 0 0 0 0 40", "that grows"),
        ("2 0 0 0 0 0 0 0", "angle of view"),
    ],
)
def test_rows_of_chan_that_are_none(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "a.chan").write_text(f"1 0 0 0 0 0 0 40\n{row}\n")
    with pytest.raises(CinetrajError, match=said):
        read(tmp_path / "a.chan")


def test_times_that_are_not_even_are_told() -> None:
    trajectory = films.film()
    times = np.array(trajectory.time_s)
    times[-1] += 0.5
    for name in ("blender", "usd", "after-effects"):
        assert any("times that are not even" in loss for loss in losses(trajectory.replace(time_s=times), name))
        assert not any("times" in loss for loss in losses(trajectory, name))


@pytest.mark.parametrize("name", ["fbx", "abc"])
def test_what_blender_writes_is_told_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(CinetrajError, match=rf"convert to blender, run the script there.*File > Export > .*\.{name}"):
        write(films.film(), tmp_path / "a", format=name)


@pytest.mark.parametrize("name", ["blender", "after-effects", "usd", "gltf"])
def test_what_is_only_written_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / FORMATS[name].target
    write(films.film(), path, format=name, scene=films.scene(films.film()))
    for format in ("auto", name):
        with pytest.raises(CinetrajError, match=f"{name} is written only; read the file that it was made from"):
            read(path, format=format)


@pytest.mark.parametrize("name", SHOWN)
def test_a_lens_is_never_invented(tmp_path: Path, name: str) -> None:
    bare = films.film().replace(intrinsics_px=None, image_hw=None)
    if name in ("chan", "chan-xyz"):
        write(bare, tmp_path / "a.chan", format=name)  # seven columns are a path without a lens
        return
    with pytest.raises(CinetrajError, match=r"needs intrinsics.*--size WIDTH HEIGHT --fov DEGREES"):
        write(bare, tmp_path / "a", format=name)
    with pytest.raises(CinetrajError, match=r"needs image_hw.*--size"):
        write(films.film().replace(image_hw=None), tmp_path / "a", format=name)


def test_pixars_own_reader_sees_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="usd-core is not installed")
    from pxr import Gf, Usd, UsdGeom

    trajectory = films.film(off_middle=True, aspect=1.185)
    write(trajectory, tmp_path / "a.usda", format="usd", scene=films.scene(trajectory))
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/cinetraj/camera"))
    points = UsdGeom.Points(stage.GetPrimAtPath("/cinetraj/points")).GetPointsAttr().Get()
    true = films.pixels(trajectory, films.points())
    for frame in range(len(trajectory)):
        frustum = camera.GetCamera(frame).frustum
        matrix = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
        seen = np.array([matrix.Transform(Gf.Vec3d(point)) for point in points])
        xy = np.column_stack([(seen[:, 0] + 1) * W / 2, (1 - seen[:, 1]) * H / 2])
        np.testing.assert_allclose(xy, true[frame], atol=CLOSE_PX / 10)


def test_pygltflib_takes_the_file(tmp_path: Path) -> None:
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib is not installed")
    write(films.film(), tmp_path / "a.gltf", format="gltf")
    document = pygltflib.GLTF2().load(str(tmp_path / "a.gltf"))
    assert len(document.animations[0].channels) == 3
    assert document.cameras[0].perspective.aspectRatio == pytest.approx(W / H)


@pytest.mark.parametrize("name", SHOWN)
def test_parts_of_a_picture_become_pixels_of_one_that_is_told(tmp_path: Path, name: str) -> None:
    """As of RealEstate10K and camera presets: whatever size is taken, points are at the same part of the picture."""
    trajectory = resized(films.film(), (1, 1))
    path = tmp_path / FORMATS[name].target
    write(trajectory, path, format=name)
    assert any("1920 x 1080 is taken" in loss for loss in losses(trajectory, name))
    assert not any("shape of pixels" in loss or "principal point" in loss for loss in losses(trajectory, name))
    known = tmp_path / "known"
    write(resized(films.film(), (1080, 1920)), known, format=name)
    np.testing.assert_allclose(numbers_in(path), numbers_in(known), rtol=1e-12, atol=1e-9)


def numbers_in(path: Path) -> np.ndarray:
    """All decimal numbers of a text; of a glTF file those outside of its buffer."""
    text = re.sub(r"base64,[^\"]*", "", path.read_text())
    return np.array([float(token) for token in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text)])
