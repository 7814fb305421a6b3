"""Laws of the readers and writers: what is written comes back, and every format converts to every other."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import READABLE, SPARSE
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError
from trajectory.io import FORMATS, losses, read, write
from trajectory.model import Trajectory

WRITABLE = [name for name in READABLE if FORMATS[name].encode is not None and name not in SPARSE]
NAMED_IN_THE_SPEC = {
    *("native", "tum", "kitti", "euroc", "re10k", "monst3r", "megasam", "droid", "colmap"),
    *("nerfstudio", "motionctrl", "recammaster"),
}
DENSE = {"kitti", "et", "cami2v", "megasam", "droid", "motionctrl", "omniworld", "vggt", "tartanair"}
POSE_ARRAYS = {"da3", "pi3", "mapanything", "worldmirror", "gen3c", "versecrafter", "camprobe"}
POSE_ARRAYS |= {"vggt-omega", "lingbot-map"}
GENERATORS = {"lingbot-world", "uni3c", "worldstereo", "videox-fun", "da3-streaming"}
DENSE |= POSE_ARRAYS | GENERATORS
READ_TOO = POSE_ARRAYS | GENERATORS | SPARSE | {"infcam", "wbench"}
CAPTURES = {"record3d", "7scenes", "scannet", "llff", "splat", "stray-scanner", "mind"}
CAPTURES |= {"rosbag", "rosbag-body", "rosbag-optical"}
FILM = {"blender", "after-effects", "usd", "gltf", "chan", "chan-xyz"}
DENSE |= {"record3d"}
READ_TOO |= (
    CAPTURES
    | FILM
    | {
        "cut3r",
        "vggt",
        "vipe",
        "cami2v",
        "datadop",
        "omniworld",
        "spatialvid",
        "et",
        "tartanair",
        "table",
    }
)


def make(
    seed: int, n: int, *, missing: bool = False, zoom: bool = False, square: bool = True, **fields: Any
) -> Trajectory:
    rng = np.random.default_rng(seed)
    world_from_cam = np.tile(np.eye(4), (n, 1, 1))
    # steps of up to half a turn reach the singular places of quaternions
    world_from_cam[:, :3, :3] = Rotation.from_rotvec(
        np.cumsum(rng.normal(0, rng.choice([1e-9, 0.05, 2]), (n, 3)), 0)
    ).as_matrix()
    world_from_cam[:, :3, 3] = np.cumsum(rng.normal(0, rng.choice([1e-6, 1, 100]), (n, 3)), 0)
    valid = np.ones(n, dtype=bool)
    if missing and n > 2:
        valid[1 : n - 1] = rng.random(n - 2) < 0.7
    k = np.tile(np.eye(3), (n, 1, 1))
    k[:, 0, 0] = 500.123 * (1 + 0.01 * np.arange(n) * zoom)
    k[:, 1, 1] = k[:, 0, 0] * (1 if square else 1.185)
    k[:, 0, 2], k[:, 1, 2] = 320.25, 180.5
    given_fields = {"intrinsics_px": k, "image_hw": (360, 640), "time_source": "index", **fields}
    return Trajectory(
        world_from_cam=world_from_cam,
        time_s=given_fields.pop("time_s", np.arange(n, dtype=float)),
        valid=valid,
        **given_fields,
    )


def target(folder: Path, name: str) -> Path:
    return folder / FORMATS[name].target.replace("NAME", "clip")


def assert_same_poses(a: Trajectory, b: Trajectory, tolerance: float = 1e-12) -> None:
    good_a, good_b = a.world_from_cam[a.valid], b.world_from_cam[b.valid]
    assert good_a.shape == good_b.shape
    size = max(1.0, float(np.abs(good_a).max()))
    np.testing.assert_allclose(good_b, good_a, rtol=0, atol=tolerance * size)


def test_the_registry_holds_what_was_promised():
    assert set(FORMATS) == NAMED_IN_THE_SPEC | READ_TOO
    assert set(WRITABLE) >= NAMED_IN_THE_SPEC
    assert all(entry.name == name and entry.summary and entry.target for name, entry in FORMATS.items())


@pytest.mark.parametrize("name", WRITABLE)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 9))
def test_poses_and_intrinsics_round_trip(tmp_path_factory: pytest.TempPathFactory, name: str, seed: int, n: int):
    path = target(tmp_path_factory.mktemp("io"), name)
    before = make(seed, n)
    write(before, path, format=name)
    after = read(path, format=name)
    assert_same_poses(before, after)
    assert after.time_source == "index"
    np.testing.assert_array_equal(after.time_s, before.time_s)
    keeps = FORMATS[name].keeps
    if keeps & {"intrinsics", "everything"} and name not in ("re10k", "videox-fun"):
        np.testing.assert_allclose(after.intrinsics_px, before.intrinsics_px, rtol=1e-14)
    if keeps & {"image_hw", "everything"}:
        assert after.image_hw == before.image_hw


@pytest.mark.parametrize("source", WRITABLE)
def test_formats_convert_to_each_other(tmp_path: Path, source: str):
    origin = make(7, 4)
    write(origin, target(tmp_path / "a", source), format=source)
    middle = read(target(tmp_path / "a", source), format=source)
    # what the source cannot say, the user adds; fractions of a wide image become its pixels again
    middle = middle.replace(intrinsics_px=origin.intrinsics_px, image_hw=origin.image_hw)
    start = WRITABLE.index(source)
    for goal in WRITABLE[start % 4 :: 4]:  # the value between does not know where it came from: a quarter will do
        write(middle, target(tmp_path / goal, goal), format=goal)
        assert_same_poses(origin, read(target(tmp_path / goal, goal), format=goal))


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("seed", [1, 2])
def test_missing_frames_are_kept_or_left_out_or_refused_never_moved(tmp_path: Path, name: str, seed: int):
    before = make(seed, 12, missing=True)
    assert not before.valid.all()
    path = target(tmp_path, name)
    if name in DENSE:
        with pytest.raises(CinetrajError, match="write native, tum or monst3r"):
            write(before, path, format=name)
        assert not any(tmp_path.iterdir())
        return
    write(before, path, format=name)
    after = read(path, format=name)
    assert_same_poses(before, after)
    np.testing.assert_array_equal(after.time_s[after.valid], before.time_s[before.valid])
    if FORMATS[name].keeps & {"gaps", "everything"}:
        np.testing.assert_array_equal(after.valid, before.valid)
        assert np.isnan(after.world_from_cam[~after.valid]).all()
        scale = "metric" if FORMATS[name].metric else before.scale
        assert not losses(before.replace(intrinsics_px=None, image_hw=None, scale=scale), name)
    else:
        assert any("without a pose" in loss for loss in losses(before, name))


@pytest.mark.parametrize("name", sorted(name for name in WRITABLE if FORMATS[name].keeps & {"time", "everything"}))
@settings(max_examples=6, deadline=None)
@given(
    steps=st.lists(st.floats(1e-3, 10), min_size=1, max_size=8),
    start=st.sampled_from([0.0, 158.692025, 1305031102.160407]),
)
def test_seconds_round_trip_to_the_printed_digits(
    tmp_path_factory: pytest.TempPathFactory, name: str, steps: list[float], start: float
):
    path = target(tmp_path_factory.mktemp("io"), name)
    time_s = start + np.cumsum(steps)
    before = make(0, len(steps), time_s=time_s, time_source="seconds", scale="metric")
    write(before, path, format=name)
    after = read(path, format=name)
    digits = {"re10k": 0.5e-6, "euroc": 0.5e-9}.get(name, 0.0)
    np.testing.assert_allclose(after.time_s, time_s, rtol=4e-16, atol=digits * 1.001)
    assert (after.time_source, after.scale) == ("seconds", "metric")


@pytest.mark.parametrize(
    "name", sorted(n for n in WRITABLE if FORMATS[n].keeps & {"zoom", "everything"} and n != "omniworld")
)
def test_a_zoom_is_data_and_comes_back(tmp_path: Path, name: str):
    before = make(3, 6, zoom=True, square=False)
    write(before, target(tmp_path, name), format=name)
    after = read(target(tmp_path, name), format=name)
    assert after.focal_px is not None
    assert before.focal_px is not None
    np.testing.assert_allclose(after.focal_px / after.focal_px[0], before.focal_px / before.focal_px[0], rtol=1e-13)


@pytest.mark.parametrize("name", ["megasam", "omniworld"])
def test_what_would_hide_a_change_of_the_lens_is_refused(tmp_path: Path, name: str):
    with pytest.raises(CinetrajError, match="write native"):
        write(make(3, 6, zoom=True, square=False), target(tmp_path, name), format=name)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("scale", ["metric", "arbitrary", "bounded"])
@pytest.mark.parametrize("time_source", ["seconds", "index", "assumed"])
@pytest.mark.parametrize("name", ["tum", "euroc", "re10k", "native"])
def test_time_source_and_scale_survive_in_text(tmp_path: Path, name: str, time_source: str, scale: str):
    bound = {"bounded": math.inf}.get(scale)
    before = make(5, 4, time_source=time_source, scale=scale, translation_bound=bound)
    write(before, target(tmp_path, name), format=name)
    after = read(target(tmp_path, name))
    assert (after.time_source, after.scale, after.translation_bound) == (time_source, scale, bound)


def test_what_is_left_out_is_listed():
    full = make(
        1, 4, missing=False, time_source="seconds", scale="metric", scene_depth=np.ones(4), distortion=np.zeros(4)
    )
    assert losses(full, "native") == ()
    assert losses(full, "tum") == ("intrinsics", "image size", "scene_depth", "distortion")
    assert losses(full, "kitti")[0] == "times (frame numbers remain)"
    assert losses(make(1, 4), "colmap") == ()


@pytest.mark.parametrize("name", ["re10k", "colmap", "cami2v", "omniworld"])
def test_a_focal_length_is_never_invented(tmp_path: Path, name: str):
    with pytest.raises(CinetrajError, match="needs intrinsics"):
        write(make(1, 3, intrinsics_px=None), tmp_path / "out", format=name)
    assert not any(tmp_path.iterdir())


def test_writing_replaces_whole_files_and_leaves_nothing_on_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "new" / "a.txt"
    write(make(1, 3), path, format="tum")
    old = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trajectory.files.os.fsync", full_disk)
    with pytest.raises(CinetrajError, match="No space left"):
        write(make(2, 3), path, format="tum")
    assert path.read_bytes() == old
    with pytest.raises(CinetrajError, match="No space left"):
        write(make(2, 3), tmp_path / "other" / "deep" / "b.txt", format="tum")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.txt", "new"]


def test_writing_over_a_folder_or_in_no_format_is_one_clear_line(tmp_path: Path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(CinetrajError, match="is a folder"):
        write(make(1, 3), tmp_path / "taken", format="tum")
    with pytest.raises(CinetrajError, match="format is 'tun', perhaps 'tum' is meant; expected one of"):
        write(make(1, 3), tmp_path / "x", format="tun")
    with pytest.raises(CinetrajError, match="read only"):
        write(make(1, 3), tmp_path / "x", format="spatialvid")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
