"""A pair that cannot be read or scored is a row with its reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from paths import monst3r_text, smooth

from compare.scoring import score
from trajectory import io
from trajectory.model import Provenance, Trajectory


def run(folder: Path, status: str, reason: str = "", *, seed: int | None = 1) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"status": status, "reason": reason}))
    if seed is not None:
        io.write(smooth(seed), folder / "trajectory.npz", format="native")


def test_bad_files_are_rows_and_the_rest_of_the_table_is_made(tmp_path: Path) -> None:
    text = monst3r_text(smooth(1))
    for side in ("ref", "gen"):
        for name in ("good", "nan", "words", "video"):
            (tmp_path / side / name).mkdir(parents=True)
            (tmp_path / side / name / "pred_traj.txt").write_text(text)
    (tmp_path / "ref" / "nan" / "pred_traj.txt").write_text(text.replace("\n", "\nnan nan nan nan 1 0 0 0\n", 1))
    (tmp_path / "gen" / "words" / "pred_traj.txt").write_text("there is no path here\n")
    (tmp_path / "gen" / "video" / "pred_traj.txt").unlink()
    for protocol in ("strict", "cinetechbench-compat"):
        result = score(tmp_path / "ref", tmp_path / "gen", protocol=protocol).to_json()
        assert "failed" not in result["clips"]["good"]
        assert result["clips"]["nan"]["failed"].startswith("reference: ")
        assert "pred_traj.txt" in result["clips"]["nan"]["failed"]
        assert result["clips"]["words"]["failed"].startswith("generated: ")
        assert "no trajectory file" in result["clips"]["video"]["failed"]
        assert all("\n" not in clip.get("failed", "") for clip in result["clips"].values())
        json.dumps(result, allow_nan=False)


def test_a_reference_without_poses_is_not_charged_to_the_model() -> None:
    blank = smooth(1).replace(valid=np.zeros(40, dtype=bool))
    result = score({"a": smooth(1), "b": blank}, {"a": smooth(1), "b": smooth(1)}).to_json()
    assert result["clips"]["b"] == {"failed": "reference: no frame has a pose"}
    assert result["summary"]["RotErr"] == 0
    result = score({"a": smooth(1), "b": smooth(1)}, {"a": smooth(1), "b": blank}).to_json()
    assert result["summary"]["RotErr"] == 90


@pytest.mark.parametrize("there", [True, False])
def test_a_reference_that_failed_is_charged_to_nobody_whatever_the_model_lacks(tmp_path: Path, there: bool) -> None:
    for side in ("ref", "gen"):
        run(tmp_path / side / "good", "ok")
    run(tmp_path / "ref" / "title", "failed", "a title", seed=None)
    if there:
        run(tmp_path / "gen" / "title", "failed", "a title", seed=None)
    result = score(tmp_path / "ref", tmp_path / "gen", protocol="strict")
    assert result.clips["title"].fault == "instrument"
    assert result.to_json()["summary"]["RotErr"] == 0


def test_an_interval_of_one_side_alone_says_so() -> None:
    unsure = smooth(1).replace(pose_covariance=np.tile(1e-4 * np.eye(6), (40, 1, 1)))
    silent, exact = (smooth(2).replace(provenance=Provenance(backend=made)) for made in ("auto", None))

    def told(reference: Trajectory, generated: Trajectory) -> list[str]:
        return [note for note in score({"a": reference}, {"a": generated}).clips["a"].notes if "its own errors" in note]

    assert told(unsure, silent)[0].startswith("the estimate of the generated clip tells nothing")
    assert told(silent, unsure)[0].endswith("hold those of the generated clip alone")
    assert told(unsure, exact) == told(silent, silent) == told(unsure, unsure) == []
