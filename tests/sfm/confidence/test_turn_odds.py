"""How probable a turn is whose deviation is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm.confidence.turn_odds import LEVEL, POWER, turn_odds
from sfm.types import FramePoses


def turning(turn_deg: float, covariance: np.ndarray | None) -> FramePoses:
    """Three frames, the second of which has no pose and holds anything."""
    turn = Rotation.from_rotvec(np.radians([0.0, turn_deg, 0.0])).as_matrix()
    return FramePoses(
        rotation=np.stack([np.eye(3), np.full((3, 3), np.nan), turn.T]),
        translation=np.zeros((3, 3)),
        focal_px=np.full(3, 500.0),
        depth=np.full(3, 7.0),
        valid=np.array([True, False, True]),
        reason=("", "lost", ""),
        covariance=covariance,
    )


def test_a_turn_that_may_be_far_off_is_less_probably_right() -> None:
    """10 degrees are right within 1.5: by a deviation that hardly matters, by as much, and by four times that much."""

    def by(times: float, turn_deg: float = 10.0) -> float:
        deviation = times * np.radians(1.5)
        wide = np.tile(np.eye(6) * deviation**2 / 3, (3, 1, 1))
        return turn_odds(turning(turn_deg, wide))

    assert by(0.01) == by(0.05) == pytest.approx((LEVEL / 20) ** -POWER)
    assert by(1.0) == pytest.approx(LEVEL**-POWER)
    assert by(4.0) == pytest.approx((4 * LEVEL) ** -POWER)
    assert by(4.0, turn_deg=40.0) == pytest.approx(by(1.0))  # 15 per cent of it are right
    assert turn_odds(turning(10.0, None)) == 1.0
