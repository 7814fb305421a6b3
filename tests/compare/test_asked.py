"""How a pair is read, and whose fault it is where that fails."""

from pathlib import Path

import numpy as np
import pytest
from paths import elsewhere, monst3r_text, smooth

from compare.scoring import score, score_models
from trajectory import io
from trajectory.errors import CinetrajError


def test_files_whose_convention_cannot_be_told_are_rows_until_it_is_named(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pred_traj.txt").write_text(monst3r_text(elsewhere(smooth(seed), seed + 5)))
    io.write(elsewhere(smooth(1), 9), tmp_path / "tum.txt", format="tum")
    asked = score(tmp_path / "a", tmp_path / "b").to_json()["clips"]["a"]["failed"]
    assert "--format monst3r or --format tum" in asked
    unread = {protocol: score(smooth(1), tmp_path / "b", protocol=protocol) for protocol in ("strict", "strict-1")}
    assert [row.fault for row in unread["strict"].clips.values()] == ["instrument"]  # it is we who cannot tell
    assert [row.fault for row in unread["strict-1"].clips.values()] == ["model"]
    named = score(tmp_path / "a", tmp_path / "b", format="monst3r").to_json()["clips"]["a"]
    expected = score(smooth(1), smooth(2), time="index").to_json()["clips"]["trajectory"]
    assert named["RotErr"] == pytest.approx(expected["RotErr"], rel=0.05)
    mixed = score(
        tmp_path / "tum.txt", tmp_path / "a", format="monst3r", reference_format="tum", time="index"
    ).to_json()
    assert next(iter(mixed["clips"].values()))["RotErr"] == pytest.approx(0, abs=1e-6)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "run.json").write_text('{"status": "ok", "reason": ""}')
    io.write(smooth(1), tmp_path / "r" / "trajectory.npz", format="native")
    own = score(tmp_path / "r", tmp_path / "a", format="monst3r", time="index").to_json()["clips"]
    assert next(iter(own.values()))["RotErr"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("head", "step", "words"),
    [
        ("", 1000 / 24, "name the unit in the first line"),
        ("# world-to-camera", 1 / 24, "take the word out of the comment"),
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_no_fault_of_the_model(
    tmp_path: Path, head: str, step: float, words: str
) -> None:
    """Milliseconds in a TUM file, or a comment against its format, were the worst value for the model."""
    rows = [f"{step * k:.3f} {0.1 * k:.2f} 0 0 0 0 0 1" for k in range(24)]
    (tmp_path / "a.txt").write_text("\n".join([head, *rows]))
    (row,) = score(smooth(1), tmp_path / "a.txt", format="tum").clips.values()
    assert words in row.failed
    assert row.fault == "instrument"
    (tmp_path / "a.txt").write_text("\n".join(["# words", *rows]).replace(" 0 0 1\n", " 0 0 7\n"))
    (row,) = score(smooth(1), tmp_path / "a.txt", format="tum").clips.values()
    assert row.fault == "model"  # no unit quaternions: it can be read in no way


def test_a_format_that_nothing_knows_is_refused_and_charged_to_nobody(tmp_path: Path) -> None:
    io.write(smooth(1), tmp_path / "a.npz", format="native")
    for name in ("format", "reference_format"):
        with pytest.raises(CinetrajError, match="format is 'tumm', perhaps 'tum' is meant"):
            score(tmp_path / "a.npz", tmp_path / "a.npz", **{name: "tumm"})
        with pytest.raises(CinetrajError, match="format is 'tumm'"):
            score_models(tmp_path / "a.npz", {"a": tmp_path / "a.npz"}, **{name: "tumm"})


def test_a_file_of_ours_knows_its_own_format_whatever_that_of_the_other_is(tmp_path: Path) -> None:
    """The remedy of the error is one option, and it was the format of both files."""
    io.write(smooth(1), tmp_path / "ours.npz", format="native")
    path = tmp_path / "pred_traj.txt"
    path.write_text(monst3r_text(elsewhere(smooth(1), 6)))
    for pair in ((path, tmp_path / "ours.npz"), (tmp_path / "ours.npz", path)):
        asked = next(iter(score(*pair, time="index").to_json()["clips"].values()))["failed"]
        assert "say --format monst3r" in asked
        row = next(iter(score(*pair, format="monst3r", time="index").to_json()["clips"].values()))
        assert row["RotErr"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("protocol", ["strict", "cinetechbench-compat"])
def test_the_remedy_for_one_side_leaves_the_other_as_it_is(tmp_path: Path, protocol: str) -> None:
    """A generated clip in a format that is told by itself was read as the reference's, and charged to the model."""
    np.save(tmp_path / "matrices.npy", elsewhere(smooth(1), 3).world_from_cam)
    io.write(smooth(1), tmp_path / "lines.txt", format="kitti")
    matrices, lines = tmp_path / "matrices.npy", tmp_path / "lines.txt"
    words = {}
    for reference, generated in ((matrices, lines), (lines, matrices), (matrices, matrices)):
        (row,) = score(reference, generated, protocol=protocol, time="truncate").clips.values()
        words[reference, generated] = row.failed
    assert "say --reference-format lingbot-world if" in words[matrices, lines]
    assert "say --format lingbot-world --reference-format auto if" in words[lines, matrices]
    assert "say --format lingbot-world if" in words[matrices, matrices]
    for pair, format, reference_format in (
        ((matrices, lines), "auto", "lingbot-world"),
        ((lines, matrices), "lingbot-world", "auto"),
    ):
        options = {"format": format, "reference_format": reference_format, "protocol": protocol, "time": "truncate"}
        (row,) = score(*pair, **options).clips.values()
        assert row.scores["RotErr"].value == pytest.approx(0, abs=1e-4)
