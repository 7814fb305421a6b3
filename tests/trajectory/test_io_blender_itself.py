"""The Blender script in Blender: where a Python with bpy is named by CINETRAJ_BPY (`pip install bpy` in an environment
of its own: it wants another NumPy than we do). What the script says is tested without it in test_io_exports."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import films
import numpy as np
import pytest

from trajectory.io import Scene, write

BPY = os.environ.get("CINETRAJ_BPY", "")
pytestmark = pytest.mark.skipif(not BPY, reason="CINETRAJ_BPY names no Python that has bpy")
H, W = films.HW

LOOK = """
import json, sys
import bpy
from bpy_extras.object_utils import world_to_camera_view
script, out = sys.argv[1:3]
bpy.ops.wm.read_factory_settings(use_empty=True)
exec(compile(open(script).read(), script, "exec"))
scene = bpy.context.scene
camera, points = scene.camera, bpy.data.objects["cinetraj points"]
told = {"fps": scene.render.fps / scene.render.fps_base, "end": scene.frame_end, "frames": {}}
told["empties"] = sorted(each.name for each in bpy.data.objects if each.type == "EMPTY")
told["films"] = [[p.clip.name, p.clip.frame_duration, p.clip.frame_start] for p in camera.data.background_images]
for frame in range(1, scene.frame_end + 1):
    scene.frame_set(frame)
    seen = [list(world_to_camera_view(scene, camera, points.matrix_world @ v.co)) for v in points.data.vertices]
    told["frames"][frame] = {"seen": seen, "pose": [list(row) for row in camera.matrix_world], "lens": camera.data.lens}
with open(out, "w") as file:
    json.dump(told, file)
"""

RENDER = """
import sys
import bpy
script, out, frame = sys.argv[1:4]
bpy.ops.wm.read_factory_settings(use_empty=True)
exec(compile(open(script).read(), script, "exec"))
scene, points = bpy.context.scene, bpy.data.objects["cinetraj points"]
for vertex in points.data.vertices:
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.05, location=points.matrix_world @ vertex.co)
    shine = bpy.data.materials.new("shine")
    shine.use_nodes = True
    tree = shine.node_tree
    tree.nodes.clear()
    light, surface = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(light.outputs[0], surface.inputs[0])
    bpy.context.object.data.materials.append(shine)
scene.render.engine, scene.cycles.samples, scene.cycles.device = "CYCLES", 4, "CPU"
scene.frame_set(int(frame))
scene.render.filepath, scene.render.image_settings.file_format = out, "PNG"
bpy.ops.render.render(write_still=True)
"""


def in_blender(code: str, *arguments: object) -> None:
    done = subprocess.run([BPY, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]


def look(folder: Path, **shape: Any) -> dict[str, Any]:
    trajectory = films.film(**shape)
    write(trajectory, folder / "camera.py", format="blender", scene=films.scene(trajectory))
    in_blender(LOOK, folder / "camera.py", folder / "told.json")
    return json.loads((folder / "told.json").read_text())


@pytest.mark.parametrize("shape", [{}, {"off_middle": True, "aspect": 1.185}, {"off_middle": True, "aspect": 0.8}])
def test_blender_sees_the_points_where_the_film_does(tmp_path: Path, shape: dict[str, Any]) -> None:
    told = look(tmp_path, **shape)
    trajectory = films.film(**shape)
    true = films.pixels(trajectory, films.points())
    assert told["fps"] == pytest.approx(films.FPS)
    assert told["end"] == len(trajectory)
    up = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # Blender's world is ours with z up
    for frame, each in told["frames"].items():
        row = int(frame) - 1
        x, y, _ = np.array(each["seen"]).T  # parts of the picture from its lower left corner
        np.testing.assert_allclose(np.stack([W * x, H * (1 - y)], axis=1), true[row], atol=0.01)
        pose = np.array(each["pose"])
        np.testing.assert_allclose(pose[:3, :3], up @ trajectory.rotations[row] @ np.diag([1, -1, -1]), atol=1e-6)
        np.testing.assert_allclose(pose[:3, 3], up @ trajectory.positions[row], atol=1e-6)


def test_frames_without_a_pose_are_passed_in_straight_lines(tmp_path: Path) -> None:
    told = look(tmp_path, missing=True)
    places = np.array([each["pose"] for each in told["frames"].values()])[:, :3, 3]
    np.testing.assert_allclose(places[3], places[2] + (places[5] - places[2]) / 3, atol=1e-6)
    lens = [each["lens"] for each in told["frames"].values()]
    assert lens[3] == pytest.approx(lens[2] + (lens[5] - lens[2]) / 3)


def test_the_film_lies_behind(tmp_path: Path) -> None:
    from sfm.video.encode import encode

    encode(np.zeros((20, 36, 64, 3), np.uint8), tmp_path / "film.mp4", fps=films.FPS)
    trajectory = films.film()
    scene = Scene(cloud=films.scene(trajectory).cloud, movie=str(tmp_path / "film.mp4"), first=4, step=2)
    write(trajectory, tmp_path / "camera.py", format="blender", scene=scene)
    in_blender(LOOK, tmp_path / "camera.py", tmp_path / "told.json")
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["films"] == [["film.mp4", 20, -3]]
    assert told["end"] == 2 * (len(trajectory) - 1) + 1
    assert told["fps"] == pytest.approx(2 * films.FPS)
    assert len(told["empties"]) == 1 + len(films.points())


@pytest.mark.slow
def test_a_rendered_frame_shows_the_points(tmp_path: Path) -> None:
    import cv2

    trajectory = films.film(off_middle=True)
    write(trajectory, tmp_path / "camera.py", format="blender", scene=films.scene(trajectory))
    in_blender(RENDER, tmp_path / "camera.py", tmp_path / "frame.png", 5)
    picture = cv2.imread(str(tmp_path / "frame.png"), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == films.HW
    _, _, _, middles = cv2.connectedComponentsWithStats((picture > 60).astype(np.uint8))
    true = films.pixels(trajectory, films.points())[4] - 0.5  # OpenCV counts from the first pixel's middle
    inside = true[(true > 12).all(1) & (true < np.array([W, H]) - 12).all(1)]
    alone = [xy for xy in inside if (np.linalg.norm(true - xy, axis=1) < 40).sum() == 1]
    assert len(alone) >= 4
    for xy in alone:
        assert np.linalg.norm(middles[1:] - xy, axis=1).min() < 0.7
