"""Raw rows are scored as the published script does; commands that cannot be read are charged to nobody."""

from pathlib import Path

import pytest
from paths import monst3r_text, smooth

from compare.benchmarks.cinetechbench import camera_score
from compare.scoring import score
from trajectory import io
from trajectory.model import Provenance


def test_texts_of_eight_columns_are_scored_row_by_row_and_other_files_laid_out_like_them(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.txt").write_text("# seconds, then a pose\n" + monst3r_text(smooth(seed)))
    io.write(smooth(2), tmp_path / "b.npz", format="native")
    rows = [camera_score.read_rows(tmp_path / f"{name}.txt") for name in "ab"]
    expected = camera_score.evaluate(*rows, time="truncate", scale="relative")
    raw, laid = (
        score(tmp_path / "a.txt", tmp_path / generated, protocol="cinetechbench-compat", format="auto").clips[name]
        for generated, name in (("b.txt", "a"), ("b.npz", "a"))
    )
    for metric in ("RotErr", "TransErr", "CamMC"):
        assert raw.scores[metric].value == pytest.approx(expected[metric].sum(), rel=1e-12)
        assert laid.scores[metric].value == pytest.approx(raw.scores[metric].value, rel=1e-3)
    assert raw.notes == ()
    assert laid.notes == (f"the generated clip was {camera_score.LAID_OUT}",)


def test_a_text_whose_columns_are_named_is_read_by_their_names(tmp_path: Path) -> None:
    """It was the model's failure, with the advice to remove the names, though all other protocols read it."""
    io.write(smooth(2), tmp_path / "b.tum", format="tum")
    rows = [line for line in (tmp_path / "b.tum").read_text().splitlines() if not line.startswith("#")]
    (tmp_path / "b.txt").write_text("\n".join(["timestamp tx ty tz qx qy qz qw", *rows]))
    io.write(smooth(2), tmp_path / "b.npz", format="native")
    named, native = (
        score(smooth(1), tmp_path / name, protocol="cinetechbench-compat").to_json() for name in ("b.txt", "b.npz")
    )
    assert named["summary"]["RotErr"] == pytest.approx(native["summary"]["RotErr"], rel=1e-6)
    assert named["coverage"] == {"ok": 1, "all": 1}


def test_commands_that_cannot_be_read_are_charged_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("no commands")
    io.write(smooth(1), tmp_path / "a.npz", format="native")
    (row,) = score(
        tmp_path / "a.npz", tmp_path / "a.npz", protocol="navscore", actions=tmp_path / "a.json"
    ).clips.values()
    assert row.failed.startswith("commands: ")
    assert row.fault == "instrument"


def test_laid_out_rows_say_that_an_estimate_is_not_vouched_for() -> None:
    """Every other protocol said so; the published script scores the clip all the same."""
    doubted = smooth(2).replace(provenance=Provenance(backend="auto", evidence={"status": "unreliable", "reason": "x"}))
    (row,) = score({"a": doubted}, {"a": doubted}, protocol="cinetechbench-compat").clips.values()
    assert {"reference is unreliable: x", "generated clip is unreliable: x"} < set(row.notes)
    assert not row.failed
