"""What dense flow says of a shot, in plain arrays. Loads torch: the estimator imports it where flow is asked."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.distortion import corner_radius, undistortion_of
from sfm.backends.dense.estimator import answer
from sfm.backends.dense.fitting import FittedFlow, fit_flow
from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.models import TESTIFIES, Lens, votes_of
from sfm.backends.dense.running import exact
from sfm.confidence.evidence import Answer, ByFlow, chosen_by
from sfm.confidence.sightings import MOST, Cameras, Sightings, cameras_at
from sfm.config import DenseConfig
from sfm.types import FramePoses, Frames, Masks, Solved

LEAST_BELONGING = 0.02


def asked(
    frames: Frames, masks: Masks, config: DenseConfig, seconds: dict[str, float], *, device: str, threads: int
) -> ByFlow | str:
    """What the flow says, or why it says nothing.

    Args:
        frames, masks: of the shot.
        config: of the dense backend.
        seconds: gets the wall time of each step.
        device: "cpu" or "cuda".
        threads: that take pieces of their own.

    Raises:
        CinetrajError: the clip does not fit into the memory of the GPU.
    """

    def again(model: str, spent: dict[str, float]) -> Solved:
        assert not isinstance(fitted, str)
        with exact(frames, config, device=device, threads=threads):
            other, its_structure = answer(frames, masks, fitted, config, spent, model=model)
            return replace(other, structure=its_structure(spent))

    def structured(spent: dict[str, float]) -> Solved:
        with exact(frames, config, device=device, threads=threads):
            return replace(solved, structure=structure(spent))

    with exact(frames, config, device=device, threads=threads):
        fitted = fit_flow(frames, masks, config, seconds, device=device)
        if isinstance(fitted, str):
            return fitted
        solved, structure = answer(frames, masks, fitted, config, seconds)
        if solved.poses is None:
            return solved.reason
        keyframes = fitted.kept[fitted.key]
        return ByFlow(
            keyframes=keyframes,
            answers=_answers(fitted, solved, keyframes, frames),
            sightings=of_flow(fitted.graph, fitted.belongs, frames.hw, frames.pixel_aspect),
            solved=solved,
            structured=structured,
            again=again,
        )


def of_flow(
    graph: FlowGraph, belongs: Float[Tensor, "k p"], hw: tuple[int, int], pixel_aspect: float = 1.0
) -> Sightings:
    """Patches of the keyframes, by what they know and as far as they belong to the rigid scene."""
    votes = votes_of(graph).cpu().numpy().astype(float)
    row, patch = np.nonzero(votes > 0)
    weight = np.maximum(belongs.cpu().numpy()[row, patch], LEAST_BELONGING)
    return Sightings(
        anchor=row,
        xy_px=graph.patch_px.T.cpu().numpy()[patch].astype(float),
        target=graph.target.cpu().numpy()[row],
        place_px=graph.place_px.cpu().numpy().transpose(0, 3, 1, 2)[row, patch].astype(float),
        seen=(graph.weight.cpu().numpy() > TESTIFIES).transpose(0, 2, 1)[row, patch],
        votes=votes[row, patch] * weight,
        hw=hw,
        pixel_aspect=pixel_aspect,
    ).some(MOST["flow"])


def _answers(
    fitted: FittedFlow, solved: Solved, keyframes: Int[np.ndarray, " k"], frames: Frames
) -> tuple[Answer, ...]:
    """The models of the flow at its keyframes; the one that was turned inside out, as it was told."""
    answers: list[Answer] = []
    turned = solved.statistics.get("occlusion", {}).get("turned_inside_out", False)
    for fit in fitted.fits:
        state = fit.parameters
        cameras = Cameras(
            rotation=state.rotation.cpu().numpy(),
            translation=state.translation.cpu().numpy(),
            focal_px=state.focal_px.cpu().numpy(),
            translates=fit.model.translates,
            nearness=abs(float(state.inverse_depth.median())) or 1.0,
            undistortion=float(state.undistortion),
        )
        if turned and fit.model.name == solved.motion_model:
            assert solved.poses is not None
            cameras = as_told(solved.poses, keyframes, frames, fitted.lens)
        answers.append(Answer(source="flow", model=fit.model, cameras=cameras, chosen=chosen_by(solved, fit.model)))
    return tuple(answers)


def as_told(poses: FramePoses, keyframes: Int[np.ndarray, " k"], frames: Frames, lens: Lens) -> Cameras:
    """The cameras of a told path at the keyframes, with κ of its lens: the one that was given, or that of its k1.

    Args:
        poses: of all frames.
        keyframes: their numbers.
        frames: of the shot.
        lens: what was known of it.
    """
    found = cameras_at(poses, keyframes)
    if not lens.radial:
        return replace(found, undistortion=lens.undistortion)
    radius = corner_radius(frames.hw, frames.pixel_aspect, float(found.focal_px[0]))
    return replace(found, undistortion=undistortion_of(poses.radial, radius))
