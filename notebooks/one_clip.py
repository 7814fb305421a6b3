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
# # One clip: from video to motion primitives
#
# A clip is rendered with a known camera path, so that the result can be checked. To use your own, set `clip` to its
# path, and `truth` to a file of the path that it should be compared with, or to None. Clips and estimates are kept in
# `notebook_data/`, where the other notebooks find those that were rendered.

# %%
from pathlib import Path

from matplotlib import pyplot as plt

import compare
import sfm
import trajectory
from sfm import synthetic
from trajectory import plot

folder = Path("notebook_data")
example = synthetic.write_examples(folder, ["arc"])["arc"]
clip, truth = example.clip, example.truth

# %% [markdown]
# ## Estimate
#
# The status says whether the result can be trusted; the motion model says what the camera was seen to do.

# %%
estimate = sfm.estimate(clip, sfm.EstimateConfig(save=("tracks", "points")))
print(estimate.status, "|", estimate.shots[0].motion_model, "|", estimate.shots[0].registered, "frames")
found = estimate.trajectory
found.world_from_cam.shape, found.scale

# %% [markdown]
# ## Look at it
#
# Plots are drawn on your own axes; bands are one standard deviation.

# %%
figure = plt.figure(figsize=(11, 4), layout="constrained")
plot.draw_top(figure.add_subplot(1, 2, 1), found)
plot.draw_rotation(figure.add_subplot(1, 2, 2), found)
plt.show()

# %% [markdown]
# ## Describe
#
# Scores by CameraBench's primitives, decisions with margins, segments in time, and a sentence.

# %%
description = trajectory.describe(found)
print(description.sentence)
{name: round(score, 3) for name, score in description.scores.items() if score is not None and score > 0.01}

# %% [markdown]
# ## Compare
#
# Here with the truth; usually with the path that a generator was asked for.

# %%
scores = {}
if truth is not None:
    result = compare.score({"clip": trajectory.read(truth)}, {"clip": found}, protocol="strict")
    scores = {name: each.value for name, each in result.clips["clip"].scores.items() if each.value is not None}
{name: round(value, 4) for name, value in scores.items()}

# %% [markdown]
# ## Keep
#
# The run folder is what `cinetraj estimate` writes; the trajectory goes into any other format, too. `compare.table`
# makes a pandas table of a run, or of a whole folder of them.

# %%
run = sfm.write_run(estimate, folder / "runs" / "auto" / Path(clip).stem)
trajectory.write(found, folder / "pred_traj.txt", format="monst3r")
sorted(path.name for path in run.iterdir())

# %%
compare.table(run, of="frames").head()

# %% [markdown]
# In a shell, `cinetraj view notebook_data/runs/auto/arc --html` writes a page to look at, and without `--html` a
# window with a timeline opens (extra `view`). Why the estimate says what it says, in words:

# %%
from compare.evidence import reasons
from compare.run_files import shots_of

for reason in reasons(shots_of(run)[0]):
    print(reason.question, reason.answer)
