"""The direction of gravity from upright lines: exact ones, rendered ones, and pictures that have none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfm import gravity, pipeline
from sfm.masks import find as evidence
from sfm.synthetic import ClipSpec, render, stage
from sfm.types import BackendResult, Frames, Masks
from trajectory.gravity import Gravity, known_gravity
from trajectory.model import Provenance, Trajectory

HW, FOCAL = (360, 640), 500.0
CONFIG = gravity.GravityConfig()


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def segments(attitude: Gravity, count: int, seed: int, *, noise: float = 0.0, clutter: int = 0) -> gravity.Lines:
    """Upright edges at random places as a camera of this attitude sees them, and segments of random direction."""
    rng = np.random.default_rng(seed)
    down = attitude.level_from_first.T @ [0.0, 1.0, 0.0]
    middle = np.column_stack([rng.uniform(-0.6, 0.6, (count + clutter, 1)), rng.uniform(-0.35, 0.35, count + clutter)])
    start = np.column_stack([middle, np.ones(count + clutter)])
    along = np.tile(down, (count + clutter, 1))
    along[count:] = rng.normal(size=(clutter, 3))
    end = start + rng.uniform(0.1, 0.2, (count + clutter, 1)) * along
    normal = np.cross(start, end)
    normal = unit(normal) + noise * rng.normal(size=start.shape)
    return gravity.Lines(normal=unit(normal), middle=unit(start + end), length=rng.uniform(0.05, 0.2, count + clutter))


@settings(max_examples=40, deadline=None)
@given(pitch=st.floats(-25, 25), roll=st.floats(-25, 25), seed=st.integers(0, 2**20))
def test_exact_lines_give_the_exact_attitude(pitch: float, roll: float, seed: int) -> None:
    found = gravity.solve(segments(Gravity(pitch_deg=pitch, roll_deg=roll), 30, seed), 1, 0.0, CONFIG)
    assert found is not None
    assert (found.pitch_deg, found.roll_deg) == pytest.approx((pitch, roll), abs=1e-6)
    assert found.confidence > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_noisy_lines_among_others_and_their_uncertainty(seed: int) -> None:
    attitude = Gravity(pitch_deg=-12.0, roll_deg=7.0)
    found = gravity.solve(segments(attitude, 80, seed, noise=0.005, clutter=60), 1, 0.0, CONFIG)
    assert found is not None
    off = np.hypot(found.pitch_deg + 12, found.roll_deg - 7)
    assert off < 1.0
    assert 0 < found.sigma_deg < CONFIG.largest_sigma_deg


@pytest.mark.parametrize("seed", range(10))
def test_lines_of_every_direction_show_nothing(seed: int) -> None:
    assert gravity.solve(segments(Gravity(pitch_deg=0.0), 0, seed, clutter=200), 1, 0.0, CONFIG) is None


@pytest.mark.parametrize("around_deg", [0.0, 180.0])
def test_lines_of_one_place_show_nothing_wherever_the_camera_has_turned(around_deg: float) -> None:
    azimuth = np.radians(around_deg + np.linspace(-4.0, 4.0, 60))
    foot = np.stack([5 * np.sin(azimuth), np.full(60, -0.5), 5 * np.cos(azimuth)], 1)
    top, end = unit(foot), unit(foot + [0.0, 1.0, 0.0])
    lines = gravity.Lines(normal=unit(np.cross(top, end)), middle=unit(top + end), length=np.full(60, 0.2))
    assert gravity.solve(lines, 1, 0.0, CONFIG) is None


def test_an_uncertain_focal_length_makes_the_pitch_uncertain() -> None:
    lines = segments(Gravity(pitch_deg=20.0), 40, 0)
    sure, unsure = (gravity.solve(lines, 1, sigma, replace(CONFIG, largest_sigma_deg=90.0)) for sigma in (0.0, 0.2))
    assert sure is not None
    assert unsure is not None
    assert unsure.sigma_deg == pytest.approx(np.degrees(0.5 * np.sin(np.radians(40))) * 0.2, rel=1e-3)
    assert unsure.confidence < sure.confidence
    assert gravity.solve(lines, 1, 0.2, CONFIG) is None


def tilted(scene: str, tilt_deg: float, roll_deg: float, seed: int) -> tuple[Frames, Trajectory, Gravity]:
    """The last frames of a rendered move that ends at some attitude, and that attitude."""
    spec = ClipSpec(seed=seed, scene=scene, move={"tilt_deg": tilt_deg, "roll_deg": roll_deg}, frames=5, noise=2.0)
    clip = render(spec)
    keep = slice(3, 5)
    frames = Frames(
        rgb=clip.rgb[keep], time_s=np.arange(2) / 30, index=np.arange(2), source_hw=spec.image_hw, source="rendered"
    )
    known = clip.trajectory
    intrinsics = np.array(known.intrinsics_px[keep])
    intrinsics[:, :2, 2] -= 0.5
    trajectory = Trajectory(
        world_from_cam=known.world_from_cam[keep],
        time_s=np.arange(2) / 30,
        valid=np.ones(2, bool),
        image_hw=spec.image_hw,
        intrinsics_px=intrinsics,
    )
    upright_from_cam = stage(spec).world_from_first[:3, :3] @ known.rotations[3]
    down = upright_from_cam.T @ [0.0, 1.0, 0.0]
    attitude = Gravity(
        pitch_deg=float(-np.degrees(np.arcsin(down[2]))), roll_deg=float(np.degrees(np.arctan2(down[0], down[1])))
    )
    return frames, trajectory, attitude


@pytest.mark.parametrize(
    ("scene", "tilt_deg", "roll_deg", "seed"),
    [("room", -10.0, -8.0, 0), ("room", -10.0, -8.0, 2), ("street", -10.0, -8.0, 0), ("street", 12.0, 6.0, 1)],
)
def test_rendered_rooms_and_streets(scene: str, tilt_deg: float, roll_deg: float, seed: int) -> None:
    frames, trajectory, attitude = tilted(scene, tilt_deg, roll_deg, seed)
    found = gravity.find(frames, evidence.find(frames), trajectory)
    assert found is not None
    assert found.pitch_deg == pytest.approx(attitude.pitch_deg, abs=1.0)
    assert found.roll_deg == pytest.approx(attitude.roll_deg, abs=1.0)


def test_a_far_landscape_has_no_upright_lines() -> None:
    frames, trajectory, _ = tilted("far", 5.0, 0.0, 1)
    assert gravity.find(frames, evidence.find(frames), trajectory) is None


@pytest.mark.slow
def test_an_estimate_tells_gravity_to_the_description(monkeypatch: pytest.MonkeyPatch) -> None:
    from sfm import backends
    from trajectory import describe

    frames, trajectory, attitude = tilted("street", 12.0, 6.0, 1)
    status = "ok"

    def run(part: Frames, found: Masks, config: object, **_: object) -> BackendResult:
        made = trajectory.replace(provenance=Provenance(evidence={"confidence": 0.9}))
        return BackendResult(status=status, reason="", trajectory=made, motion_model="rotation")

    monkeypatch.setattr(backends, "run", run)
    estimate = pipeline.estimate(frames, pipeline.EstimateConfig(split_shots=False))
    made = estimate.trajectory
    known = known_gravity(made)
    assert known is not None
    assert estimate.to_json()["shots"][0]["statistics"]["gravity"]["pitch_deg"] == known.pitch_deg
    assert known.pitch_deg == pytest.approx(attitude.pitch_deg, abs=1.0)
    ground = describe(made).ground
    assert ground is not None
    assert ground.pitch_deg == known.pitch_deg
    status = "unreliable"
    assert known_gravity(pipeline.estimate(frames, pipeline.EstimateConfig(split_shots=False)).trajectory) is None
