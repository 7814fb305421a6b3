"""One contract over all backends but the default: known motion comes back, an invention is not passed off as one."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import planes_scene as scene
import pytest
from scipy.spatial.transform import Rotation
from seen_points import reprojection_px

from sfm import backends
from sfm.config import ColmapConfig, ColmapSiftConfig, DenseConfig, FeatureConfig, GlomapConfig, MapConfig
from sfm.processes import gpu
from sfm.types import BackendResult, Masks
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

PYCOLMAP = ("colmap", "glomap", "colmap-sift")
NAMES = (*PYCOLMAP, "dense")
FEW = FeatureConfig(max_features=500)
SMALL = {
    "colmap": ColmapConfig(features=FEW),
    "glomap": GlomapConfig(features=FEW),
    "colmap-sift": ColmapSiftConfig(),
    "dense": DenseConfig(keyframes=6),
}
TRUCK = scene.path(10, shift=(1.2, 0.1, 0.3), pan_deg=-6.0)


@cache
def rendered() -> tuple[np.ndarray, np.ndarray]:
    return scene.render(TRUCK)


@cache
def of_truck(name: str) -> BackendResult:
    frames, evidence = scene.clip(rendered()[0])
    return backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)


@pytest.fixture(scope="module")
def truck() -> tuple[np.ndarray, np.ndarray]:
    return rendered()


def errors(found: Trajectory, truth: np.ndarray) -> tuple[float, float]:
    """Largest position error over path length, after the one free scale; largest rotation error in degrees."""
    rotation = Rotation.from_matrix(found.rotations[found.valid].copy())
    expected = Rotation.from_matrix(truth[found.valid][:, :3, :3])
    positions, wanted = found.positions[found.valid], truth[found.valid][:, :3, 3]
    scale = (positions * wanted).sum() / (positions**2).sum()
    length = np.linalg.norm(np.diff(wanted, axis=0), axis=1).sum()
    angle = (rotation.inv() * expected).magnitude().max()
    return float(np.abs(scale * positions - wanted).max() / length), float(np.degrees(angle))


@pytest.mark.parametrize("name", NAMES)
def test_a_truck_comes_back(name: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    _, depth = truck
    result = of_truck(name)
    assert (result.status, result.reason) == ("ok", "")
    found = result.trajectory
    assert found is not None
    assert found.valid.all()
    position, angle_deg = errors(found, TRUCK)
    assert position < 0.02
    assert angle_deg < 0.5
    assert np.allclose(found.world_from_cam[0], np.eye(4), atol=1e-12)
    assert found.scene_depth is not None
    assert np.nanmedian(found.scene_depth) == pytest.approx(1.0)
    length = np.linalg.norm(found.positions[-1] - found.positions[0])
    assert length == pytest.approx(np.linalg.norm(TRUCK[-1, :3, 3]) / np.median(depth), rel=0.5)
    assert found.intrinsics_px is not None
    assert np.allclose(found.intrinsics_px[:, 1, 1], scene.FOCAL_PX)
    assert result.motion_model == "full"
    assert np.median(reprojection_px(result)) < 0.7
    assert result.structure is not None
    assert result.structure.points is not None


@pytest.mark.parametrize("name", PYCOLMAP)
def test_a_mapper_says_what_it_registered(name: str) -> None:
    result = of_truck(name)
    assert result.statistics["registered"] == len(TRUCK)
    assert result.statistics["pairs"]["verified"] > 20
    assert {"map", "worker", "evidence"} <= set(result.seconds)
    tracks = result.picture["tracks_px"]
    seen = tracks[np.isfinite(tracks[..., 0])]
    assert tracks.shape[1:] == (10, 2)
    assert (seen > -1).all()
    assert (seen < (scene.HW[1], scene.HW[0])).all()
    assert result.structure is not None
    assert result.structure.points is not None
    assert len(result.structure.points) == result.statistics["points"]


@pytest.mark.parametrize(
    ("motion", "name"),
    [
        ("pan", "colmap"),
        ("static", "glomap"),
        ("zoom", "glomap"),
        *(
            pytest.param(motion, name, marks=pytest.mark.slow)
            for motion, name in [
                ("pan", "glomap"),
                ("pan", "colmap-sift"),
                ("static", "colmap"),
                ("static", "colmap-sift"),
                ("zoom", "colmap"),
                ("zoom", "colmap-sift"),
            ]
        ),
    ],
)
def test_motion_without_parallax_is_never_a_sound_translation(motion: str, name: str) -> None:
    """`dense` has models that do not translate: dense/test_dense_estimator.py."""
    poses = scene.path(7, pan_deg=14.0 if motion == "pan" else 0.0)
    focal = np.linspace(224, 330, 7) if motion == "zoom" else np.full(7, scene.FOCAL_PX)
    rgb, _ = scene.render(poses, focal_px=focal)
    frames, evidence = scene.clip(rgb, focal_px=None if motion == "zoom" else scene.FOCAL_PX)
    result = backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)
    assert result.status in ("failed", "unreliable")
    assert result.reason
    assert (result.trajectory is None) == (result.status == "failed")


@pytest.mark.parametrize("name", ["colmap", "dense"])
def test_blank_and_repeated_frames_keep_the_time_axis_whole(name: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    rgb = np.concatenate([truck[0][:6], truck[0][5:6], np.zeros_like(truck[0][:1]), truck[0][6:]])
    frames, plain = scene.clip(rgb)
    blank = np.arange(12) == 7
    duplicate_of = np.where(np.arange(12) == 6, 5, np.arange(12))
    evidence = Masks(usable=plain.usable, blank=blank, duplicate_of=duplicate_of)
    found = backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)
    assert found.status == "partial"
    assert found.trajectory is not None
    assert np.array_equal(found.trajectory.valid, ~blank)
    assert np.array_equal(found.trajectory.world_from_cam[6], found.trajectory.world_from_cam[5])
    assert found.trajectory.reason == tuple("blank" if i == 7 else "" for i in range(12))
    assert np.array_equal(found.trajectory.time_s, frames.time_s)


@pytest.mark.parametrize("name", ["colmap", "dense", pytest.param("colmap-sift", marks=pytest.mark.slow)])
def test_pixels_that_are_not_square(name: str) -> None:
    rgb, _ = scene.render(TRUCK, pixel_aspect=1.185)
    frames, evidence = scene.clip(rgb, pixel_aspect=1.185)
    found = backends.run(frames, evidence, SMALL[name], device="cpu", threads=1).trajectory
    assert found is not None
    assert found.intrinsics_px is not None
    assert np.allclose(found.intrinsics_px[:, 0, 0], scene.FOCAL_PX / 1.185)
    position, angle_deg = errors(found, TRUCK)
    assert position < 0.03
    assert angle_deg < 0.6


@pytest.mark.parametrize("name", ["colmap", pytest.param("colmap-sift", marks=pytest.mark.slow)])
def test_no_point_lies_in_what_was_told_to_move(name: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    frames, plain = scene.clip(truck[0])
    moving = np.zeros(frames.rgb.shape[:3], bool)
    for number, one in enumerate(moving):
        one[:, 20 + 5 * number : 120 + 5 * number] = True
    told = backends.run(frames, replace(plain, moving=moving), SMALL[name], device="cpu", threads=1)
    for structure, least, most in ((of_truck(name).structure, 0.2, 1.0), (told.structure, 0.0, 0.0)):
        assert structure is not None
        assert structure.tracks is not None
        column, row = np.rint(structure.tracks.xy_px).astype(int).T.clip(0, [[frames.hw[1] - 1], [frames.hw[0] - 1]])
        assert least <= moving[structure.tracks.frame, row, column].mean() <= most


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_equal_input_and_seed_give_equal_bits(name: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    frames, evidence = scene.clip(truck[0])
    once, again = of_truck(name), backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)
    assert once.trajectory is not None
    assert again.trajectory is not None
    assert np.array_equal(once.trajectory.world_from_cam, again.trajectory.world_from_cam)
    assert dict(once.statistics) == dict(again.statistics)


@pytest.mark.parametrize("config", [ColmapConfig(mapping=MapConfig(time_limit_s=0.05))])
def test_the_time_limit_is_a_result(config: ColmapConfig, truck: tuple[np.ndarray, np.ndarray]) -> None:
    frames, evidence = scene.clip(truck[0][:4])
    result = backends.run(frames, evidence, config, device="cpu", threads=1)
    assert result.status == "failed"
    assert "time limit" in result.reason
    assert result.trajectory is None


@pytest.mark.parametrize("name", NAMES)
def test_frames_without_texture_fail_with_a_reason(name: str) -> None:
    frames, evidence = scene.clip(np.full((4, *scene.HW, 3), 128, np.uint8))
    result = backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)
    assert result.status == "failed"
    assert result.reason
    assert "\n" not in result.reason


@pytest.mark.parametrize(
    ("name", "words"), [("glomap", "fewer than two frames differ"), ("dense", "fewer than two different frames")]
)
def test_nothing_new_in_any_frame_fails_with_a_reason(
    name: str, words: str, truck: tuple[np.ndarray, np.ndarray]
) -> None:
    frames, plain = scene.clip(np.repeat(truck[0][:1], 3, axis=0))
    evidence = Masks(usable=plain.usable, blank=plain.blank, duplicate_of=np.zeros(3, int))
    result = backends.run(frames, evidence, SMALL[name], device="cpu", threads=1)
    assert result.status == "failed"
    assert words in result.reason


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: "colmp", "backend 'colmp' is unknown, perhaps 'colmap' is meant; expected one of auto, colmap"),
        (lambda: object(), "backend config is a object"),
        (lambda: ColmapConfig(features=FeatureConfig(name="surf")), "features 'surf' are unknown"),
        (lambda: ColmapConfig(mapping=MapConfig(options={"mapper.no_such": 1})), "no_such"),
        (lambda: ColmapSiftConfig(overlap=0), "overlap is 0"),
        (lambda: MapConfig(time_limit_s=0.0), "time_limit_s is 0.0"),
    ],
)
def test_a_bad_config_is_an_error(make, words: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    frames, evidence = scene.clip(truck[0][:3])
    with pytest.raises(CinetrajError) as caught:
        backends.run(frames, evidence, make(), device="cpu", threads=1)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["gpu", "cuda"])
def test_an_absent_device_is_an_error(device: str, truck: tuple[np.ndarray, np.ndarray]) -> None:
    torch = pytest.importorskip("torch")
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    frames, evidence = scene.clip(truck[0][:3])
    with pytest.raises(CinetrajError, match="device"):
        backends.run(frames, evidence, "colmap-sift", device=device)


@pytest.mark.parametrize(
    ("driver", "sees", "expected"), [(False, True, "cpu"), (True, True, "cuda"), (True, False, "cpu")]
)
def test_torch_is_asked_for_a_gpu_only_where_there_may_be_one(
    driver: bool, sees: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(gpu, "may_be_there", lambda: driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: sees if driver else pytest.fail("asked"))
    assert backends.pick_device("auto") == expected


def test_names_and_configs_resolve_to_each_other() -> None:
    for name in NAMES:
        config = backends.config_type(name)()
        assert backends.resolve(config) == (name, config)
        assert backends.resolve(name) == (name, config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_s": np.arange(10.0)}, "10 frames with times of their own for 10 frames"),
        ({"image_hw": (7, 9)}, r"image_hw of \(7, 9\), expected those of the working size"),
        ({"image_hw": None}, "image_hw of None, expected those of the working size"),
    ],
)
def test_a_result_for_other_frames_is_refused(
    change: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend of another distribution whose clock or pixels are its own gave a wrong path of status "ok"."""
    frames, evidence = scene.clip(rendered()[0])
    path = of_truck("dense").trajectory
    assert path is not None
    found: list[Any] = [replace(of_truck("dense"), trajectory=path.replace(**change)), None]
    theirs = {"dense": replace(backends.backends()["dense"], run=lambda *_, **__: found[0])}
    monkeypatch.setattr(backends, "backends", lambda: theirs)
    with pytest.raises(CinetrajError, match=message):
        backends.run(frames, evidence, SMALL["dense"], device="cpu", threads=1)
    found.reverse()
    with pytest.raises(CinetrajError, match="returned a NoneType"):
        backends.run(frames, evidence, SMALL["dense"], device="cpu", threads=1)


@pytest.mark.parametrize("rounded", [np.float32, lambda time_s: np.round(time_s, 6)])
def test_times_that_were_rounded_are_those_of_the_frames(rounded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a backend gives them that reads them from a text file, or keeps single precision."""
    frames, evidence = scene.clip(rendered()[0])
    frames = replace(frames, time_s=100.0 + frames.time_s / 3)
    path = of_truck("dense").trajectory
    assert path is not None
    given = replace(of_truck("dense"), trajectory=path.replace(time_s=rounded(frames.time_s)))
    theirs = {"dense": replace(backends.backends()["dense"], run=lambda *_, **__: given)}
    monkeypatch.setattr(backends, "backends", lambda: theirs)
    found = backends.run(frames, evidence, SMALL["dense"], device="cpu", threads=1)
    assert found.trajectory is not None
    np.testing.assert_array_equal(found.trajectory.time_s, frames.time_s)
