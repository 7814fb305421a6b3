"""The front pages' table says what the kept files say, and the kept files say what the docs say."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


@pytest.fixture(scope="module")
def front_table() -> Any:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import front_table
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    return front_table


def said(page: str) -> str:
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_table_is_that_of_the_files(front_table: Any, page: str) -> None:
    table = front_table.table(front_table.read())
    assert table.count("\n") > 7
    assert front_table.BEGIN + table + front_table.END in (ROOT / page).read_text(encoding="utf-8")


def test_another_number_is_another_table(front_table: Any) -> None:
    kept = front_table.read()
    other = {**kept, "estimator": {**kept["estimator"], "model_right": 0.5}}
    assert front_table.table(other) != front_table.table(kept)
    assert "50.0 %" in front_table.placed(f"a\n{front_table.BEGIN}old{front_table.END}\nb", front_table.table(other))


def test_every_file_names_its_command_and_it_is_there() -> None:
    found = sorted(RESULTS.glob("*.json"))
    assert len(found) == 4
    for path in found:
        script = json.loads(path.read_text())["command"].split()[1]
        assert (ROOT / script).is_file(), path.name


def test_the_files_say_what_the_pages_say(front_table: Any) -> None:
    kept = front_table.read()
    hard, quick, clips = kept["confidence"], kept["speed"], kept["estimator"]
    page = said("docs/confidence.md")
    assert (
        f"| right in rotation, translation and zoom | {hard['tracks_alone']['right']} | {hard['auto']['right']} |"
        in page
    )
    pairs = [f"{hard[side]['ok']}, {hard[side]['ok_and_right']}" for side in ("tracks_alone", "auto")]
    assert f"| `ok`, of these right | {pairs[0]} | {pairs[1]} |" in page
    assert f"Of {hard['clips']} clips" in page
    page = said("docs/speed.md")
    tracks, dense = quick["by_tracks_alone"], quick["with_dense"]
    assert f"median {tracks['median_s']} s, 95 % below {tracks['p95_s']} s" in page
    assert f"took {dense['min_s']:.0f} to {dense['max_s']:.0f} s" in page
    ours, theirs = (kept["beside_colmap"]["backends"][name] for name in ("auto", "colmap-sift"))
    assert f"| every move told right | {ours['told_right']} of 8 | {theirs['told_right']} of 8 |" in page
    assert f"| {ours['succeed']} of 8 | {theirs['succeed']} of 8 |" in page
    assert f"| median CPU seconds | {ours['cpu_seconds']:.1f} | {theirs['cpu_seconds']:.0f} |" in page
    count = {0: "no {}", 1: "one {}", 2: "two {}s"}
    moved, travelled = clips["static_as_moving"], clips["turning_as_travelling"]
    told = count[moved].format("static camera"), count[travelled].format("turning one")
    what = f"On the {clips['clips']} rendered clips {told[0]} moved and {told[1]} travelled"
    assert what in said("README.md")


def test_runs_are_reduced_to_the_same_keys(front_table: Any, tmp_path: Path) -> None:
    rows = [
        {side: {"right": [True, True, ok], "status": "ok"} for side in ("auto", "tracks alone")} for ok in (True, False)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    hard = front_table.of_confidence(tmp_path / "rows.jsonl")
    assert hard["auto"] == {"right": 1, "ok": 2, "ok_and_right": 1}
    timed = [{"backend": "auto", "frames": 30, "wall_s": s, "dense": s > 5} for s in (1.0, 2.0, 3.0, 9.0)]
    (tmp_path / "speed.json").write_text(json.dumps({"clips": timed}))
    quick = front_table.of_speed(tmp_path / "speed.json")
    assert quick["by_tracks_alone"]["median_s"] == pytest.approx(4.0)
    assert quick["with_dense"] == {"clips": 1, "min_s": 18.0, "max_s": 18.0}
    for name, found in (("confidence", hard), ("speed", quick)):
        kept = json.loads((RESULTS / f"{name}.json").read_text())
        assert set(found) == set(kept) - {"stated_in", "note"}


def test_the_moving_picture_is_light_and_moves() -> None:
    from PIL import Image

    place = ROOT / "docs" / "figures" / "front.webp"
    assert place.stat().st_size < 1_000_000
    with Image.open(place) as picture:
        assert picture.n_frames > 20
        first = np.asarray(picture.convert("RGB"), float)
        picture.seek(picture.n_frames - 1)
        assert np.abs(np.asarray(picture.convert("RGB"), float) - first).mean() > 5.0
