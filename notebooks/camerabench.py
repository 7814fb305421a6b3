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
# # CameraBench from runs
#
# Six clips whose camera is known stand for the benchmark's 1 071: their labels are made from the truth, in the layout
# of the benchmark's own files. With the real ones, `labels` is its folder and `runs` what `cinetraj estimate videos/
# --out runs/` wrote; in a shell it is `cinetraj camerabench score --runs runs/ --labels LABELS --out scores/`.

# %%
import json
from pathlib import Path

from IPython.display import Markdown
from matplotlib import pyplot as plt

import compare
import sfm
import trajectory
from compare import camerabench, plots
from compare.benchmarks.camerabench import leaderboard
from sfm import synthetic

folder = Path("notebook_data")
examples = synthetic.write_examples(folder)
runs = folder / "runs" / "auto"
for name, example in examples.items():
    if not (runs / name / "run.json").exists():
        sfm.write_run(sfm.estimate(example.clip), runs / name, plot=False)

# %% [markdown]
# ## Labels
#
# One file for each primitive, one line for each clip. Primitives that none of the six clips has are left out.

# %%
labels_folder = folder / "labels"
truth = {name: trajectory.describe(trajectory.read(example.truth)) for name, example in examples.items()}
for primitive in next(iter(truth.values())).decisions:
    answers = {name: told.decisions[primitive].yes for name, told in truth.items()}
    if any(answers.values()):
        lines = [
            {"image": f"{name}.mp4", "question": f"{primitive}?", "label": "Yes" if yes else "No"}
            for name, yes in answers.items()
        ]
        file = labels_folder / "binary_classification" / f"{primitive}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
labels = camerabench.read_labels(labels_folder)
{split: sum(row.label == "yes" for row in rows) for split, rows in labels.binary.items()}

# %% [markdown]
# ## Score
#
# The official score files, and their evaluation. Both ways of scoring: how far a primitive moves the picture
# (`apparent`), and the benchmark authors' own rule on camera paths.

# %%
rows = []
for rule in ("apparent", "authors"):
    clips = {name: clip for name, clip in camerabench.clips_from_runs(runs, rule=rule).items() if name in examples}
    written = camerabench.write_binary(clips, labels, folder / "scores" / rule, model=rule)
    evaluated = camerabench.evaluate_binary(written.files)
    rows.append(camerabench.our_row(evaluated, name=rule, clips=written.estimated, all_clips=written.clips))
Markdown(leaderboard.as_markdown(rows))

# %%
figure, axes = plt.subplots(figsize=(11, 4), layout="constrained")
chance = leaderboard.chance_row(labels)
plots.draw_precision(axes, {row.name: row.percent for row in [*rows, chance]})
plt.show()

# %% [markdown]
# ## Which decisions are wrong?
#
# Descriptions of all runs as one tidy table, beside the truth.

# %%
table = compare.table(runs, of="descriptions")
table = table[table["clip"].isin(examples)]
table["truth"] = [truth[clip].decisions[primitive].yes for clip, primitive in zip(table["clip"], table["primitive"])]
table["wrong"] = table["yes"] != table["truth"]
table.query("wrong")[["clip", "primitive", "score", "yes", "truth", "probability"]]
