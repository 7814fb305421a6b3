"""What `cinetraj describe` says besides scores."""

import json
from pathlib import Path
from typing import Any

import made_runs
import numpy as np
import pytest
from console import assert_one_clear_line, cinetraj
from paths import path

from compare.cli import _described_words, describe
from sfm import pipeline
from trajectory import describe as describe_path
from trajectory import io
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory
from trajectory.probabilities import MOVES


def forward(pitch_deg: float | None, tmp_path: Path) -> Path:
    """A camera that moves along its optical axis, its first attitude in the provenance where it is known."""
    u = np.linspace(0, 1, 49)[:, None]
    evidence = {} if pitch_deg is None else {"gravity": {"pitch_deg": pitch_deg, "roll_deg": 0.0, "confidence": 0.8}}
    moved = path(2.0 * u * [0, 0, 1], 0 * u * [1, 1, 1], scene_depth=np.full(49, 4.0))
    io.write(moved.replace(provenance=Provenance(evidence=evidence)), tmp_path / "path.npz", format="native")
    return tmp_path / "path.npz"


def test_motion_against_the_ground_is_told_where_gravity_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe.run(describe.Args(target=forward(30.0, tmp_path))) == 0
    said = capsys.readouterr().out
    assert "against the ground (level view, pitch +30.0 degrees): ahead +" in said
    assert "up +" in said
    describe.run(describe.Args(target=forward(None, tmp_path)))
    assert "ground" not in capsys.readouterr().out
    describe.run(describe.Args(target=forward(None, tmp_path), pitch=-30.0))
    assert "pitch -30.0 degrees): ahead +" in capsys.readouterr().out


def test_the_picture_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    assert describe.run(describe.Args(target=forward(None, tmp_path), plot=picture)) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_some_of_the_paths_says_of_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Of a folder of five the fifth was left out without a word.
    (tmp_path / "paths").mkdir()
    text = forward(None, tmp_path).read_bytes()
    for name in "abcde":
        (tmp_path / "paths" / f"{name}.npz").write_bytes(text)
    assert describe.run(describe.Args(target=tmp_path / "paths", plot=tmp_path / "five.png")) == 0
    assert "five.png shows the first 4 of 5 paths: a, b, c, d" in capsys.readouterr().err


def said_of(tmp_path: Path, capsys: pytest.CaptureFixture[str], moved: Trajectory, **options: Any) -> str:
    io.write(moved, tmp_path / "path.npz", format="native")
    assert describe.run(describe.Args(target=tmp_path / "path.npz", **options)) == 0
    return capsys.readouterr().out


def test_what_is_sure_and_what_is_not_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    u = np.linspace(0, 1, 49)[:, None]
    moved = path(2.0 * u * [1, 0, 0], 0.5 * u * [0, 1, 0], scene_depth=np.full(49, 4.0))
    evidence = {
        "probability": {"rotation": 0.97, "translation": 0.41, "zoom": 0.99, "rigid": 0.9},
        "sure": {"rotation": True, "translation": False, "zoom": True},
    }
    moved = moved.replace(provenance=Provenance(evidence=evidence))
    said = said_of(tmp_path, capsys, moved)
    assert "certainty: rotation and zoom are sure (0.97, 0.99); translation is not (0.41)" in said
    assert "possibly mov" in said
    assert "?: best estimate, translation not sure: Move In, Move Out" in said
    found = json.loads(said_of(tmp_path, capsys, moved, json=True))
    assert found["sure"] == evidence["sure"]
    assert found["probability"] == evidence["probability"]
    assert found["decisions"]["Move_Right"]["probability"] == pytest.approx(0.41 + 0.59 * MOVES)
    assert set(found["flagged"].values()) == {"translation not sure"}


def test_every_primitive_has_a_number_or_with_nan_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    u = np.linspace(0, 1, 49)[:, None]
    moved = path(0 * u * [1, 0, 0], 0.5 * u * [0, 1, 0]).replace(scale="bounded", translation_bound=np.inf)
    said = said_of(tmp_path, capsys, moved)
    assert "+0.0000?" in said
    assert "?: best estimate, not known from this trajectory: Move In" in said
    assert "unknown" in said_of(tmp_path, capsys, moved, unknown="nan")
    assert json.loads(said_of(tmp_path, capsys, moved, json=True))["scores"]["Move_In"] == 0.0
    assert json.loads(said_of(tmp_path, capsys, moved, json=True, unknown="nan"))["scores"]["Move_In"] is None


