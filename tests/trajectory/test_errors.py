"""What is said of inputs that are not there."""

from pathlib import Path

import pytest

from sfm.batch import clips_of
from sfm.batch.inputs import read_list
from sfm.batch.keys import clip_digest
from sfm.video import reader
from trajectory.errors import CinetrajError, is_address, not_there

ADDRESSES = ["https://example.org/a.mp4?v=[1]", "s3://bucket/clips/*.mp4", "file:///clips/a.mp4"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_given_as_a_clip_is_told_to_be_one(address: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(address)
    (row,) = read_list(tmp_path / "list.txt")
    assert row.path == address
    for attempt in (reader.load, clip_digest, lambda text: clips_of([text])):
        with pytest.raises(CinetrajError, match="an address, and only files and folders are read; download it"):
            attempt(address)


def test_paths_are_no_addresses() -> None:
    for path in ("a.mp4", "/clips/a.mp4", "C:/clips/a.mp4", "shot: 1/a.mp4", "a:b.mp4"):
        assert not is_address(path)
        assert "check the path" in str(not_there(path))
    assert is_address(Path("https://example.org/a.mp4"))
