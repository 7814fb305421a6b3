"""Draws of a pair: what they hold agrees with what a metric would compute from each of them."""

import numpy as np
import pytest
from estimates import estimate
from paths import path, smooth

from compare import protocols
from compare.draws import drawn
from compare.laid import lay_out
from compare.metrics import METRICS
from compare.pair_scores import metric_of

N = 40
RANDOM = np.random.default_rng(4)
PAIR = tuple(
    estimate(
        smooth(k, N, scene_depth=np.full(N, 3.0), image_hw=(360, 640)).replace(
            intrinsics_px=np.array(
                [np.diag([500.0 * zoom, 500.0 * zoom, 1.0]) for zoom in np.linspace(1, 1 + k / 4, N)]
            )
        ),
        0.03,
        RANDOM,
    ).replace(focal_sigma_px=np.full(N, 20.0))
    for k in (1, 2)
)
LAID = lay_out(PAIR[0], PAIR[1], protocols.get("strict"))


def test_shapes_and_seeds() -> None:
    draws = drawn(LAID, 8, seed=0)
    assert draws.angle.shape == (100, 8)
    assert draws.reference.shape == draws.generated.shape == (100, 3, 8)
    assert draws.zoom is not None
    np.testing.assert_array_equal(drawn(LAID, 8, seed=0).angle, draws.angle)
    assert not np.allclose(drawn(LAID, 8, seed=1).angle[50], draws.angle[50])


def test_the_paths_are_on_the_scale_of_the_protocol() -> None:
    draws = drawn(LAID, 8, seed=0)
    reach = np.linalg.norm(draws.reference, axis=1).max(0)
    np.testing.assert_allclose(reach, 1.0, rtol=1e-6)  # single precision
    assert not draws.reference[0].any()


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.over_draws is not None])
def test_all_at_once_is_what_one_after_the_other_is(name: str) -> None:
    metric = metric_of(name)
    draws = drawn(LAID, 6, seed=0)
    assert metric.over_draws is not None
    found = metric.over_draws(draws)
    for number in range(6):
        if name in ("ZoomErr", "DirErr"):
            continue  # focal lengths are not part of a single draw; directions are shrunk by themselves
        one = metric.compute(draws.one(number)) if metric.compute is not None else None
        assert one is not None
        mine = found[..., number]
        if mine.ndim == 0:
            assert float(mine) == pytest.approx(one.value, rel=1e-6)
        else:
            assert one.per_frame is not None
            np.testing.assert_allclose(mine, one.per_frame, rtol=1e-6, atol=1e-6)


def test_a_pair_without_a_spread_is_one_draw_that_counts_for_all() -> None:
    draws = drawn(lay_out(smooth(1, N), smooth(2, N), protocols.get("strict")), 64, seed=0)
    assert draws.angle.shape == (100, 1)
    assert draws.weight == 64


def test_a_camera_that_stands_still_has_no_error_of_position() -> None:
    still = path(np.zeros((N, 3)), np.zeros((N, 3)), scale="bounded", translation_bound=0.01)
    held = still.replace(pose_covariance=np.tile(1e-4 * np.eye(6), (N, 1, 1)))
    draws = drawn(lay_out(held, held, protocols.get("strict")), 8, seed=0)
    assert not draws.reference.any()
    assert not draws.generated.any()
