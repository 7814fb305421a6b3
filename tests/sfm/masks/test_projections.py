"""Stereo pairs, discs and 360 degrees are told; what a pinhole saw is not, whatever shape or pattern it shows."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import av.filter
import clips
import cv2
import numpy as np
import pytest

from sfm.masks import find as evidence
from sfm.masks.projections import no_pinhole
from sfm.synthetic import ClipSpec, render
from sfm.video import reader

HW = (180, 320)


def said(rgb: np.ndarray) -> str:
    frames = clips.as_frames(rgb)
    return no_pinhole(frames, evidence.find(frames))


@cache
def eyes() -> np.ndarray:
    """What two eyes see of one scene, (2, h, w, 3): a step to the right is their distance."""
    move = {"truck": 0.02}
    spec = ClipSpec(seed=7, scene="room", move=move, frames=2, image_hw=HW, focal_px=280.0, easing="linear")
    return render(spec).rgb


def from_sphere(direction: np.ndarray, seed: int = 3) -> np.ndarray:
    """Colours of a world that is far away, by direction (h, w, 3): smooth in all directions."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, 9.0, (40, 3))
    phase = rng.uniform(0, 2 * np.pi, 40)
    weight = rng.normal(0, 17.0, (40, 3))
    return np.clip(120 + np.cos(direction @ waves.T + phase) @ weight, 30, 255).astype(np.uint8)


def fisheye(turn_deg: float, hw: tuple[int, int] = HW) -> np.ndarray:
    """A lens of 180 degrees, equidistant, whose circle is as high as the picture."""
    radius = hw[0] / 2 - 1
    y, x = np.indices(hw) - (np.array(hw)[:, None, None] - 1) / 2
    off = np.hypot(x, y)
    angle = off / radius * np.pi / 2
    scale = np.sinc(angle / np.pi) * np.pi / 2 / radius  # sin(angle) / off
    image = from_sphere(np.stack([x * scale, y * scale, np.cos(angle)], axis=-1) @ turned(turn_deg))
    image[off > radius] = 0
    return image


def around(turn_deg: float, hw: tuple[int, int] = (160, 320)) -> np.ndarray:
    latitude = ((np.arange(hw[0]) + 0.5) / hw[0] - 0.5)[:, None] * np.pi
    longitude = ((np.arange(hw[1]) + 0.5) / hw[1] - 0.5)[None] * 2 * np.pi
    flat = np.cos(latitude)
    direction = [flat * np.sin(longitude), np.sin(latitude) + 0 * longitude, flat * np.cos(longitude)]
    return from_sphere(np.stack(direction, axis=-1) @ turned(turn_deg))


