"""A folder of runs without estimating: what `cinetraj estimate` leaves of small made-up clips."""

from dataclasses import replace
from pathlib import Path

import made_shots
import numpy as np
from scipy.spatial.transform import Rotation

from sfm.runs import folder as runs
from sfm.runs.estimate import Estimate, ShotEstimate
from sfm.structure import Structure
from sfm.types import ModelName, Status
from sfm.video.encode import encode
from trajectory.model import Provenance, Trajectory

N, HW, CELL, FPS = 12, (48, 64), 4, 8.0
FOCAL_PX = 60.0
SAVED = ("depth", "mask", "points", "tracks")
PROBABILITY = {"rotation": 0.93, "translation": 0.81, "zoom": 0.97, "rigid": 1.0}

Z_UP = np.array([[1.0, 0, 0, 5], [0, 0, 1, -7], [0, -1, 0, 2], [0, 0, 0, 1]])
"""From our axes to a world whose z is up, as many files have."""


def path(
    *, way: tuple[float, float, float] = (0, 0, 0), pan_deg: float = 0.0, zoom: float = 1.0, lost: int | None = None
) -> Trajectory:
    """An even move, turn and zoom over the clip, with a spread that grows."""
    u = np.linspace(0, 1, N)
    poses = np.tile(np.eye(4), (N, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(np.radians(pan_deg) * u[:, None] * np.array([0, 1, 0])).as_matrix()
    poses[:, :3, 3] = u[:, None] * np.array(way)
    focal = FOCAL_PX * zoom**u
    k = np.tile(np.eye(3), (N, 1, 1))
    k[:, 0, 0] = k[:, 1, 1] = focal
    k[:, 0, 2], k[:, 1, 2] = HW[1] / 2, HW[0] / 2
    valid = np.arange(N) != lost
    travels = any(way)
    evidence = {
        "status": "ok",
        "motion_model": "full" if travels else "rotation",
        "confidence": 0.77,
        "probability": PROBABILITY,
        "sure": {"rotation": True, "translation": True, "zoom": True},
    }
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(N) / FPS,
        valid=valid,
        image_hw=HW,
        intrinsics_px=k,
        scale="arbitrary" if travels else "bounded",
        translation_bound=None if travels else 0.01,
        scene_depth=np.ones(N),
        focal_sigma_px=np.full(N, 1.5),
        pose_covariance=u[:, None, None] * np.diag([4e-4] * 3 + [1e-4] * 3),
        provenance=Provenance(backend="auto", source="clip.mp4", evidence=evidence),
    )


def there_and_back(way: float) -> Trajectory:
    """To the right and home again; 0.1 is neither told of the whole nor clear while it lasts, 0.4 is clear."""
    there = path(way=(way, 0, 0))
    poses = there.world_from_cam.copy()
    poses[:, :3, 3] = np.concatenate([poses[::2, :3, 3], poses[::2, :3, 3][::-1]])
    return there.replace(world_from_cam=poses)


def pixels() -> np.ndarray:
    """Frames with a square that moves over a slope of grey."""
    rgb = np.tile(np.linspace(40, 200, HW[1]).astype(np.uint8)[None, None, :, None], (N, HW[0], 1, 3))
    for i in range(N):
        rgb[i, 20:30, 4 + 4 * i : 14 + 4 * i] = (220, 60, 40)
    return rgb


def tracks_px() -> np.ndarray:
    """Six points that drift to the left, of which one comes late, and one that goes to the right."""
    start = np.array([[50, 8], [52, 20], [54, 40], [40, 30], [30, 10], [45, 44], [8, 25]], float)
    xy_px = start[:, None] + np.array([-1.0, 0.0]) * np.arange(N)[None, :, None]
    xy_px[6, :, 0] = 8 + 4 * np.arange(N)
    xy_px[5, :3] = np.nan
    return xy_px


def structure() -> Structure:
    """A wall at 1 whose left half is at 2, a cell that is not known, and cells that move."""
    shape = (N, HW[0] // CELL, HW[1] // CELL)
    depth = np.ones(shape, np.float32)
    depth[:, :, : shape[2] // 2] = 2.0
    depth[:, 0, 0] = np.nan
    moving = np.zeros(shape, bool)
    for i in range(N):
        moving[i, 5:7, min(1 + i, 13) : min(3 + i, 15)] = True
    points = np.array([[0.0, 0, 1], [0.1, 0, 1], [-0.2, 0.1, 2], [-0.1, -0.1, 2]])
    return Structure(
        image_hw=HW, cell_px=CELL, depth=depth, moving=moving, points=points, colour=np.full((4, 3), 99, np.uint8)
    )


def evidence(model: ModelName) -> dict:
    """What the backend says: here that travel pays and a zoom does not."""
    travels = model == "full"
    return {
        "noise_px": 0.2,
        "rigid": True,
        "share": {"static": 0.02, "rotation": 0.4 if travels else 0.9, "full": 0.92},
        "median_rms_px": {"static": 9.0, "rotation": 2.5 if travels else 0.2, "full": 0.2},
        "comparisons": [
            compared("static", "rotation", 0.38, 0.3),
            compared("rotation", "full", 0.52 if travels else 0.01, 1.4 if travels else -0.6),
            compared("rotation", "rotation_zoom", 0.01, -0.5),
            *([compared("full", "full_zoom", 0.005, -1.1)] if travels else []),
        ],
        "confidence": 0.77,
        "share_explained": 0.92,
        "probability": PROBABILITY,
        "sure": {"rotation": True, "translation": True, "zoom": True},
        "candidates": [
            {"backend": "sparse", "motion_model": model, "probability": 0.9, "file": None},
            {"backend": "dense", "motion_model": "full_zoom", "probability": 0.1, "file": "alternatives/1.npz"},
        ],
        "won": "tracks",
        "other": None,
        "translation_bound": None if travels else 0.01,
    }


def compared(simpler: str, richer: str, gained: float, margin: float) -> dict:
    return {
        "simpler": simpler,
        "richer": richer,
        "gained": gained,
        "margin": margin,
        "improvement": 0.9 if richer == "full" else None,
        "relief": 0.3 if richer == "full" else None,
        "ambiguous": "",
    }


def shot(trajectory: Trajectory, *, save: tuple[str, ...] = (), status: Status = "ok", start: int = 0) -> ShotEstimate:
    model: ModelName = "rotation" if trajectory.scale == "bounded" else "full"
    told = evidence(model)
    assert trajectory.provenance is not None
    stated = replace(
        trajectory.provenance, evidence={**trajectory.provenance.evidence, "candidates": told["candidates"]}
    )
    return replace(
        made_shots.shot(start),
        stop=start + N,
        start_s=start / FPS,
        end_s=(start + N - 1) / FPS,
        status=status,
        reason="" if status == "ok" else "rotation may be wrong",
        motion_model=model,
        trajectory=trajectory.replace(provenance=stated),
        registered=int(trajectory.valid.sum()),
        statistics=told,
        picture={
            "frame": np.array(N // 2),
            "rgb": pixels()[N // 2],
            "tracks_px": tracks_px(),
            "moving": np.arange(7) == 6,
        },
        structure=structure() if save else None,
        save=save,
        alternatives=(path(way=(0.2, 0, 0), zoom=1.2),),
    )


def estimate(source: str, *shots: ShotEstimate) -> Estimate:
    frames = sum(each.stop - each.start for each in shots)
    return replace(
        made_shots.estimate(*shots),
        source=source,
        config={"backend": {"name": "auto"}, "video": {"fps": None, "long_side": 640}},
        video={
            "frames": frames,
            "first_index": 0,
            "last_index": frames - 1,
            "start_s": 0.0,
            "end_s": (frames - 1) / FPS,
            "time_source": "seconds",
            "source_hw": list(HW),
            "working_hw": list(HW),
        },
    )


def write(folder: Path, *, clips: bool = True) -> Path:
    """Four runs: truck (with all that can be saved), pan (unreliable), cuts (two shots, one failed), lost (failed).

    Args:
        clips: write the videos of truck and pan, too; the others have none.
    """
    out = folder / "runs"
    sources = {name: str(folder / f"{name}.mp4") for name in ("truck", "pan", "cuts", "lost")}
    if clips:
        for name in ("truck", "pan"):
            encode(pixels(), sources[name], fps=FPS)
    truck = shot(path(way=(0.4, 0, 0), lost=1), save=SAVED)
    pan = shot(path(pan_deg=20.0), status="unreliable")
    failed = replace(made_shots.shot(N, status="failed"), statistics={})
    made = {
        "truck": [truck],
        "pan": [pan],
        "cuts": [shot(path(way=(0, 0, 0.3))), failed],
        "lost": [replace(made_shots.shot(status="failed"), statistics={})],
    }
    for name, shots in made.items():
        runs.write_run(estimate(sources[name], *shots), out / name, plot=False)
    return out
