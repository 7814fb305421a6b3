"""`cinetraj status`."""

import json
from pathlib import Path

from console import assert_one_clear_line, cinetraj
from made_shots import estimate, shot

from sfm.batch.manifest import open_manifest
from sfm.runs.folder import write_run


def test_runs_without_a_batch_are_counted(tmp_path: Path) -> None:
    write_run(estimate(shot()), tmp_path / "a", plot=False)
    write_run(estimate(shot(status="failed")), tmp_path / "b", plot=False)
    said = cinetraj("status", tmp_path).stdout
    assert "2 of 2 clips done, 1 of them failed; not running" in said
    assert "1 x no texture (b)" in said
    told = json.loads(cinetraj("status", tmp_path, "--json").stdout)
    assert (told["clips"], told["done"], told["running"], told["remaining"]) == (2, 2, False, [])
    assert told["failed"] == {"b": "no texture"}


def test_runs_of_other_calls_are_not_forgotten(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(estimate(shot()), tmp_path / name, plot=False)
    with open_manifest(tmp_path) as log:
        log.append("batch", names=["b"])
        log.append("done", name="b")
    said = cinetraj("status", tmp_path).stdout
    assert "1 of 1 clips of the last batch done" in said
    assert "besides: 1 run of other calls; cinetraj table lists all" in said


def test_a_line_that_was_torn_is_told(tmp_path: Path) -> None:
    with open_manifest(tmp_path) as log:
        log.append("batch", names=["b"])
    with (tmp_path / "manifest.jsonl").open("a") as file:
        file.write('{"event": "do\n')
    assert "\n1 line of the manifest was torn by a kill" in cinetraj("status", tmp_path).stdout


def test_status_of_nothing(tmp_path: Path) -> None:
    assert_one_clear_line(cinetraj("status", tmp_path / "absent"), "absent", "no folder")
    assert_one_clear_line(cinetraj("status", tmp_path), "neither runs nor a manifest")
