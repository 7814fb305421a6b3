"""Which images of a folder are the clip: laws over names, then folders as tools and people leave them."""

from pathlib import Path

import clips
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sfm.video import reader as video
from sfm.video import series
from trajectory.errors import CinetrajError

COLOUR = clips.texture(0, (24, 32))


def names(*stems: str) -> list[Path]:
    return [Path("folder") / stem for stem in stems]


def counted(form: str, numbers: range | list[int]) -> list[str]:
    return [form.format(number) for number in numbers]


@given(
    st.sets(st.integers(0, 30), min_size=2, max_size=12),
    st.integers(0, 2000),
    st.sampled_from([1, 5]),
    st.sampled_from(["{:04d}.png", "shot.{}.png", "v2_{:06d}_final.JPG", "{}.jpeg", "ä #{:03d}?.png"]),
)
def test_numbers_are_the_time_axis_whatever_their_start_step_and_spelling(
    there: set[int], first: int, step: int, form: str
) -> None:
    paths = names(*counted(form, [first + step * k for k in sorted(there)]))
    found = series.find(paths[::-1], "folder")
    grid = np.array(sorted(there)) - min(there)
    expected = grid // np.gcd.reduce(grid)
    assert found.position == tuple(expected)
    assert list(found.paths) == paths
    assert found.holes == expected[-1] + 1 - len(there)
    assert bool(found.holes) == bool((*found.lost, *found.notes))


def test_holes_are_named() -> None:
    found = series.find(names(*counted("shot.{}.png", [*range(1001, 1011), 1014, *range(1018, 1025)])), "folder")
    assert found.lost == ("6 of 24 numbers have no image (1011 to 1013, 1015 to 1017): frames without a pose",)
    few = series.find(names(*counted("{}.png", range(0, 100, 7)), "93.png"), "folder")
    assert few.position[-1] == 98
    assert few.notes[0].startswith("83 of 99 numbers have no image (1 to 6, 8 to 13")
    assert few.lost == ()


@pytest.mark.parametrize(
    "stems",
    [
        ["1305031102.175304.png", "1305031102.211214.png", "1305031102.243211.png"],
        ["IMG_20240131_120000.jpg", "IMG_20240131_120105.jpg", "IMG_20240201_093000.jpg"],
        ["DSC_0001.jpg", "DSC_4711.jpg"],
        ["1.png", "01.png", "2.png"],
        ["a.png", "b.png", "c.png"],
    ],
)
def test_names_that_count_no_frames_give_the_order_only(stems: list[str]) -> None:
    found = series.find(names(*stems), "folder")
    assert found.position == tuple(range(len(stems)))
    assert found.lost == ()


@pytest.mark.parametrize(
    ("frames", "others"),
    [
        (counted("{:04d}.jpg", range(1, 13)), counted("{:04d}_mask.png", range(1, 13))),
        (counted("{:04d}.png", range(1, 13)), counted("mask_{:04d}.png", range(1, 13))),
        (counted("frame-{:06d}.color.png", range(12)), counted("frame-{:06d}.depth.png", range(12))),
        (["a.jpg", "b.jpg", "c.jpg"], ["a.mask.png", "b.mask.png", "c.mask.png"]),
        (counted("f{:02d}.png", range(12)), ["cover.png"]),
        (counted("f{:02d}.png", range(12)), ["f03 (1).png"]),
    ],
)
def test_what_goes_with_the_frames_is_left_out_and_named(frames: list[str], others: list[str]) -> None:
    found = series.find(names(*others, *frames), "folder")
    assert list(found.paths) == names(*frames)
    assert found.position == tuple(range(len(frames)))
    assert len(found.lost) == 1
    assert found.lost[0].startswith(f"{len(others)} images")
    assert others[0] in found.lost[0]


def test_a_film_whose_name_has_such_a_word_is_a_film() -> None:
    paths = names(*counted("mask_of_zorro_{:03d}.png", range(12)))
    assert series.find(paths, "folder") == series.Series(paths=tuple(paths), position=tuple(range(12)), first=0)


@pytest.mark.parametrize("form", ["{}.png", "{:03d}.png", "x{}.png"])
def test_grey_images_of_the_same_names_are_no_frames(tmp_path: Path, form: str) -> None:
    for number in range(3):
        Image.fromarray(COLOUR).save(tmp_path / form.format(number).replace(".png", ".jpg"))
        Image.fromarray(COLOUR[..., 0].astype(np.uint16) * 200).save(tmp_path / form.format(number))
    with pytest.warns(video.VideoWarning, match=r"3 images not of the series \*\.jpg were left out"):
        frames = video.load(tmp_path)
    assert len(frames) == 3
    assert frames.rgb[0].std(-1).mean() > 1  # of the colours


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("left_{:02d}.png", "right_{:02d}.png"),
        ("take1_{:02d}.png", "take2_{:02d}.png"),
        ("{:02d}_0.png", "{:02d}_1.png"),
    ],
)
def test_two_series_are_refused_and_the_remedy_works(tmp_path: Path, first: str, second: str) -> None:
    folder = tmp_path / "a [1]"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(COLOUR).save(folder / first.format(number))
        Image.fromarray(COLOUR[::-1]).save(folder / second.format(number))
    with pytest.raises(CinetrajError, match=r"2 series of images, .* \(4\) and .* \(4\); give one of them") as caught:
        video.load(folder)
    pattern = str(caught.value).rsplit("'", 2)[1]
    assert len(video.load(pattern)) == 4


def test_series_that_do_not_meet_are_read_one_after_the_other_with_a_word() -> None:
    found = series.find(names(*counted("a{:02d}.png", range(4)), *counted("b{:02d}.png", range(10, 14))), "folder")
    assert len(found.paths) == 8
    assert "2 series of images are read one after the other: a*.png (4) and b*.png (4)" in found.lost


def test_numbers_without_an_image_are_black_frames_in_their_places(tmp_path: Path) -> None:
    for number in (7, 8, 10, 11):
        Image.fromarray(COLOUR).save(tmp_path / f"x.{number}.png")
    with pytest.warns(video.VideoWarning, match=r"1 of 5 numbers have no image \(9\)"):
        frames = video.load(tmp_path)
    np.testing.assert_array_equal(frames.index, range(5))
    np.testing.assert_array_equal(frames.time_s, range(5))
    np.testing.assert_array_equal(frames.rgb.any((1, 2, 3)), [True, True, False, True, True])
    with pytest.warns(video.VideoWarning, match="no image"):
        np.testing.assert_array_equal(video.load(tmp_path, video.VideoConfig(fps=10.0)).time_s, np.arange(5) / 10)
