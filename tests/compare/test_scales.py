"""By what the positions of pairs are divided, many of them together."""

from dataclasses import replace

import numpy as np
import pytest
from paths import path, smooth

from compare import protocols
from compare.depth_scales import DepthScale
from compare.laid import Two, lay_out_each
from compare.protocols import Scale
from compare.scoring import score
from trajectory.depth_deviation import depth_deviation
from trajectory.model import Provenance, Trajectory

STRICT = protocols.get("strict")
STILL = path(np.zeros((40, 3)), np.zeros((40, 3)), scale="metric")
A, B = (smooth(k, scale="metric") for k in (1, 2))
U = np.linspace(0, 1, 40)[:, None]
FORTH, BACK = (path(u * [0, 0, 1.0], 0 * U * [1, 1, 1]) for u in (U, -U))


def divisors(pairs: list[tuple[Trajectory, Trajectory]], scale: Scale) -> list[tuple[float, float]]:
    laid = lay_out_each([Two(reference=a, generated=b) for a, b in pairs], replace(STRICT, scale=scale))
    return [one.divisors for one in laid if not isinstance(one, Exception)]


@pytest.mark.parametrize("scale", ["own_extent", "reference_extent", "common_extent", "path_length", "l21"])
def test_each_pair_has_its_own(scale: Scale) -> None:
    pairs = [(A, B), (B, A), (A, STILL), (STILL, STILL)]
    together = divisors(pairs, scale)
    assert len(together) == len(pairs)
    assert together == [pytest.approx(divisors([pair], scale)[0], rel=1e-12) for pair in pairs]


def test_what_has_no_size_is_not_divided() -> None:
    (laid,) = lay_out_each([Two(reference=A, generated=STILL)], STRICT)
    assert not isinstance(laid, Exception)
    places = laid.comparison.pair.reference[:, :3, 3]
    assert laid.divisors == (pytest.approx(np.linalg.norm(places - places[0], axis=1).max()), 1.0)


def test_a_path_the_other_way_is_scaled_to_nothing_by_least_squares() -> None:
    (laid,) = lay_out_each([Two(reference=FORTH, generated=BACK)], replace(STRICT, scale="least_squares"))
    assert not isinstance(laid, Exception)
    assert not laid.comparison.generated[:, :3, 3].any()
    assert laid.divisors == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_reference_that_stands_still_is_no_unit() -> None:
    pairs = [Two(reference=STILL, generated=b) for b in (A, STILL)]
    moving, still = lay_out_each(pairs, replace(STRICT, scale="reference_extent"))
    assert not isinstance(moving, Exception)
    assert not isinstance(still, Exception)
    assert "no unit" in moving.comparison.no_unit
    assert still.comparison.no_unit == ""


def test_the_remedy_that_is_named_works() -> None:
    pair = ({"x": smooth(1)}, {"x": smooth(2)})
    depths = {"x": DepthScale(reference=2.0, generated=1.0)}
    undefined = score(*pair).clips["x"].scores["MotionRatio"].undefined
    assert "--depth-scales" in undefined
    assert "--scale relative" not in undefined  # MotionRatio needs the common unit whatever paths are divided by
    assert score(*pair, depth_scales=depths).clips["x"].scores["MotionRatio"].value is not None
    undefined = score(*pair, protocol="cami2v-abs").clips["x"].scores["TransErr"].undefined
    assert undefined.endswith("with --depth-scales, or use --scale relative")
    assert score(*pair, protocol="cami2v-abs", scale="relative").clips["x"].scores["TransErr"].value is not None
    assert score(*pair, protocol="cami2v-abs", depth_scales=depths).clips["x"].scores["TransErr"].value is not None


def test_depth_scales_of_other_clips_are_warned_of() -> None:
    depths = {"y": DepthScale(reference=2.0, generated=1.0)}
    (warning,) = score({"x": smooth(1)}, {"x": smooth(2)}, depth_scales=depths).warnings
    assert warning == "depth scales are given for y, expected names of clips that are compared: x"
    three = {name: smooth(1) for name in ("a", "b", "Third")}
    given = dict.fromkeys(("a", "b", "third"), depths["y"])  # one of them is mistyped, and was undefined without a word
    (warning,) = score(three, three, depth_scales=given).warnings
    assert warning == "depth scales are given for third, expected names of clips that are compared: Third"
    assert score(three, three, depth_scales=given | {"Third": depths["y"]}).warnings == ()  # those of a larger set


def told(path: Trajectory, quantiles: object, **changes: object) -> Trajectory:
    return path.replace(provenance=Provenance(evidence={"depth_quantiles": quantiles}), **changes)


@pytest.mark.parametrize(
    ("draws", "scale", "known"), [(0, "arbitrary", True), (64, "metric", True), (64, "arbitrary", False)]
)
def test_the_unit_of_a_pair_is_as_unsure_as_both_scenes(draws: int, scale: str, known: bool) -> None:
    a, b = (told(smooth(k), [1.0, 2.0, 4.0], scale=scale, scene_depth=np.full(40, 2.0)) for k in (1, 2))
    (laid,) = lay_out_each([Two(reference=a, generated=b)], replace(STRICT, draws=draws))
    assert not isinstance(laid, Exception)
    wanted = np.hypot(depth_deviation(a), depth_deviation(b)) if draws and scale == "arbitrary" else 0.0
    assert laid.unit_deviation == pytest.approx(wanted)
