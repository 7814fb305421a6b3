"""The clips for trying things have names that say what the camera does."""

from pathlib import Path

import pytest

from sfm import synthetic
from trajectory import describe, read
from trajectory.errors import CinetrajError


def test_an_example_is_its_name_and_is_rendered_once(tmp_path: Path) -> None:
    example = synthetic.write_examples(tmp_path, ["pan"])["pan"]
    told = describe(read(example.truth))
    assert [name for name, decision in told.decisions.items() if decision.yes] == ["Pan_Right"]
    before = example.clip.stat().st_mtime_ns
    assert synthetic.write_examples(tmp_path, ["pan"]) == {"pan": example}
    assert example.clip.stat().st_mtime_ns == before
    with pytest.raises(CinetrajError, match="no example 'swoop', expected some of arc, dolly"):
        synthetic.write_examples(tmp_path, ["swoop"])
