"""VGGT against lingbot-map: the same names, the other direction. Depths decide, or nothing does."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import assert_known_move, known_move, plane_depths, recognised, savez
from scipy.spatial.transform import Rotation

from trajectory.errors import FormatAmbiguousError
from trajectory.io import read
from trajectory.io._direction import direction

HW = (48, 64)
STEPS = 6


def lens(n: int = STEPS) -> np.ndarray:
    return np.tile(np.array([[40.0, 0, 32], [0, 40, 24], [0, 0, 1]]), (n, 1, 1))


@pytest.mark.parametrize("name", ["vggt", "lingbot-map"])
@pytest.mark.parametrize("batch", [False, True])
def test_depths_tell_the_direction(tmp_path: Path, name: str, batch: bool) -> None:
    c2w = known_move(STEPS)
    depth = plane_depths(c2w, lens(), HW).astype(np.float32)[..., None]
    stored = (np.linalg.inv(c2w) if name == "vggt" else c2w)[:, :3].astype(np.float32)
    k = lens()
    path = savez(
        tmp_path / "p.npz",
        extrinsic=stored[None] if batch else stored,
        intrinsic=k[None] if batch else k,
        depth=depth,
    )
    assert_known_move(recognised(path, name))


@pytest.mark.parametrize("arrays", [(), ("intrinsic",), ("depth",)])
def test_without_depths_or_lenses_both_names_are_given(tmp_path: Path, arrays: tuple[str, ...]) -> None:
    c2w = known_move(STEPS)
    full = {"intrinsic": lens(), "depth": plane_depths(c2w, lens(), HW)}
    path = savez(tmp_path / "p.npz", extrinsic=c2w[:, :3], **{name: full[name] for name in arrays})
    with pytest.raises(FormatAmbiguousError, match="--format lingbot-map or --format vggt"):
        read(path)
    assert_known_move(read(path, format="lingbot-map"))
    back = read(path, format="vggt-omega").world_from_cam
    np.testing.assert_allclose(back, np.linalg.inv(c2w), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-20, 20)] * 3),
    move=st.tuples(*[st.floats(-2, 2)] * 3),
    noise=st.floats(0, 0.03),
    inverted=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_a_decision_is_never_wrong(
    turn: tuple[float, ...], move: tuple[float, ...], noise: float, inverted: bool, seed: int
) -> None:
    at = np.linspace(0, 1, STEPS)[:, None]
    c2w = np.tile(np.eye(4), (STEPS, 1, 1))
    c2w[:, :3, :3] = Rotation.from_rotvec(at * np.array(turn), degrees=True).as_matrix()
    c2w[:, :3, 3] = at * np.array(move)
    depth = plane_depths(c2w, lens(), HW)
    rng = np.random.default_rng(seed)
    depth = np.where(depth > 0, depth, np.nan) * np.exp(noise * rng.standard_normal(depth.shape))
    found = direction(np.linalg.inv(c2w) if inverted else c2w, lens(), depth)
    assert found in (None, "cam_from_world" if inverted else "world_from_cam")


def test_a_camera_that_rests_or_only_turns_before_a_wall_decides_nothing() -> None:
    rest = np.tile(np.eye(4), (STEPS, 1, 1))
    assert direction(rest, lens(), plane_depths(rest, lens(), HW)) is None


@pytest.mark.parametrize(("name", "batch"), [("vggt", False), ("lingbot-map", False), ("lingbot-map", True)])
def test_the_encoding_of_the_poses_tells_as_well(tmp_path: Path, name: str, batch: bool) -> None:
    c2w = known_move(STEPS)
    w2c = np.linalg.inv(c2w)
    encoded = np.column_stack([w2c[:, :3, 3], np.zeros((STEPS, 6))]).astype(np.float32)
    stored = (w2c if name == "vggt" else c2w)[:, :3].astype(np.float32)
    path = savez(tmp_path / "p.npz", extrinsic=stored, pose_enc=encoded[None] if batch else encoded)
    assert_known_move(recognised(path, name))
    path = savez(tmp_path / "q.npz", extrinsic=stored, pose_enc=np.zeros((STEPS, 9)))
    with pytest.raises(FormatAmbiguousError):
        read(path)


def test_a_list_of_encodings_is_only_in_files_of_vggt(tmp_path: Path) -> None:
    stored = np.linalg.inv(known_move(STEPS))[:, :3]
    assert_known_move(recognised(savez(tmp_path / "p.npz", extrinsic=stored, pose_enc_list=np.array(None)), "vggt"))
