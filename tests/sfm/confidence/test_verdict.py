"""What is told of the best answer: status, reason, and what makes less sure."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from test_confidence_posterior import TRUCK, TURN, judged

from sfm.confidence.posterior import SURE
from sfm.confidence.verdict import OPPOSED, doubted, told, verdict
from sfm.types import FramePoses, Solved

N = 12
KEYFRAMES = np.arange(len(TRUCK.focal_px))

EVERY = np.arange(N) / 25.0


def truck(jump_depths: float) -> Solved:
    """A camera that moves evenly to the side, and jumps in the middle."""
    along = np.arange(N) * 0.04 + jump_depths * (np.arange(N) >= 6)
    poses = FramePoses(
        rotation=np.tile(np.eye(3), (N, 1, 1)),
        translation=np.stack([-along, np.zeros(N), np.zeros(N)], 1),
        focal_px=np.full(N, 500.0),
        depth=np.ones(N),
        valid=np.ones(N, bool),
        reason=("",) * N,
    )
    return Solved(status="ok", reason="", poses=poses, motion_model="full")


def test_a_path_that_jumps_is_doubted_and_the_reason_says_where():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    assert verdict(*doubted(truck(0.0), sure, EVERY))[0] == "ok"
    solved, less = doubted(truck(1.4), sure, EVERY)
    assert less.quantity["translation"] < SURE < less.quantity["rotation"]
    status, reason = verdict(solved, less)
    assert status == "unreliable"
    assert "jumps by 1.44 scene depths before frame 6" in reason
    assert "(probability of being right: rotation 0." in reason


def test_a_turn_that_hangs_on_its_lens_asks_for_it_unless_it_was_given():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    poses = truck(0.0).poses
    assert poses is not None
    wide = replace(poses, covariance=np.tile(0.1**2 * np.eye(6), (N, 1, 1)))
    for sigma, said in ((0.2, "tell it with --focal"), (0.0, "known to 9.9 degrees only, the focal length given")):
        partial = replace(truck(0.0), poses=replace(wide, focal_sigma_log=sigma), status="unreliable", reason="cut off")
        solved, _ = doubted(partial, sure, EVERY)
        assert said in solved.reason
        assert solved.reason.endswith("; cut off")


def test_a_way_before_ground_that_rests_is_doubted_and_one_against_its_zoom():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    resting = replace(sure.seen["tracks"], far_below=np.array([0.0, 0.4]))
    solved, less = doubted(truck(0.0), replace(sure, seen={"tracks": resting}), EVERY)
    assert less.quantity["translation"] < SURE < less.quantity["zoom"]
    assert "--mask" in verdict(solved, less)[1]
    solved, less = doubted(truck(0.0), replace(sure, turned=True), EVERY)
    assert less.quantity["zoom"] == less.quantity["translation"] == pytest.approx(OPPOSED * 0.95)
    assert less.quantity["rotation"] == pytest.approx(0.95)
    assert "zooms against its way" in solved.reason


def test_a_turn_over_what_rests_in_the_picture_is_doubted():
    sure = judged(TURN, {"rotation": TURN, "full": TRUCK}, chosen="rotation")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    for share, status in ((0.01, "ok"), (0.1, "unreliable")):
        resting = replace(sure.seen["tracks"], rests=np.array([share, 0.0]))
        found, reason = verdict(*doubted(truck(0.0), replace(sure, seen={"tracks": resting}), EVERY))
        assert found == status
        assert ("a part of the picture rests while the view moves" in reason) == (status == "unreliable")


def test_a_way_past_one_plane_before_what_rests_is_doubted():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    sliding = replace(sure.seen["tracks"], between=np.array([1.0, 0.05]))
    solved, less = doubted(truck(0.0), replace(sure, seen={"tracks": sliding}), EVERY)
    assert less.quantity["translation"] == pytest.approx(0.3 * 0.95)
    assert "slide by before a camera that rests" in verdict(solved, less)[1]
    flow = replace(sure.seen["tracks"], between=np.array([1.0, 0.4]))  # the flow sees what lies between
    assert doubted(truck(0.0), replace(sure, seen={"tracks": sliding, "flow": flow}), EVERY)[0].status == "ok"


def test_what_moves_as_one_flat_picture_is_a_doubtful_way_unless_the_lens_is_given():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    seen = sure.seen["tracks"]
    share = float(seen.share[sure.best])
    flat = {"tracks": replace(seen, as_picture=share - 0.03)}
    solved, less = doubted(truck(0.0), replace(sure, seen=flat), EVERY)
    assert less.quantity["translation"] == less.quantity["zoom"] == pytest.approx(0.3 * 0.95)
    assert "one flat picture" in verdict(solved, less)[1]
    known = replace(truck(0.0), poses=replace(truck(0.0).poses, focal_sigma_log=0.0))
    assert doubted(known, replace(sure, seen=flat), EVERY)[0].status == "ok"
    relief = {"tracks": replace(seen, as_picture=share - 0.3)}
    assert doubted(truck(0.0), replace(sure, seen=relief), EVERY)[0].status == "ok"
    assert doubted(truck(0.0), replace(sure, seen=flat | {"flow": relief["tracks"]}), EVERY)[0].status == "ok"


def test_a_turn_in_one_frame_is_a_cut():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    poses = truck(0.0).poses
    assert poses is not None
    angle = np.radians(8.0) * (np.arange(N) >= 6)
    cut = replace(poses, rotation=Rotation.from_rotvec(np.outer(angle, (0, 1, 0))).as_matrix())
    found = told(replace(truck(0.0), poses=cut), sure, EVERY, KEYFRAMES)
    assert found.status == "unreliable"
    assert "the view turns by 8.0 degrees in one frame, before frame 6" in found.reason
    assert found.statistics["jump_cuts"] == [6]
    assert "jump_cuts" not in told(truck(0.0), sure, EVERY, KEYFRAMES).statistics


def test_a_zoom_in_one_frame_is_a_cut():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    poses = truck(0.0).poses
    assert poses is not None
    closer = replace(poses, focal_px=500.0 * 1.3 ** (np.arange(N) >= 6))
    found = told(replace(truck(0.0), poses=closer), sure, EVERY, KEYFRAMES)
    assert found.status == "unreliable"
    assert "all grows 1.30 times in one frame, before frame 6" in found.reason
    assert found.statistics["jump_cuts"] == [6]


@pytest.mark.parametrize(
    ("bound", "status"), [(0.02, "ok"), (0.052, "ok"), (0.08, "unreliable"), (np.inf, "unreliable")]
)
def test_rest_that_could_hide_a_way_is_not_sure(bound: float, status: str):
    sure = judged(TURN, {"rotation": TURN, "full": TRUCK}, chosen="rotation")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    poses = truck(0.0).poses
    assert poses is not None
    still = replace(poses, translation=np.zeros((N, 3)), translates=False, translation_bound=bound)
    found, reason = verdict(*doubted(replace(truck(0.0), poses=still, motion_model="rotation"), sure, EVERY))
    assert found == status
    assert ("would leave no trace" in reason) is (status == "unreliable")


def test_deviations_say_more_than_the_residuals_of_one_model():
    """Five times those of the fit, 3 % of the focal length at least, and what other answers say of that."""
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    poses = truck(0.0).poses
    assert poses is not None
    known = replace(poses, covariance=np.tile(1e-8 * np.eye(6), (N, 1, 1)), focal_sigma_log=0.01)
    found = told(replace(truck(0.0), poses=known, statistics={"scene": 1.0}), sure, EVERY, KEYFRAMES)
    assert found.poses is not None
    assert found.poses.focal_sigma_log == found.statistics["focal_sigma_log"] == pytest.approx(0.05)
    np.testing.assert_allclose(found.poses.covariance[0], 25e-8 * np.eye(6))
    assert found.statistics["scene"] == 1.0
    little = told(replace(truck(0.0), poses=replace(known, focal_sigma_log=0.001)), sure, EVERY, KEYFRAMES)
    assert little.statistics["focal_sigma_log"] == pytest.approx(0.03)


def test_what_is_told_carries_its_probabilities_and_its_rivals():
    """As improbable as it is, whatever the estimator thought of itself."""
    truth = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="rotation")
    turned = replace(truck(0.0), motion_model="rotation", statistics={"confidence": 1.0})
    found = told(turned, replace(truth, best=0), EVERY, KEYFRAMES)
    assert found.statistics["own_confidence"] == 1.0
    assert found.statistics["confidence"] == found.evidence["confidence"] == round(truth.quantity["all"], 4)
    assert [each.motion_model for each in found.alternatives] == ["full"]
    assert set(found.statistics["sure"]) == {"rotation", "translation", "zoom"}


def test_rivals_are_seen_through_the_lens_that_was_told():
    truth = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="rotation")
    bent = [replace(each, cameras=replace(each.cameras, undistortion=0.11)) for each in truth.answers]
    solved = truck(0.0)
    assert solved.poses is not None
    through = replace(solved, poses=replace(solved.poses, radial=-0.09))
    found = told(through, replace(truth, best=0, answers=tuple(bent)), EVERY, KEYFRAMES)
    assert [each.poses.radial for each in found.alternatives] == [pytest.approx(-0.09)]
    plain = told(solved, replace(truth, best=0), EVERY, KEYFRAMES)
    assert [each.poses.radial for each in plain.alternatives] == [0.0]
