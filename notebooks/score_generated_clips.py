# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Score a set of generated clips
#
# Two imaginary models were asked for the same six camera moves. Their camera paths are made up here, so that the
# notebook runs in seconds.

# %%
from pathlib import Path

import numpy as np
from IPython.display import Markdown
from matplotlib import pyplot as plt
from scipy.spatial.transform import Rotation

import compare
from compare import plots, report
from compare.report.tables import to_markdown
from compare.scoring import score
from compare.uncertainty import noise_floor, paired
from trajectory import Trajectory
from trajectory.frames import mirrored, time_reversed

# %% [markdown]
# For clips of yours, say four things in place of the next cell, and leave the rest as it is:
#
# - `reference`: a folder of runs from `cinetraj estimate`, or of trajectory files in any format that `trajectory.io`
#   reads; `models`: such a folder for each of two models or more, by name;
# - `floors`: `report.load("scores/noise_floor.json")[1]` after `cinetraj noise CLIPS --out scores/`, or
#   `[]` where the noise was not measured;
# - `asked`: a word for each clip by which the last plot groups them, or `{}`.

# %%
frames = 49
u = np.linspace(0, 1, frames)[:, None]


def path(move, turn_deg=(0, 0, 0), shake=0.0, seed=0):
    """Two seconds of a camera that moves and turns evenly; shake is in units of the scene's depth."""
    random = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (frames, 1, 1))
    turns = u * np.radians(turn_deg) + shake * random.normal(size=(frames, 3))
    poses[:, :3, :3] = Rotation.from_rotvec(turns).as_matrix()
    poses[:, :3, 3] = u * move + shake * random.normal(size=(frames, 3))
    return Trajectory(
        world_from_cam=poses,
        time_s=np.linspace(0, 2, frames),
        valid=np.ones(frames, dtype=bool),
        scene_depth=np.ones(frames),
    )


reference = {
    "dolly": path((0, 0, 0.5)),
    "truck": path((0.4, 0, 0)),
    "crane": path((0, -0.4, 0), (-10, 0, 0)),
    "pan": path((0, 0, 0), (0, 30, 0)),
    "arc": path((0.4, 0, 0.1), (0, -25, 0)),
    "fixed": path((0, 0, 0)),
}


def steady(t):
    """The right moves, four fifths of the way, a little shaken."""
    random = np.random.default_rng(1)
    poses = np.array(t.world_from_cam)
    poses[:, :3, 3] = 0.8 * poses[:, :3, 3] + 0.002 * random.normal(size=(frames, 3))
    return t.replace(world_from_cam=poses)


hasty = path((0.3, 0.1, 0.3), (0, 20, 5), shake=0.01, seed=2)  # the same move whatever it was asked for
models = {
    "steady": {name: steady(t) for name, t in reference.items()},
    "hasty": {name: hasty for name in reference if name != "arc"},  # one clip was never delivered
}
asked = {"dolly": "travels", "truck": "travels", "crane": "travels and turns", "arc": "travels and turns"}
asked |= {"pan": "turns", "fixed": "fixed"}

# A perfect estimator is imitated by one with a small shake: a clip's path, and those of its changed twins.
arc = {"move": (0.4, 0, 0.1), "turn_deg": (0, -25, 0)}
twins = [
    (path(**arc), path(**arc, shake=0.001, seed=3), "reencoded"),
    (path(**arc), time_reversed(path(**arc, shake=0.001, seed=4)), "reversed"),
    (path(**arc), mirrored(path(**arc, shake=0.001, seed=5)), "mirrored"),
]
floors = [noise_floor(twins).to_json()]

# %% [markdown]
# ## Scores
#
# `strict` compares equal times in seconds, needs no common scale or world frame, does not blow up static clips, and
# charges what a model did not deliver. The failure is a row, not a gap.

# %%
results = [
    score(reference, generated, protocol="strict", model=name, detail=True) for name, generated in models.items()
]
for result in results:
    failed = {name: clip.failed for name, clip in result.clips.items() if clip.failed}
    print(result.model, result.coverage, failed)

# %%
Markdown(to_markdown(results, noise=floors))

# %% [markdown]
# Who is better, on the clips that both have? And is the difference larger than the noise of the instrument? The noise
# floor compares each clip's estimate with that of its twins.

# %%
noise = floors[0]["median"]["TransErr"] if floors else None
found = paired(*results[:2], "TransErr", noise=noise)
found.verdict, found.difference, found.interval, noise

# %% [markdown]
# ## The report
#
# One file, without any network: sort, open a clip, turn its paths in space.

# %%
folder = Path("notebook_data")
page = report.write(results, folder / "report.html", title="Two models", noise=floors)
page.name, f"{page.stat().st_size / 1e6:.1f} MB"

# %% [markdown]
# ## Tables and plots
#
# Every number of the page as a tidy table: one row for each model, clip and metric; what failed is a row with its
# reason.

# %%
table = compare.table(results, of="scores")
table.query("metric == 'TransErr'")[["model", "clip", "value", "low", "high", "fault", "reason"]]

# %% [markdown]
# Errors against time, and their distribution by the move that was asked for.

# %%
figure, axes = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
plots.draw_errors(axes[0], results, "RotErr")
rotation = table.query("metric == 'RotErr'")
rotation = rotation.assign(asked=[asked.get(name, "clips") for name in rotation["clip"]])
plots.draw_distributions(axes[1], rotation, by="asked", split="model")
axes[1].set_xlabel("RotErr [°]")
plt.show()

# %% [markdown]
# A file for other programs: CSV, JSON lines, or Parquet. In a shell: `cinetraj table scores/ --out scores.csv`.

# %%
from compare import tidy

tidy.write(table, folder / "scores.csv").name
