"""The way from frames to an estimate, with a backend whose answer is known."""

import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest
from known_backend import Install, answer, frames, installer

import sfm
from sfm import pipeline
from sfm.config import EstimateConfig, VideoConfig
from sfm.shots import boundaries as shots
from sfm.video import reader
from trajectory.errors import CinetrajError


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Install:
    return installer(monkeypatch)


def cut(*spans: tuple[int, int]) -> shots.Shots:
    """Shots that were found, and what is said of them."""
    return shots.Shots(spans=spans, suspects=(), notes=("wipe at frame 2 is gradual",))


def test_estimate_is_the_function_and_not_a_module() -> None:
    assert sfm.estimate is pipeline.estimate


@pytest.mark.parametrize("aspect", [1.0, 1.185])
def test_a_given_focal_length_reaches_the_backend_at_the_working_size(backend: Install, aspect: float) -> None:
    seen = backend(answer)
    sfm.estimate(frames(), EstimateConfig(focal_px=400.0, pixel_aspect=aspect, split_shots=False))
    assert seen[0].focal_px == pytest.approx(100.0)
    assert seen[0].pixel_aspect == aspect


def test_each_shot_is_estimated_by_itself(backend: Install, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_jump_within_a_scene_parts_a_shot(backend: Install, monkeypatch: pytest.MonkeyPatch, split: bool) -> None:
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
    backend: Install, monkeypatch: pytest.MonkeyPatch
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


def test_a_jump_beside_the_end_cuts_nothing(backend: Install, monkeypatch: pytest.MonkeyPatch) -> None:
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
    backend: Install, monkeypatch: pytest.MonkeyPatch, statuses: tuple[str, str], expected: str
) -> None:
    backend(lambda part: answer(part, statuses[int(part.index[0] > 0)], "because"))
    monkeypatch.setattr(shots, "find", lambda whole, *rest, **named: cut((0, 3), (3, 6)))
    assert sfm.estimate(frames()).status == expected


def test_a_failed_clip_is_a_result_that_says_why(backend: Install) -> None:
    backend(lambda part: answer(part, "failed", "nothing can be tracked"))
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False))
    assert (found.status, found.reason) == ("failed", "nothing can be tracked")
    with pytest.raises(CinetrajError, match="nothing can be tracked"):
        _ = found.trajectory


def test_a_name_that_is_no_text_is_recorded_in_letters(backend: Install, tmp_path: Path) -> None:
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


def test_threads_are_recorded_only_where_the_answer_hangs_on_them(backend: Install) -> None:
    backend(answer)

    def config(name: str, threads: int) -> Any:
        found = sfm.estimate(frames(), EstimateConfig(backend=name, threads=threads, split_shots=False))
        assert found.trajectory.provenance is not None
        return dict(found.trajectory.provenance.config), dict(found.config)

    assert config("auto", 1) == config("auto", 2)
    assert [each["threads"] for each in config("colmap-sift", 2)] == [2, 2]


def test_the_record_is_json_without_nan_and_the_file_is_free_of_timings(backend: Install) -> None:
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


def test_progress_goes_from_nothing_to_all(backend: Install) -> None:
    backend(answer)
    told: list[float] = []
    pipeline.estimate(frames(), EstimateConfig(split_shots=False), progress=lambda stage, share: told.append(share))
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(told)


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


def test_settings_of_reading_are_said_to_have_no_effect_on_frames(backend: Install) -> None:
    backend(answer)
    told = "the settings of video have no effect on frames in memory"
    found = sfm.estimate(frames(), EstimateConfig(split_shots=False, video=VideoConfig(fps=4.0)))
    assert told in found.notes
    assert told not in sfm.estimate(frames(), EstimateConfig(split_shots=False)).notes


def test_blends_that_raise_the_frame_rate_never_reach_the_backend(backend: Install) -> None:
    film = np.stack([np.roll(clips.texture(0, (48, 64), 4), 9 * k, 1) for k in range(8)]).astype(np.float64)
    between = np.stack([film[:-1], (film[:-1] + film[1:]) / 2], 1).reshape(-1, *film.shape[1:])
    rgb = np.rint(np.concatenate([between, film[-1:]])).astype(np.uint8)
    seen = backend(answer)
    result = pipeline.estimate(clips.as_frames(rgb))
    assert [part.index.tolist() for part in seen] == [list(range(0, 15, 2))]
    assert any("7 of 15 frames are blends of their neighbours" in note for note in result.notes)
