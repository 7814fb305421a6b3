"""`cinetraj compare`: several models, several protocols, and what it does about bad ones."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from estimates import estimate
from paths import elsewhere, monst3r_text, path, smooth

from compare import protocols
from compare.cli import _compared_words, main
from compare.scoring import score, score_models
from sfm.batch import Clip
from trajectory import io
from trajectory.errors import CinetrajError


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    for side, seeds in (("ref", (1, 2)), ("good", (1, 2)), ("other", (5, 6))):
        for name, seed in zip("ab", seeds, strict=True):
            (tmp_path / side).mkdir(exist_ok=True)
            io.write(smooth(seed), tmp_path / side / f"{name}.npz", format="native")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_leaderboard_survives_an_empty_model(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(sets / name) for name in ("ref", "good", "empty", "other")]
    code = main(["compare", *folders, "--protocol", "strict,cinetechbench-compat", "--out", str(sets / "scores")])
    said = capsys.readouterr()
    assert code == 1
    assert "| good | 2/2 | 0 / 0 / 0 |" in said.out
    assert "| empty | 0/2 | 2 / 0 / 0 |" in said.out
    assert [line for line in said.err.splitlines() if "error" in line] == [
        f"cinetraj: error: 2 clips failed by the model of empty: a, b: {sets / 'empty'} holds no clip, expected "
        "trajectory files or run folders in it"
    ]  # once, and not for each protocol
    assert len(list((sets / "scores").glob("*.json"))) == 6
    assert main(["report", str(sets / "scores"), "--markdown", str(sets / "board.md")]) == 0
    saved = json.loads((sets / "scores" / "other_strict.json").read_text())
    assert len(saved["details"]["a"]["reference"]["xyz"]) == 100


def test_a_model_whose_folder_is_not_there_is_no_row(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped name was a model that had delivered nothing, charged with the worst values."""
    asked = [str(sets / name) for name in ("ref", "good", "ohter")]
    assert main(["compare", *asked, "--out", str(sets / "scores")]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"cinetraj: error: {sets / 'ohter'} does not exist, expected ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert not (sets / "scores").exists()
    with pytest.raises(CinetrajError, match="ohter does not exist"):
        score_models(sets / "ref", {"good": sets / "good", "ohter": sets / "ohter"})


def test_the_groups_of_mind_are_printed(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They stood in the saved file alone, though --actions is for them."""
    actions = sets / "actions.json"
    turns = [{"action": "W", "start": 0, "end": 20}, {"action": "right", "start": 20, "end": 40}]
    actions.write_text(json.dumps({"turns": turns, "unit": "frames"}))
    asked = ["compare", str(sets / "ref"), str(sets / "other"), "--protocol", "mind-rpe", "--actions", str(actions)]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("steps of "))
    assert [line.split()[:3] for line in lines[start + 1 : start + 5]] == [
        ["act:W", "2", "40"],
        ["act:look_right", "2", "38"],
        ["other", "2", "38"],
        ["translation", "2", "40"],
    ]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    each = score(sets / "ref", sets / "other", protocol="mind-rpe", actions=actions).clips.values()
    steps = [row.facts["groups"]["other"]["RPE_r_mean"] for row in each]
    assert told["summary"]["groups"]["other"]["RPE_r_mean"] == pytest.approx(np.mean(steps))
    assert main([*asked[:-2], "--json"]) == 0
    assert "groups" not in json.loads(capsys.readouterr().out)["summary"]


@pytest.mark.parametrize(("protocol", "charged"), [("strict", True), ("cinetechbench-compat", False)])
def test_what_has_no_worst_value_is_said_to_be_charged_nothing(
    protocol: str, charged: bool, sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sets / "good" / "b.npz").unlink()
    assert main(["compare", str(sets / "ref"), str(sets / "good"), "--protocol", protocol]) == 1
    said = capsys.readouterr().out
    assert "failures under worst: " in said
    assert ("failures are charged nothing under worst" in said) == (not charged)


def test_alone_an_empty_model_is_bad_input(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(sets / "ref"), str(sets / "empty")]) == 2
    assert "holds no clip" in capsys.readouterr().err


def test_json_is_the_documented_object(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(sets / "ref"), str(sets / "good"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["protocol", "clips", "summary", "coverage", "rows"]
    assert said["coverage"] == {"ok": 2, "all": 2}


def test_protocols_stand_apart_with_spaces_and_a_comma_too_many(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The comma at the end was a protocol of no name, refused by a list of all."""
    asked = ["compare", str(sets / "ref"), str(sets / "good"), "--json", "--protocol"]
    assert main([*asked, "strict, cinetechbench-compat,"]) == 0
    told = [result["protocol"]["name"] for result in json.loads(capsys.readouterr().out)["results"]]
    assert told == ["strict", "cinetechbench-compat"]
    assert main([*asked, ","]) == 2
    assert "protocol ',' is not known" in capsys.readouterr().err


def test_a_format_can_be_named(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in ("m1", "m2"):
        (sets / side / "clip").mkdir(parents=True)
        (sets / side / "clip" / "pred_traj.txt").write_text(monst3r_text(elsewhere(smooth(1), 3)))
    assert main(["compare", str(sets / "m1"), str(sets / "m2")]) == 1
    assert "--format monst3r" in capsys.readouterr().err
    assert main(["compare", str(sets / "m1"), str(sets / "m2"), "--format", "monst3r"]) == 0


def test_depth_scales_give_a_metric(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = sets / "depth.json"
    table.write_text(json.dumps({name: {"reference": 2.0, "generated": 1.0} for name in "ab"}))
    command = ["compare", str(sets / "ref"), str(sets / "good"), "--protocol", "cami2v-abs", "--json"]
    assert main(command) == 0
    assert "no common unit" in json.loads(capsys.readouterr().out)["clips"]["a"]["TransErr"]["undefined"]
    assert main([*command, "--depth-scales", str(table)]) == 0
    assert json.loads(capsys.readouterr().out)["clips"]["a"]["TransErr"] > 1


def test_clocks_of_two_kinds(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sets / "frames" / "a").mkdir(parents=True)
    (sets / "frames" / "a" / "pred_traj.txt").write_text(monst3r_text(smooth(1)))
    command = ["compare", str(sets / "ref" / "a.npz"), str(sets / "frames"), "--format", "monst3r"]
    command += ["--reference-format", "native"]
    assert main(command) == 2
    assert "--time index or --time progress" in capsys.readouterr().err
    assert main([*command, "--time", "index"]) == 0
    capsys.readouterr()
    assert main([*command, "--protocol", "strict,cinetechbench-compat"]) == 1  # one refuses, the other is scored
    said = capsys.readouterr()
    assert "under cinetechbench-compat" in said.out
    assert "under strict: " in said.err


def test_clocks_that_differ_are_warned_of_before_the_table(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = smooth(1)
    io.write(path.replace(time_s=2.25 * path.time_s), sets / "measured.npz", format="native")
    command = ["compare", str(sets / "measured.npz"), str(sets / "good" / "a.npz")]
    assert main([*command, "--protocol", "strict,attitude", "--out", str(sets / "scores")]) == 0
    said = capsys.readouterr()
    assert said.err.count("warning: ") == 1  # once, not for each protocol
    assert "use --time index" in said.err
    saved = json.loads((sets / "scores" / "a_strict.json").read_text())["protocol"]["warnings"]
    assert "use --time index" in saved[0]  # what the page shows
    assert main([*command, "--time", "index"]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_undefined_has_a_reason_below_the_table(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(sets / "ref"), str(sets / "good")]) == 0
    said = capsys.readouterr().out
    assert "undefined: ZoomErr: the reference has no focal length (a, b)" in said
    assert said.count("undefined: ") == 2


def test_an_unknown_protocol_is_refused_before_anything_is_scored(
    sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(sets / "ref"), str(sets / "good"), "--protocol", "strict,strictest"]
    assert main([*command, "--out", str(sets / "scores")]) == 2
    assert "strictest" in capsys.readouterr().err
    assert not (sets / "scores").exists()


def test_a_model_whose_only_video_cannot_be_read_does_not_end_the_others(
    sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sets / "torn").mkdir()
    (sets / "torn" / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    folders = [str(sets / name) for name in ("ref", "torn", "good")]
    assert main(["compare", *folders, "--no-intervals", "--runs", str(sets / "runs")]) == 1
    said = capsys.readouterr()
    assert "| good | 2/2 |" in said.out
    assert "| torn | 0/2 | 2 / 0 / 0 |" in said.out
    assert "1 clip failed by the model of torn: a: " in said.err


def test_videos_of_one_name_get_runs_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from compare.cli import estimate

    def made(args: estimate.Args, say: object, named: list[Clip]) -> tuple[dict[str, object], list[str]]:
        for clip in named:
            seed = 1 if "reference" in clip.path else 2
            Path(args.out, clip.name).mkdir(parents=True)
            io.write(smooth(seed), Path(args.out, clip.name, "trajectory.npz"), format="native")
        return {clip.name: {} for clip in named}, []

    monkeypatch.setattr(estimate, "estimate_all", made)
    videos = [tmp_path / side / "clip.mp4" for side in ("reference", "generated")]
    for video in videos:
        video.parent.mkdir()
        video.touch()
    scores = tmp_path / "scores"
    runs = ["--runs", str(tmp_path / "runs"), "--out", str(scores)]
    assert main(["compare", *map(str, videos), *runs]) == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["clip", "clip-2"]
    saved = json.loads((scores / "clip_strict.json").read_text())
    assert saved["summary"]["RotErr"] > 1  # and not the generated clip against itself
    for video in videos:
        (video.parent / "other.mp4").touch()
    folders = [str(video.parent) for video in videos]
    assert main(["compare", *folders, "--runs", str(tmp_path / "runs")]) == 0  # folders are paired by the clips' names


@pytest.mark.parametrize("of_video", ["generated", "reference", "both"])
def test_clips_without_partners_are_refused_before_anything_is_estimated(
    sets: Path, tmp_path: Path, of_video: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from compare.cli import estimate

    monkeypatch.setattr(estimate, "estimate_all", lambda *_, **__: pytest.fail("a video was estimated"))
    for side in ("generated", "reference"):
        (tmp_path / side).mkdir()
        (tmp_path / side / f"{side}-other.mp4").touch()
    sides = [tmp_path / side if of_video in (side, "both") else sets / "ref" for side in ("reference", "generated")]
    assert main(["compare", *map(str, sides), "--runs", str(tmp_path / "runs")]) == 2
    assert "no clip name is on both sides" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_metric_is_chosen_for_all_pairs_alone(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(sets / "ref"), str(sets / "good"), "--metric", "RotErr"]) == 2
    assert "--metric is for --all-pairs" in capsys.readouterr().err


def test_videos_that_no_pair_names_are_not_estimated(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("ref", "good"):
        (sets / folder / "film.mp4").write_bytes(b"")
    (tmp_path / "pairs.csv").write_text("reference,generated\na,a\n")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", str(sets / "ref"), str(sets / "good"), "--pairs", "pairs.csv"]) == 0
    assert "1 of 1 clips scored" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()


def test_a_mean_over_fewer_clips_says_so() -> None:
    still = smooth(1).replace(world_from_cam=np.tile(np.eye(4), (len(smooth(1)), 1, 1)))
    said = _compared_words.words(score({"a": smooth(1), "b": still}, {"a": smooth(2), "b": still}))
    (means,) = [line for line in said.splitlines() if line.startswith("mean of 2 clips")]
    assert means.count(" (1)") == 2  # direction and length of a way that there is not
    assert "(n) behind a mean: it is over n clips" in said


def test_models_of_one_name_are_refused(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twin = sets / "again" / "good"
    twin.mkdir(parents=True)
    assert main(["compare", str(sets / "ref"), str(sets / "good"), str(twin)]) == 2
    said = capsys.readouterr().err
    remedy = f"set1={sets / 'good'} set2={twin}"
    assert f"good, good are not all different; give each a name of its own, as {remedy}" in said


def test_models_may_be_given_names(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = sets / "a=b"
    (sets / "other").rename(there)
    folders = [f"mine={sets / 'good'}", f"yours={sets / 'good'}", str(there)]
    assert main(["compare", str(sets / "ref"), *folders, "--out", str(sets / "scores")]) == 0
    said = capsys.readouterr().out
    assert all(f"{name} under strict" in said for name in ("mine", "yours", "a=b"))  # a folder that is there is no name
    assert {file.name for file in (sets / "scores").iterdir()} == {f"{n}_strict.json" for n in ("mine", "yours", "a=b")}


def test_a_model_is_named_after_the_link_that_is_given(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was named after the folder that the link points at."""
    (sets / "store-1f3a").mkdir()
    (sets / "mine").symlink_to("store-1f3a")
    io.write(smooth(2), sets / "store-1f3a" / "a.npz", format="native")
    main(["compare", str(sets / "ref"), str(sets / "mine"), "--no-intervals"])
    assert capsys.readouterr().out.startswith("mine under strict")


def test_a_format_that_nothing_knows_is_bad_usage(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--format", "--reference-format"):
        assert main(["compare", str(sets / "ref"), str(sets / "good"), option, "tumm"]) == 2
        assert "format is 'tumm', perhaps 'tum' is meant" in capsys.readouterr().err


def test_failures_are_said_to_have_no_worst_value_only_where_that_is_so(
    sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sets / "good" / "a.npz").unlink()
    assert main(["compare", str(sets / "ref"), str(sets / "good"), "--protocol", "attitude"]) == 1
    said = capsys.readouterr().out
    assert "failures under worst: nothing to average" in said  # no reference here has gravity
    assert "have no worst value" not in said


def test_other_settings_of_a_protocol_do_not_replace_its_scores(sets: Path) -> None:
    command = ["compare", str(sets / "ref"), str(sets / "good"), "--out", str(sets / "scores")]
    for _ in range(2):  # the same again replaces its own
        assert main(command) == main([*command, "--no-intervals"]) == 0
    saved = {path.name: json.loads(path.read_text())["protocol"] for path in (sets / "scores").iterdir()}
    assert len(saved) == 2
    assert saved.pop("good_strict.json")["draws"] == 64
    ((name, other),) = saved.items()
    assert (name, other["draws"]) == (f"good_strict_{other['hash'][:6]}.json", 0)


def test_models_without_a_common_clip_are_not_compared(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sets / "good" / "a.npz").unlink()
    (sets / "other" / "b.npz").unlink()
    folders = [str(sets / name) for name in ("ref", "good", "other")]
    main(["compare", *folders, "--no-intervals", "--protocol", "cinetechbench-compat"])
    said = capsys.readouterr().out
    assert "no clip with a value for RotErr is common to all of the 2 models: there is nothing to compare" in said
    assert "on 0 clips" not in said


def test_a_noise_floor_beside_the_scores_counts_in_the_conclusions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of the same scores `cinetraj report` said that the difference is below the noise, and this that a model is better.
    places = {"films": 0.0, "near": 0.05, "far": 0.2}
    u = np.linspace(0, 1, 40)[:, None]
    for folder, turn in places.items():
        (tmp_path / folder).mkdir()
        for seed in range(8):
            turned = path(u * np.array([1.0, 0.0, 0.0]), u * np.array([0.0, turn * (1 + 0.1 * seed), 0.0]))
            io.write(turned, tmp_path / folder / f"clip{seed}.npz", format="native")
    given = ["compare", *(str(tmp_path / folder) for folder in places)]
    assert main([*given, "--out", str(tmp_path / "scores")]) == 0
    assert "near is better" in capsys.readouterr().out
    floor = {"protocol": "strict", "median": {"RotErr": 90.0}, "by_kind": {}, "twins": 4, "failed": []}
    (tmp_path / "scores" / "noise_floor.json").write_text(json.dumps(floor))
    assert main([*given, "--out", str(tmp_path / "scores")]) == 0
    said = capsys.readouterr().out
    assert "near is better" not in said
    assert "below the instrument's noise" in said


def test_what_every_protocol_refuses_is_told_once(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = str(sets / "nowhere")
    several = ["--protocol", "strict,attitude,cinetechbench-compat"]
    for folders in (
        [nowhere, str(sets / "good")],
        [str(sets / "ref"), nowhere],
        [nowhere, str(sets / "good"), nowhere],
    ):
        assert main(["compare", *folders, *several]) == 2
        said = capsys.readouterr().err
        assert said.count("does not exist") == 1, folders
        assert said.startswith(f"cinetraj: error: {nowhere} does not exist")


def test_the_brackets_of_the_table_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(1)
    for side in ("sure", "estimated"):
        path = smooth(1) if side == "sure" else estimate(smooth(1), 0.03, random)
        io.write(path, tmp_path / f"{side}.npz", format="native")
    said: dict[str, str] = {}
    for side in ("sure", "estimated"):
        assert main(["compare", str(tmp_path / "sure.npz"), str(tmp_path / f"{side}.npz")]) == 0
        said[side] = capsys.readouterr().out
    legend = "values with brackets are medians, the brackets 5 to 95 %, over what the estimates leave open"
    assert legend in said["estimated"]
    assert legend not in said["sure"]


def test_notes_that_differ_in_numbers_are_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, n in (("a", 30), ("b", 20)):
        for side, count in (("ref", 40), ("gen", n)):
            (tmp_path / side).mkdir(exist_ok=True)
            io.write(smooth(1, count), tmp_path / side / f"{name}.npz", format="native")
    assert main(["compare", str(tmp_path / "ref"), str(tmp_path / "gen"), "--time", "index"]) == 0
    said = capsys.readouterr().out
    assert said.count("lengths differ") == 1
    assert "only the first 20 to 30 of the 40 frames of the reference (50 to 75%) have a partner" in said


def test_how_far_apart_is_not_told_under_the_name_of_what_is_better_high(
    sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for metric, head in (("AUC@30", "apart"), ("RotErr", "RotErr")):
        assert main(["compare", "--all-pairs", str(sets / "ref"), "--metric", metric]) == 0
        assert next(line for line in capsys.readouterr().out.splitlines() if "nearest" in line).split()[-1] == head


def test_pairs_without_a_value_are_told_why(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--all-pairs", str(sets / "ref"), "--metric", "MotionRatio"]) == 0
    said = capsys.readouterr().err
    assert "warning: 4 of 4 pairs have no MotionRatio: the two have no common unit of length" in said
    assert "--depth-scales" not in said  # they are no option of all pairs
    assert main(["compare", "--all-pairs", str(sets / "ref"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["undefined"] == ""


def test_a_protocol_that_is_named_twice_scores_once(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides = [str(sets / "ref"), str(sets / "good")]
    assert main(["compare", *sides, "--protocol", "strict, strict", "--json"]) == 0
    assert "results" not in json.loads(capsys.readouterr().out)


def test_a_wrong_format_of_many_files_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        for side in ("ref", "gen"):
            (tmp_path / side).mkdir(exist_ok=True)
            (tmp_path / side / f"{name}.txt").write_text("".join(f"{i} {i} 0 0 0 0 0 1\n" for i in range(5)))
    assert main(["compare", str(tmp_path / "ref"), str(tmp_path / "gen"), "--format", "kitti"]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "error" in line)
    assert "3 references not determined: a, b, c: " in line
    assert main(["compare", "--all-pairs", str(tmp_path / "ref"), "--format", "kitti"]) == 2
    assert capsys.readouterr().err.count("has 8 columns") == 1


def test_all_pairs_of_a_folder(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    io.write(elsewhere(smooth(1), 7), sets / "ref" / "twin.npz", format="native")
    assert main(["compare", "--all-pairs", str(sets / "ref"), "--out", str(sets / "matrix")]) == 0
    said = capsys.readouterr().out
    assert "CamMC between 3 paths under strict" in said
    assert "the same: a and twin" in said
    assert {p.name for p in (sets / "matrix").iterdir()} == {"matrix.csv", "matrix.npz", "matrix.json", "matrix.png"}
    assert main(["compare", str(sets / "ref"), "--all-pairs", "--metric", "RotErr", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "RotErr"
    assert main(["compare", "--all-pairs", str(sets / "ref"), str(sets / "good")]) == 2
    assert "takes one folder" in capsys.readouterr().err


def test_the_mask_video_in_a_run_is_no_clip(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = sets / "run"
    run.mkdir()
    (run / "run.json").write_text(json.dumps({"status": "ok", "reason": ""}))
    io.write(smooth(1), run / "trajectory.npz", format="native")
    (run / "mask.mp4").write_bytes(b"")
    assert main(["compare", str(run), str(run), "--json"]) == 0
    assert "mask" not in capsys.readouterr().out


def test_the_row_of_means_counts_the_clips_of_a_first_metric_that_none_of_them_has() -> None:
    """It was "mean of 0 clips" above the mean of two."""
    protocol = replace(protocols.get("strict"), metrics=("ZoomErr", "RotErr"))
    clips = {"a": smooth(1), "b": smooth(2)}
    said = _compared_words.words(score(clips, clips, protocol=protocol))
    (means,) = [line for line in said.splitlines() if line.startswith("mean of")]
    assert means.startswith("mean of 2 clips")
