"""The two benchmark commands as a user runs them: what they write, print and return."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from moves import MOVES, write_run

from compare.benchmarks.camerabench.labels import SPLITS
from compare.cli import entry as cli
from trajectory.description import describe


def write_labels(folder: Path) -> None:
    for split in SPLITS:
        path = folder / "binary_classification" / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"image": f"{n}.mp4", "question": "Q?", "label": "Yes" if n == split else "No"} for n in MOVES]
        path.write_text("\n".join(json.dumps(row) for row in rows))
    for task in ("has_motion/has_pan_left", "tracking_shot/is_tracking"):
        path = folder / "vqa_and_retrieval" / f"{task}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        pair = {"pos_video": "Pan_Left.mp4", "neg_video": "Static.mp4", "pos_question": "P?", "neg_question": "N?"}
        path.write_text(json.dumps(pair))


def cinetraj(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = cli.main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    write_labels(tmp_path / "labels")
    return tmp_path / "labels"


def test_score_writes_everything_and_names_what_is_missing(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, trajectory in MOVES.items():
        if name != "Zoom_In":
            write_run(tmp_path / "runs", name, None if name == "Roll_Clockwise" else trajectory, reason="black")
    out = tmp_path / "scores"
    code, said, _ = cinetraj(
        capsys, "camerabench", "score", "--runs", tmp_path / "runs", "--labels", labels, "--out", out,
        "--rules", "apparent", "authors",
    )  # fmt: skip
    assert code == 0
    names = {p.name for p in out.iterdir()}
    assert len([n for n in names if n.startswith("classification_scores_")]) == 30
    assert len([n for n in names if n.startswith("vqa_retrieval_scores_")]) == 4
    assert {"leaderboard.md", "leaderboard.csv", "leaderboard.png", "evaluation_cinetraj-apparent.json"} <= names
    assert "**cinetraj (apparent) (13 of 15 clips, 2 failed ranked last)**" in said
    assert "apparent: 13 of 15 clips have a trajectory; 2 ranked last." in said
    assert "1 x not estimated" in said
    assert "1 x black" in said
    assert "1 of 2 answered" in said
    assert "1 need scene content" in said
    assert "| MegaSAM | 87.0" in said
    official = json.loads((out / "evaluation_cinetraj-authors.json").read_text())
    assert official["binary"]["results_by_split"]["cinetraj-authors_Pan_Left"]["average_precision"] == 1.0
    code, said, _ = cinetraj(capsys, "camerabench", "evaluate", "--scores", out, "--json")
    assert code == 0
    assert json.loads(said)["binary"]["total_splits"] == 30


def test_score_from_descriptions_is_the_score_from_runs(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, trajectory in MOVES.items():
        write_run(tmp_path / "runs", name, None if name == "Static" else trajectory, reason="black")
    given = {n: {"failed": "black"} if n == "Static" else describe(t).to_json() for n, t in MOVES.items()}
    (tmp_path / "d.json").write_text(json.dumps(given))
    results = []
    for source, value in (("--runs", tmp_path / "runs"), ("--descriptions", tmp_path / "d.json")):
        arguments = ("camerabench", "score", source, value, "--labels", labels, "--out", tmp_path / source, "--json")
        code, said, _ = cinetraj(capsys, *arguments)
        assert code == 0
        results.append(json.loads(said)["apparent"])
    assert results[0]["binary"]["results_by_split"]["cinetraj-apparent_Pan_Left"]["average_precision"] == 1.0
    assert results[0]["estimated"] == results[1]["estimated"] == 14
    assert results[0]["binary"]["results_by_split"] == results[1]["binary"]["results_by_split"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "--labels", "labels", "--out", "o"), "give either --runs FOLDER or --descriptions FILE"),
        (("score",), "cinetraj camerabench score --help lists the options"),
        (
            ("score", "--labels", "labels", "--out", "o", "--descriptions", "d.json", "--rules", "authors"),
            "--rules is for --runs",
        ),
        (("score", "--runs", "none", "--labels", "labels", "--out", "o"), "holds no NAME/run.json"),
        (("score", "--runs", "labels", "--labels", "none", "--out", "o"), "holds no binary_classification"),
        (("evaluate", "--scores", "labels"), "holds no classification_scores_"),
        (("download", "--out", "o", "--endpoint", "http://127.0.0.1:9"), "cannot reach http://127.0.0.1:9"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path,
    labels: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: Sequence[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said, error = cinetraj(capsys, "camerabench", *arguments)
    assert code == 2
    assert message in error
    assert error.count("\n") == 1
    assert said == ""
    assert not (tmp_path / "o").exists()


def test_one_description_without_its_name_is_refused(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.json").write_text(json.dumps(describe(MOVES["Pan_Left"]).to_json()))
    told = ("camerabench", "score", "--descriptions", tmp_path / "d.json", "--labels", labels, "--out", tmp_path / "o")
    code, _, error = cinetraj(capsys, *told)
    assert code == 2
    assert "is the description of one clip, without its name" in error


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """4 s at 23.976 frames a second; the greys of its halves are the two digits of its number."""
    import av
    import numpy as np

    path = tmp_path / "films" / "005_A Film.mkv"
    path.parent.mkdir()
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=Fraction(24000, 1001))
        stream.width, stream.height, stream.pix_fmt, stream.options = 32, 32, "yuv420p", {"crf": "4"}
        for number in range(96):
            grey = np.repeat([[20 + 20 * (number // 10)], [20 + 20 * (number % 10)]], 16, axis=0)
            frame = av.VideoFrame.from_ndarray(np.repeat(grey, 32, axis=1).astype(np.uint8), format="gray")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def annotations(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "video_annotation.json"
    path.write_text(json.dumps(entries))
    return path


def test_clips_are_cut_kept_and_reported(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import av

    entry = {"id": 5, "video_name": "005_A Film.mp4", "start_frame": "00:01:03", "end_frame": "00:02:10"}
    missing = {"id": 6, "video_name": "006_Another.mp4", "start_frame": "00:01:00", "end_frame": "00:02:00"}
    gone = {**missing, "id": 20, "video_name": "020_Third.mp4"}
    path, out = annotations(tmp_path, entry, missing, gone), tmp_path / "clips"
    arguments = ("cinetechbench", "clips", "--annotations", path, "--sources", film.parent, "--out", out, "--crf", "4")
    code, said, _ = cinetraj(capsys, *arguments)
    assert code == 1  # two of the three could not be cut
    assert "2 films are missing (1 of them gone from their host): 006_Another.mp4, 020_Third.mp4" in said
    assert "; its link in the annotations is known to be dead" in said
    assert "005_A Film.mp4: frames 27 to 57 of 005_A Film.mkv" in said
    assert "006_Another.mp4: failed: no film named 006_Another.mp4" in said
    with av.open(str(out / "005_A Film.mp4")) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    digits = [[round((half.mean() - 20) / 20) for half in (p[2:14], p[18:30])] for p in pictures]
    assert [10 * tens + ones for tens, ones in digits] == list(range(27, 58))
    code, said, _ = cinetraj(capsys, *arguments)
    assert "(was there)" in said
    annotations(tmp_path, {**entry, "start_frame": "00:01:04"}, missing, gone)
    said = cinetraj(capsys, *arguments)[1]
    assert "frames 28 to 57 of 005_A Film.mkv\n" in said  # cut again: what was there has another first frame
    with av.open(str(out / "005_A Film.mp4")) as container:
        assert len(list(container.decode(video=0))) == 30
    annotations(tmp_path, entry, missing, gone)
    cinetraj(capsys, *arguments)
    annotations(tmp_path, entry, missing)
    assert "1 film is missing: 006_Another.mp4" in cinetraj(capsys, *arguments)[1]
    annotations(tmp_path, entry, missing, gone)
    cinetraj(capsys, *arguments)
    report = json.loads((out / "clips.json").read_text())
    assert report["coverage"] == {"ok": 1, "all": 3}
    assert report["missing_sources"]["gone_from_host"] == ["020_Third.mp4"]
    assert report["clips"]["005_A Film.mp4"]["start_frame"] == 27


def test_a_clip_never_replaces_its_source(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = film.rename(film.with_suffix(".mp4"))
    before = source.read_bytes()
    entry = {"id": 5, "video_name": source.name, "start_frame": "00:01:00", "end_frame": "00:02:00"}
    path = annotations(tmp_path, entry)
    code, said, _ = cinetraj(
        capsys, "cinetechbench", "clips", "--annotations", path, "--sources", film.parent, "--out", film.parent,
        "--overwrite",
    )  # fmt: skip
    assert code == 1
    assert "would replace its own source" in said
    assert source.read_bytes() == before


def test_questions_are_answered_from_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompt = "Which?\nA. Pan Left Shot\nB. Zoom In Shot\nC. Fixed Shot\nD. Crane Shot"
    entries = [
        {
            "video_name": f"{name}.mp4",
            "type": type_,
            "classification": "Single",
            "QA": {"prompt": prompt, "answer": letter},
        }
        for name, type_, letter in (
            ("Pan_Left", "Pan Left Shot", "A"),
            ("Zoom_In", "Zoom In Shot", "B"),
            ("gone", "Fixed Shot", "C"),
        )
    ]
    for name in ("Pan_Left", "Zoom_In"):
        write_run(tmp_path / "runs", name, MOVES[name])
    arguments = (
        "--annotations",
        annotations(tmp_path, *entries),
        "--runs",
        tmp_path / "runs",
        "--out",
        tmp_path / "qa",
    )
    code, said, error = cinetraj(capsys, "cinetechbench", "qa", *arguments)
    assert (code, error) == (1, "")
    assert "| All | 2 | 3 | 1 | 66.7 % | 100.0 % |" in said
    assert "gone.mp4: not estimated" in said
    results = json.loads((tmp_path / "qa" / "results.json").read_text())["Results"]
    assert [r["Pred"] for r in results] == ["A", "B", "ERROR"]
    code, said, _ = cinetraj(capsys, "cinetechbench", "qa", *arguments, "--json")
    assert code == 1
    assert json.loads(said)["coverage"] == {"ok": 2, "all": 3}
    arguments = ("--annotations", annotations(tmp_path, *entries[:2]), "--runs", tmp_path / "runs")
    assert cinetraj(capsys, "cinetechbench", "qa", *arguments)[0] == 0


def test_runs_of_other_names_than_the_clips_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "runs", "mine", MOVES["Pan_Left"])
    question = {"prompt": "Which?\nA. Pan Left Shot\nB. Fixed Shot", "answer": "A"}
    entry = {"video_name": "005_A Film.mp4", "type": "Pan Left Shot", "classification": "Single", "QA": question}
    arguments = ("--annotations", annotations(tmp_path, entry), "--runs", tmp_path / "runs")
    code, _, error = cinetraj(capsys, "cinetechbench", "qa", *arguments)
    assert code == 1
    assert "is named after a clip: runs mine, clips 005_A Film; rename the folders of the runs" in error
    arguments = ("--annotations", annotations(tmp_path, entry, entry | {"video_name": "mine.mp4"}), *arguments[2:])
    assert cinetraj(capsys, "cinetechbench", "qa", *arguments)[2] == ""  # of a part of the clips: nothing is odd
    write_run(tmp_path / "runs", "005_a film", MOVES["Pan_Left"])
    error = cinetraj(capsys, "cinetechbench", "qa", *arguments)[2]
    assert "named after no clip: 005_a film; clips without a run: 005_A Film; rename the folders of the runs" in error


def test_runs_of_no_label_among_others_are_told(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that was mistyped was "not estimated", and its run was passed over without a word."""
    for name, run in (("Pan_Left", "Pan_Left"), ("Zoom_In", "zoom in")):
        write_run(tmp_path / "runs", run, MOVES[name])
    arguments = ("--runs", tmp_path / "runs", "--labels", labels, "--out", tmp_path / "scores")
    error = cinetraj(capsys, "camerabench", "score", *arguments)[2]
    assert "named after no clip: zoom in; clips without a run: " in error
