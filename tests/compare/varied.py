"""Pairs of all kinds: what clips may lack, how they may differ, and what is known of their errors."""

from dataclasses import fields

import numpy as np
from estimates import estimate, other
from paths import elsewhere, path, smooth

from compare.posterior_scores import Candidates
from trajectory.model import Provenance, Trajectory
from trajectory.posterior import Posterior, alone


def _still(clip: Trajectory, random: np.random.Generator) -> Trajectory:
    return path(1e-4 * random.choice([0, 1]) * random.normal(size=(len(clip), 3)), np.zeros((len(clip), 3)))


def _bounded(clip: Trajectory, random: np.random.Generator) -> Trajectory:
    poses = np.array(clip.world_from_cam)
    poses[:, :3, 3] = 0
    return clip.replace(world_from_cam=poses, scale="bounded", translation_bound=0.01)


def _zooming(clip: Trajectory, random: np.random.Generator) -> Trajectory:
    k = np.tile(np.diag([300.0, 310.0, 1.0]), (len(clip), 1, 1))
    k[:, [0, 1], [0, 1]] *= np.exp(np.linspace(0, 0.3 * random.normal(), len(clip)))[:, None]
    sigma = np.full(len(clip), 2.0) if random.random() < 0.5 else None
    return clip.replace(intrinsics_px=k, image_hw=(240, 320), focal_sigma_px=sigma)


def _holed(clip: Trajectory, random: np.random.Generator) -> Trajectory:
    """Frames without a pose, by whose fault ever."""
    valid = random.random(len(clip)) > 0.1
    start = int(random.integers(0, len(clip)))
    valid[start : start + len(clip) // 4] = False
    told = Provenance(evidence={"status": "partial"}) if random.random() < 0.5 else None
    elsewhere_told = tuple("" if known else "in another shot" for known in valid) if random.random() < 0.3 else None
    return clip.replace(valid=valid, provenance=told, reason=elsewhere_told)


def _thinned(clip: Trajectory, random: np.random.Generator) -> Trajectory:
    """Some of the frames, as if the others had not been delivered."""
    kept = np.sort(random.choice(len(clip), int(random.integers(1, len(clip) + 1)), replace=False))
    arrays = {f.name: getattr(clip, f.name) for f in fields(clip)}
    cut = {name: value[kept] for name, value in arrays.items() if isinstance(value, np.ndarray)}
    return clip.replace(**cut, reason=None if clip.reason is None else tuple(clip.reason[i] for i in kept))


CHANGES = (
    (0.1, _still),
    (0.1, _bounded),
    (0.2, lambda clip, random: elsewhere(clip, int(random.integers(1000)))),
    (0.2, lambda clip, random: clip.replace(scale="metric" if clip.scale == "arbitrary" else clip.scale)),
    (0.1, lambda clip, random: clip.replace(time_source="assumed")),
    (0.05, lambda clip, random: clip.replace(time_source="index")),
    (0.4, lambda clip, random: clip.replace(scene_depth=3 * np.exp(0.1 * random.normal(size=len(clip))))),
    (0.4, _zooming),
    (0.3, _holed),
    (0.2, _thinned),
)
"""How often each happens to a clip."""


def _side(clip: Trajectory, spread: bool, random: np.random.Generator) -> Posterior:
    if spread and random.random() < 0.7 and len(clip) > 1:
        clip = estimate(clip, float(random.choice([1e-3, 0.05, 0.3])), random)
    for share, change in CHANGES:
        if random.random() < share:
            clip = change(clip, random)
    if not spread or random.random() < 0.8:
        return alone(clip)
    others = tuple(elsewhere(clip, int(random.integers(1000))) for _ in range(2))
    return Posterior(trajectories=(clip, *others), probability=(0.5, 0.3, 0.2))


def varied(count: int, *, spread: bool, seed: int = 0) -> list[Candidates]:
    """So many pairs, of a few lengths so that some have equally many frames."""
    random = np.random.default_rng(seed)
    pairs: list[Candidates] = []
    for _ in range(count):
        n = int(random.choice([100, 49, 25, 7, 1]))
        m = n if random.random() < 0.5 else int(random.choice([100, 60, 4]))
        clips = [
            smooth(int(random.integers(1000)), k, duration=float(random.choice([2.0, 3.0])) if k > 1 else None)
            for k in (n, m)
        ]
        if n == m and n > 1 and random.random() < 0.3:
            clips[1] = other(clips[0], 0.1, random)
        a, b = (_side(clip, spread, random) for clip in clips)
        pairs.append(Candidates(reference=a, generated=b))
    return pairs
