"""The way from frames to an estimate, with a backend whose answer is known."""

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest

import sfm
from sfm import backends, pipeline
from sfm.config import EstimateConfig, VideoConfig
from sfm.masks import find as evidence
from sfm.shots import boundaries as shots
from sfm.structure import Structure
from sfm.types import BackendResult, Frames, Masks
from sfm.video import reader
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory

HW = (60, 80)
SOURCE_HW = (240, 320)


def frames(n: int = 6, *, blank: bool = False) -> Frames:
    rgb = np.random.default_rng(0).integers(0, 255, (n, 6, 8, 3), dtype=np.uint8).repeat(10, 1).repeat(10, 2)
    return Frames(
        rgb=np.zeros_like(rgb) if blank else rgb,
        time_s=np.arange(n) / 10,
        index=np.arange(n),
        source_hw=SOURCE_HW,
        source="clip.mp4",
    )


def working_trajectory(part: Frames, *, invalid: int | None = None) -> Trajectory:
    n = len(part)
    valid = np.ones(n, bool)
    if invalid is not None:
        valid[invalid] = False
    return Trajectory(
        world_from_cam=np.tile(np.eye(4), (n, 1, 1)),
        time_s=part.time_s,
        valid=valid,
        image_hw=part.hw,
        intrinsics_px=np.tile(np.array([[50.0, 0, 39.5], [0, 52.0, 29.5], [0, 0, 1]]), (n, 1, 1)),
        focal_sigma_px=np.full(n, 2.0),
        provenance=Provenance(evidence={"confidence": 0.8}),
    )


def answer(part: Frames, status: Any = "ok", reason: str = "", **changes: Any) -> BackendResult:
    given: dict[str, Any] = {
        "status": status,
        "reason": reason,
        "trajectory": None if status == "failed" else working_trajectory(part),
        "motion_model": "rotation",
        "statistics": {"inliers": np.float64(0.9), "nan": float("nan"), "table": np.arange(3)},
        "seconds": {"motion_models": 1.5},
    }
    return BackendResult(**{**given, **changes})


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Frames], BackendResult]], list[Frames]]:
    """Put a function in the place of all backends; returns the list of frames that it was given."""

    def install(solve: Callable[[Frames], BackendResult]) -> list[Frames]:
        seen: list[Frames] = []

        def run(part: Frames, found: Masks, config: Any, **options: Any) -> BackendResult:
            seen.append(part)
            return solve(part)

        monkeypatch.setattr(backends, "run", run)
        return seen

    return install


def cut(*spans: tuple[int, int]) -> shots.Shots:
    """Shots that were found, and what is said of them."""
    return shots.Shots(spans=spans, suspects=(), notes=("wipe at frame 2 is gradual",))


def test_estimate_is_the_function_and_not_a_module() -> None:
    assert sfm.estimate is pipeline.estimate


def test_intrinsics_come_back_in_source_pixels(backend: Any) -> None:
    backend(answer)
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False)).trajectory
    assert found.image_hw == SOURCE_HW
    assert found.intrinsics_px is not None
    np.testing.assert_allclose(found.intrinsics_px[0], [[200, 0, 160], [0, 208, 120], [0, 0, 1]])
    assert found.focal_sigma_px is not None
    np.testing.assert_allclose(found.focal_sigma_px, 8.0)


@pytest.mark.parametrize("aspect", [1.0, 1.185])
def test_a_given_focal_length_reaches_the_backend_at_the_working_size(backend: Any, aspect: float) -> None:
    seen = backend(answer)
    sfm.estimate(frames(), EstimateConfig(focal_px=400.0, pixel_aspect=aspect, split_shots=False))
    assert seen[0].focal_px == pytest.approx(100.0)
    assert seen[0].pixel_aspect == aspect


