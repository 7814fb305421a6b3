"""Results travel between processes and stay frozen."""

import copy
import pickle

import numpy as np
import pytest

from sfm.runs.build import Origin, of_trajectory
from trajectory.description import describe
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory


def made() -> Trajectory:
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, 0, 3] = (0.0, 0.1, 0.2)
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(3) / 24,
        valid=np.array([True, True, False]),
        reason=("", "", "blank"),
        provenance=Provenance(backend="auto", seed=1, evidence={"status": "partial", "working_hw": [360, 640]}),
    )


@pytest.mark.parametrize("way", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_trajectory_comes_back_whole_and_frozen(way):
    one = made()
    two = way(one)
    np.testing.assert_array_equal(two.world_from_cam, one.world_from_cam)
    np.testing.assert_array_equal(two.time_s, one.time_s)
    assert two.reason == one.reason
    assert vars(two.provenance) == vars(one.provenance)
    assert two is not one
    with pytest.raises(ValueError, match="read-only"):
        two.world_from_cam[0, 0, 3] = 1.0
    with pytest.raises(TypeError):
        two.provenance.evidence["status"] = "ok"


def test_an_estimate_comes_back_with_its_shots():
    one = of_trajectory(made(), Origin(source="clip.mp4", backend="auto", config={"seed": 1}))
    two = pickle.loads(pickle.dumps(one))
    assert two.to_json() == one.to_json()
    with pytest.raises(TypeError):
        two.config["seed"] = 2


def test_what_was_tampered_with_is_refused_at_the_door():
    kind, (cls, held, views) = made().__reduce__()
    with pytest.raises(CinetrajError, match="time_s must increase"):
        kind(cls, {**held, "time_s": np.zeros(3)}, views)


@pytest.mark.parametrize("way", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_description_comes_back_with_its_certainty(way):
    sure = {"rotation": 0.9, "translation": 0.4}
    one = describe(made().replace(provenance=Provenance(backend="auto", evidence={"probability": sure})))
    two = way(one)
    assert two.to_json() == one.to_json()
    assert two.certainty == one.certainty
    assert dict(two.certainty.probability) == sure
    with pytest.raises(TypeError):
        two.certainty.sure["rotation"] = False
