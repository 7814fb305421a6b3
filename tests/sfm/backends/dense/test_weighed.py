"""What the dense backend tells of what its flow pays for: the probability of it, and what it hangs on."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from weighed_paths import answer, cameras, seen

from sfm.backends.dense.weighed import hanging, weighed
from sfm.confidence.evidence import ByFlow
from sfm.confidence.posterior import Judged
from sfm.geometry.problem import FocalPrior
from sfm.types import FramePoses, Solved

PRIOR = FocalPrior(focal_px=544.0, sigma=0.35)
TRUCK, TURN = cameras((0.3, 0.0, 0.0)), cameras(pan_deg=6.0)


def said(chosen: str, *, inside_out: bool = False) -> Judged:
    """What is made of a flow that saw a truck and chose one of two models, sure of it."""
    paths = {"rotation": TURN, "full": TRUCK}
    answers = [answer(name, path, "flow", chosen=name == chosen, sure=1.0) for name, path in paths.items()]
    votes = {"occlusion": {"turned_inside_out": True, "balance": 0.9}} if inside_out else {}
    solved = Solved(status="ok", reason="", motion_model=chosen, statistics=votes)
    flow = ByFlow(
        keyframes=np.arange(len(TRUCK.focal_px)),
        answers=tuple(answers),
        sightings=seen(TRUCK, noise_px=0.2),
        solved=solved,
        structured=lambda _: solved,
        again=lambda *_: solved,
    )
    return weighed(flow, PRIOR)


def test_what_the_flow_chose_is_told_and_probable_only_where_it_explains_what_was_seen():
    right, wrong = said("full"), said("rotation")
    assert (right.answer.model.name, wrong.answer.model.name) == ("full", "rotation")
    assert right.quantity["all"] > 0.8
    assert wrong.quantity["all"] < 0.2
    assert wrong.quantity["translation"] < 0.3


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
