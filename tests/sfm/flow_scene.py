"""Flow without pictures, from cameras and depths that are known; and the exact flow of rendered clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import final

import numpy as np
import torch

from sfm.backends.dense.graph import DenseParameters, FlowGraph, root_of
from sfm.backends.dense.keyframes import neighbours
from sfm.synthetic import ClipSpec, RenderedClip, render, stage
from sfm.synthetic.clip import Stage
from sfm.synthetic.inverse_depth import inverse_depth, surfaces_of
from sfm.synthetic.paths import camera_path

HW = (180, 320)
FOCAL_PX = 275.0
WIDE = {"dtype": torch.float64}
MOVES: dict[str, dict[str, float]] = {
    "static": {},
    "pan": {"pan_deg": 6.0},
    "zoom": {"zoom": 1.3},
    "truck": {"truck": 0.12},
    "dolly": {"dolly": 0.15},
}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class KnownFlow:
    """A graph of flow and what made it.

    centre: of the cameras in the world, the first at the origin.
    moving: places that were thrown about (k m p).
    """

    graph: FlowGraph
    parameters: DenseParameters
    centre: np.ndarray
    moving: np.ndarray


def known_flow(
    move: Mapping[str, float],
    *,
    seed: int = 0,
    cameras: int = 6,
    patches: int = 120,
    reach: int = 2,
    noise_px: float = 0.0,
    promised_px: float = 0.12,
    outliers: float = 0.0,
    focal_px: float = FOCAL_PX,
    kappa: float = 0.0,
    depth: tuple[float, float] = (1.0, 4.0),
    dtype: torch.dtype = torch.float64,
    steps: Sequence[float] | None = None,
    loops: Sequence[tuple[int, int]] = (),
) -> KnownFlow:
    """Patches all over the frame, each at a depth of its own, and where every camera sees them.

    Places outside of the frame and idle slots weigh nothing. Written in numpy, apart from what it tests.

    Args:
        move: channels of `sfm.synthetic.MOVES`, in steps of equal size; a unit of length is the median depth.
        seed: draws depths, noise and outliers.
        cameras, patches, reach: of the graph.
        noise_px: standard deviation of the places along each axis.
        promised_px: what the graph says of it.
        outliers: share of the places that are anywhere within 30 pixels.
        focal_px: of the first camera.
        kappa: undistorted = distorted (1 + kappa r²), over the focal length.
        depth: range of distances, drawn evenly in inverse depth; the median becomes 1.
        dtype: of the graph.
        steps: where on its way each camera is, 0 .. cameras - 1; None: one after the other.
        loops: pairs of cameras that are compared too, the earlier one first; in two further slots.
    """
    rng = np.random.default_rng(seed)
    world_from_cam, focal = camera_path(
        move,
        frame_time=np.arange(cameras, dtype=float) if steps is None else np.array(steps, float),
        frames=cameras,
        fps=25.0,
        focal_px=focal_px,
        reference_depth=1.0,
        easing="linear",
        seed=seed,
    )
    world_from_cam = np.linalg.inv(world_from_cam[0]) @ world_from_cam
    cam_from_world = np.linalg.inv(world_from_cam)
    half = np.array([HW[1], HW[0]]) / 2
    patch = rng.uniform(-1, 1, (patches, 2)) * half
    near = rng.uniform(1 / depth[1], 1 / depth[0], (cameras, patches))
    near /= np.median(near)
    own = np.arange(cameras)[:, None]
    target = neighbours(cameras, reach, torch.device("cpu")).numpy()
    if loops:
        again = own.repeat(2, 1)
        for first, second in loops:
            again[first, 0], again[second, 1] = second, first
        target = np.concatenate([target, again], 1)
    place = np.zeros((*target.shape, patches, 2))
    for i, row in enumerate(target):
        bent = patch / focal[i]
        ray = bent * (1 + kappa * (bent**2).sum(1, keepdims=True))
        world = np.column_stack([ray, np.ones(patches), near[i]]) @ world_from_cam[i].T
        for slot, j in enumerate(row):
            seen = world @ cam_from_world[j].T
            assert (seen[:, 2] > 0.1).all(), "a scene of this helper lies in front of every camera"
            place[i, slot] = _bent(seen[:, :2] / seen[:, 2:3], kappa) * focal[j]
    inside = (np.abs(place) < half).all(-1)
    place += rng.normal(0, noise_px, place.shape)
    moving = rng.random(inside.shape) < outliers
    place[moving] += rng.uniform(-30, 30, (int(moving.sum()), 2))
    weight = inside * (target != own)[..., None]
    information = torch.tensor([1.0, 0.0, 1.0], dtype=dtype) / promised_px**2
    graph = FlowGraph(
        source=torch.arange(cameras),
        target=torch.from_numpy(target),
        patch_px=torch.from_numpy(patch.T.copy()).to(dtype),
        place_px=torch.from_numpy(place.swapaxes(2, 3).copy()).to(dtype),
        root=root_of(information.expand(*weight.shape, 3)).movedim(-1, 2).contiguous(),
        weight=torch.from_numpy(weight).to(dtype),
    )
    parameters = DenseParameters(
        rotation=torch.from_numpy(cam_from_world[:, :3, :3].copy()),
        translation=torch.from_numpy(cam_from_world[:, :3, 3].copy()),
        inverse_depth=torch.from_numpy(near).to(dtype),
        log_focal=torch.tensor(float(np.log(focal[0])), **WIDE),
        zoom=torch.from_numpy(np.log(focal / focal[0])),
        undistortion=torch.tensor(kappa, **WIDE),
    )
    return KnownFlow(graph=graph, parameters=parameters, centre=world_from_cam[:, :3, 3], moving=moving)


def with_mover(known: KnownFlow, where: np.ndarray, shift_px: np.ndarray) -> KnownFlow:
    """The same flow with something before the camera that goes along and shifts in the frame.

    Args:
        known: the scene.
        where: patches that show it, in every keyframe (p).
        shift_px: of each patch in each keyframe (k p 2).
    """
    graph = known.graph
    shift = torch.from_numpy(shift_px).to(graph.place_px).transpose(1, 2)
    own = graph.patch_px + shift[graph.target] - shift[:, None]
    half = torch.tensor([HW[1], HW[0]]).to(own) / 2
    there = (graph.target != graph.source[:, None])[..., None] & (own.abs() < half[:, None]).all(2)
    chosen = torch.from_numpy(where)
    moved = replace(
        graph,
        place_px=torch.where(chosen, own, graph.place_px),
        weight=torch.where(chosen, there.to(graph.weight), graph.weight),
    )
    return replace(known, graph=moved, moving=known.moving | where)


def _bent(ideal: np.ndarray, kappa: float) -> np.ndarray:
    """Where a lens shows what a pinhole shows at `ideal`: the inverse of x (1 + kappa r²), by Newton on the radius."""
    r = np.linalg.norm(ideal, axis=-1, keepdims=True)
    bent = r.copy()
    for _ in range(30):
        bent = bent - (bent * (1 + kappa * bent**2) - r) / (1 + 3 * kappa * bent**2)
    return ideal * np.where(r > 0, bent / np.maximum(r, 1e-12), 1.0)


def centres_of(parameters: DenseParameters) -> np.ndarray:
    """Of the cameras in the world."""
    rotation, translation = parameters.rotation.numpy(), parameters.translation.numpy()
    return -np.einsum("nji,nj->ni", rotation, translation)


@cache
def clip(name: str) -> RenderedClip:
    """One of `MOVES`, rendered once for all tests of a process."""
    return render(ClipSpec(seed=11, frames=16, image_hw=HW, focal_px=FOCAL_PX, move=MOVES[name], noise=1.5))


@cache
def set_up(name: str) -> Stage:
    """Scene and path of `clip`."""
    return stage(clip(name).spec)


def depths_at(known: Stage, frame: int, xy: np.ndarray) -> np.ndarray:
    """Inverse depth at positions of a frame, pixel centres being integers; in reference depths."""
    camera = known.cameras(np.array([float(frame)]))[0]
    return inverse_depth(surfaces_of(known.scene), camera, xy + 0.5) * known.scene.reference_depth


def true_cameras(known: Stage, key: Sequence[int], xy: np.ndarray) -> DenseParameters:
    """The parameters of some frames of a rendered clip, with the depths of patches at `xy`; in reference depths."""
    cameras = known.cameras(np.array(key, float))
    pose = np.stack([camera.cam_from_world for camera in cameras])
    pose = pose @ np.linalg.inv(pose[0])
    focal = np.array([camera.focal_px for camera in cameras])
    near = np.stack([depths_at(known, frame, xy) for frame in key])
    return DenseParameters(
        rotation=torch.from_numpy(pose[:, :3, :3].copy()),
        translation=torch.from_numpy(pose[:, :3, 3] / known.scene.reference_depth),
        inverse_depth=torch.from_numpy(near).float(),
        log_focal=torch.tensor(float(np.log(focal[0])), **WIDE),
        zoom=torch.from_numpy(np.log(focal / focal[0])),
        undistortion=torch.zeros((), **WIDE),
    )


def exact_flow(known: Stage, first: int, second: int, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Displacements of static content from one frame to another, and whether it is seen there, at positions (n, 2)."""
    here, there = known.cameras(np.array([float(first), float(second)]))
    surfaces = surfaces_of(known.scene)
    near = inverse_depth(surfaces, here, xy + 0.5)
    ray = np.column_stack([xy + 0.5, np.ones(len(xy))]) @ np.linalg.inv(here.px_from_cam).T
    in_cam = np.column_stack([ray / near[:, None], np.ones(len(xy))])
    in_there = in_cam @ np.linalg.inv(here.cam_from_world).T @ there.cam_from_world.T
    px = in_there[:, :3] @ there.px_from_cam.T
    place = px[:, :2] / px[:, 2:]
    height, width = known.spec.image_hw
    inside = ((place > 4) & (place < [width - 4, height - 4])).all(1) & (in_there[:, 2] > 0)
    nearest = inverse_depth(surfaces, there, place)
    return place - 0.5 - xy, inside & (nearest * in_there[:, 2] < 1.02)
