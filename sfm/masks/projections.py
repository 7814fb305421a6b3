"""Pictures that no single pinhole took: stereo pairs, circular fisheyes, 360 degrees."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from sfm.masks.blank import to_grey
from sfm.masks.pixels import evenly
from sfm.types import Frames, Masks

SAMPLE_FRAMES = 4
"""Frames that are looked at, spread over the shot; a kind must show in each of them."""
LONG_SIDE = 320
LEAST_BLOCKS, FOUND = 12, 0.65
"""Blocks of detail that one view has once, and the share of them that the other view has as well. Halves
of some 250 pictures of one view have .42 and less."""
ALIKE = 0.7
"""Correlation of a block and of what counts as the same, and of the two borders that meet behind a camera."""
ALIKER = 0.3
"""How much more alike the borders are than columns a quarter of the way apart: a horizon is the same all along."""
EVEN_POLES = 0.45
"""How much a border row changes, of what the rows around the middle do: it is one point, or just beside it."""
DARK_GREY, SHARP_PX = 24, 3
"""Grey level up to which the surroundings of a disc are black, and in how many pixels its rim is lit: a vignette and
the iris of a silent film are soft."""
ROUND = 0.75
"""Share of a disc's rim that lies on one circle; dark things in the picture bite into the rest."""
ABOUT_TWO = 0.07
"""Tolerance of width over height: the mask of a bar takes a margin of the picture with it."""
FLAT_VIEW = "h_fov=90:v_fov=60:w=960:h=554"
"""Of ffmpeg's v360: square pixels, tan(45) / tan(30) = 960 / 554; its own size has other ones."""


def no_pinhole(frames: Frames, found: Masks) -> str:
    """Why a shot's pictures are not those of one pinhole camera, "" where they may be, with what to do about it."""
    seen = np.flatnonzero(~found.blank)
    if len(seen) == 0:
        return ""
    some = frames.rgb[seen[evenly(len(seen), SAMPLE_FRAMES)]]
    small = to_grey(np.stack([_small(image) for image in some]))
    half_h, half_w = small.shape[1] // 2, small.shape[2] // 2
    disc = disc_of(small.max(0))
    if disc is not None:
        across, down = (f"{180 * side / disc:.0f}" for side in small.shape[:0:-1])
        view = f"v360=fisheye:flat:ih_fov={across}:iv_fov={down}:{FLAT_VIEW}"
        what = "is a disc in black: a circular fisheye (of 180 degrees, say) is no pinhole camera"
        return f"the picture {what}; make a flat view of it: ffmpeg -i CLIP -vf {view} FLAT.mp4, and give --fov 90"
    if all(is_pair(image[:, :half_w], image[:, -half_w:]) for image in small):
        return _twice("side by side", "iw/2:ih:0:0")
    if all(is_pair(image[:half_h], image[-half_h:]) for image in small):
        return _twice("one above the other", "iw:ih/2:0:0")
    inside = small[:, *_without_bars(found, small.shape[1:])]
    wide = frames.pixel_aspect * inside.shape[2] / inside.shape[1]
    if abs(wide - 2) < ABOUT_TWO and all(goes_around(image) for image in inside):
        view = f"ffmpeg -i CLIP -vf v360=e:flat:{FLAT_VIEW} FLAT.mp4, and give --fov 90"
        what = "goes once around (360 degrees, equirectangular), which is no pinhole camera"
        return f"the picture {what}; make a flat view of it: {view}"
    return ""


def _twice(how: str, crop: str) -> str:
    what = f"shows one scene twice, {how} (stereo, or a comparison), which no single camera sees"
    return f"the picture {what}; keep one of them: ffmpeg -i CLIP -vf crop={crop} ONE.mp4"


