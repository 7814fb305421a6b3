"""From a spec to a clip with exact truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.synthetic import effects, truth
from sfm.synthetic.defocus import circle_px, defocused
from sfm.synthetic.melt import bent, content_places, drift, swim
from sfm.synthetic.movers import make_movers
from sfm.synthetic.paths import base_pose, camera_path, ease
from sfm.synthetic.raster import Camera
from sfm.synthetic.scenes import REFERENCE_DEPTH, KeepOut, build
from sfm.synthetic.spec import ClipSpec
from sfm.synthetic.surfaces import Scene
from sfm.synthetic.take import Take, band_time, exposed, seen_inverse_depth
from sfm.synthetic.truth import Caster, Displacement
from sfm.video.encode import encode
from trajectory.model import Provenance, Trajectory

DEPTH_GRID = (45, 80)
_SUBFRAMES = (5, 13)
_SUBFRAME_PX = 2.0
_MOST_BANDS = 16
_BAND_PX = 3.0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RenderedClip:
    """A clip and what is true about it.

    Attributes:
        trajectory: metric, first camera at the identity, principal point in the middle (pixel centres at
            half-integers).
        depth: distance along the optical axis of the static scene for the frames `depth_frames`, at the middle of the
            cells of a coarse grid (metres; inf never occurs inside of a scene).
        moving: where movers are in each frame.
        displacement: how far static content moves against the first frame, and how much of it no rotation with zoom
            explains.
        residual_parallax_px: largest 90th percentile of that residual over the frames that share at least a quarter of
            the first frame's points, in pixels of a frame 640 wide.
        set_up: the scene and the path, for more of the truth (`sfm.synthetic.flow`).
    """

    spec: ClipSpec
    rgb: UInt8[np.ndarray, "n h w 3"]
    trajectory: Trajectory
    depth: Float[np.ndarray, "k gh gw"]
    depth_frames: tuple[int, ...]
    moving: Bool[np.ndarray, "n h w"]
    displacement: Displacement
    residual_parallax_px: float
    set_up: "Stage"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClipTruth:
    """The part of a `RenderedClip` that needs no pictures."""

    trajectory: Trajectory
    depth: Float[np.ndarray, "k gh gw"]
    depth_frames: tuple[int, ...]
    displacement: Displacement
    residual_parallax_px: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """The scene of a spec and its path as functions of time, before anything is drawn."""

    spec: ClipSpec
    scene: Scene
    world_from_first: Float[np.ndarray, "4 4"]

    def path(self, frame_time: Float[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
        """First-from-camera poses and focal lengths at times in frames."""
        return _path(self.spec, frame_time)

    def cameras(self, frame_time: Float[np.ndarray, " n"]) -> tuple[Camera, ...]:
        poses, focal = self.path(frame_time)
        return tuple(
            Camera(np.linalg.inv(self.world_from_first @ pose), float(f), self.spec.image_hw)
            for pose, f in zip(poses, focal, strict=True)
        )


def _path(spec: ClipSpec, frame_time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return camera_path(
        spec.move,
        frame_time=frame_time,
        frames=spec.frames,
        fps=spec.fps,
        focal_px=spec.focal_px,
        reference_depth=REFERENCE_DEPTH[spec.scene],
        easing=spec.easing,
        seed=spec.seed,
        timing=spec.timing,
    )


def stage(spec: ClipSpec) -> Stage:
    """Builds the scene around the path, so that nothing stands in the way of camera and movers."""
    times = np.linspace(0, spec.frames - 1, min(spec.frames, 16))
    base = base_pose(spec.scene, spec.seed)
    poses = base @ _path(spec, times)[0]
    keep_out = [KeepOut(points=poses[:, :3, 3], radius=0.9)]
    for mover in _movers(spec, times, poses, base):
        ahead = poses[:, :3, 3]
        sight = np.concatenate([ahead + k * (mover.feet - ahead) for k in (0.5, 0.75, 1.0)])
        keep_out.append(KeepOut(points=sight, radius=0.35))
    scene = build(spec.scene, style=spec.textures, seed=spec.seed, keep_out=tuple(keep_out))
    return Stage(spec=spec, scene=scene, world_from_first=base)


def _movers(spec: ClipSpec, times: np.ndarray, poses: np.ndarray, base: np.ndarray):
    return make_movers(spec, frame_time=times, world_from_cam=poses, first_from_world=np.linalg.inv(base))


def measure(set_up: Stage, *, depth_maps: int = 3) -> ClipTruth:
    """Trajectory, depth and parallax of a stage; draws nothing."""
    spec = set_up.spec
    times = np.arange(spec.frames, dtype=np.float64)
    poses, focal = set_up.path(times)
    cameras = set_up.cameras(times)
    caster = Caster(set_up.scene)
    scene_depth = np.array([_median_depth(caster, camera, spec.radial) for camera in cameras])
    h, w = spec.image_hw
    intrinsics = np.zeros((spec.frames, 3, 3))
    intrinsics[:, 0, 0] = intrinsics[:, 1, 1] = focal
    intrinsics[:, 0, 2], intrinsics[:, 1, 2], intrinsics[:, 2, 2] = w / 2, h / 2, 1
    trajectory = Trajectory(
        world_from_cam=np.linalg.inv(poses[0]) @ poses,
        time_s=times / spec.fps,
        valid=np.ones(spec.frames, bool),
        image_hw=spec.image_hw,
        intrinsics_px=intrinsics,
        scale="metric",
        scene_depth=scene_depth,
        distortion=np.array([spec.radial, 0.0, 0.0, 0.0]) if spec.radial else None,
        provenance=Provenance(backend="rendered", config=spec.to_dict(), seed=spec.seed, source="rendered"),
    )
    picks = tuple(sorted({round(k) for k in np.linspace(0, spec.frames - 1, depth_maps)}))
    depth = np.stack([truth.depth_map(caster, cameras[k], DEPTH_GRID, radial=spec.radial) for k in picks])
    moved = truth.displacement(caster, cameras)
    return ClipTruth(
        trajectory=trajectory,
        depth=depth,
        depth_frames=picks,
        displacement=moved,
        residual_parallax_px=widest(moved, moved.zoom_p90),
    )


def widest(moved: Displacement, values: Float[np.ndarray, " n"], *, least_shared: float = 0.25) -> float:
    """The largest of one kind of displacement over the frames that still share enough with the first one."""
    return float(np.nanmax(np.where(moved.shared >= least_shared, values, np.nan)))


def _median_depth(caster: Caster, camera: Camera, radial: float) -> float:
    return float(np.median(truth.depth_map(caster, camera, (14, 24), radial=radial)))


def render(spec: ClipSpec) -> RenderedClip:
    """Draw a clip: equal specs give equal arrays."""
    set_up = stage(spec)
    known = measure(set_up)
    n, (h, w) = spec.frames, spec.image_hw
    shutter = np.linspace(-spec.blur / 2, spec.blur / 2, _subframes(spec)) if spec.blur > 0 else np.zeros(1)
    rows = band_time(spec, _bands(spec)) if spec.rolling_shutter > 0 else np.zeros(1)
    times = np.arange(n, dtype=np.float64)[:, None, None] + shutter[:, None] + rows
    take = _take(set_up, times)
    gains = effects.exposure_gains(spec.seed, n, spec.flicker) * effects.step_gains(spec.exposure_steps, n)
    grain = effects.Grain(spec.seed, spec.image_hw, spec.noise) if spec.noise > 0 else None
    still = not spec.movers and not spec.move
    rgb, moving = np.empty((n, h, w, 3), np.uint8), np.zeros((n, h, w), bool)
    clean: np.ndarray | None = None
    depth: np.ndarray | None = None
    for frame in range(n):
        if clean is None or not still:
            clean, mask = exposed(take, frame)
            depth = seen_inverse_depth(take, frame) if spec.defocus > 0 else None
        moving[frame] = mask > 127
        image = clean if depth is None else _focused(spec, clean, depth, frame)
        if spec.melt > 0:
            offset = _swim(set_up, frame)
            image, moving[frame] = bent(image, offset), bent(mask, offset) > 127
        image = effects.scaled(image, float(gains[frame])) if spec.flicker > 0 or spec.exposure_steps else image
        image = grain.add(image) if grain else image
        rgb[frame] = effects.letterboxed(image, spec.letterbox) if spec.letterbox else image
    return RenderedClip(
        spec=spec,
        rgb=rgb,
        trajectory=known.trajectory,
        depth=known.depth,
        depth_frames=known.depth_frames,
        moving=moving,
        displacement=known.displacement,
        residual_parallax_px=known.residual_parallax_px,
        set_up=set_up,
    )


def _take(set_up: Stage, times: np.ndarray) -> Take:
    cameras = set_up.cameras(times.ravel())
    poses = np.stack([np.linalg.inv(camera.cam_from_world) for camera in cameras])
    movers = _movers(set_up.spec, times.ravel(), poses, set_up.world_from_first)
    return Take(
        spec=set_up.spec,
        scene=set_up.scene,
        frame_time=times,
        cameras=cameras,
        cameras_at=set_up.cameras,
        movers=movers,
    )


def _subframes(spec: ClipSpec) -> int:
    """So many that content moves by about two pixels from one to the next: fewer would show as ghosts."""
    return int(np.clip(np.ceil(_motion_px(spec) * spec.blur / _SUBFRAME_PX) + 1, *_SUBFRAMES))


def _bands(spec: ClipSpec) -> int:
    """So many bands of rows that content moves by about three pixels while one is read."""
    return int(np.clip(np.ceil(_motion_px(spec) * spec.rolling_shutter / _BAND_PX), 1, _MOST_BANDS))


def _motion_px(spec: ClipSpec) -> float:
    """About how far near content moves between frames at most."""
    poses, _ = _path(spec, np.arange(spec.frames, dtype=np.float64))
    step = np.linalg.inv(poses[:-1]) @ poses[1:]
    angle = np.arccos(np.clip((np.trace(step[:, :3, :3], axis1=1, axis2=2) - 1) / 2, -1, 1))
    near = 0.5 * REFERENCE_DEPTH[spec.scene]
    px = spec.focal_px * (angle + np.linalg.norm(step[:, :3, 3], axis=1) / near)
    walk = max((mover.speed * spec.image_hw[1] / spec.frames for mover in spec.movers), default=0.0)
    return float(px.max(initial=0.0) + walk)


def _focused(spec: ClipSpec, image: np.ndarray, depth: np.ndarray, frame: int) -> np.ndarray:
    """The picture as the lens shows it that is focused where it is at this frame."""
    progress = float(ease(np.array([frame / max(spec.frames - 1, 1)]), spec.easing)[0])
    focus = spec.focus[0] + (spec.focus[1] - spec.focus[0]) * progress
    return defocused(image, circle_px(depth, focus, spec.defocus))


def _swim(set_up: Stage, frame: int) -> np.ndarray:
    spec = set_up.spec
    wave = {"rms_px": spec.melt, "wave_px": spec.melt_wave_px, "renewal_frames": spec.melt_frames}
    if not spec.melt_drifts:
        return swim(spec.image_hw, frame, seed=spec.seed, **wave)
    poses, focal = set_up.path(np.array([0.0, frame]))
    first_from_cam = poses[0, :3, :3].T @ poses[1, :3, :3]
    places = content_places(spec.image_hw, first_from_cam, float(focal[1]), float(focal[0]))
    return drift(places, frame, seed=spec.seed, **wave)


def write_video(rendered: RenderedClip, path: str | Path, *, crf: int | None = None) -> None:
    """The clip as H.264 at its frame rate; `crf` overrides the spec's."""
    encode(rendered.rgb, path, fps=rendered.spec.fps, crf=rendered.spec.crf if crf is None else crf)
