"""What `cinetraj doctor` says of a machine, sound and not."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from compare.cli import doctor
from compare.cli.entry import main

NAMES = {"python", "cinetraj", "libraries", "machine", "gpu", "video", "compiled code", "weights"}
PYPROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def test_here_all_that_is_needed_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert found.keys() >= NAMES | {"disk, here", "disk, temporary", *(f"extra {name}" for name in doctor.EXTRAS)}
    assert {each["state"] for each in found.values() if each["needed"]} == {"ok"}
    assert f"torch {metadata.version('torch')}" in found["libraries"]["said"]
    assert "h264" in found["video"]["said"]
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("all that estimates need works here\n")


def test_what_is_needed_and_broken_is_named_with_a_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LOADED", ("json", "no_such_library"))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: ["absent-thing>=3", "extra-thing ; extra == 'x'"])

    def broken() -> list[doctor.Finding]:
        raise OSError("no codec\nat all")

    monkeypatch.setitem(doctor.LOOKS, "video", broken)
    assert doctor.run(doctor.Args(json=True)) == 1
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["absent-thing"]["remedy"] == "pip install 'absent-thing>=3'"
    assert "ModuleNotFoundError" in found["no_such_library"]["said"]
    assert found["video"]["said"] == "OSError: no codec at all"
    assert found["disk, here"]["remedy"] == "make room"
    assert doctor.run(doctor.Args()) == 1
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "broken: absent-thing, no_such_library, video, disk, here, disk, temporary"


def test_what_is_absent_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    with monkeypatch.context() as patch:
        patch.setattr(doctor.metadata, "version", version)
        found = doctor.extras()
    assert {each.state for each in found} == {"absent"}
    assert "pip install 'cinetraj[ray]'" in {each.remedy for each in found}
    assert not any(each.needed for each in found)
    monkeypatch.setattr("sfm.geometry.compiled.jit.kept_in", lambda: None)
    (code,) = doctor.compiled_code()
    assert (code.state, code.needed) == ("absent", False)
    assert "NUMBA_CACHE_DIR" in code.remedy


def test_the_extras_and_pythons_are_those_of_the_distribution() -> None:
    text = PYPROJECT.read_text()
    listed = tomllib.loads(text)["project"]["optional-dependencies"]
    assert set(doctor.EXTRAS) == set(listed) - {"dev"}
    for extra, (brought, _) in doctor.EXTRAS.items():  # what pip calls it, which "rerun" is not
        assert brought in {re.split(r"[\[<>=]", line)[0] for line in listed[extra]}, extra
    claimed = re.findall(r"Python :: (\d+)\.(\d+)", text)
    assert {tuple(map(int, each)) for each in claimed} == set(doctor.TESTED)
