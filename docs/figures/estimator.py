"""Draws estimator.svg beside this file: the steps of the default estimator, and what its models leave of two clips.

    python docs/figures/estimator.py

A slow push-in and a slow zoom of the same room are rendered and estimated by the real code (half a minute); the bars
are the medians that run.json keeps as `median_rms_px`. Run it again when a step or a threshold of the selection
changes.
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from sfm.config import AutoConfig
from sfm.masks.find import find
from sfm.motion.estimator import Solved, solve
from sfm.synthetic import ClipSpec, render
from sfm.types import MOTION_MODELS, Frames

STEPS = (
    ("tracks", "sfm.tracking.track"),
    ("keyframes, spread tracks", "sfm.motion.keyframes"),
    ("starts", "sfm.motion.initialization, .heading_search"),
    ("static, rotation, rotation + zoom", "sfm.motion.rotation_models"),
    ("full motion, full motion + zoom", "sfm.motion.translation_models, .incremental"),
    ("model selection", "sfm.motion.selection"),
    ("interpolation, resectioning", "sfm.motion.all_frames"),
    ("joint bundle adjustment", "sfm.geometry.bundle_adjustment"),
    ("verdict of frames and shot", "sfm.motion.estimator"),
)
SELECTS = "model selection"
CLIPS = {"push-in: 3 % of the depth": {"dolly": 0.03}, "zoom: focal length × 1.06": {"zoom": 1.06}}
COLOURS = ("#1f5a8a", "#c9822b")
INK, PAPER = "#222222", "#f2f0ea"


def solved_clip(move: dict[str, float]) -> Solved:
    """One rendered clip of 24 frames, estimated from its pixels."""
    hw = (180, 320)
    clip = render(ClipSpec(scene="room", move=move, frames=24, image_hw=hw, focal_px=275.0, noise=2.0))
    time_s = np.asarray(clip.trajectory.time_s)
    frames = Frames(rgb=clip.rgb, time_s=time_s, index=np.arange(len(clip.rgb)), source_hw=hw, source="rendered")
    return solve(frames, find(frames), AutoConfig())


def draw_steps(axes: Axes) -> None:
    """The steps as boxes from top to bottom, each with its module."""
    axes.set_xlim(0, 1)
    axes.set_ylim(len(STEPS) - 0.4, -0.6)
    axes.axis("off")
    for row, (step, module) in enumerate(STEPS):
        box: dict[str, Any] = {"boxstyle": "round,pad=0.02,rounding_size=0.03", "lw": 0.9, "ec": INK}
        face = "#dbe7f1" if step == SELECTS else PAPER
        axes.add_patch(FancyBboxPatch((0.03, row - 0.3), 0.94, 0.6, facecolor=face, **box))
        axes.text(0.5, row - 0.1, step, ha="center", va="center", fontsize=9.5, color=INK)
        axes.text(0.5, row + 0.16, module, ha="center", va="center", fontsize=7.5, color="#555555", family="monospace")
        if row:
            arrow = {"arrowstyle": "-|>", "lw": 0.9, "color": INK}
            axes.annotate("", xy=(0.5, row - 0.31), xytext=(0.5, row - 0.69), arrowprops=arrow)


def draw_residuals(axes: Axes, found: dict[str, Solved], tolerance: float) -> None:
    """Median residual of the tracks under each model, a bar a clip; the selected model has its name in bold."""
    names = [model.name for model in MOTION_MODELS]
    height = 0.8 / len(found)
    for number, (clip, solved) in enumerate(found.items()):
        values = [solved.statistics["median_rms_px"][name] for name in names]
        place = np.arange(len(names)) + (number - (len(found) - 1) / 2) * height
        axes.barh(place, values, 0.9 * height, color=COLOURS[number], label=clip)
        for name, value, y in zip(names, values, place, strict=True):
            selected = name == solved.motion_model
            text, weight = (f"{value:.3f}  selected", "bold") if selected else (f"{value:.3f}", "normal")
            axes.text(value * 1.08, y, text, va="center", fontsize=8, weight=weight, color=INK)
    limit = tolerance * max(solved.statistics["noise_px"] for solved in found.values())
    axes.axvline(limit, color=INK, lw=1, ls=(0, (4, 3)))
    axes.text(limit * 1.05, -0.62, f"agrees below {limit:.2f} px", fontsize=8, va="center", color=INK)
    axes.set_xscale("log")
    axes.set_xlim(0.02, 9)
    axes.set_xticks([0.03, 0.1, 0.3, 1, 3], ["0.03", "0.1", "0.3", "1", "3"])
    axes.minorticks_off()
    axes.set_ylim(len(names) - 0.4, -0.85)
    axes.set_yticks(range(len(names)), names, family="monospace", fontsize=9)
    axes.set_xlabel("median residual of the tracks, pixels of a 320-pixel frame", fontsize=9)
    axes.tick_params(labelsize=9, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", fontsize=8, frameon=False)


def draw(found: dict[str, Solved]) -> Figure:
    """Both panels."""
    figure = Figure(figsize=(10.5, 5.6), facecolor="white")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(0.8, 1.0))
    draw_steps(left)
    draw_residuals(right, found, AutoConfig().selection.tolerance)
    left.set_title("The steps", fontsize=11, color=INK)
    right.set_title("A slow push-in and a slow zoom under the five models", fontsize=11, color=INK)
    figure.subplots_adjust(left=0.01, right=0.985, top=0.93, bottom=0.1, wspace=0.27)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".svg"), help="a .svg or a .png")
    arguments = parser.parse_args()
    figure = draw({name: solved_clip(move) for name, move in CLIPS.items()})
    with mpl.rc_context({"svg.hashsalt": "cinetraj"}):  # equal content gives equal files
        metadata = {"Date": None} if arguments.out.suffix == ".svg" else None
        figure.savefig(arguments.out, dpi=110, metadata=metadata)


if __name__ == "__main__":
    main()
