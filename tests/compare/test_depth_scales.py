"""Depth scales from a file."""

from pathlib import Path
from typing import Any

import pytest

from compare.depth_scales import DepthScale, read_depth_scales, scales_of
from trajectory.errors import CinetrajError, ReadError


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


def test_scales_are_given_by_name_or_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "depth.json").write_text('{"a": {"reference": 2, "generated": 0.5}}')
    scales = {"a": DepthScale(reference=2.0, generated=0.5)}
    assert scales_of(scales) == scales_of(str(tmp_path / "depth.json")) == scales_of(tmp_path / "depth.json") == scales
    assert scales_of(None) == {}


@pytest.mark.parametrize("wrong", [2.0, {"a": 2.0}, {"a": {"reference": 2.0, "generated": 0.5}}, [2.0]])
def test_one_number_is_no_scale_of_two_paths(wrong: Any) -> None:
    with pytest.raises(CinetrajError, match=r"^depth scales hold .*, expected a file of them, or \{'clip': compare\."):
        scales_of(wrong)


def test_a_scale_is_above_zero() -> None:
    with pytest.raises(CinetrajError, match=r"^depth scale: generated is 0.0, expected metres per unit"):
        DepthScale(reference=1.0, generated=0.0)
