"""The answers that are possible, beside a trajectory file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trajectory import io
from trajectory.errors import CinetrajError, ReadError
from trajectory.model import Provenance, Trajectory
from trajectory.posterior import Posterior, alone, read_posterior, rigid_probability


def straight(frames: int = 5, *, speed: float = 1.0, candidates: Any = None) -> Trajectory:
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, 2, 3] = speed * np.arange(frames)
    evidence = {} if candidates is None else {"candidates": candidates}
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(frames) / 24,
        valid=np.ones(frames, bool),
        provenance=Provenance(backend="auto", evidence=evidence),
    )


def entry(probability: Any, file: Any) -> dict[str, Any]:
    return {"backend": "sparse", "motion_model": "full", "probability": probability, "file": file}


def shot(folder: Path, candidates: Any, others: dict[str, Trajectory]) -> Path:
    io.write(straight(candidates=candidates), folder / "trajectory.npz", format="native")
    for name, other in others.items():
        (folder / name).parent.mkdir(exist_ok=True)
        io.write(other, folder / name, format="native")
    return folder / "trajectory.npz"


def test_alternatives_are_read_from_beside_the_file(tmp_path: Path) -> None:
    told = [entry(0.7, None), entry(0.2, "alternatives/1.npz"), entry(0.1, "alternatives/2.npz")]
    others = {"alternatives/1.npz": straight(speed=0.0), "alternatives/2.npz": straight(speed=-1.0)}
    file = shot(tmp_path, told, others)
    for path in (file, tmp_path):
        found = read_posterior(path)
        assert found.probability == pytest.approx((0.7, 0.2, 0.1))
        assert [t.positions[-1, 2] for t in found.trajectories] == [4.0, 0.0, -4.0]
        assert found.best is found.trajectories[0]
        assert found.spreads


def test_without_candidates_the_trajectory_is_all_there_is(tmp_path: Path) -> None:
    io.write(straight(), tmp_path / "plain.txt", format="tum")
    found = read_posterior(tmp_path / "plain.txt", "tum")
    assert found.probability == (1.0,)
    assert not found.spreads
    covariance = np.tile(1e-4 * np.eye(6), (5, 1, 1))
    assert alone(straight().replace(pose_covariance=covariance)).spreads
    assert len(read_posterior(shot(tmp_path, [entry(1.0, None)], {})).trajectories) == 1


@pytest.mark.parametrize(
    ("candidates", "others", "words"),
    [
        ("all", {}, "expected a list"),
        ([entry("much", None)], {}, "the probability 'much'"),
        ([entry(1.2, None)], {}, "the probability 1.2"),
        ([entry(0.5, "a.npz")], {}, "the file 'a.npz'"),
        ([entry(0.5, None), entry(0.5, None)], {}, "candidate 1 has the file None"),
        ([entry(0.0, None)], {}, "no candidate"),
        ([entry(0.5, None), entry(0.5, "a.npz")], {"a.npz": straight(4)}, "candidate of 4 frames"),
    ],
)
def test_what_is_wrong_with_them_is_said(tmp_path: Path, candidates: Any, others: Any, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_posterior(shot(tmp_path, candidates, others))


def test_a_file_out_of_its_run_has_come_alone_and_a_run_that_lacks_one_is_broken(tmp_path: Path) -> None:
    told = [entry(0.5, None), entry(0.3, "alternatives/1.npz"), entry(0.2, "alternatives/2.npz")]
    file = shot(tmp_path, told, {"alternatives/2.npz": straight(speed=0.0)})
    found = read_posterior(file)
    assert (len(found.trajectories), found.absent) == (2, 1)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ReadError, match=r"1\.npz: is named by trajectory\.npz and is not there"):
        read_posterior(file)
    (tmp_path / "elsewhere").mkdir()
    alone_now = read_posterior(Path(file.rename(tmp_path / "elsewhere" / "copied.npz")))
    assert (alone_now.probability, alone_now.absent) == ((1.0,), 2)


def test_probabilities_are_shares() -> None:
    with pytest.raises(CinetrajError, match="no shares of one"):
        Posterior(trajectories=(straight(), straight()), probability=(0.9, 0.9))
    with pytest.raises(CinetrajError, match="has 2 probabilities"):
        Posterior(trajectories=(straight(),), probability=(0.5, 0.5))


def test_whether_anything_rigid_was_filmed() -> None:
    assert rigid_probability({"probability": {"rigid": 0.2}}) == 0.2
    assert rigid_probability({}) is None
    assert rigid_probability({"probability": 0.5}) is None
