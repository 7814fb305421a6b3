"""The log of a batch."""

from pathlib import Path
from typing import Any

import pytest
from batch_fakes import WORK

from sfm.batch import manifest
from sfm.batch.inputs import Clip
from sfm.batch.runner import Outcome, run_batch
from sfm.config import BatchConfig, EstimateConfig
from trajectory.errors import CinetrajError

CONFIG = EstimateConfig(threads=1, backend="colmap-sift")


FAST = {"plot": False, "work": WORK}


def clips(folder: Path, **orders: str) -> list[Clip]:
    folder.mkdir(exist_ok=True)
    for name, order in orders.items():
        (folder / f"{name}.clip").write_text(f"{order} 0 {name}" if " " not in order else order)
    return [Clip(path=str(folder / f"{name}.clip"), name=name) for name in orders]


def run(wanted: list[Clip], out: Path, config: EstimateConfig = CONFIG, **options: Any) -> dict[str, Outcome]:
    return {o.name: o for o in run_batch(wanted, out, config, BatchConfig(**{**FAST, **options}))}


def test_the_manifest_survives_a_torn_line_and_foreign_ones(tmp_path: Path) -> None:
    with manifest.open_manifest(tmp_path) as log:
        log.append("start", name="a")
        log.append("done", name="a")
    whole = (tmp_path / manifest.MANIFEST_FILE).read_bytes()
    for cut in range(len(whole)):
        (tmp_path / manifest.MANIFEST_FILE).write_bytes(whole[:cut])
        with manifest.open_manifest(tmp_path) as log:
            log.append("batch")
        found, torn = manifest.read_events(tmp_path)
        lines = whole[:cut].count(b"\n")
        partial = whole[:cut].rpartition(b"\n")[2]
        complete = partial.endswith(b"}")  # only the line break is missing
        assert [e["event"] for e in found] == [*["start", "done"][: lines + complete], "batch"]
        assert torn == (1 if partial and not complete else 0)


def test_two_batches_do_not_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "LOCK_WAIT_S", 0.1)
    assert not manifest.is_running(tmp_path)
    with manifest.open_manifest(tmp_path):
        assert manifest.is_running(tmp_path)
        with pytest.raises(CinetrajError, match="in use by another batch"):
            run(clips(tmp_path / "in", a="ok"), tmp_path)
    assert not manifest.is_running(tmp_path)
