"""One shot from its frames to its estimate, with a backend whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from known_backend import HW, SOURCE_HW, Install, answer, frames, installer, working_trajectory

import sfm
from sfm.config import DenseConfig, EstimateConfig
from sfm.masks import find as evidence
from sfm.structure import Structure
from sfm.types import BackendResult, Frames, Masks, Status
from trajectory.model import Provenance, Trajectory


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(monkeypatch)


def test_intrinsics_come_back_in_source_pixels(backend: Install) -> None:
    backend(answer)
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False)).trajectory
    assert found.image_hw == SOURCE_HW
    assert found.intrinsics_px is not None
    np.testing.assert_allclose(found.intrinsics_px[0], [[200, 0, 160], [0, 208, 120], [0, 0, 1]])
    assert found.focal_sigma_px is not None
    np.testing.assert_allclose(found.focal_sigma_px, 8.0)


@pytest.mark.parametrize(("prior", "columns"), [(None, 240), ("models/depth", 240), ("maps.npz", 320)])
def test_bars_are_cut_off_but_where_a_file_has_maps_of_whole_frames(
    prior: str | None, columns: int, backend: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = backend(answer)
    clip = replace(frames(), rgb=frames().rgb.repeat(4, 1).repeat(4, 2))
    usable = np.zeros(clip.hw, bool)
    usable[:, 40:-40] = True
    bars = Masks(usable=usable, blank=np.zeros(len(clip), bool), duplicate_of=np.arange(len(clip)))
    monkeypatch.setattr(evidence, "find", lambda *_: bars)
    sfm.estimate(clip, EstimateConfig(split_shots=False, backend=DenseConfig(depth_prior=prior)))
    assert [part.hw for part in seen] == [(240, columns)]


def test_blank_clips_never_reach_the_backend(backend: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = backend(answer)
    blank = Masks(usable=np.ones(HW, bool), blank=np.ones(6, bool), duplicate_of=np.arange(6))
    monkeypatch.setattr(evidence, "find", lambda *_: blank)
    found = sfm.estimate(frames(blank=True), EstimateConfig(split_shots=False))
    assert found.status == "failed"
    assert "blank" in found.reason
    assert not seen


@pytest.mark.parametrize("hidden", [False, True])
def test_a_blank_clip_is_the_generators_failure_but_not_one_that_a_mask_hides(
    backend: Install, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    """A black clip was nobody's fault, so that a generator gained by it."""
    backend(answer)
    blank = Masks(
        usable=np.ones(HW, bool),
        blank=np.ones(6, bool),
        duplicate_of=np.arange(6),
        moving=np.ones((6, *HW), bool) if hidden else None,
    )
    monkeypatch.setattr(evidence, "find", lambda *_: blank)
    (shot,) = sfm.estimate(frames(blank=True), EstimateConfig(split_shots=False)).shots
    assert shot.statistics.get("probability") == (None if hidden else {"rigid": 0.0})


def test_what_is_to_be_saved_is_told_from_what_cannot_be(
    backend: Install,
) -> None:
    def solve(part: Frames) -> BackendResult:
        moving = np.zeros((len(part), 7, 10), bool)
        return answer(part, structure=Structure(image_hw=HW, cell_px=8, moving=moving))

    backend(solve)
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False, save=("mask,points",)))
    assert found.shots[0].save == ("mask",)
    assert dict(found.shots[0].unsaved) == {"points": "the backend has no points"}
    assert found.config["save"] == ["mask", "points"]
    assert found.to_json()["shots"][0]["saved"] == ["mask"]


@pytest.mark.parametrize(
    ("still", "moves", "told"),
    [
        (0.0, 0.95, "; what was told to move (white in --mask) leaves 5% of the picture"),
        (0.9, 0.0, "; what lies still over it leaves 10% of the picture"),
        (0.3, 0.4, ""),
    ],
)
@pytest.mark.parametrize("status", ["failed", "unreliable"])
def test_what_is_not_sure_where_nearly_all_is_hidden_says_so(
    backend: Install,
    monkeypatch: pytest.MonkeyPatch,
    still: float,
    moves: float,
    told: str,
    status: Status,
) -> None:
    usable, moving = np.ones(HW, bool), np.zeros((6, *HW), bool)
    usable[: round(still * HW[0])] = False
    moving[:, HW[0] - round(moves * HW[0]) :] = True
    found = Masks(usable=usable, blank=np.zeros(6, bool), duplicate_of=np.arange(6), moving=moving)
    monkeypatch.setattr(evidence, "find", lambda *_: found)
    backend(lambda part: answer(part, status, "nothing can be followed"))
    (shot,) = sfm.estimate(frames(), EstimateConfig(split_shots=False)).shots
    assert shot.reason == f"nothing can be followed{told}"


def pair() -> Frames:
    view = np.random.default_rng(1).integers(0, 255, (1, 30, 40, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    return replace(frames(), rgb=np.concatenate([view, view], 2).repeat(6, 0))


def told(part: Frames) -> Trajectory:
    probability = {"rotation": 0.9, "translation": 0.8, "zoom": 0.9, "rigid": 1.0}
    sure = {"rotation": True, "translation": True, "zoom": True}
    evidence = {"status": "ok", "confidence": 0.8, "probability": probability, "sure": sure}
    return working_trajectory(part).replace(provenance=Provenance(evidence=evidence))


def test_two_views_in_one_picture_are_unreliable_and_nothing_of_them_is_sure(
    backend: Install,
) -> None:
    def solve(part: Frames) -> BackendResult:
        known = told(part)
        assert known.provenance is not None
        sure = "translation may be wrong (probability of being right: rotation 0.95): it jumps"
        return answer(part, "unreliable", sure, trajectory=known, statistics=known.provenance.evidence)

    backend(solve)
    (shot,) = sfm.estimate(pair()).shots
    assert shot.reason.endswith("whatever it is, translation may be wrong: it jumps")  # what holds of it is said below
    assert (shot.status, "side by side" in shot.reason, "ffmpeg" in shot.reason) == ("unreliable", True, True)
    assert shot.trajectory is not None
    assert shot.trajectory.provenance is not None
    for kept in (shot.statistics, shot.trajectory.provenance.evidence):
        assert kept["confidence"] <= 0.1
        assert max(kept["probability"][name] for name in ("rotation", "translation", "zoom")) <= 0.1
        assert kept["probability"]["rigid"] == 1.0
        assert not any(kept["sure"].values())
    assert shot.trajectory.provenance.evidence["status"] == "unreliable"


def test_what_fails_besides_stays_failed_with_both_reasons(
    backend: Install,
) -> None:
    backend(lambda part: answer(part, "failed", "nothing can be followed"))
    (shot,) = sfm.estimate(pair()).shots
    assert (shot.status, shot.trajectory) == ("failed", None)
    assert "side by side" in shot.reason
    assert "nothing can be followed" in shot.reason


def test_where_no_scene_is_shown_nothing_rigid_was_filmed(
    backend: Install,
) -> None:
    asked = backend(answer)
    disc = np.full((6, 120, 160, 3), 128, np.uint8)
    for k in range(6):
        disc[k, 40:80, 10 + 16 * k : 50 + 16 * k] = 255
    (shot,) = sfm.estimate(replace(frames(), rgb=disc)).shots
    assert (shot.status, asked, shot.statistics["probability"]["rigid"]) == ("failed", [], 0.0)
