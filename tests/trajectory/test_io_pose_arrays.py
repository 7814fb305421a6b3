"""npz files whose arrays are named as their tools name them, each laid out here from its documentation."""

from pathlib import Path

import numpy as np
import pytest
from layouts import C2W, OPENGL, STEPS, W2C, K, assert_known_move, plane_depths, recognised, savez
from scipy.spatial.transform import Rotation

from trajectory.errors import FormatAmbiguousError, ReadError
from trajectory.io import read, write
from trajectory.io._arrays import npz_array

BLENDER = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
F4 = np.float32


def test_da3_holds_world_to_camera_and_pixels_of_its_own_images(tmp_path: Path) -> None:
    depth = np.full((STEPS, 18, 32), 2.0, F4)
    path = savez(
        tmp_path / "results.npz", extrinsics=W2C[:, :3].astype(F4), intrinsics=K.astype(F4), depth=depth, conf=depth
    )
    trajectory = recognised(path, "da3")
    assert_known_move(trajectory)
    assert trajectory.image_hw == (18, 32)
    np.testing.assert_allclose(trajectory.intrinsics_px, K)
    np.testing.assert_allclose(trajectory.scene_depth, 2.0)


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("pi3", {"points": np.zeros((STEPS, 4, 6, 3), F4), "conf": np.zeros((STEPS, 4, 6), F4)}),
        ("mapanything", {"intrinsics": K, "cam_trans": C2W[:, :3, 3], "cam_quats": np.zeros((STEPS, 4))}),
        ("worldmirror", {"camera_intrs": K}),
    ],
)
def test_camera_poses_are_camera_to_world(tmp_path: Path, name: str, beside: dict[str, np.ndarray]) -> None:
    trajectory = recognised(savez(tmp_path / "p.npz", camera_poses=C2W.astype(F4), **beside), name)
    assert_known_move(trajectory)
    assert (trajectory.intrinsics_px is not None) == (name != "pi3")
    assert trajectory.scale == ("metric" if name == "mapanything" else "arbitrary")


def test_a_batch_of_one_is_allowed(tmp_path: Path) -> None:
    path = savez(tmp_path / "p.npz", camera_poses=C2W[None], camera_intrs=K[None])
    assert_known_move(recognised(path, "worldmirror"))


def test_gen3c_holds_world_to_camera(tmp_path: Path) -> None:
    keys = {"w2cs_key_frames": W2C[:1], "K_key_frames": K[:1], "images_key_frames": np.zeros((1, 4, 6, 3), F4)}
    trajectory = recognised(savez(tmp_path / "g.npz", w2cs_all=W2C, Ks_all=K, **keys), "gen3c")
    assert_known_move(trajectory)
    assert_known_move(recognised(savez(tmp_path / "h.npz", w2cs_all=W2C), "gen3c"))


def test_versecrafter_holds_matrix_world_of_blender(tmp_path: Path) -> None:
    """A camera of Blender looks along its -z, y up; a dolly in the world's +y, which is forward, is a dolly in."""
    blender = BLENDER @ C2W @ OPENGL
    np.testing.assert_allclose(blender[-1, :3, 3], (1, 3, -2))
    path = savez(tmp_path / "custom_camera_trajectory.npz", extrinsics=blender)
    trajectory = recognised(path, "versecrafter")
    assert_known_move(trajectory)
    np.testing.assert_allclose(trajectory.positions[-1], (1, 2, 3), atol=1e-12)


