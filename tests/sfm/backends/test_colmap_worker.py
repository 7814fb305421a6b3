"""The worker of the pycolmap backends, on key points of a made scene."""

import numpy as np

from sfm.backends.colmap import own_features
from sfm.config import MapConfig
from sfm.processes import isolated
from sfm.types import Frames

N_FRAMES, N_POINTS, HW, FOCAL_PX = 6, 150, (240, 320), 300.0


def test_the_last_of_all_seeds_has_retries_too() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform((-2, -1.5, 4), (2, 1.5, 8), (N_POINTS, 3))
    centres = np.column_stack([np.linspace(-0.5, 0.5, N_FRAMES), np.zeros((N_FRAMES, 2))])
    seen = points - centres[:, None]
    xy_px = FOCAL_PX * seen[..., :2] / seen[..., 2:] + (HW[1] / 2 - 0.5, HW[0] / 2 - 0.5)
    xy_px += rng.normal(0, 0.3, xy_px.shape)
    pairs = np.array([(i, j) for i in range(N_FRAMES) for j in range(i + 1, N_FRAMES)])
    rows = np.repeat(np.arange(N_POINTS)[:, None], 2, 1)
    frames = Frames(
        rgb=np.zeros((N_FRAMES, *HW, 3), np.uint8),
        time_s=np.arange(N_FRAMES) / 8,
        index=np.arange(N_FRAMES),
        source_hw=HW,
        source="made",
    )
    config = MapConfig(retries=2, retry_above_px=1e-6)
    reply = isolated.call(
        "sfm.backends.colmap.worker:map_matches",
        own_features.settings(frames, config, mapper="incremental", seed=2**31 - 1, threads=1),
        {
            "xy_px": xy_px.reshape(-1, 2),
            "count": np.full(N_FRAMES, N_POINTS),
            "pairs": pairs,
            "match": np.tile(rows, (len(pairs), 1)),
            "match_count": np.full(len(pairs), N_POINTS),
        },
        time_limit_s=100.0,
    )
    assert (reply.outcome, reply.problem) == ("ok", "")
    assert reply.values["statistics"]["attempts"] == 3
    assert reply.values["statistics"]["registered"] == N_FRAMES
