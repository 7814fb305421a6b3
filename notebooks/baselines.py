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
# # Baselines beside each other
#
# The same clips by the default estimator (`auto`), by dense flow (`dense`), by COLMAP as papers run it
# (`colmap-sift`), by its global mapper (`glomap`), and by another program whose results are imported. One clip
# travels, one only zooms: stock structure from motion has nothing to say of the second.

# %%
from pathlib import Path

from matplotlib import pyplot as plt

import compare
import sfm
import trajectory
from compare import plots
from compare.run_files import paths_in
from sfm import synthetic

folder = Path("notebook_data")
examples = synthetic.write_examples(folder, ["arc", "zoom"])
backends = ["auto", "dense", "colmap-sift", "glomap"]
for backend in backends:
    for name, example in examples.items():
        run = folder / "runs" / backend / name
        if not (run / "run.json").exists():
            estimate = sfm.estimate(example.clip, sfm.EstimateConfig(backend=backend, save=("points",)))
            sfm.write_run(estimate, run, plot=False)

# %% [markdown]
# ## An imported one
#
# Another program has written a trajectory file for each clip: here one in MonST3R's layout, which we make up by
# shaking the truth, and which lacks the second clip. In a shell: `cinetraj import results/ --format monst3r --out
# runs/other --expect clips/`; a clip without a result becomes a failed run.

# %%
import numpy as np

from compare.cli import main
from trajectory.frames import Sim3, transform

truth = {name: trajectory.read(example.truth) for name, example in examples.items()}
random = np.random.default_rng(0)
poses = np.array(truth["arc"].world_from_cam)
poses[:, :3, 3] += 0.02 * random.normal(size=(len(poses), 3))
larger = Sim3(scale=3.0, rotation=np.eye(3), translation=np.zeros(3))
shaken = transform(truth["arc"].replace(world_from_cam=poses), larger)
trajectory.write(shaken, folder / "other" / "arc" / "pred_traj.txt", format="monst3r")
expected = folder / "expected.txt"
expected.write_text("".join(f"{example.clip.resolve()}\n" for example in examples.values()))
results_folder, runs_folder = str(folder / "other"), str(folder / "runs" / "other")
code = main(["import", results_folder, "--format", "monst3r", "--out", runs_folder, "--expect", str(expected)])

# %% [markdown]
# ## What became of the clips

# %%
sets = {name: folder / "runs" / name for name in [*backends, "other"]}
wanted = ["set", "clip", "status", "motion_model", "registered", "confidence", "seconds", "reason"]
runs = compare.table(sets)
runs = runs[runs["clip"].isin(examples)]
runs[wanted]

# %% [markdown]
# ## ATE and RPE
#
# After alignment by a similarity, as papers print them. Such an alignment needs a path that bends: of a camera that
# only zooms it has no ATE, whoever estimated it, and the table says from how many clips its numbers are.

# %%
from dataclasses import replace

from compare import protocols

aligned = replace(protocols.get("ate-rpe"), name="ate-rpe-sim3", evo_align="sim3")
results = {
    protocol: [
        compare.score(truth, {name: place / name for name in examples}, protocol=protocol, model=method)
        for method, place in sets.items()
    ]
    for protocol in (aligned, protocols.get("gauge-ate"))
}
board = compare.table([each for scored in results.values() for each in scored], of="leaderboard")
table = board.pivot(index="model", columns=["protocol", "metric"], values="value").loc[list(sets)]
for protocol, scored in results.items():
    table[protocol.name, "clips"] = [f"{result.coverage['ok']}/{len(examples)}" for result in scored]
table = table.sort_index(axis=1, level=0, sort_remaining=False)
table

# %% [markdown]
# `gauge-ate` fixes the world by orientations and positions together, so that it has an answer for the zoom, too.

# %%
print(table.to_latex(float_format="%.4f", na_rep="--", escape=True))

# %% [markdown]
# ## Over each other

# %%
figure, axes = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
paths = {"truth": truth["arc"]} | {
    method: found["arc"] for method, place in sets.items() if "arc" in (found := paths_in(place))
}
plots.draw_paths(axes[0], paths)
strict = [
    compare.score({"arc": truth["arc"]}, {"arc": place / "arc"}, protocol="strict", model=method, detail=True)
    for method, place in sets.items()
]
plots.draw_errors(axes[1], strict, "RotErr", clip="arc")
plt.show()

# %% [markdown]
# ## Did they know?
#
# Which primitives the camera performs, as each method's path tells it, beside the truth; and whether the answers that a
# method calls reliable are the right ones: risk over coverage. What a method does not decide (`yes` is empty where it
# knows no more than that the camera turns) is neither right nor wrong.

# %%
told = compare.table({name: sets[name] for name in backends}, of="descriptions")
told = told[told["clip"].isin(examples) & told["yes"].notna()].copy()
right = {name: trajectory.describe(path).decisions for name, path in truth.items()}
told["wrong"] = [right[row.clip][row.primitive].yes != row.yes for row in told.itertuples()]
told[told["wrong"]][["set", "clip", "primitive", "yes", "reliability", "status"]]

# %%
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
answers = {name: (rows["reliability"], rows["wrong"]) for name, rows in told.groupby("set", sort=False)}
plots.draw_risk_coverage(axes, answers)
