"""Pages of runs with their films."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import made_runs
import numpy as np
import pytest

import sfm.video.reader as reader
from compare.cli._pages import THUMBNAIL_SIDE, thumbnail, write_pages
from compare.film import Film
from compare.run_files import RunShot, runs_in


def cards(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "index.html").read_text()
    inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert inner
    return json.loads(inner[1])["cards"]


def test_each_run_of_a_folder_is_described_and_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made_runs.write(tmp_path)
    described: Counter[str] = Counter()
    decoded: Counter[str] = Counter()
    describe, load = RunShot.describe, reader.load

    def counted(self: RunShot, *args: Any) -> Any:
        described[self.name] += 1
        return describe(self, *args)

    def counted_load(path: Any, *args: Any) -> Any:
        decoded[str(path)] += 1
        return load(path, *args)

    monkeypatch.setattr(RunShot, "describe", counted)
    monkeypatch.setattr(reader, "load", counted_load)
    write_pages(runs_in(folder), folder)
    assert set(described.values()) == {1}
    assert len(described) == 3
    assert set(decoded.values()) == {1}
    shown = cards(folder)
    write_pages([], folder)  # of pages that were there before, each is found out anew
    assert set(described.values()) == {2}
    again = cards(folder)
    assert [{**card, "picture": "", "gone": ""} for card in shown] == [
        {**card, "picture": "", "gone": ""} for card in again
    ]
    assert ["picture" in card for card in shown] == ["picture" in card for card in again]


def test_a_thumbnail_is_as_large_as_a_card_and_no_larger_than_the_film() -> None:
    for side, small in ((480, THUMBNAIL_SIDE), (200, 200)):
        film = Film(rgb=np.zeros((5, side // 2, side, 3), np.uint8), rows=np.arange(5))
        assert thumbnail(film).shape == (small // 2, small, 3)
