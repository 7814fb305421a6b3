"""The gate before any division by a length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, path, smooth

from compare.motion_state import translation_state, von_neumann_ratio

seeds = st.integers(0, 2**32 - 1)
ZERO = np.zeros((49, 3))


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_a_smooth_move_translates_in_any_world(seed: int) -> None:
    assert translation_state(smooth(seed)).translates
    assert translation_state(elsewhere(smooth(seed), seed)).translates


@given(seeds, st.sampled_from([1e-6, 1e-4, 1.0]), st.sampled_from([8, 16, 49, 200]))
@settings(max_examples=60, deadline=None)
def test_pure_noise_of_any_size_does_not(seed: int, size: float, n: int) -> None:
    random = np.random.default_rng(seed % 50)  # 50 draws: a law in probability, held fixed
    noise = path(size * random.normal(size=(n, 3)), np.zeros((n, 3)))
    assert not translation_state(noise).translates
    assert "noise" in translation_state(noise).because


def test_a_move_under_noise_is_a_move() -> None:
    random = np.random.default_rng(0)
    u = np.linspace(0, 1, 49)[:, None]
    assert translation_state(path(u * [1, 0, 0] + 0.05 * random.normal(size=(49, 3)), ZERO)).translates


@pytest.mark.parametrize(
    ("fields", "size", "translates", "words"),
    [
        ({"scene_depth": np.full(49, 2.0)}, 0.002, False, "of the scene's depth"),
        ({"scene_depth": np.full(49, 2.0)}, 0.2, True, "of the scene's depth"),
        ({"scale": "metric"}, 0.001, False, "mm"),
        ({"scale": "metric"}, 0.1, True, "spread"),
        ({"scale": "bounded", "translation_bound": 0.01}, 1.0, False, "saw no translation"),
        ({}, 0.0, False, "all equal"),
    ],
)
def test_the_evidence_by_kind(fields: dict, size: float, translates: bool, words: str) -> None:
    u = np.linspace(0, 1, 49)[:, None]
    state = translation_state(path(size * u * [1, 0, 0], ZERO, **fields))
    assert state.translates == translates
    assert words in state.because


def test_far_from_the_origin_equal_positions_stay_equal() -> None:
    assert not translation_state(path(ZERO + 1e6, ZERO)).translates
    assert not translation_state(smooth(1).replace(valid=np.zeros(40, dtype=bool))).translates


def test_von_neumann_by_hand() -> None:
    zigzag = np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert von_neumann_ratio(zigzag) == pytest.approx(4.0)
    assert von_neumann_ratio(np.ones((5, 3))) == 0.0
