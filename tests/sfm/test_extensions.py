"""What another distribution adds by one file is offered and passes the contract; without it, it is absent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = '''
from dataclasses import dataclass
from sfm.backends import Backend

@dataclass(frozen=True, kw_only=True)
class ToyConfig:
    """Settings of the toy.

    Attributes:
        reach: how far it looks, frames.
    """
    reach: int = 3

def run(frames, masks, config, *, device, seed, threads):
    import numpy as np
    from sfm.backends.assemble import assemble
    from sfm.types import BackendResult, FramePoses
    n = len(frames)
    poses = FramePoses(
        rotation=np.tile(np.eye(3), (n, 1, 1)), translation=np.zeros((n, 3)), focal_px=np.full(n, 500.0),
        depth=np.full(n, float(config.reach)), valid=np.ones(n, bool), reason=("",) * n, translates=False,
        translation_bound=float("inf"),
    )
    return BackendResult(
        status="ok", reason="", trajectory=assemble(frames, poses), motion_model="static",
        statistics={"reach": config.reach},
    )

BACKEND = Backend(name="toy", summary="a camera that never moves", config=ToyConfig, run=run)
'''
MATCHER = """
from sfm.matching import Matcher

def match(features, pairs, config, setting):
    import numpy as np
    return [np.stack([np.arange(min(len(features[i]), len(features[j])))] * 2, 1) for i, j in pairs]

MATCHER = Matcher(name="in-order", summary="the strongest with the strongest", match=match)
"""
FEATURE = """
from sfm.features import FeatureKind, Features

def build(config, device):
    def run(rgb, count):
        import numpy as np
        one = np.ones(1, np.float32)
        return [Features(xy_px=np.full((1, 2), 9.0), strength=one, descriptors=np.ones((1, 4))) for _ in rgb]
    return run

FEATURE = FeatureKind(name="corner", summary="one point", bytes_per_pixel=8, build=build)
"""
POINTS = """[cinetraj.backends]
toy = toy_backend:BACKEND
[cinetraj.matchers]
in-order = toy_matcher:MATCHER
[cinetraj.features]
corner = toy_feature:FEATURE
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an installer leaves it: three modules, and what their distribution says of itself."""
    place = tmp_path_factory.mktemp("site")
    for name, code in (("toy_backend", BACKEND), ("toy_matcher", MATCHER), ("toy_feature", FEATURE)):
        (place / f"{name}.py").write_text(code)
    about = place / "toy-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    return place


def in_fresh(code: str, place: Path | None) -> str:
    """What a fresh interpreter prints, with the distribution or without it."""
    path = [str(place)] if place else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*path, *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


NAMES = """
import json
from sfm.backends import backends
from sfm.features.extract import kinds
from sfm.matching.match import matchers
print(json.dumps([list(backends()), list(matchers()), list(kinds())]))
"""


def test_entry_points_are_found_and_without_them_nothing_is(installed: Path) -> None:
    ours, theirs = (json.loads(in_fresh(NAMES, place)) for place in (None, installed))
    added = [set(b) - set(a) for a, b in zip(ours, theirs, strict=True)]
    assert added == [{"toy"}, {"in-order"}, {"corner"}]
    assert {"auto", "colmap", "colmap-sift", "dense", "glomap"} <= set(ours[0])


@pytest.mark.slow
def test_they_are_in_the_help(installed: Path) -> None:
    code = "from compare.cli import main\nmain(['estimate', '--help-all'])"
    said = " ".join(in_fresh(code, installed).replace("│", " ").split())  # out of its box, on one line
    assert all(
        word in said
        for word in (
            "toy: a camera that never moves",
            "in-order: the strongest with",
            "corner: one point.",
            "--toy.reach",
        )
    )
    assert "in-order" not in in_fresh(code, None)


CONTRACT = """
import numpy as np
from sfm import backends
from sfm.config import FeatureConfig, MatchConfig
from sfm.features.extract import extract
from sfm.matching.match import match
from sfm.types import Frames, Masks

rgb = np.random.default_rng(0).integers(0, 255, (4, 48, 64, 3), np.uint8)
frames = Frames(rgb=rgb, time_s=np.arange(4.0), index=np.arange(4), source_hw=(48, 64), source="made")
masks = Masks(usable=np.ones((48, 64), bool), blank=np.zeros(4, bool), duplicate_of=np.arange(4))
name, config = backends.resolve("toy")
found = backends.run(frames, masks, type(config)(reach=7))
assert backends.resolve(type(config)(reach=7))[0] == "toy"
assert found.status == "ok" and found.statistics == {"reach": 7} and found.trajectory.scale == "bounded"
features = extract(rgb, FeatureConfig(name="corner"))
assert [len(each) for each in features] == [1] * 4
assert match(features, np.array([[0, 1], [2, 3]]), MatchConfig(method="in-order"))[1].tolist() == [[0, 0]]
print("kept")
"""


def test_they_keep_the_contract(installed: Path) -> None:
    assert in_fresh(CONTRACT, installed).strip() == "kept"
