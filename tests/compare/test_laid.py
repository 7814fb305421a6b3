"""Two trajectories laid on each other: what each was divided by."""

import numpy as np
import pytest
from paths import smooth

from compare import protocols
from compare.laid import NotDelivered, lay_out
from trajectory.errors import CinetrajError

A, B = (smooth(k, scene_depth=np.full(40, 2.0 * k)) for k in (1, 2))


@pytest.mark.parametrize("scale", ["own_extent", "reference_extent", "common_extent", "path_length", "l21", "none"])
def test_the_divisors_say_how_the_positions_came_to_be(scale: str) -> None:
    protocol = protocols.Protocol(name="mine", scale=scale)
    laid = lay_out(A, B, protocol)
    for poses, own, divisor in zip(
        (laid.comparison.reference, laid.comparison.generated), (A, B), laid.divisors, strict=True
    ):
        moved = np.linalg.norm(own.positions - own.positions[0], axis=1)[-1]
        assert np.linalg.norm(poses[-1, :3, 3]) == pytest.approx(moved / divisor)


def test_a_clip_that_is_held_still_beside_one_that_travels_says_why() -> None:
    random = np.random.default_rng(0)
    noise = smooth(1).world_from_cam.copy()
    noise[:, :3, 3] = random.normal(size=(40, 3))
    rests = smooth(1).replace(world_from_cam=noise)
    for pair, who in (((A, rests), "generated clip"), ((rests, A), "reference")):
        (note,) = lay_out(*pair, protocols.get("strict")).notes
        assert note.startswith(f"the {who} does not translate and is held still: its positions are noise")
    assert lay_out(rests, rests, protocols.get("strict")).notes == ()
    assert lay_out(A, rests, protocols.get("cami2v-rel")).notes == ()


def test_nothing_delivered_is_told_from_nothing_known() -> None:
    half = np.arange(40) < 20
    protocol = protocols.Protocol(name="mine", time="index", span="reference")
    with pytest.raises(NotDelivered):
        lay_out(A.replace(valid=half), B.replace(valid=~half), protocol)
    with pytest.raises(CinetrajError) as caught:
        lay_out(A.replace(valid=np.zeros(40, bool)), B, protocol)
    assert not isinstance(caught.value, NotDelivered)


def test_a_reference_of_one_pose_shows_no_motion() -> None:
    many = smooth(2)
    valid = np.zeros(len(many), bool)
    valid[0] = True
    poses = np.where(valid[:, None, None], many.world_from_cam, np.nan)
    with pytest.raises(CinetrajError, match="one pose only") as caught:
        lay_out(many.replace(valid=valid, world_from_cam=poses), many, protocols.Protocol(name="mine"))
    assert not isinstance(caught.value, NotDelivered)