def test_minor_moves_and_the_frame_of_turns_are_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    u = np.linspace(0, 1, 49)[:, None]
    quiet = {"noise_px": 0.2, "working_hw": [360, 640], "gravity": {"pitch_deg": -15.0, "roll_deg": 0.0}}
    moved = path(0.12 * u * [0, 0, 1], 0.35 * u * [0, 1, 0], scene_depth=np.full(49, 4.0))
    said = said_of(tmp_path, capsys, moved.replace(provenance=Provenance(evidence=quiet)))
    assert "minor move: Move In by 3.0 % of the scene depth (probability 1.00, that it moves so at all)" in said
    assert "turned against the horizon: tilt" in said
    assert "; step by step about the camera's axes: tilt" in said


@pytest.mark.parametrize(
    ("roll_deg", "said"),
    [(33.34, ""), (33.26, ""), (33.36, "; with what a pitched camera's pan adds, roll +33.4°")],
)
def test_a_roll_is_told_twice_only_where_two_numbers_are_read(roll_deg: float, said: str) -> None:
    """As "roll +33.3°; with what a pitched camera's pan adds, roll +33.3°"."""
    told = dict(describe_path(made_runs.path(pan_deg=20.0)).to_json())
    angles = {"tilt_deg": 0.0, "pan_deg": 20.0, "roll_deg": 33.26}
    told["turned"] = {"frame": "upright", "told": angles, "horizon": None, "camera": {**angles, "roll_deg": roll_deg}}
    (line,) = [line for line in _described_words.words("clip", told).splitlines() if line.startswith("turned")]
    assert line.partition("roll +33.3°")[2] == said


def test_keys_are_told_beside_the_commanded_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    u = np.linspace(0, 1, 49)[:, None]
    moved = path(u * [0, 0, 1], 0.5 * np.clip(2 * u - 1, 0, 1) * [0, 1, 0], scene_depth=np.full(49, 4.0))
    turns = [{"action": "W", "start": 0, "end": 24}, {"action": "W+left", "start": 24, "end": 48}]
    (tmp_path / "told.json").write_text(json.dumps({"turns": turns}))
    said = said_of(tmp_path, capsys, moved, actions=True)
    assert "W+right" in said
    assert "confidence: not known" in said
    assert "commanded" not in said
    said = said_of(tmp_path, capsys, moved, commanded=tmp_path / "told.json")
    assert "as commanded (turns): 50% of 2 intervals; movement 100%, look 50%" in said
    found = json.loads(said_of(tmp_path, capsys, moved, actions=True, per="latent", json=True))["actions"]
    assert found["per"] == "latent"
    assert [each["keys"] for each in found["intervals"]] == ["W"] * 6 + ["W+right"] * 6
    assert found["intervals"][-1]["label"] == 10
    assert found["agreement"] is None
    assert "actions" not in json.loads(said_of(tmp_path, capsys, moved, json=True))


def test_what_tells_no_keys_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = path(np.zeros((3, 3)), np.zeros((3, 3)), valid=np.array([True, False, False]))
    io.write(moved, tmp_path / "path.npz", format="native")
    assert describe.run(describe.Args(target=tmp_path / "path.npz", actions=True)) == 1
    assert "actions: fewer than two frames have a pose" in capsys.readouterr().out
    with pytest.raises(CinetrajError, match=r"nothing\.json does not exist, expected a file of commands"):
        describe.run(describe.Args(target=forward(None, tmp_path), commanded=tmp_path / "nothing.json"))
    assert capsys.readouterr().out == ""  # before the work
    assert describe.run(describe.Args(target=forward(None, tmp_path), commanded=Path("w-6, s-6"))) == 0
    assert "as commanded (pose string): 50% of 2 intervals" in capsys.readouterr().out


def trucking(tmp_path: Path) -> Path:
    u = np.linspace(0, 1, 49)[:, None]
    moved = path(-2.0 * u * [1, 0, 0], 0 * u * [1, 1, 1], scene_depth=np.full(49, 4.0))
    io.write(moved, tmp_path / "truck.npz", format="native")
    return tmp_path / "truck.npz"


