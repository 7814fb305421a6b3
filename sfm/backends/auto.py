"""The default estimator: tracks, the ladder of motion models, the choice, and every frame's pose."""

import time
from typing import Any

import numpy as np

from sfm.config import AutoConfig
from sfm.motion.selection import Selection
from sfm.tracking.track import Tracks
from sfm.types import BackendResult, Frames, Masks, MotionModel, Status
from trajectory.model import Provenance, Trajectory

FOCAL_PRIOR_LONG_SIDE = 0.85
"""Prior focal length in long sides of the picture: a field of view of 61 degrees, between phones and film lenses."""
FOCAL_PRIOR_SIGMA = 0.35
"""Its standard deviation in log units: 40 to 92 degrees lie within one."""
MIN_TRACKS = 20


def run(
    frames: Frames, masks: Masks, config: AutoConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> BackendResult:
    """The camera's motion in one shot.

    Returns status "failed" where nothing can be tracked, "unreliable" where no rigid model explains half of the
    content; positions are in units of scene depth, zero within `translation_bound` where none was seen.

    One thread whatever `threads` says: the arrays are so small that a second one costs more than it saves (and far
    more on a busy machine). Several clips at once are what fills a machine.
    """
    import torch

    from sfm.motion.candidates import fit_models, refine_full_motion
    from sfm.motion.keyframes import keyframes, spread
    from sfm.motion.models import FocalPrior, observations_of
    from sfm.motion.selection import select_model
    from sfm.tracking.track import track

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        clock = time.perf_counter()
        seconds: dict[str, float] = {}
        tracks = track(frames, masks, config.tracks)
        seconds["tracks"] = time.perf_counter() - clock
        hopeless = precheck(frames, masks, tracks)
        if hopeless:
            return BackendResult(
                status="failed", reason=hopeless, trajectory=None, motion_model=None, seconds=seconds, statistics={}
            )
        height, width = frames.hw
        unit = max(height, width) / 640
        prior = (
            FocalPrior(focal_px=frames.focal_px, sigma=0.0)
            if frames.focal_px
            else FocalPrior(focal_px=FOCAL_PRIOR_LONG_SIDE * max(height, width), sigma=FOCAL_PRIOR_SIGMA)
        )
        clock = time.perf_counter()
        key = keyframes(tracks.seen, target=config.keyframes)
        picked = spread(tracks.xy_px[:, key], frames.hw)
        if len(key) < 2 or len(picked) < MIN_TRACKS:
            reason = f"only {len(picked)} points can be followed through the clip, {MIN_TRACKS} are needed"
            return BackendResult(status="failed", reason=reason, trajectory=None, motion_model=None, seconds=seconds)
        place = torch.device(device)
        key_observations = observations_of(tracks.xy_px[picked][:, key], frames.hw, frames.pixel_aspect, place)
        rungs = fit_models(key_observations, prior, unit)
        choice = select_model(rungs, unit, config.selection)
        model = choice.rung.model
        unexplained = model == "full" and choice.share < config.refine_below
        in_doubt = choice.confidence < config.refine_doubt or not choice.evidence["rigid"]
        if model == "full_zoom" or unexplained or in_doubt:
            choice = select_model(refine_full_motion(key_observations, prior, unit, rungs), unit, config.selection)
        seconds["ladder"] = time.perf_counter() - clock
        clock = time.perf_counter()
        scene = observations_of(tracks.xy_px[picked], frames.hw, frames.pixel_aspect, place)
        result = _finish(frames, masks, config, tracks, picked, key, key_observations, scene, choice, prior, seed)
        seconds["all_frames"] = time.perf_counter() - clock
        return BackendResult(
            status=result.status,
            reason=result.reason,
            trajectory=result.trajectory,
            motion_model=result.motion_model,
            statistics=result.statistics,
            seconds=seconds,
            picture=result.picture,
        )
    finally:
        torch.set_num_threads(before)


def precheck(frames: Frames, masks: Masks, tracks: Tracks) -> str:
    """Why nothing can be said about this clip, or nothing."""
    if masks.blank.all():
        return "every frame is blank (black, white or a covered lens)"
    if len(frames) - masks.blank.sum() < 2:
        return "fewer than two frames show anything"
    if len(tracks.xy_px) < MIN_TRACKS:
        return f"only {len(tracks.xy_px)} points can be followed: no texture, or nothing lasts from frame to frame"
    return ""


def _finish(
    frames: Frames,
    masks: Masks,
    config: AutoConfig,
    tracks: Tracks,
    picked: np.ndarray,
    key: np.ndarray,
    key_observations: Any,
    scene: Any,
    choice: Selection,
    prior: Any,
    seed: int,
) -> BackendResult:
    """Every frame's pose under the chosen model, in the gauge and units of a trajectory."""

    import torch

    from sfm.geometry.bundle_adjustment import adjust
    from sfm.geometry.problem import rescaled
    from sfm.geometry.triangulation import retriangulated
    from sfm.motion import all_frames as finish
    from sfm.motion.connectivity import agreeing, linked_runs
    from sfm.motion.keyframes import spread
    from sfm.motion.models import GOOD_TRACK, WIDE, freedom, observations_of

    n = len(frames)
    height, width = frames.hw
    unit = max(height, width) / 640
    model: MotionModel = choice.rung.model  # type: ignore[assignment]
    moving = model in ("full", "full_zoom")
    free = freedom([model], prior, scene.xy_px.device)
    kernel = float(np.clip(6 * choice.noise_px, 0.8 * unit, WIDE[-1] * unit))
    state = finish.interpolate(choice.rung.state, key, n)
    # Wide to tight, since shake between keyframes leaves the interpolated poses far off.
    for width_px in (*(k * unit for k in WIDE), kernel):
        state = finish.resect(scene, state, free, kernel_px=width_px, noise_px=choice.noise_px)
    if n <= config.joint_frames and model != "static":
        everywhere = spread(tracks.xy_px, frames.hw, limit=config.joint_tracks)
        count = len(picked)
        picked = np.concatenate([picked, np.setdiff1d(everywhere, picked)])
        scene = observations_of(tracks.xy_px[picked], frames.hw, frames.pixel_aspect, scene.xy_px.device)
        state = finish.initialise_points(scene, state, count, depth=moving)
        state = retriangulated(scene, rescaled(state), free, torch.full_like(state.log_focal, kernel))
        settle = GOOD_TRACK * WIDE[-1] * unit
        state = adjust(
            scene, state, free, kernel_px=(kernel,), noise_px=choice.noise_px, iterations=6, good_track_px=settle
        ).state
    limit = config.selection.tolerance * choice.noise_px
    agrees, fits = agreeing(scene, state, limit)
    valid, reason = _validity(masks, fits.sum(0), linked_runs(fits)[0], key, n)

    rotation = state.rotation[0].cpu().numpy()
    translation = state.translation[0].cpu().numpy()
    depth = finish.depths(scene, state, agrees) if moving else np.ones(n)
    world_from_cam = _poses(rotation, translation, valid)
    bound = None
    if moving:
        unit_depth = float(np.nanmedian(depth[valid])) if np.isfinite(depth[valid]).any() else 1.0
        world_from_cam[:, :3, 3] /= unit_depth
        depth = depth / unit_depth
    else:
        world_from_cam[valid, :3, 3] = 0.0
        bound = _bound(scene, state, choice, agrees, zoom=model == "rotation_zoom")
    repeats = masks.duplicate_of != np.arange(n)
    first = masks.duplicate_of
    world_from_cam[repeats] = world_from_cam[first[repeats]]
    valid[repeats] = valid[first[repeats]]
    reason = [reason[first[i]] if repeats[i] else reason[i] for i in range(n)]
    focal = np.exp(float(state.log_focal[0])) * np.exp(state.zoom[0].cpu().numpy())
    focal[repeats] = focal[first[repeats]]
    spread_log = (
        0.0
        if prior.given
        else finish.log_focal_sigma(
            key_observations, choice.rung.state, free, kernel_px=kernel, noise_px=choice.noise_px
        )
    )
    intrinsics = np.tile(np.eye(3), (n, 1, 1))
    intrinsics[:, 0, 0] = focal / frames.pixel_aspect
    intrinsics[:, 1, 1] = focal
    intrinsics[:, 0, 2], intrinsics[:, 1, 2] = (width - 1) / 2, (height - 1) / 2
    status, why = _verdict(valid, reason, choice, config)
    if status == "failed":
        return BackendResult(status=status, reason=why, trajectory=None, motion_model=None, statistics=choice.evidence)
    ambiguous = choice.evidence["ambiguous"]
    trajectory = Trajectory(
        world_from_cam=world_from_cam,
        time_s=frames.time_s,
        valid=valid,
        image_hw=frames.hw,
        intrinsics_px=intrinsics,
        scale="arbitrary" if moving else "bounded",
        translation_bound=bound,
        scene_depth=np.where(np.isfinite(depth) & valid, depth, np.nan),
        reason=tuple("" if v else w for v, w in zip(valid, reason, strict=True)),
        focal_sigma_px=focal * spread_log,
        time_source=frames.time_source,
        provenance=Provenance(
            backend="auto",
            seed=seed,
            source=frames.source,
            evidence={
                "status": status,
                "motion_model": model,
                "confidence": round(choice.confidence, 4),
                "noise_px": choice.noise_px,
                "working_hw": list(frames.hw),
                "ambiguous": ambiguous,
            },
        ),
    )
    statistics = {
        **choice.evidence,
        "confidence": choice.confidence,
        "share_explained": choice.share,
        "tracks": len(tracks.xy_px),
        "tracks_adjusted": len(picked),
        "keyframes": [int(k) for k in key],
        "relinked": [int(t) for t in tracks.relinked],
        "focal_px": float(np.median(focal)),
        "focal_sigma_log": spread_log,
        "focal_given": prior.given,
        "translation_bound": bound,
        "ambiguous": ambiguous,
        "notes": list(masks.notes),
    }
    picture = {"tracks_px": tracks.xy_px[picked], "moving": ~agrees}
    return BackendResult(
        status=status,
        reason=why,
        trajectory=trajectory,
        motion_model=model,
        statistics=statistics,
        picture=picture,
    )


def _poses(rotation: np.ndarray, translation: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """World-from-camera poses with the first valid frame at the identity."""
    n = len(rotation)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3] = rotation.transpose(0, 2, 1)
    poses[:, :3, 3] = -np.einsum("nji,nj->ni", rotation, translation)
    first = int(np.argmax(valid))
    poses = np.linalg.inv(poses[first]) @ poses
    u, _, vt = np.linalg.svd(poses[:, :3, :3])
    poses[:, :3, :3] = u @ vt
    poses[:, 3] = (0.0, 0.0, 0.0, 1.0)
    return poses


def _validity(
    masks: Masks, support: np.ndarray, linked: np.ndarray, key: np.ndarray, n: int
) -> tuple[np.ndarray, list[str]]:
    from sfm.motion.connectivity import FEWEST

    reason = [""] * n
    valid = np.ones(n, bool)
    for i in range(n):
        if masks.duplicate_of[i] != i:
            continue  # takes the verdict of the frame that it repeats
        if masks.blank[i]:
            reason[i] = "blank"
        elif i < key[0] or i > key[-1]:
            reason[i] = "outside the part of the clip that can be followed"
        elif support[i] < FEWEST:
            reason[i] = f"only {int(support[i])} points agree with any pose"
        elif not linked[i]:
            reason[i] = f"fewer than {FEWEST} points link it to the rest of the clip"
        valid[i] = not reason[i]
    return valid, reason


def _bound(scene: Any, state: Any, choice: Selection, agrees: np.ndarray, *, zoom: bool) -> float:
    """Translation bound from the rays of the agreeing points, at the noise of their mean."""
    from sfm.motion.all_frames import translation_bound
    from sfm.motion.initialization import directions

    xy = scene.xy_px.cpu().numpy()
    seen = scene.weight.cpu().numpy() > 0
    focal = state.focal_px[0].cpu().numpy()
    middle = np.argmax(seen[:, seen.sum(0).argmax()][:, None] & seen, axis=1)
    rows = np.flatnonzero(agrees)
    if len(rows) < 10:
        return float("inf")
    rays = directions(xy[rows, middle[rows]], float(np.median(focal)), scene.pixel_aspect)
    return translation_bound(rays, float(np.median(focal)), choice.noise_px, zoom=zoom)


def _verdict(valid: np.ndarray, reason: list[str], choice: Selection, config: AutoConfig) -> tuple[Status, str]:
    if valid.sum() < 2:
        return "failed", "no two frames can be explained by one camera motion"
    if choice.confidence < config.selection.doubtful:
        return "unreliable", "two motion models explain the clip almost equally well"
    if not choice.evidence["rigid"]:
        return (
            "unreliable",
            f"no rigid motion explains the content better than {choice.noise_px:.2f} px; "
            f"what changes its shape as it moves, as in some generated clips, hides the camera's translation",
        )
    full = choice.rung.model.startswith("full")
    if choice.share < (config.selection.reliable if full else config.selection.reliable_without_depth):
        return (
            "unreliable",
            f"the best rigid model explains {choice.share:.0%} of what can be followed; "
            f"moving content or a scene that is not rigid hides the camera's motion",
        )
    if not valid.all():
        missing = sorted({r for r in reason if r})
        return "partial", f"{int((~valid).sum())} of {len(valid)} frames have no pose: {', '.join(missing)}"
    return "ok", ""