def test_each_shot_is_estimated_by_itself(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = backend(lambda part: answer(part, "failed", "no texture") if part.index[0] == 0 else answer(part))
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, 2), (2, 6)))
    found = sfm.estimate(frames())
    assert [list(part.index) for part in seen] == [[0, 1], [2, 3, 4, 5]]
    assert found.status == "partial"
    assert found.reason == "shot 0: failed, no texture"
    assert [shot.registered for shot in found.shots] == [0, 4]
    assert found.shot_names() == ("shot-000", "shot-001")
    assert found.notes[-1] == "wipe at frame 2 is gradual"
    with pytest.raises(CinetrajError, match="has 2 shots"):
        _ = found.trajectory


@pytest.mark.parametrize("split", [True, False])
def test_a_jump_within_a_scene_parts_a_shot(backend: Any, monkeypatch: pytest.MonkeyPatch, split: bool) -> None:
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, len(whole))))
    cuts = {"jump_cuts": [3, 12, 14, 30, 37]}
    seen = backend(
        lambda part: answer(part, "unreliable", "it turns", statistics=cuts) if len(part) == 40 else answer(part)
    )
    found = sfm.estimate(frames(40), EstimateConfig(split_shots=split))
    if split:
        assert [(int(part.index[0]), len(part)) for part in seen] == [(0, 40), (0, 12), (12, 18), (30, 10)]
        assert [(shot.start, shot.stop, shot.status) for shot in found.shots] == [
            (0, 12, "ok"), (12, 30, "ok"), (30, 40, "ok"),
        ]  # fmt: skip
        assert ["before frame" in " ".join(shot.notes) for shot in found.shots] == [False, True, True]
    else:
        assert found.status == "unreliable"


def test_a_shot_is_parted_where_no_track_crosses_and_pictures_blend(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, len(whole))))
    asked: list[Any] = []
    monkeypatch.setattr(shots, "at_breaks", lambda part, breaks, config: asked.append(list(breaks)) or [20])
    whole = {"track_breaks": [(14, 26)]}
    backend(lambda part: answer(part, statistics=whole if len(part) == 40 else {}))
    found = sfm.estimate(frames(40), EstimateConfig())
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, 20), (20, 40)]
    assert asked == [[(14, 26)]]
    assert "breaks off before frame 20" in found.shots[1].notes[-1]


def test_a_jump_beside_the_end_cuts_nothing(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, len(whole))))
    backend(lambda part: answer(part, "unreliable", "it turns", statistics={"jump_cuts": [35]}))
    assert len(sfm.estimate(frames(40)).shots) == 1


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("ok", "ok"), "ok"),
        (("failed", "failed"), "failed"),
        (("ok", "failed"), "partial"),
        (("ok", "unreliable"), "unreliable"),
        (("unreliable", "failed"), "partial"),
        (("ok", "partial"), "partial"),
    ],
)
def test_the_status_of_a_clip_follows_from_its_shots(
    backend: Any, monkeypatch: pytest.MonkeyPatch, statuses: tuple[str, str], expected: str
) -> None:
    backend(lambda part: answer(part, statuses[int(part.index[0] > 0)], "because"))
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, 3), (3, 6)))
    assert sfm.estimate(frames()).status == expected


def test_a_failed_clip_is_a_result_that_says_why(backend: Any) -> None:
    backend(lambda part: answer(part, "failed", "nothing can be tracked"))
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False))
    assert (found.status, found.reason) == ("failed", "nothing can be tracked")
    with pytest.raises(CinetrajError, match="nothing can be tracked"):
        _ = found.trajectory