def test_captions_prompts_and_tags_stand_instead_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = trucking(tmp_path)
    assert describe.run(describe.Args(target=target, caption="short")) == 0
    assert capsys.readouterr().out == "truck: Moves left.\n"
    assert describe.run(describe.Args(target=target, prompt=True, tags="spatialvid, et,")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("truck: The camera ")
    assert "trucks left" in lines[0]
    assert lines[1].startswith("truck: E.T. 0-48 (0.00 to ")
    assert lines[1].endswith(" s): trucking_left (18)")
    assert lines[2].startswith("truck: SpatialVID 0-48")
    assert lines[2].endswith(": Truck Left")


def test_where_there_is_no_prompt_a_warning_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unsure = io.read(trucking(tmp_path)).replace(provenance=Provenance(evidence={"sure": {"translation": False}}))
    io.write(unsure, tmp_path / "truck.npz", format="native")
    assert describe.run(describe.Args(target=tmp_path / "truck.npz", prompt=True)) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "truck: no prompt, since nothing of the motion is sure" in said.err
    doubted = unsure.replace(provenance=Provenance(evidence={"status": "unreliable", "sure": {"translation": True}}))
    io.write(doubted, tmp_path / "truck.npz", format="native")
    assert describe.run(describe.Args(target=tmp_path / "truck.npz", prompt=True)) == 0
    assert "no prompt, since the estimate is unreliable as a whole" in capsys.readouterr().err


def test_tags_and_captions_are_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.run(describe.Args(target=trucking(tmp_path), tags="datadop", json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["captions"]["short"] == "Moves left."
    assert told["captions"]["medium"] == told["sentence"]
    assert told["tags"]["datadop"]["labels"] == [126] * 48
    assert list(told["tags"]) == ["datadop"]


def test_an_unknown_set_of_tags_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="expected et,datadop,spatialvid"):
        describe.run(describe.Args(target=trucking(tmp_path), tags="et,vbench"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"roll": 5.0}, "--roll goes with --pitch"),
        ({"commanded": Path("nowhere.json")}, "nowhere.json does not exist"),
        ({"actions": True, "caption": "short"}, "leave --caption, --prompt and --tags out"),
    ],
)
def test_what_would_not_be_heard_is_refused(tmp_path: Path, options: dict, words: str) -> None:
    with pytest.raises(CinetrajError, match=words):
        describe.run(describe.Args(target=trucking(tmp_path), **options))


def test_a_rate_that_is_told_makes_seconds_of_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = io.read(trucking(tmp_path))
    rows = moved.replace(time_s=np.arange(len(moved), dtype=float), time_source="index", scene_depth=None)
    io.write(rows, tmp_path / "poses.txt", format="kitti")
    told: dict[float | None, tuple[str, str]] = {}
    for fps in (None, 24.0, 240.0):
        describe.run(describe.Args(target=tmp_path / "poses.txt", format="kitti", fps=fps, caption="long"))
        said = capsys.readouterr()
        told[fps] = said.out, said.err
    assert "From frame 0 to" in told[None][0]
    assert "--fps tells the rate" in told[None][1]
    assert " s it moves left" in told[24.0][0]
    assert told[24.0][1] == ""
    assert told[24.0][0] != told[240.0][0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fps": 0.0}, "--fps is 0.0, expected a positive number"),
        ({"pitch": 100.0}, "--pitch is 100.0, expected degrees within -90..90"),
        ({"pitch": 5.0, "roll": float("inf")}, "--roll is inf, expected degrees"),
    ],
)
def test_what_is_no_rate_or_attitude_is_refused_by_its_option(tmp_path: Path, given: dict, said: str) -> None:
    with pytest.raises(CinetrajError, match=rf"^{said}$"):
        describe.run(describe.Args(target=trucking(tmp_path), **given))


def test_a_rate_that_a_path_with_times_does_not_need_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for fps, said in ((12.0, True), (None, False)):
        describe.run(describe.Args(target=trucking(tmp_path), fps=fps, json=True))
        assert any("--fps has no effect" in note for note in json.loads(capsys.readouterr().out)["notes"]) is said


def test_a_picture_of_a_kind_that_there_is_not_is_refused_before_the_work(tmp_path: Path) -> None:
    done = cinetraj("describe", forward(None, tmp_path), "--plot", tmp_path / "a.gif")
    assert_one_clear_line(done, "ends in .gif, expected .png")
    assert done.stdout == ""


def test_an_unreliable_estimate_is_warned_of_with_its_reason(tmp_path: Path) -> None:
    runs = made_runs.write(tmp_path, clips=False)
    assert "warning: pan: the estimate is unreliable: rotation may be wrong" in cinetraj("describe", runs).stderr


def test_what_is_likelier_than_not_and_yet_not_told_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved, zoomed = made_runs.path(way=(0.4, 0, 0)), made_runs.path(way=(0.4, 0, 0), zoom=1.5)
    io.write(zoomed, tmp_path / "zoomed.npz", format="native")
    other = {"file": "zoomed.npz", "probability": 0.3}
    for sure, named in ((0.9, False), (0.2, True)):
        evidence = {"probability": {"zoom": sure}, "candidates": [{"file": None, "probability": 0.7}, other]}
        said = said_of(tmp_path, capsys, moved.replace(provenance=Provenance(evidence=evidence)))
        assert ("likelier than not over all answers: Zoom In (0.5" in said) == named


def test_a_clip_is_called_as_its_run_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_runs.estimate("video.mp4", made_runs.shot(made_runs.path(way=(0.4, 0, 0))))
    monkeypatch.setattr(pipeline, "estimate", lambda *_, **__: made)
    (loaded,) = describe.estimated(tmp_path / "bear" / "video.mp4")
    assert loaded.name == "bear-video"
