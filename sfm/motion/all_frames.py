"""From keyframes to every frame: interpolation, resectioning, points for all tracks, a joint adjustment."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation, Slerp

from sfm.config import AutoConfig
from sfm.geometry import bundle_adjustment
from sfm.geometry.arrays import lengths, lower_median, unit
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.problem import KERNELS_PX, Observations, Parameters, Problem, observations_of, rescaled
from sfm.geometry.projection import camera_centres, middle_observation, points_in_camera, translations, unit_rays
from sfm.geometry.resectioning import resect
from sfm.geometry.robust import GOOD_RESIDUAL_PX
from sfm.geometry.triangulation import retriangulated
from sfm.motion.keyframes import spread
from sfm.motion.models import FittedModel
from sfm.motion.selection import Selection
from sfm.tracking.types import Tracks
from sfm.types import STATIC, Frames


def kernel_of(selection: Selection[FittedModel], unit_px: float) -> float:
    """The robust kernel of the last steps, pixels: six noise levels, within bounds."""
    return float(np.clip(6 * selection.noise_px, 0.8 * unit_px, KERNELS_PX[-1] * unit_px))


def place_all_frames(
    problem: Problem, selection: Selection[FittedModel], keyframes: Int[np.ndarray, " k"]
) -> Parameters:
    """Every frame's pose under the selected model, its points held.

    Args:
        problem: the tracks of the keyframes in all frames.
        selection: the model, fitted to the keyframes.
        keyframes: their numbers.
    """
    free = problem.free([selection.model])
    n = problem.observations.xy_px.shape[1]
    parameters = interpolate(selection.fitted.parameters, keyframes, n)
    # Wide to tight, since shake between keyframes leaves the interpolated poses far off.
    for width_px in (*problem.kernels_px, kernel_of(selection, problem.unit_px)):
        parameters, _ = resect(problem.observations, parameters, free, kernel_px=width_px)
    return parameters


def adjust_jointly(
    problem: Problem,
    parameters: Parameters,
    selection: Selection[FittedModel],
    picked: Int[np.ndarray, " s"],
    tracks: Tracks,
    frames: Frames,
    config: AutoConfig,
) -> tuple[Observations, Parameters, Int[np.ndarray, " t"]]:
    """All frames adjusted at once, with further tracks that live between keyframes; short clips that move only.

    Args:
        problem: the picked tracks in all frames.
        parameters: poses of all frames, points of the picked tracks.
        selection: the model that may move.
        picked: numbers of the tracks that the models were fitted to.
        tracks: all tracks.
        frames: of the clip.
        config: how many frames and tracks.

    Returns:
        The observations and parameters of the tracks that were adjusted, and their numbers.
    """
    if len(frames) > config.joint_frames or selection.model == STATIC:
        return problem.observations, parameters, picked
    everywhere = spread(tracks.xy_px, frames.hw, limit=config.joint_tracks)
    count = len(picked)
    picked = np.concatenate([picked, np.setdiff1d(everywhere, picked)])
    observations = observations_of(tracks.xy_px[picked], frames.hw, frames.pixel_aspect)
    free = problem.free([selection.model])
    kernel = kernel_of(selection, problem.unit_px)
    parameters = initialise_points(observations, parameters, count, depth=selection.model.translates)
    parameters = retriangulated(observations, rescaled(parameters), free, np.full_like(parameters.log_focal, kernel))
    fitted = adjust(
        observations,
        parameters,
        free,
        kernel_px=(kernel,),
        noise_px=selection.noise_px,
        solver=replace(bundle_adjustment.SOLVER, iterations=6),
        good_track_px=GOOD_RESIDUAL_PX * problem.unit_px,
    )
    return observations, fitted.parameters, picked


def interpolate(parameters: Parameters, keyframes: Int[np.ndarray, " k"], n: int) -> Parameters:
    """Poses and zoom of all n frames, between the keyframes by SLERP and straight lines, held beyond them."""
    rotation, translation, zoom = between_keyframes(
        parameters.rotation[0], parameters.translation[0], parameters.zoom[0], keyframes, np.arange(n)
    )
    return replace(parameters, rotation=rotation[None], translation=translation[None], zoom=zoom[None])


def between_keyframes(
    rotation: Float[np.ndarray, "k 3 3"],
    translation: Float[np.ndarray, "k 3"],
    zoom: Float[np.ndarray, " k"],
    keyframes: Int[np.ndarray, " k"],
    frames: Int[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, "n 3"], Float[np.ndarray, " n"]]:
    """Poses (camera from world) and log zooms of all n frames from those of the keyframes, as `interpolate`.

    Args:
        rotation, translation, zoom: of the keyframes.
        keyframes, frames: when each was filmed, in any unit.
    """
    at = np.clip(frames, keyframes[0], keyframes[-1])
    centre = camera_centres(rotation, translation)
    turned = Slerp(keyframes, Rotation.from_matrix(rotation))(at).as_matrix()
    placed = np.stack([np.interp(at, keyframes, centre[:, i]) for i in range(3)], 1)
    return turned, translations(turned, placed), np.interp(at, keyframes, zoom)


def initialise_points(observations: Observations, parameters: Parameters, count: int, *, depth: bool) -> Parameters:
    """The parameters with points for all tracks, where the first `count` tracks have theirs already.

    New points stand on the ray of the middle frame that sees them, at the median inverse distance of what that frame
    knows, or at infinity where no depth is asked for.
    """
    seen = observations.weight > 0
    rotation, translation = parameters.rotation[0], parameters.translation[0]
    known = parameters.point[0]
    far = lengths(points_in_camera(parameters)[0])
    nearness = np.where(seen[:count], known[:, 3:] / np.maximum(far, 1e-9), np.nan)
    typical = np.nan_to_num(lower_median(nearness, axis=0), nan=1.0).clip(0.0) * depth
    middle = middle_observation(observations)[count:]
    xy = observations.xy_px[np.arange(count, len(seen)), middle]
    ray = unit_rays(xy, parameters.focal_px[0, middle], observations.pixel_aspect)
    w = typical[middle][:, None]
    world = np.einsum("mji,mj->mi", rotation[middle], ray - w * translation[middle])
    return replace(parameters, point=np.concatenate([known, unit(np.concatenate([world, w], -1))])[None])