@pytest.mark.parametrize("arrays", [{}, {"intrinsics": K}, {"other": np.zeros(3)}])
def test_four_rows_of_extrinsics_under_another_name_are_not_guessed(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    path = savez(tmp_path / "cameras.npz", extrinsics=W2C, **arrays)
    with pytest.raises(FormatAmbiguousError, match="--format da3") as caught:
        read(path)
    assert ("--format versecrafter" in str(caught.value)) == (not arrays)
    assert_known_move(read(path, format="da3"))
    assert_known_move(read(savez(tmp_path / "b.npz", extrinsics=BLENDER @ C2W @ OPENGL), format="versecrafter"))


def test_the_depths_of_da3_contradict_camera_to_world(tmp_path: Path) -> None:
    k = np.tile(np.array([[40.0, 0, 32], [0, 40, 24], [0, 0, 1]]), (STEPS, 1, 1))
    depth = plane_depths(C2W, k, (48, 64)).astype(F4)
    assert_known_move(recognised(savez(tmp_path / "a.npz", extrinsics=W2C[:, :3], intrinsics=k, depth=depth), "da3"))
    twin = savez(tmp_path / "b.npz", extrinsics=C2W[:, :3], intrinsics=k, depth=depth)
    with pytest.raises(FormatAmbiguousError, match="its depths say camera-to-world"):
        read(twin)


def test_camprobe_says_everything_twice(tmp_path: Path) -> None:
    path = savez(tmp_path / "pan_right.npz", R=C2W[:, :3, :3], t=C2W[:, :3, 3], T=C2W)
    assert_known_move(recognised(path, "camprobe"))
    twin = savez(tmp_path / "twin.npz", R=C2W[:, :3, :3], t=C2W[:, :3, 3], T=W2C)
    with pytest.raises(ReadError, match="R and T contradict each other"):
        read(twin)


@pytest.mark.parametrize("name", ["da3", "gen3c", "versecrafter", "camprobe", "pi3", "worldmirror"])
def test_what_we_write_has_the_arrays_of_the_tool(tmp_path: Path, name: str) -> None:
    before = read(savez(tmp_path / "in.npz", w2cs_all=W2C, Ks_all=K), format="gen3c")
    path = tmp_path / ("custom_camera_trajectory.npz" if name == "versecrafter" else "out.npz")
    write(before, path, format=name)
    array, expected = {
        "da3": ("extrinsics", W2C[:, :3]),
        "gen3c": ("w2cs_all", W2C),
        "versecrafter": ("extrinsics", BLENDER @ C2W @ OPENGL),
        "camprobe": ("T", C2W),
    }.get(name, ("camera_poses", C2W))
    np.testing.assert_allclose(npz_array(path, array), expected, atol=1e-12)
    assert_known_move(recognised(path, name))


def test_half_precision_is_rounding_and_no_hidden_scale(tmp_path: Path) -> None:
    """Poses of a network that runs in it were no rotations, with a scale to be divided out that there was not."""
    turned = Rotation.random(200, random_state=0).as_matrix()
    poses = np.tile(np.eye(4), (200, 1, 1))
    poses[:, :3, :3] = turned
    for kind in (np.float16, F4):  # as it is, and as `.half()` of it in another type
        path = savez(tmp_path / "g.npz", cam_c2w=poses.astype(np.float16).astype(kind), intrinsic=np.eye(3))
        read_back = read(path).world_from_cam[:, :3, :3]
        np.testing.assert_allclose(read_back, turned, atol=1e-3)
        np.testing.assert_allclose(read_back.transpose(0, 2, 1) @ read_back, np.tile(np.eye(3), (200, 1, 1)), atol=1e-9)
    poses[:, :3, :3] *= 1.002
    with pytest.raises(ReadError, match="is no rotation"):
        read(savez(tmp_path / "s.npz", cam_c2w=poses.astype(np.float16), intrinsic=np.eye(3)))


@pytest.mark.parametrize("k", [K[:1], K[0], K[:1][None]])
def test_intrinsics_of_one_camera_are_those_of_every_frame(tmp_path: Path, k: np.ndarray) -> None:
    """They were refused as of another file or format."""
    for arrays in ({"w2cs_all": W2C, "Ks_all": k}, {"extrinsics": W2C[:, :3], "intrinsics": k}):
        trajectory = read(savez(tmp_path / "g.npz", **arrays))
        assert trajectory.intrinsics_px is not None
        np.testing.assert_allclose(trajectory.intrinsics_px, np.tile(K[:1], (STEPS, 1, 1)))
    with pytest.raises(ReadError, match="array 'Ks_all' has shape"):
        read(savez(tmp_path / "g.npz", w2cs_all=W2C, Ks_all=K[:2]))
