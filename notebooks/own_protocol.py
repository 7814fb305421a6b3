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
# # A protocol of your own
#
# A protocol is data: what the points of comparison are, how paths are laid on each other, what is measured, and what
# becomes of clips that failed. Change a field, give it a name; its hash says that it is another one.

# %%
from dataclasses import replace

import numpy as np
from IPython.display import Markdown
from scipy.spatial.transform import Rotation

import compare
from compare import metrics, protocols
from compare.report.tables import to_markdown
from trajectory import Trajectory

frames = 49
u = np.linspace(0, 1, frames)[:, None]


def path(move, turn_deg=(0, 0, 0), lasts_s=2.0):
    """A camera that moves and turns evenly."""
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(u * np.radians(turn_deg)).as_matrix()
    poses[:, :3, 3] = u * move
    return Trajectory(
        world_from_cam=poses,
        time_s=np.linspace(0, lasts_s, frames),
        valid=np.ones(frames, dtype=bool),
        scene_depth=np.ones(frames),
    )


asked = {"dolly": path((0, 0, 0.5)), "arc": path((0.4, 0, 0.1), (0, -25, 0))}
models = {
    "prompt": {"dolly": path((0, 0, 0.5)), "arc": path((0.4, 0, 0.1), (0, -25, 0))},
    "hasty": {"dolly": path((0, 0, 0.5), lasts_s=1.0), "arc": path((0.4, 0, 0.1), (0, -25, 0), lasts_s=1.0)},
}

# %% [markdown]
# ## Equal times, or equal progress?
#
# `strict` compares equal times, so a camera that makes the right move in half the time is wrong nearly all the way, and
# what it does not show is charged. `mine` compares equal shares of both clips: the same shape is right, however fast.

# %%
mine = replace(protocols.get("strict"), name="mine", time="progress", metrics=("RotErr", "TransErr", "MotionRatio"))
print(mine.stamp()["hash"][:12], "is not", protocols.get("strict").stamp()["hash"][:12])
results = [
    compare.score(asked, generated, protocol=protocol, model=name)
    for protocol in ("strict", mine)
    for name, generated in models.items()
]
Markdown(to_markdown(results))

# %% [markdown]
# ## A metric of your own
#
# A metric is given both paths at the points of comparison. An entry point of your distribution puts it among the
# others (CONTRIBUTING.md), and a protocol names it. Here it is asked for one pair by hand.

# %%
from compare.metrics import Comparison, Metric, Score


def end_gap(both: Comparison) -> Score:
    """Distance of the last points that both have, in the unit of the positions."""
    last = int(np.flatnonzero(both.pair.scored)[-1])
    gap = np.linalg.norm(both.generated[last, :3, 3] - both.reference[last, :3, 3])
    return Score(name="EndGap", value=float(gap), unit=both.unit)


mine_too = Metric(name="EndGap", summary="distance of the last points", unit="length", compute=end_gap)
sorted(metrics.METRICS)[:5], mine_too.summary

# %% [markdown]
# ## As a table

# %%
compare.table(results, of="scores").pivot_table(index=["protocol", "model"], columns="metric", values="value")
