"""What a reference does not have, no clip that failed is charged for."""

from pathlib import Path

import numpy as np
import pytest
from paths import path, smooth

from compare.scoring import score, score_models
from trajectory import io
from trajectory.model import Provenance, Trajectory


def tripod() -> Trajectory:
    return path(np.zeros((40, 3)), np.linspace(0, 0.5, 40)[:, None] * [0.0, 1.0, 0.0])


def charged(references: dict, generated: dict, protocol: str) -> dict[str, dict]:
    return score(references, generated, protocol=protocol).record()["values"]["worst"]


@pytest.mark.parametrize("lost", [None, Path("nowhere.npz"), "blank"])
def test_a_missing_clip_is_charged_what_its_reference_has(lost: object) -> None:
    blank = smooth(1).replace(valid=np.zeros(40, dtype=bool))
    generated = {"a": smooth(1)} | ({} if lost is None else {"still": blank if lost == "blank" else lost})
    references = {"a": smooth(1), "still": tripod()}
    found = charged(references, generated, "strict")
    assert found["RotErr"] == pytest.approx({"a": 0, "still": 180})
    assert found["DirErr"] == pytest.approx({"a": 0}, abs=1e-6)  # a tripod has no direction that could be missed
    assert charged(references, generated, "strict-1")["DirErr"]["still"] == 180  # as it was
    assert charged(references, generated, "auc")["Tacc@30"] == {"a": 1}
    assert charged(references, generated, "auc")["AUC@30"]["still"] == 0


def test_nobody_is_charged_for_what_no_reference_tells(tmp_path: Path) -> None:
    references = {"a": smooth(1), "b": smooth(2)}  # without gravity
    assert charged(references, {"a": smooth(1)}, "attitude")["PitchErr"] == {}
    (tmp_path / "empty").mkdir()
    result = score_models(references, {"none": tmp_path / "empty"}, protocol="attitude")["none"]
    assert isinstance(result.summary["PitchErr"], dict)
    assert len(result.summary["faults"]["model"]) == 2


def test_a_reference_that_tells_nothing_is_our_failure_where_the_clip_is_missing_too(tmp_path: Path) -> None:
    single = np.zeros(40, dtype=bool)
    single[3] = True
    doubted = smooth(1).replace(provenance=Provenance(backend="auto", evidence={"status": "unreliable"}))
    (tmp_path / "words.txt").write_text("there is no path here\n")
    references = {
        "a": smooth(1),
        "blank": smooth(1).replace(valid=np.zeros(40, dtype=bool)),
        "single": smooth(1).replace(valid=single),
        "doubted": doubted,
        "words": tmp_path / "words.txt",
    }
    missing = score(references, {"a": smooth(1)})
    there = score(references, dict.fromkeys(references, smooth(1)))
    for result in (missing, there):
        assert result.summary["faults"]["instrument"] == ["blank", "single", "doubted", "words"]
        assert result.summary["RotErr"] == pytest.approx(0, abs=1e-6)
        assert result.clips["words"].failed.startswith("reference: ")


def test_a_reference_without_commands_is_our_failure_too(tmp_path: Path) -> None:
    io.write(smooth(1), tmp_path / "a.npz", format="native")
    (tmp_path / "b.txt").write_text("there is nothing here\n")
    found = score(
        {name: tmp_path / name for name in ("a.npz", "b.txt")},
        {"a.npz": smooth(1)},
        protocol="worldplay-actions-single",
    )
    assert found.clips["b.txt"].fault == "instrument"
    assert found.clips["b.txt"].failed.startswith("commands: ")


def test_a_sum_is_charged_by_the_frames_of_its_own_reference() -> None:
    references = {"a": smooth(1), "short": smooth(2, n=10)}
    found = charged(references, {"a": smooth(1)}, "cami2v-rel")
    assert found["TransErr"]["short"] == 10 * 2
    assert found["RotErr"]["short"] == pytest.approx(10 * np.pi)
