"""Colours that all can tell apart."""

import numpy as np
import pytest

from trajectory.colors import AGAINST, ALONG, PALETTE


def seen_by(rgb: np.ndarray, kind: str) -> np.ndarray:
    """Linear RGB as seen without one kind of cones (Viénot, Brettel and Mollon 1999)."""
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    lost = {
        "protanope": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
        "deuteranope": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
    }[kind]
    return rgb @ to_lms.T @ lost.T @ np.linalg.inv(to_lms).T


@pytest.mark.parametrize("kind", ["protanope", "deuteranope"])
def test_no_two_colours_of_a_plot_look_alike_to_the_colour_blind(kind: str) -> None:
    from matplotlib.colors import to_rgb

    def least(colours: tuple[str, ...]) -> float:
        seen = seen_by(np.array([to_rgb(colour) for colour in colours]) ** 2.2, kind)
        gap = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        return float(gap[~np.eye(len(colours), dtype=bool)].min())

    assert least(PALETTE) > 0.1
    assert least((ALONG, AGAINST)) > 0.1
    usual = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b")
    assert least(usual) < 0.1  # matplotlib's own six