def is_pair(first: UInt8[np.ndarray, "h w"], second: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether two halves of a picture show one scene: what is there only once in the one lies beside its place in the
    other, up to a tenth of the width aside. What repeats itself (a fence, a wallpaper) proves nothing.
    """
    a, b = _detail(first), _detail(second)
    blocks = _blocks(a)
    beside = np.array([_beside(a, b, block) > ALIKE for block in blocks], bool)
    if beside.sum() < max(LEAST_BLOCKS, len(blocks) / 2):  # spares most pictures the longer search
        return False
    unique = np.array([_elsewhere(a, block) <= ALIKE for block in blocks])
    return bool(unique.sum() >= LEAST_BLOCKS and beside[unique].mean() >= FOUND)


def _detail(image: UInt8[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    values = image.astype(np.float32)
    return values - cv2.GaussianBlur(values, (0, 0), 4)


def _blocks(detail: Float[np.ndarray, "h w"], across: int = 8, down: int = 6) -> list[tuple[slice, slice]]:
    """Blocks whose detail changes along the row; a horizon is found anywhere along itself."""
    height, width = detail.shape[0] // (down + 2), detail.shape[1] // (across + 2)
    if min(height, width) < 6:
        return []
    corners = [((k + 1) * height, (m + 1) * width) for k in range(down) for m in range(across)]
    blocks = [(slice(y, y + height), slice(x, x + width)) for y, x in corners]
    return [block for block in blocks if np.abs(np.diff(detail[block], axis=1)).mean() > 2]


def _beside(a: Float[np.ndarray, "h w"], b: Float[np.ndarray, "h w"], block: tuple[slice, slice]) -> float:
    """Best correlation of a block of `a` in `b` near its own place."""
    rows, columns = block
    reach = a.shape[1] // 10
    window = b[max(rows.start - 1, 0) : rows.stop + 1, max(columns.start - reach, 0) : columns.stop + reach]
    return float(cv2.matchTemplate(window, a[block], cv2.TM_CCOEFF_NORMED).max())


def _elsewhere(a: Float[np.ndarray, "h w"], block: tuple[slice, slice]) -> float:
    """Best correlation of a block along its own rows, but for its place, or a quarter of the height off."""
    rows, columns = block
    pitch = len(a) // 4 if rows.stop + len(a) // 4 < len(a) else -(len(a) // 4)
    along = cv2.matchTemplate(a[rows], a[block], cv2.TM_CCOEFF_NORMED)[0]
    off = cv2.matchTemplate(a[rows.start + pitch : rows.stop + pitch], a[block], cv2.TM_CCOEFF_NORMED)
    far = np.abs(np.arange(len(along)) - columns.start) > (columns.stop - columns.start) // 2
    return float(max(along[far].max(), off.max()))


def disc_of(brightest: UInt8[np.ndarray, "h w"]) -> float | None:
    """Diameter in pixels of the sharp disc around the middle that what is ever lit makes, None where it does not."""
    height, width = brightest.shape
    dark = cv2.medianBlur((brightest <= DARK_GREY).astype(np.uint8), 5)
    parts = cv2.connectedComponents(dark, connectivity=4)[1]
    corners = parts[[0, 0, -1, -1], [0, -1, 0, -1]]
    disc = ~np.isin(parts, corners)  # with what is dark inside of it
    if not corners.all() or not 0.2 < disc.mean() < 0.95:
        return None
    y, x = np.nonzero(disc & ~cv2.erode(disc.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    a, b, radius = _circle(x[inside].astype(np.float64), y[inside].astype(np.float64), height)
    if abs(a - width / 2) > 0.03 * width or abs(b - height / 2) > 0.03 * width or radius < 0.4 * min(height, width):
        return None
    rim = np.abs(np.hypot(x[inside] - a, y[inside] - b) - radius) < 0.02 * radius
    rows, columns = np.indices(brightest.shape)
    away = np.hypot(columns - a, rows - b) - radius
    if len(rim) < 40 or rim.mean() < ROUND or disc[away < -2].mean() < 0.9 or disc[away > 2].mean() > 0.01:
        return None
    rings = [float(brightest[(away > low) & (away <= low + SHARP_PX)].mean()) for low in (-4 * SHARP_PX, -2 * SHARP_PX)]
    return 2 * radius if rings[1] > 0.75 * rings[0] else None


def _circle(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], side: int) -> tuple[float, float, float]:
    """Middle and radius of the circle through most points: thrice, without those that lie off the circle before."""
    a = b = radius = 0.0
    near = np.ones(len(x), bool)
    for share in (0.1, 0.03, 0.02):
        if near.sum() < 3:
            break
        # Kasa 1976: x^2 + y^2 = 2 a x + 2 b y + c, by least squares; (a, b) is the middle.
        rows = np.stack([2 * x, 2 * y, np.ones_like(x)], axis=1)
        a, b, c = np.linalg.lstsq(rows[near], (x * x + y * y)[near], rcond=None)[0]
        radius = float(np.sqrt(max(c + a * a + b * b, 0.0)))
        near = np.abs(np.hypot(x - a, y - b) - radius) < share * side
    return float(a), float(b), radius


def goes_around(image: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether the left and right border continue each other, and the rows at both poles are even."""
    values = image.astype(np.float32)
    poles = max(float(values[0].std()), float(values[-1].std()))
    equator = float(values[len(values) // 3 : -len(values) // 3].std(axis=1).mean())
    if poles > EVEN_POLES * equator:
        return False
    columns = values - cv2.GaussianBlur(values, (1, 31), 0)  # along columns only
    columns = columns[len(columns) // 6 : -len(columns) // 6]
    if columns[:, [0, -1]].std() < 4:
        return False
    quarter = columns.shape[1] // 4
    around = _correlation(columns[:, 0], columns[:, -1])
    across = np.mean([abs(_correlation(columns[:, 0], columns[:, k * quarter])) for k in (1, 2, 3)])
    return bool(around > ALIKE and around - across > ALIKER)


def _correlation(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-6))


def _small(image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
    scale = min(1.0, LONG_SIDE / max(image.shape))
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _without_bars(found: Masks, hw: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns between bars, at the size `hw`."""
    sides: list[slice] = []
    for axis, length in zip((1, 0), hw, strict=True):
        lines = np.flatnonzero(found.usable.any(axis))
        scale = length / found.usable.shape[1 - axis]
        first, last = (lines[0], lines[-1] + 1) if len(lines) else (0, found.usable.shape[1 - axis])
        sides.append(slice(round(first * scale), round(last * scale)))
    return sides[0], sides[1]
