"""Depth scales from a file."""

from pathlib import Path

import pytest

from compare.depth_scales import DepthScale, read_depth_scales
from trajectory.errors import ReadError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_good_file(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "depth.json"
    file.write_text('{"a": {"reference": 2, "generated": 0.5}}', encoding=encoding)
    assert read_depth_scales(file) == {"a": DepthScale(reference=2.0, generated=0.5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON file"),
        ("[]", "holds a list"),
        ('{"a": 3}', "two positive numbers"),
        ('{"a": {"reference": 2}}', "two positive numbers"),
        ('{"a": {"reference": 2, "generated": 0}}', "two positive numbers"),
        ('{"a": {"reference": true, "generated": 1}}', "two positive numbers"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "depth.json"
    file.write_text(text)
    with pytest.raises(ReadError, match=message):
        read_depth_scales(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is no JSON file"):
        read_depth_scales(tmp_path / "nowhere.json")
