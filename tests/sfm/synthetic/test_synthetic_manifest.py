"""The list of benchmark clips: as its rule makes it, parts apart, every kind in it."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from sfm.synthetic import ClipSpec

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def manifest(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module("manifest")


def test_committed_list_is_what_the_rule_makes(manifest):
    assert manifest.PATH.read_text() == manifest.text()


def test_parts_share_no_seed_and_ids_are_unique(manifest):
    entries = manifest.load()
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert len({entry["clip"]["seed"] for entry in entries}) == len(entries)
    seeds = {part: {e["clip"]["seed"] for e in manifest.load(part=part)} for part in manifest.PARTS}
    assert max(set().union(*(seeds[part] for part in manifest.PARTS[:-1]))) < min(seeds["report"])


def test_counts_and_strata(manifest):
    assert len(manifest.load(part="report", which="model")) >= 300
    assert len(manifest.load(part="report", which="accuracy")) >= 100
    assert len(manifest.load(part="report", which="primitives")) >= 150
    assert len(manifest.load(which="colmap")) == 20
    assert max(entry["clip"]["frames"] for entry in manifest.load(which="speed")) == 1000
    for part in manifest.PARTS:
        entries = manifest.load(part=part, which="model")
        assert {entry["kind"] for entry in entries} == {*manifest.KINDS, *manifest.HARD}
        assert {entry["clip"]["scene"] for entry in entries} == {"room", "street", "landscape", "far", "planar"}
        moving = [entry for entry in entries if entry["clip"].get("movers")]
        assert 0.3 < len(moving) / len(entries) < 0.8
        for effect in ("noise", "blur", "crf", "textures", "letterbox", "flicker"):
            assert sum(effect in entry["clip"] for entry in entries) >= 10
    for entry in manifest.load():
        assert ClipSpec.from_dict(entry["clip"]).to_dict() == entry["clip"]


def test_a_limit_keeps_the_kinds_spread(manifest):
    picked = manifest.load(part="report", which="model", limit=30)
    assert len(picked) == 30
    assert len({entry["kind"] for entry in picked}) >= 25


def test_the_dense_parts_have_every_picture_and_every_move(manifest):
    for part, least in (("dense-dev", 3), ("dense-reporting", 6)):
        entries = manifest.load(part=part, which="dense")
        assert [e for e in manifest.load(part=part) if e not in entries] == []
        kinds = [entry["kind"] for entry in entries]
        assert all(kinds.count(kind) == least for kind in ("rich", "starved", "melting", "movers"))
        for move in ("pans", "static", "zoom", "dolly_zoom"):
            assert {f"{move}_{picture}" for picture in ("rich", "starved", "melting")} <= set(kinds)
        channels = {name: set() for name in ("dolly", "truck", "pedestal", "orbit_deg", "crane_deg")}
        for entry in entries:
            clip = entry["clip"]
            assert clip["frames"] == 60
            assert "image_hw" not in clip, "640 by 360, the default"
            for name in channels:
                channels[name] |= {np.sign(clip["move"].get(name, 0.0))} - {0.0}
            assert ("melt" in clip) == ("melting" in entry["kind"])
            assert ("fog" in clip) == ("starved" in entry["kind"])
            assert [mover["area"] for mover in clip.get("movers", [])] == ([0.55] if entry["kind"] == "movers" else [])
        assert all(channels.values())
        assert all(len(channels[name]) == 2 for name in ("dolly", "truck", "orbit_deg"))
        assert {clip["clip"]["scene"] for clip in entries} == {"room", "street", "landscape"}
