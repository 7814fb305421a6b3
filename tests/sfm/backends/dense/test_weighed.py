"""What the dense backend tells of what its flow pays for: the probability of it, and what it hangs on."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from weighed_paths import answer, cameras, seen

from sfm.backends.dense.weighed import hanging, solved_by, weighed
from sfm.confidence.evidence import ByFlow
from sfm.confidence.posterior import Judged
from sfm.geometry.problem import FocalPrior
from sfm.types import FramePoses, Solved

PRIOR = FocalPrior(focal_px=544.0, sigma=0.35)
TRUCK, TURN = cameras((0.3, 0.0, 0.0)), cameras(pan_deg=6.0)


def flow(chosen: str, *, inside_out: bool = False, again: Solved | None = None) -> ByFlow:
    """A flow that saw a truck and chose one of two models, sure of it."""
    paths = {"rotation": TURN, "full": TRUCK}
    answers = [answer(name, path, "flow", chosen=name == chosen, sure=1.0) for name, path in paths.items()]
    votes = {"occlusion": {"turned_inside_out": True, "balance": 0.9}} if inside_out else {}
    solved = Solved(status="ok", reason="", motion_model=chosen, statistics=votes)

    def placed(_model: str, spent: dict[str, float]) -> Solved:
        spent["depth"] = 2.0
        assert again is not None
        return again

    return ByFlow(
        keyframes=np.arange(len(TRUCK.focal_px)),
        answers=tuple(answers),
        sightings=seen(TRUCK, noise_px=0.2),
        solved=solved,
        again=placed,
    )


def said(chosen: str, *, inside_out: bool = False) -> Judged:
    return weighed(flow(chosen, inside_out=inside_out), PRIOR)


def test_frames_are_placed_again_where_another_model_is_told_than_the_flow_chose():
    poses = FramePoses(
        rotation=np.tile(np.eye(3), (2, 1, 1)),
        translation=np.zeros((2, 3)),
        focal_px=np.full(2, 544.0),
        depth=np.ones(2),
        valid=np.ones(2, bool),
        reason=("", ""),
    )
    seconds: dict[str, float] = {}
    own = flow("full")
    assert solved_by(weighed(own, PRIOR), own, seconds) is own.solved
    assert seconds == {}
    other = flow("rotation", again=Solved(status="ok", reason="", motion_model="full", poses=poses))
    assert solved_by(weighed(other, PRIOR), other, seconds).motion_model == "full"
    assert seconds == {"again": 2.0}
    none = flow("rotation", again=Solved(status="failed", reason="nothing agrees"))
    assert solved_by(weighed(none, PRIOR), none, {}) is none.solved


def test_what_explains_what_was_seen_is_told_whatever_the_flow_chose_and_is_probable():
    right, wrong = said("full"), said("rotation")
    assert (right.answer.model.name, wrong.answer.model.name) == ("full", "full")
    assert right.answer.chosen[0]
    assert not wrong.answer.chosen[0]
    assert right.quantity["all"] > 0.8
    assert right.quantity["all"] > wrong.quantity["all"]


def test_what_was_turned_inside_out_by_what_covers_what_is_known():
    assert said("full", inside_out=True).turned
    assert not said("full").turned


@pytest.mark.parametrize(
    ("factor", "pan_deg", "way", "words"),
    [
        (0.225, 6.0, 0.0, "so short"),
        (4.45, 6.0, 0.0, "so long"),
        (4.45, 0.0, 0.1, "so long"),
        (0.225, 0.0, 0.0, ""),
        (0.5, 6.0, 0.0, ""),
    ],
)
def test_a_focal_length_beyond_which_none_is_looked_at_is_doubted_where_the_motion_hangs_on_it(
    factor, pan_deg, way, words
):
    """A turn or a way before such a lens is mostly another motion; a zoom or a roll is itself before any lens."""
    turn = Rotation.from_euler("yz", [[0, 0], [pan_deg, 20]], degrees=True).as_matrix()
    poses = FramePoses(
        rotation=turn,
        translation=np.array([[0, 0, 0], [way, 0, 0]]),
        focal_px=np.array([544.0, 600.0]) * factor,
        depth=np.ones(2),
        valid=np.ones(2, bool),
        reason=("", ""),
        translates=way > 0,
        translation_bound=None if way else 0.01,
    )
    told = hanging(Solved(status="ok", reason="", poses=poses), FocalPrior(focal_px=544.0, sigma=0.35))
    assert (told.status == "unreliable") == bool(words)
    assert words in told.reason
    given = hanging(Solved(status="ok", reason="", poses=poses), FocalPrior(focal_px=544.0, sigma=0.0))
    assert given.status == "ok"
