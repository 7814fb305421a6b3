"""A small room of textured planes by ray casting: an independent source of frames with exactly known cameras."""

import cv2
import numpy as np

from sfm.types import Frames, Masks

HW = (192, 256)
FOCAL_PX = 224.0
PLANES = (  # a point, the normal, and the box of the points that belong to it (x, y)
    ((0.0, 0.0, 8.0), (0.0, 0.0, -1.0), None),
    ((-2.6, 0.0, 4.0), (0.9, 0.0, -0.45), (-9.0, -1.0, -9.0, 9.0)),
    ((0.0, 1.3, 4.0), (0.0, -1.0, -0.1), (-9.0, 9.0, 0.6, 9.0)),
    ((0.9, -0.2, 3.6), (0.1, 0.1, -1.0), (0.5, 1.5, -0.8, 0.5)),
)


def _texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((1024, 1024)).astype(np.float32)
    mixed = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.2, 2.5, 5.0, 12.0))
    return cv2.normalize(np.asarray(mixed), None, 20, 235, cv2.NORM_MINMAX).astype(np.float32)


def render(
    world_from_cam: np.ndarray,
    *,
    focal_px: float | np.ndarray = FOCAL_PX,
    pixel_aspect: float = 1.0,
    noise: float = 1.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n h w 3 bytes) and their depth maps (n h w)."""
    height, width = HW
    textures = [_texture(seed) for seed in range(len(PLANES))]
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    frames, depths = [], []
    generator = np.random.default_rng(7)
    for pose, f in zip(world_from_cam, np.broadcast_to(focal_px, len(world_from_cam)), strict=True):
        x = (column - (width - 1) / 2) * pixel_aspect / f
        ray = np.stack([x, (row - (height - 1) / 2) / f, np.ones_like(x)], -1) @ pose[:3, :3].T
        nearest, image = np.full(HW, np.inf), np.zeros(HW, np.float32)
        for texture, (point, normal, box) in zip(textures, PLANES, strict=True):
            unit = np.array(normal) / np.linalg.norm(normal)
            with np.errstate(divide="ignore", invalid="ignore"):
                depth = (np.array(point) - pose[:3, 3]) @ unit / (ray @ unit)
            hit = pose[:3, 3] + depth[..., None] * ray
            inside = (depth > 0.1) & (depth < nearest)
            if box is not None:
                inside &= (
                    (hit[..., 0] > box[0]) & (hit[..., 0] < box[1]) & (hit[..., 1] > box[2]) & (hit[..., 1] < box[3])
                )
            across = np.cross(unit, (0.0, 1.0, 0.0) if abs(unit[1]) < 0.9 else (1.0, 0.0, 0.0))
            across /= np.linalg.norm(across)
            u, v = hit @ across * 60 + 512, hit @ np.cross(unit, across) * 60 + 512
            painted = cv2.remap(
                texture, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
            )
            image[inside], nearest[inside] = painted[inside], depth[inside]
        noisy = np.clip(image + generator.normal(0, noise, HW), 0, 255).astype(np.uint8)
        frames.append(np.repeat(noisy[..., None], 3, axis=-1))
        depths.append(nearest)
    return np.stack(frames), np.stack(depths)


def path(n: int, *, shift: tuple[float, float, float] = (0.0, 0.0, 0.0), pan_deg: float = 0.0) -> np.ndarray:
    """Camera-to-world poses that end at `shift` and, panned to the right, at `pan_deg`."""
    poses = np.tile(np.eye(4), (n, 1, 1))
    for share, pose in zip(np.linspace(0, 1, n), poses, strict=True):
        angle = np.radians(pan_deg * share)
        pose[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        pose[:3, 3] = np.array(shift) * share
    return poses


def clip(rgb: np.ndarray, *, focal_px: float | None = FOCAL_PX, pixel_aspect: float = 1.0) -> tuple[Frames, Masks]:
    """Frames and evidence that accepts everything."""
    n = len(rgb)
    frames = Frames(
        rgb=rgb,
        time_s=np.arange(n) / 24,
        index=np.arange(n),
        source_hw=HW,
        source="planes",
        pixel_aspect=pixel_aspect,
        focal_px=focal_px,
    )
    return frames, Masks(usable=np.ones(rgb.shape[1:3], bool), blank=np.zeros(n, bool), duplicate_of=np.arange(n))