def test_blank_clips_never_reach_the_backend(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = backend(answer)
    blank = Masks(usable=np.ones(HW, bool), blank=np.ones(6, bool), duplicate_of=np.arange(6))
    monkeypatch.setattr(evidence, "find", lambda part, *rest: blank)
    found = sfm.estimate(frames(blank=True), EstimateConfig(split_shots=False))
    assert found.status == "failed"
    assert "blank" in found.reason
    assert not seen


def test_a_name_that_is_no_text_is_recorded_in_letters(backend: Any, tmp_path: Path) -> None:
    backend(answer)
    clip = replace(frames(), source="in/caf\udce9.mp4", notes=("1 file left out: \udce8.heic",))
    found = sfm.estimate(clip, EstimateConfig(split_shots=False))
    assert found.source == "in/caf\udce9.mp4"
    for shot in found.shots:
        assert shot.trajectory is not None
        assert shot.trajectory.provenance is not None
        assert shot.trajectory.provenance.source == r"in/caf\udce9.mp4"
    run = sfm.read_run(sfm.write_run(found, tmp_path / "$x_{ \udce9", plot=True))
    assert run.record["source"] == r"in/caf\udce9.mp4"
    assert run.record["notes"] == [r"1 file left out: \udce8.heic"]
    assert run.record["name"] == r"$x_{ \udce9"


def test_one_frame_is_bad_input() -> None:
    with pytest.raises(CinetrajError, match="1 frame; a trajectory needs at least 2"):
        sfm.estimate(frames(1))
    with pytest.raises(CinetrajError, match=r"--fps, .* leave 1 frame; a trajectory needs at least 2: raise the rate"):
        sfm.estimate(frames(1), EstimateConfig(video=VideoConfig(fps=1.0)))


def test_threads_are_recorded_only_where_the_answer_hangs_on_them(backend: Any) -> None:
    backend(answer)

    def config(name: str, threads: int) -> Any:
        found = sfm.estimate(frames(), EstimateConfig(backend=name, threads=threads, split_shots=False))
        assert found.trajectory.provenance is not None
        return dict(found.trajectory.provenance.config), dict(found.config)

    assert config("auto", 1) == config("auto", 2)
    assert [each["threads"] for each in config("colmap-sift", 2)] == [2, 2]


def test_the_record_is_json_without_nan_and_the_file_is_free_of_timings(backend: Any) -> None:
    backend(answer)
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False, seed=7))
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert record["seed"] == 7
    assert record["seconds"]["motion_models"] == 1.5
    assert record["seconds"]["total"] > 0
    assert record["shots"][0]["statistics"] == {"inliers": 0.9, "nan": None, "table": [0, 1, 2]}
    provenance = found.trajectory.provenance
    assert provenance is not None
    assert provenance.seed == 7
    assert provenance.source == "clip.mp4"
    assert provenance.evidence["confidence"] == 0.8
    assert provenance.evidence["status"] == "ok"
    assert "seconds" not in json.dumps(dict(provenance.config)).replace("split", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("focal_px", -1.0), ("fov_deg", 190.0), ("pixel_aspect", 0.0), ("threads", 0), ("focal_px", float("nan"))],
)
def test_impossible_settings_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(CinetrajError, match=f"{field} is"):
        EstimateConfig(**{field: value})


def test_an_unknown_backend_is_refused_by_name() -> None:
    with pytest.raises(CinetrajError, match="'magic' is unknown"):
        sfm.estimate(frames(), EstimateConfig(backend="magic"))


def test_progress_goes_from_nothing_to_all(backend: Any) -> None:
    backend(answer)
    told: list[float] = []
    pipeline.estimate(frames(), EstimateConfig(split_shots=False), progress=lambda stage, share: told.append(share))
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(told)


def test_what_is_to_be_saved_is_told_from_what_cannot_be(
    backend: Callable[[Callable[[Frames], BackendResult]], list[Frames]],
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
        (0.0, 0.95, "; what was told to move (--mask) leaves 5% of the picture"),
        (0.9, 0.0, "; what lies still over it leaves 10% of the picture"),
        (0.3, 0.4, ""),
    ],
)
def test_what_fails_where_nearly_all_is_hidden_says_so(
    backend: Callable[[Callable[[Frames], BackendResult]], list[Frames]],
    monkeypatch: pytest.MonkeyPatch,
    still: float,
    moves: float,
    told: str,
) -> None:
    usable, moving = np.ones(HW, bool), np.zeros((6, *HW), bool)
    usable[: round(still * HW[0])] = False
    moving[:, HW[0] - round(moves * HW[0]) :] = True
    found = Masks(usable=usable, blank=np.zeros(6, bool), duplicate_of=np.arange(6), moving=moving)
    monkeypatch.setattr(pipeline.masks, "find", lambda *_: found)
    backend(lambda part: answer(part, "failed", "nothing can be followed"))
    (shot,) = sfm.estimate(frames(), EstimateConfig(split_shots=False)).shots
    assert shot.reason == f"nothing can be followed{told}"


