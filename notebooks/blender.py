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
# # A camera path in Blender
#
# An estimated path becomes a camera in Blender, with its zoom, the film behind its view and the points of the scene.
# The same run goes to After Effects, Nuke, USD and glTF; `cinetraj convert --help` lists them all.

# %%
from pathlib import Path

import sfm
import trajectory
from sfm import synthetic
from trajectory import io

folder = Path("notebook_data")
example = synthetic.write_examples(folder, ["arc"])["arc"]
run = folder / "runs" / "auto" / "arc"
if not (run / "points.ply").exists():
    estimate = sfm.estimate(example.clip, sfm.EstimateConfig(save=("points",)))
    sfm.write_run(estimate, run, plot=False)

# %% [markdown]
# ## Convert
#
# In a shell: `cinetraj convert runs/arc camera_blender.py --to blender`. What the target has no place for is said.

# %%
from compare.cli import main

script = folder / "camera_blender.py"
code = main(["convert", str(run), str(script), "--to", "blender"])
print(script.read_text()[:1200])

# %% [markdown]
# Then in Blender: Scripting > Open > Run Script, or `blender --python camera_blender.py`. All of it hangs from the
# empty `cinetraj world`: turn and scale that to fit your scene.
#
# ## What Blender will be told
#
# Blender's world has z up, and its camera looks along its own -z. The focal length is keyed on each frame, in
# millimetres of the sensor.

# %%
path = trajectory.read(run)
print(f"{len(path)} keys, focal length {path.focal_px[0]:.1f} pixels of {path.image_hw[1]} x {path.image_hw[0]}")
print("left out:", io.losses(path, "blender") or "nothing")

# %% [markdown]
# ## The other way round
#
# Paths that were made in Blender come back by formats that both know: export the camera as `.chan` (an add-on that
# comes with Blender), and read it with the order of rotations that Blender writes.

# %%
trajectory.write(path, folder / "camera.chan", format="chan-xyz")
back = trajectory.read(folder / "camera.chan", format="chan-xyz")
float(abs(back.positions - path.positions).max())
