"""Metrics and formats are values in a registry: ours keep to the contract, and so do those of other distributions."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts import check_format, check_metric

import compare
import trajectory
from compare.metrics import METRICS
from trajectory.errors import CinetrajError, ReadError
from trajectory.io import FORMATS, Format
from trajectory.model import Trajectory

TOY_METRIC = '''\
"""EndErr: how far the cameras are apart in the end."""

import numpy as np

from compare.metrics import Comparison, Metric, Score, undefined


def end_err(comparison: Comparison) -> Score:
    if comparison.no_unit:
        return undefined("EndErr", "extent", comparison.no_unit)
    last = np.flatnonzero(comparison.pair.scored)[-1]
    apart = np.linalg.norm((comparison.generated - comparison.reference)[last, :3, 3])
    return Score(name="EndErr", value=float(apart), unit=comparison.unit)


METRIC = Metric(name="EndErr", summary="distance between the last positions", unit="length", compute=end_err)
'''

TOY_FORMAT = '''\
"""A head line, then the twelve numbers of each pose, camera-to-world."""

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.io import Format, Match
from trajectory.model import Trajectory


def read(path):
    rows = np.loadtxt(path, ndmin=2)
    poses = np.tile(np.eye(4), (len(rows), 1, 1))
    poses[:, :3] = rows.reshape(-1, 3, 4)
    return Trajectory(
        world_from_cam=poses, time_s=np.arange(len(rows), dtype=float), valid=np.ones(len(rows), bool),
        time_source="index",
    )


def encode(trajectory, path):
    if not trajectory.valid.all():
        raise CinetrajError("toy has no place for missing frames; write native")
    lines = [" ".join(f"{x:.17g}" for x in pose[:3].ravel()) for pose in trajectory.world_from_cam]
    return {path: "\\n".join(["# toy 1.0", *lines, ""]).encode()}


def sniff(probe):
    return Match(evidence="its first line says toy", sure=True) if any("toy" in c for c in probe.comments) else None


FORMAT = Format(name="toy", summary="a toy", target="NAME.toy", read=read, encode=encode, sniff=sniff)
'''

ASK = """\
import contextlib, io, json, sys
from pathlib import Path

import compare
import trajectory
from compare.cli import main
from compare.metrics import METRICS
from contracts import check_format, check_metric
from paths import smooth
from trajectory.io import FORMATS

said = io.StringIO()
with contextlib.redirect_stdout(said):
    main(["convert", "--help"])
for name in set(METRICS) & {"EndErr"}:
    check_metric(METRICS[name])
for name in set(FORMATS) & {"toy"}:
    check_format(FORMATS[name], Path(sys.argv[1]))
    # Its columns are KITTI's; that it is called toy is its own word for it.
    file = Path(sys.argv[1]) / "own.toy"
    trajectory.write(smooth(1), file, format="toy")
    assert trajectory.io.detect(file)[0] == "toy"
mine = compare.Protocol(name="mine", metrics=("RotErr", "EndErr"))
try:
    result = compare.score({"a": smooth(1)}, {"a": smooth(2)}, protocol=mine).to_json()
except trajectory.CinetrajError as error:
    result = {"refused": str(error)}
print(json.dumps({"metrics": list(METRICS), "formats": list(FORMATS), "help": said.getvalue(), "score": result}))
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds an installed distribution: two modules, and the metadata that names their entries."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "toy_metric.py").write_text(TOY_METRIC)
    (folder / "toy_format.py").write_text(TOY_FORMAT)
    info = folder / "toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[cinetraj.metrics]\nend_err = toy_metric:METRIC\n\n[cinetraj.formats]\ntoy = toy_format:FORMAT\n"
    )
    return folder


def asked(scratch: Path, *folders: Path) -> dict[str, Any]:
    """What a fresh interpreter says that has these folders on its path."""
    here = [Path(__file__).parent, Path(compare.__file__).parents[1]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*folders, *here))), "COLUMNS": "200"}
    command = [sys.executable, "-W", "error::UserWarning", "-c", ASK, str(scratch)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_keeps_to_the_contract(name: str) -> None:
    check_metric(METRICS[name])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_keeps_to_the_contract(name: str, tmp_path: Path) -> None:
    check_format(FORMATS[name], tmp_path)


def test_a_file_of_another_distribution_adds_a_metric_and_a_format(toy: Path, tmp_path: Path) -> None:
    found = asked(tmp_path, toy)
    assert found["metrics"] == [*METRICS, "EndErr"]
    assert found["formats"] == [*FORMATS, "toy"]
    assert ", toy;" in " ".join(found["help"].split())
    assert found["score"]["clips"]["a"]["EndErr"] > 0
    assert found["score"]["summary"]["EndErr"] == found["score"]["clips"]["a"]["EndErr"]
    assert found["score"]["summary"]["better"]["EndErr"] == "lower"


def test_a_reader_of_others_that_finds_no_path_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder of files nobody knew which of them held "world_from_cam[0] is a reflection"."""
    file = tmp_path / "a.txt"
    file.write_text("1")

    def mirrored(path: Path) -> Trajectory:
        return Trajectory(world_from_cam=np.diag([1.0, 1, -1, 1])[None], time_s=np.zeros(1), valid=np.ones(1, bool))

    for read, said in (
        (mirrored, "read as toy: .* is a reflection.*; repair the file"),
        (str, "of type str, expected"),
    ):
        toy = Format(name="toy", summary="a toy", target="toy.txt", read=read)  # pyright: ignore[reportArgumentType]
        monkeypatch.setitem(FORMATS, "toy", toy)
        with pytest.raises(CinetrajError, match=said) as refused:
            trajectory.read(file, format="toy")
        assert isinstance(refused.value, ReadError) == (read is mirrored)


def test_without_it_they_are_not_there(tmp_path: Path) -> None:
    # The twin: the same questions without the folder on the path.
    found = asked(tmp_path)
    assert found["metrics"] == list(METRICS)
    assert found["formats"] == list(FORMATS)
    assert "toy" not in found["help"]
    assert "metric 'EndErr' is not one of poses" in found["score"]["refused"]
