"""The log of a batch."""

import errno
import os
from pathlib import Path

import pytest
from small_batches import clips, run

from sfm.batch import manifest
from trajectory.errors import CinetrajError


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


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_serves_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(manifest.fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match=r"manifest.jsonl cannot be locked \(.*\): see to it yourself that no second"):
        run(clips(tmp_path / "in", a="ok"), tmp_path)
    assert not manifest.is_running(tmp_path)
    assert [event["event"] for event in manifest.read_events(tmp_path)[0]] == ["batch", "start", "done", "end"]