def turned(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def half(image: np.ndarray, axis: int) -> np.ndarray:
    size = (image.shape[1] // (1 + axis), image.shape[0] // (2 - axis))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(("axis", "words"), [(1, "twice, side by side"), (0, "twice, one above the other")])
@pytest.mark.parametrize("squeezed", [True, False])
def test_two_views_in_one_picture_are_told(axis: int, words: str, squeezed: bool) -> None:
    left, right = (half(eye, axis) if squeezed else eye for eye in eyes())
    assert words in said(np.stack([np.concatenate([left, right], axis)] * 3))


def test_a_disc_of_a_fisheye_is_told_after_a_codec_too(tmp_path: Path) -> None:
    rgb = np.stack([fisheye(4.0 * k) for k in range(4)])
    assert "circular fisheye" in said(rgb)
    frames = reader.load(clips.encode(tmp_path / "disc.mp4", rgb, crf=28))
    assert "circular fisheye" in no_pinhole(frames, evidence.find(frames))


def test_all_around_is_told() -> None:
    rgb = np.stack([around(5.0 * k) for k in range(4)])
    assert "360 degrees" in said(rgb)
    barred = np.zeros((4, 240, 320, 3), np.uint8)
    barred[:, 40:200] = rgb
    assert "360 degrees" in said(barred)


# The remedies


def filtered(image: np.ndarray, graph: str) -> np.ndarray:
    """An image through a filter of ffmpeg, NAME=ARGUMENTS as its -vf takes it."""
    name, arguments = graph.split("=", 1)
    chain = av.filter.Graph()
    source = chain.add_buffer(width=image.shape[1], height=image.shape[0], format="rgb24", time_base="1/25")
    wanted, sink = chain.add(name, arguments), chain.add("buffersink")
    source.link_to(wanted)
    wanted.link_to(sink)
    chain.configure()
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    frame.pts = 0
    source.push(frame)
    return sink.pull().to_ndarray(format="rgb24")


def pinhole(turn_deg: float, hw: tuple[int, int]) -> np.ndarray:
    """The same world through 90 degrees of a pinhole."""
    y, x = np.indices(hw) - (np.array(hw)[:, None, None] - 1) / 2
    ray = np.stack([x / (hw[1] / 2), y / (hw[1] / 2), np.ones(hw)], axis=-1)
    return from_sphere(ray / np.linalg.norm(ray, axis=-1, keepdims=True) @ turned(turn_deg))


@pytest.mark.parametrize("take", [fisheye, around])
def test_the_flat_view_that_the_reason_names_is_that_of_a_pinhole(take: Callable[[float], np.ndarray]) -> None:
    picture = take(20.0)
    flat = filtered(picture, said(np.stack([picture] * 3)).split("-vf ")[1].split()[0])
    assert flat.shape[:2] == (554, 960)
    small = cv2.resize(flat, (240, 138), interpolation=cv2.INTER_AREA).astype(float)
    true = pinhole(20.0, (138, 240)).astype(float)
    assert np.abs(small - true).mean() < 6
    assert np.abs(small - true[:, ::-1]).mean() > 12


def test_the_view_that_the_reason_keeps_is_one_of_the_two() -> None:
    left, right = eyes()
    pair = np.concatenate([left, right], 1)
    kept = filtered(pair, said(np.stack([pair] * 3)).split("-vf ")[1].split()[0])
    np.testing.assert_array_equal(kept, left)


# What a pinhole saw


def test_one_eye_alone_is_a_pinhole() -> None:
    assert said(eyes()) == ""


def test_two_scenes_side_by_side_are_not_one() -> None:
    assert said(np.stack([np.concatenate([clips.texture(1, HW), clips.texture(2, HW)], 1)] * 3)) == ""


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirror_is_no_second_view(axis: int) -> None:
    image = eyes()[0]
    assert said(np.stack([np.concatenate([image, np.flip(image, axis)], axis)] * 3)) == ""


@pytest.mark.parametrize("cell", [20, 32, 40, 80])
def test_what_repeats_itself_is_no_second_view(cell: int) -> None:
    tile = clips.texture(4, (cell, cell))
    assert said(np.stack([np.tile(tile, (HW[0] // cell, HW[1] // cell, 1))] * 3)) == ""


def test_a_row_of_columns_is_no_second_view() -> None:
    tile = clips.texture(4, (HW[0], 40))
    assert said(np.stack([np.tile(tile, (1, 8, 1))] * 3)) == ""


def masked(lit: np.ndarray) -> str:
    return said(np.rint(clips.pan(5, 4, hw=HW) * lit[None, :, :, None]).astype(np.uint8))


def off(middle_xy: tuple[float, float] = (160, 90)) -> np.ndarray:
    y, x = np.indices(HW)
    return np.hypot(x - middle_xy[0], y - middle_xy[1])


@pytest.mark.parametrize("width", [12, 40])
def test_a_vignette_or_an_iris_is_soft_and_no_fisheye(width: float) -> None:
    assert masked(np.clip((88 - off()) / width, 0, 1)) == ""


def test_a_porthole_is_no_fisheye() -> None:
    assert masked(np.where(off() < 60, 1.0, 0.0)) == ""  # small
    assert masked(np.where(off((120, 90)) < 85, 1.0, 0.0)) == ""  # aside
    assert masked(np.where(off() < 85, 1.0, 0.25)) == ""  # in a wall that is seen


def test_binoculars_are_no_fisheye() -> None:
    assert masked(np.where(np.minimum(off((110, 90)), off((210, 90))) < 85, 1.0, 0.0)) == ""


def test_a_wide_film_is_not_all_around() -> None:
    assert said(clips.pan(6, 4, hw=(160, 320))) == ""
    sky = clips.pan(6, 4, hw=(160, 320))
    sky[:, :50], sky[:, 120:] = (200, 220, 240), (90, 80, 70)
    assert said(sky) == ""
