# pyright: basic
# (matplotlib has no types)
"""A matrix as a picture."""

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from trajectory.figure_files import write

MOST_LABELS = 100
"""Names of more clips cannot be read."""


def heat_map(values: Float[np.ndarray, "n n"], names: Sequence[str], label: str, title: str) -> bytes:
    """A PNG of the matrix, dark where values are large; the reference is the row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(names)
    side = float(np.clip(2.5 + 0.22 * count, 4.0, 24.0))
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    figure.colorbar(axes.imshow(values, cmap="viridis_r"), ax=axes, label=label)
    if count <= MOST_LABELS:
        size = float(np.clip(400 / count, 3, 9))
        shown = [_short(name) for name in names]
        axes.set_xticks(range(count), shown, rotation=90, fontsize=size)
        axes.set_yticks(range(count), shown, fontsize=size)
    axes.set_xlabel("generated")
    axes.set_ylabel("reference")
    axes.set_title(title)
    data = io.BytesIO()
    write(figure, data, "png")
    return data.getvalue()


def _short(name: str) -> str:
    shown = name if len(name) <= 24 else f"{name[:12]}…{name[-11:]}"
    return shown.replace("$", r"\$")  # a pair of them would be mathematics
