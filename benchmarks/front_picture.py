"""Draws docs/figures/front.webp: a rendered clip, and the path of its camera growing as it is recovered.

    python benchmarks/front_picture.py [--out docs/figures/front.webp] [--frames 72] [--stills FOLDER]

Everything in it is computed: the clip is rendered, estimated by the default backend and described; the thin line is the
true path. Its ground is dark on purpose, so that one file serves pages of both kinds. --stills: single frames too.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import sfm
from sfm import synthetic
from trajectory import Trajectory, describe
from trajectory.description import Description
from trajectory.frames import Sim3, anchor_to_first, transform

ROOT = Path(__file__).resolve().parents[1]
GROUND, PANEL, INK, FAINT = "#14181f", "#1d232d", "#e8ecf2", "#8b95a5"
TRUTH, FOUND, TURN = "#8b95a5", "#f0a63c", "#56b4e9"
SIZE_PX = (880, 372)
HOLD_S = 1.4
LARGEST = 1_000_000


def clip(frames: int) -> synthetic.ClipSpec:
    """An orbit in a street, past someone who walks across."""
    return synthetic.ClipSpec(
        seed=5,
        scene="street",
        move={"orbit_deg": 36.0},
        frames=frames,
        fps=24.0,
        movers=(synthetic.MoverSpec(motion="cross", area=0.07),),
        noise=1.5,
        blur=0.4,
    )


def in_extents(path: Trajectory) -> Trajectory:
    """First camera at the identity, the farthest one at distance 1."""
    anchored = anchor_to_first(path)
    extent = float(np.nanmax(np.linalg.norm(anchored.positions, axis=1)))
    return transform(anchored, Sim3(scale=1 / extent, rotation=np.eye(3), translation=np.zeros(3)))


def draw(film: Any, truth: Trajectory, found: Trajectory, said: Description, at: int) -> Image.Image:
    """The picture at a frame: film, paths from above, moves in time, and at the end the sentence."""
    figure = Figure(figsize=(SIZE_PX[0] / 100, SIZE_PX[1] / 100), dpi=100, facecolor=GROUND)
    canvas = FigureCanvasAgg(figure)
    show = figure.add_axes((0.018, 0.27, 0.535, 0.685))
    show.imshow(film[at], aspect="auto")
    show.set_axis_off()
    from_above(figure.add_axes((0.575, 0.27, 0.407, 0.685)), truth, found, at)
    moves(figure.add_axes((0.125, 0.045, 0.857, 0.185)), said, found.time_s, at)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def from_above(axes: Any, truth: Trajectory, found: Trajectory, at: int) -> None:
    """Both paths seen from above, ahead is up; the estimated one as far as it has come, and its camera."""
    axes.set_facecolor(PANEL)
    x, z = found.positions[:, 0], found.positions[:, 2]
    axes.plot(truth.positions[:, 0], truth.positions[:, 2], color=TRUTH, lw=1.2, dashes=(4, 3), label="truth")
    axes.plot(x[: at + 1], z[: at + 1], color=FOUND, lw=2.6, solid_capstyle="round", label="recovered")
    for k in range(0, at + 1, 12):
        camera(axes, found, k, alpha=0.35)
    camera(axes, found, at, alpha=1.0)
    middle = np.array([(x.min() + x.max()) / 2, (z.min() + z.max()) / 2 + 0.06])
    wide, high = axes.get_position().size * SIZE_PX
    half = max((x.max() - x.min()) / 2 + 0.3, ((z.max() - z.min()) / 2 + 0.3) * wide / high)
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half * high / wide, middle[1] + half * high / wide)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.legend(loc="lower right", frameon=False, fontsize=8.5, labelcolor=INK, handlelength=1.8)
    axes.text(0.03, 0.95, "from above", transform=axes.transAxes, color=FAINT, fontsize=8.5, va="top")


def camera(axes: Any, path: Trajectory, at: int, *, alpha: float) -> None:
    """The camera as a small wedge that opens where it looks."""
    half = np.radians(28.0)
    corners = np.array([[0, 0, 0], [-np.sin(half), 0, np.cos(half)], [np.sin(half), 0, np.cos(half)]]) * 0.2
    corners = corners @ path.rotations[at].T + path.positions[at]
    axes.fill(corners[:, 0], corners[:, 2], facecolor=FOUND, alpha=0.22 * alpha, lw=0)
    loop = corners[[1, 0, 2]]
    axes.plot(loop[:, 0], loop[:, 2], color=FOUND, lw=1.3, alpha=alpha, solid_joinstyle="round")


def moves(axes: Any, said: Description, time_s: np.ndarray, at: int) -> None:
    """A row for each move that is told, filled as far as time has come."""
    axes.set_facecolor(GROUND)
    told = sorted((s for s in said.moves), key=lambda s: -s.margin)[:3]
    now = time_s[at]
    for row, segment in enumerate(told):
        y = len(told) - row
        axes.plot([time_s[0], time_s[-1]], [y, y], color=PANEL, lw=7, solid_capstyle="butt")
        end = min(now, segment.end_s)
        if end > segment.start_s:
            colour = FOUND if segment.primitive.startswith("Move") else TURN
            axes.plot([segment.start_s, end], [y, y], color=colour, lw=7, solid_capstyle="butt")
        name = segment.primitive.replace("_", " ").lower()
        reached = now >= segment.start_s
        axes.text(time_s[0] - 0.03, y, name, color=INK if reached else FAINT, fontsize=9, ha="right", va="center")
    axes.plot([now, now], [0.5, len(told) + 0.5], color=INK, lw=0.9)
    axes.set_xlim(time_s[0], time_s[-1])
    axes.set_ylim(-0.55, len(told) + 0.6)
    axes.text(time_s[0], -0.05, said.sentence, color=INK, fontsize=9, va="center")
    axes.set_axis_off()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures" / "front.webp")
    parser.add_argument("--frames", type=int, default=84)
    parser.add_argument("--stills", type=Path)
    given = parser.parse_args()
    spec = clip(given.frames)
    rendered = synthetic.render(spec)
    video = given.out.with_suffix(".mp4")
    synthetic.write_video(rendered, video)
    estimate = sfm.estimate(video, sfm.EstimateConfig(seed=0))
    video.unlink()
    said = describe(estimate.trajectory)
    print(estimate.status, said.sentence)
    truth, found = in_extents(rendered.trajectory), in_extents(estimate.trajectory)
    shown = [*range(0, given.frames - 1, 2), given.frames - 1]
    pictures = [draw(rendered.rgb, truth, found, said, at) for at in shown]
    durations = [round(2000 / spec.fps)] * len(pictures)
    durations[-1] = round(1000 * HOLD_S)
    pictures[0].save(
        given.out, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=62, method=6
    )
    if given.stills:
        given.stills.mkdir(parents=True, exist_ok=True)
        for k in (0, len(pictures) // 2, len(pictures) - 1):
            pictures[k].save(given.stills / f"front-{k:02d}.png")
    size = given.out.stat().st_size
    print(f"{given.out}: {size / 1000:.0f} kB")
    assert size < LARGEST, "the front page is to stay light"


if __name__ == "__main__":
    main()