# Pictures that no pinhole took


def pair() -> Frames:
    view = np.random.default_rng(1).integers(0, 255, (1, 30, 40, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    return replace(frames(), rgb=np.concatenate([view, view], 2).repeat(6, 0))


def told(part: Frames) -> Trajectory:
    probability = {"rotation": 0.9, "translation": 0.8, "zoom": 0.9, "rigid": 1.0}
    sure = {"rotation": True, "translation": True, "zoom": True}
    evidence = {"status": "ok", "confidence": 0.8, "probability": probability, "sure": sure}
    return working_trajectory(part).replace(provenance=Provenance(evidence=evidence))


def test_two_views_in_one_picture_are_unreliable_and_nothing_of_them_is_sure(
    backend: Callable[[Callable[[Frames], BackendResult]], list[Frames]],
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
    backend: Callable[[Callable[[Frames], BackendResult]], list[Frames]],
) -> None:
    backend(lambda part: answer(part, "failed", "nothing can be followed"))
    (shot,) = sfm.estimate(pair()).shots
    assert (shot.status, shot.trajectory) == ("failed", None)
    assert "side by side" in shot.reason
    assert "nothing can be followed" in shot.reason


def test_where_no_scene_is_shown_nothing_rigid_was_filmed(
    backend: Callable[[Callable[[Frames], BackendResult]], list[Frames]],
) -> None:
    asked = backend(answer)
    disc = np.full((6, 120, 160, 3), 128, np.uint8)
    for k in range(6):
        disc[k, 40:80, 10 + 16 * k : 50 + 16 * k] = 255
    (shot,) = sfm.estimate(replace(frames(), rgb=disc)).shots
    assert (shot.status, asked, shot.statistics["probability"]["rigid"]) == ("failed", [], 0.0)


@pytest.mark.parametrize("video", [np.zeros((3, 4, 5, 3), np.uint8), [], None, 5, b"clip.mp4"])
def test_what_is_no_clip_is_refused_at_once(video: Any) -> None:
    told = rf"^the video is of type {type(video).__name__}, expected a path or sfm\.types\.Frames; frames in memory go "
    for read in (pipeline.estimate, reader.load):
        with pytest.raises(CinetrajError, match=told):
            inspect.unwrap(read)(video)  # without the types of the tests


@pytest.mark.parametrize("config", [{}, {"seed": 1}, "auto", VideoConfig()])
def test_what_is_no_config_is_refused_at_once(config: Any) -> None:
    told = rf"^config is of type {type(config).__name__}, expected sfm\.EstimateConfig; "
    with pytest.raises(CinetrajError, match=told):
        inspect.unwrap(pipeline.estimate)("clip.mp4", config)


def test_settings_of_reading_are_said_to_have_no_effect_on_frames(backend: Any) -> None:
    backend(answer)
    told = "the settings of video have no effect on frames in memory"
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False, video=VideoConfig(fps=4.0)))
    assert told in found.notes
    assert told not in sfm.estimate(frames(), EstimateConfig(split_shots=False)).notes


def test_blends_that_raise_the_frame_rate_never_reach_the_backend(backend: Any) -> None:
    film = np.stack([np.roll(clips.texture(0, (48, 64), 4), 9 * k, 1) for k in range(8)]).astype(np.float64)
    between = np.stack([film[:-1], (film[:-1] + film[1:]) / 2], 1).reshape(-1, *film.shape[1:])
    rgb = np.rint(np.concatenate([between, film[-1:]])).astype(np.uint8)
    seen = backend(answer)
    result = pipeline.estimate(clips.as_frames(rgb))
    assert [part.index.tolist() for part in seen] == [list(range(0, 15, 2))]
    assert any("7 of 15 frames are blends of their neighbours" in note for note in result.notes)
