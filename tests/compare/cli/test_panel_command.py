"""`cinetraj panel`: folders of scores, one for each estimator."""

import json
from pathlib import Path

import pytest
from paths import smooth

from compare.cli import main
from compare.scoring import score


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for judge, shift in (("auto", 0), ("dense", 40)):
        for model, seed in (("wan", 5), ("kling", 9)):
            references = {name: smooth(i) for i, name in enumerate("ab")}
            generated = {name: smooth(i + seed + shift) for i, name in enumerate("ab")}
            score(references, generated, model=model).save(tmp_path / judge / f"{model}_strict.json")
    (tmp_path / "dense" / "noise_floor.json").write_text(
        json.dumps({"protocol": "strict", "median": {"RotErr": 0.5}, "by_kind": {}, "twins": 1, "failed": []})
    )
    return tmp_path


def test_the_judges_are_laid_side_by_side(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [f"{judge}={folders / judge}" for judge in ("auto", "dense")]
    assert main(["panel", *given]) == 0
    said = capsys.readouterr().out
    assert "| wan | a | RotErr |" in said
    assert "cannot tell (all 2 judges)" in said  # two clips decide nothing
    assert main(["panel", *given, "--json", "--markdown", str(folders / "panel.md")]) == 0
    told = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert told["judges"] == ["auto", "dense"]
    assert told["noise"]["dense"]["RotErr"] == 0.5
    assert (folders / "panel.md").read_text() == said
    assert main(["panel", *given, "--markdown", "-"]) == 0
    assert capsys.readouterr().out == said


def test_the_noise_is_in_the_units_of_the_scores(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # A floor in degrees stood beside scores in radians, larger than any of them, and "(angle)" said of neither which.
    for judge in ("auto", "dense"):
        score({"a": smooth(0)}, {"a": smooth(5)}, angle="rad").save(folders / f"{judge}_rad" / "wan_strict.json")
        (folders / f"{judge}_rad" / "noise_floor.json").write_text((folders / "dense/noise_floor.json").read_text())
    assert main(["panel", *(f"{judge}={folders / judge}_rad" for judge in ("auto", "dense")), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["noise"], told["units"]["RotErr"]) == ({}, "rad")
    assert main(["panel", *(f"{judge}={folders / judge}" for judge in ("auto", "dense"))]) == 0
    said = capsys.readouterr().out
    assert "| RotErr, deg | " in said
    assert " | – | 0.5 |" in said


def test_a_protocol_is_named_by_its_hash(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = score({"a": smooth(0)}, {"a": smooth(5)}, model="kling", time="progress")
    changed.save(folders / "auto" / "kling_progress.json")
    given = [f"{judge}={folders / judge}" for judge in ("auto", "dense")]
    assert main(["panel", *given]) == 2
    assert "several protocols" in capsys.readouterr().err
    strict = score({"a": smooth(0)}, {"a": smooth(5)}).record()["protocol"]["hash"]
    assert main(["panel", *given, "--protocol", strict[:6]]) == 0
    assert f"**strict** {strict[:12]}: 2 judges" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no judges given"),
        (["{0}"], "names no judge"),
        (["a={0}", "a={0}"], "comes twice"),
        (["a={0}"], "is no panel"),
        (["a={0}", "b={0}", "--json", "--markdown", "-"], "name a file for the tables"),
        (["a={0}", "b={0}", "--protocol", "worldscore"], "holds no scores under worldscore"),
    ],
)
def test_what_is_no_panel_is_refused(
    folders: Path, given: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["panel", *[each.format(folders / "auto") for each in given]]) == 2
    assert words in capsys.readouterr().err
