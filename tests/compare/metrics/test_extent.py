"""MotionRatio and its limits."""

from compare import metrics


def test_motion_ratio_and_its_limits() -> None:
    assert metrics.motion_ratio(2.0, 3.0).value == 1.5
    assert metrics.motion_ratio(0.0, 3.0).undefined == "the reference does not translate"
