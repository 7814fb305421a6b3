"""What the user tells to move: read, laid beside the clip, refused with a remedy; and what an estimate gains by it."""

import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import clips
import cv2
import numpy as np
import pytest
from projected import angle_deg, path_error

import sfm
from sfm import backends
from sfm.config import AutoConfig, DenseConfig, EstimateConfig
from sfm.masks import find as masks
from sfm.masks import told
from sfm.synthetic import ClipSpec, MoverSpec, RenderedClip, render
from sfm.types import BackendResult, Frames
from sfm.video.reader import VideoWarning, load
from trajectory.errors import CinetrajError

HW = (48, 64)
FOCAL_PX = 275.0
DENSE, AUTO = DenseConfig(keyframes=6), AutoConfig(keyframes=8)


def clip(count: int = 12, fps: float = 24.0, **changes: object) -> Frames:
    return replace(clips.as_frames(np.zeros((count, *HW, 3), np.uint8), fps), **changes)


def boxes(count: int, hw: tuple[int, int] = HW) -> np.ndarray:
    """A white box at another place in each frame, (n, h, w, 3); its left edge says which frame it is."""
    rgb = np.zeros((count, *hw, 3), np.uint8)
    for number in range(count):
        left = hw[1] * (4 + number * 44 // max(count - 1, 1)) // 64
        rgb[number, hw[0] // 3 : hw[0] * 2 // 3, left : left + hw[1] // 8] = 255
    return rgb


def lefts(moving: np.ndarray) -> list[int]:
    return [int(np.flatnonzero(one.any(0))[0]) for one in moving]


def images(folder: Path, rgb: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    for number, image in enumerate(rgb):
        assert cv2.imwrite(str(folder / f"{number:03d}.png"), image)
    return folder


# One mask beside one clip


def test_a_mask_of_as_many_frames_is_laid_on_frame_by_frame_and_widened_by_the_margin(tmp_path: Path) -> None:
    white = boxes(12)
    film = clips.encode(tmp_path / "mask.mp4", white, fps=10, crf=4)  # the rate does not matter then
    for given in (film, images(tmp_path / "mask", white)):
        found = told.find(clip(), str(given))
        assert found.notes == ()
        for one, picture in zip(found.moving, white[..., 0] > 127, strict=True):
            rows, columns = np.nonzero(picture)
            wide = np.zeros(HW, bool)
            wide[rows.min() - 4 : rows.max() + 5, columns.min() - 4 : columns.max() + 5] = True
            assert (wide | ~one).all()  # nothing beyond the margin
            assert one[picture].all()
            assert one[rows.min() - 4, (columns.min() + columns.max()) // 2]
            assert not (wide & ~one)[rows.min() : rows.max() + 1].any()


def test_one_image_holds_for_the_whole_clip_and_label_colours_count_as_white(tmp_path: Path) -> None:
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[20:60, 30:70] = (0, 0, 128)  # BGR: the first colour of DAVIS palettes
    cv2.imwrite(str(tmp_path / "hood.png"), picture)
    found = told.find(clip(), str(tmp_path / "hood.png"))
    assert found.moving.shape == (12, *HW)
    assert (found.moving == found.moving[0]).all()
    assert found.moving[0, 20, 25]
    assert not found.moving[0, 40, 50]


def test_another_size_of_the_same_shape_is_resized(tmp_path: Path) -> None:
    large = clips.encode(tmp_path / "large.mp4", boxes(12, (96, 128)), crf=4)
    small = clips.encode(tmp_path / "small.mp4", boxes(12, (24, 32)), crf=4)
    same = told.find(clip(), str(clips.encode(tmp_path / "same.mp4", boxes(12), crf=4))).moving
    for other in (large, small):
        moving = told.find(clip(), str(other)).moving
        assert (moving & same).sum() > 0.8 * (moving | same).sum()


@pytest.mark.parametrize("fps", [5, 12, 48])
def test_another_rate_is_aligned_by_time(fps: int) -> None:
    frames = clip(24, 24.0)
    rows = told.rows_of(frames, clip(fps, float(fps)))
    nearest = np.abs(frames.time_s[:, None] - np.arange(fps) / fps).min(1)
    np.testing.assert_allclose(np.abs(frames.time_s - rows / fps), nearest, atol=1e-9)
    assert (np.diff(rows) >= 0).all()


def test_a_film_at_another_rate_is_laid_beside_the_clip_so(tmp_path: Path) -> None:
    frames = clip(24, 24.0)
    film = clips.encode(tmp_path / "mask.mp4", boxes(8), fps=8, crf=4)
    found = told.find(frames, str(film))
    own = lefts(told.find(clip(8), str(film)).moving)
    assert lefts(found.moving) == [own[row] for row in told.rows_of(frames, clip(8, 8.0))]
    assert "8 frames" in found.notes[0]
    assert "by time" in found.notes[0]


def test_a_part_of_a_clip_takes_its_part_of_the_mask_whatever_the_clock_begins_with() -> None:
    whole, mask = clip(48, 24.0), clip(24, 12.0)
    late = replace(whole, time_s=whole.time_s + 7.25, first_s=7.25)
    for frames in (whole, late):
        every = told.rows_of(frames, mask)
        np.testing.assert_array_equal(told.rows_of(frames.part(17, 40), mask), every[17:40])
        some = replace(
            frames, rgb=frames.rgb[3::6], time_s=frames.time_s[3::6], index=frames.index[3::6]
        )  # as --fps makes it
        np.testing.assert_array_equal(told.rows_of(some, mask), every[3::6])


def test_a_part_of_a_clip_of_uneven_times_takes_its_part_of_the_mask() -> None:
    time_s = np.concatenate([np.arange(20) / 10.0, 2.0 + np.arange(28) / 30.0])
    whole = replace(clip(48), time_s=time_s)
    np.testing.assert_array_equal(told.rows_of(whole.part(25, 48), replace(whole)), np.arange(25, 48))


def test_a_mask_of_the_frames_that_are_used_is_laid_on_these_whatever_its_rate() -> None:
    """By time it slipped: at --fps 7 of 30 frames a second the used ones come unevenly, and a part began at frame 1."""
    whole = clip(30, 30.0)
    index = np.array([0, 4, 9, 13, 17, 21, 26])
    some = replace(whole, rgb=whole.rgb[index], time_s=whole.time_s[index], index=index)
    np.testing.assert_array_equal(told.rows_of(some, clip(7, 8.0)), np.arange(7))
    np.testing.assert_array_equal(told.rows_of(whole.part(1, 30), clip(29, 30.0)), np.arange(29))
    half = told.rows_of(whole.part(2, 17), clip(15, 15.0))  # of the whole clip at half its rate, by chance as many
    np.testing.assert_array_equal(half, np.arange(2, 17) // 2)


def test_names_that_number_both_alike_say_which_mask_is_whose(tmp_path: Path) -> None:
    """The mask of frame 100 was laid on frame 108: both were the first of their folders, and nothing was said."""
    pictures = np.random.default_rng(0).integers(0, 255, (24, *HW, 3), np.uint8)
    white = boxes(24)
    for name, kept in (("part", range(8, 16)), ("third", range(0, 24, 3)), ("all", range(24))):
        (tmp_path / name).mkdir()
        for k in kept:
            cv2.imwrite(str(tmp_path / name / f"{100 + k}.png"), pictures[k])
    images(tmp_path / "later", white)
    (tmp_path / "masks").mkdir()
    for k in range(24):
        cv2.imwrite(str(tmp_path / "masks" / f"{100 + k:05d}.png"), white[k])
    every = lefts(told.find(load(tmp_path / "all"), str(tmp_path / "masks")).moving)
    for name, own in (("part", every[8:16]), ("third", every[::3])):
        found = told.find(load(tmp_path / name), str(tmp_path / "masks"))
        assert lefts(found.moving) == own
        assert "by number" in found.notes[0]
        assert lefts(told.find(load(tmp_path / name), str(tmp_path / "masks" / "*.png")).moving) == own
    assert lefts(told.find(load(tmp_path / "part"), str(tmp_path / "later")).moving) == every[:8]  # no number in common
    (tmp_path / "masks" / "00115.png").unlink()
    for k in range(116, 124):
        (tmp_path / "masks" / f"{k:05d}.png").unlink()
    with pytest.raises(
        CinetrajError, match="of the images 100 to 114 and has none of 1 of the clip's, such as 115; give"
    ):
        told.find(load(tmp_path / "part"), str(tmp_path / "masks"))


def test_masks_that_are_missing_tell_nothing_and_it_is_said(tmp_path: Path) -> None:
    """The warning was of frames without a pose, which these have."""
    folder = images(tmp_path / "masks", boxes(12))
    (folder / "005.png").unlink()
    with pytest.warns(VideoWarning, match=r"1 of 12 numbers have no image \(5\): nothing is told to move in these"):
        found = told.find(clip(), str(folder))
    assert found.moving.any((1, 2)).tolist() == [k != 5 for k in range(12)]


def test_without_a_common_clock_numbers_count() -> None:
    pictures = clip(48, time_source="index")
    np.testing.assert_array_equal(told.rows_of(clip(48).part(10, 30), pictures), np.arange(10, 30))
    np.testing.assert_array_equal(told.rows_of(clip(48).part(10, 30), pictures.part(0, 20)), np.arange(20))
    with pytest.raises(CinetrajError, match=r"has 15 frames .* the clip has 30"):
        told.rows_of(clip(48).part(10, 30), pictures.part(0, 15))


def test_a_mask_that_ends_early_is_refused_and_the_last_frame_lasts_its_time() -> None:
    assert told.rows_of(clip(24, 24.0), clip(8, 8.0))[-1] == 7
    with pytest.raises(CinetrajError, match=r"ends at 0\.75 s, where the clip goes on to 0\.96 s"):
        told.rows_of(clip(24, 24.0), clip(6, 8.0))


def test_what_does_not_fit_is_refused_with_a_remedy(tmp_path: Path) -> None:
    upright = clips.encode(tmp_path / "upright.mp4", boxes(12, (64, 48)))
    with pytest.raises(CinetrajError, match=r"the mask is 48x64, the clip 64x48; make the mask"):
        told.find(clip(), str(upright))
    assert told.find(clip(pixel_aspect=9 / 16), str(upright)).moving.any()  # but as it is shown, it is that shape
    with pytest.raises(CinetrajError, match="no pixel is lighter than mid-grey"):
        told.find(clip(), str(clips.encode(tmp_path / "ones.mp4", boxes(12) // 255)))
    with pytest.raises(CinetrajError, match="no such file"):
        told.find(clip(), str(tmp_path / "absent.mp4"))
    film = clips.encode(tmp_path / "film.mp4", boxes(12))
    with pytest.raises(CinetrajError, match="the mask is the clip itself; give"):
        told.find(clip(source=str(film)), str(film))
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(CinetrajError, match="empty"):
        told.find(clip(), str(tmp_path / "empty.mp4"))


# Which mask


def test_a_folder_holds_a_mask_for_each_clip_by_its_name_or_is_one_itself(tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    images(folder / "b", boxes(2))
    clips.encode(folder / "a.mp4", boxes(2))
    (folder / "c.png").write_bytes((folder / "b" / "000.png").read_bytes())
    own = {name: told.mask_of(f"elsewhere/{name}", str(folder)) for name in ("a.mp4", "b.mov", "c.mp4")}
    assert {name: Path(path).name for name, path in own.items()} == {"a.mp4": "a.mp4", "b.mov": "b", "c.mp4": "c.png"}
    (folder / "bear-video.png").write_bytes((folder / "c.png").read_bytes())
    assert Path(told.mask_of("bear/video.mp4", str(folder))).name == "bear-video.png"  # the name of its run
    assert told.mask_of("d.mp4", str(folder / "b")) == str(folder / "b")
    assert told.mask_of("d.mp4", str(folder / "a.mp4")) == str(folder / "a.mp4")
    with pytest.raises(CinetrajError, match=r"holds no mask of d but masks of other clips; add .*d\.mp4"):
        told.mask_of("d.mp4", str(folder))
    (folder / "a.mp4").unlink()
    assert told.mask_of("d.mp4", str(folder)) == str(folder)  # of pictures alone it is one mask itself
    (folder / "c.png").unlink()
    (folder / "bear-video.png").unlink()
    with pytest.raises(CinetrajError, match=r"holds no mask of c and no images; add .*c\.mp4"):
        told.mask_of("c.mp4", str(folder))
    clips.encode(folder / "b.mp4", boxes(2))
    with pytest.raises(CinetrajError, match=r"b\.mp4 and b, both masks of b"):
        told.mask_of("b.mp4", str(folder))


def test_an_image_that_has_the_clips_name_among_as_many_as_its_frames_is_told(tmp_path: Path) -> None:
    """Of a clip 005.mp4 the mask of the sixth frame was laid on all of them without a word."""
    folder = images(tmp_path / "masks", boxes(12))
    numbered = clip(source="elsewhere/005.mp4")
    with pytest.warns(VideoWarning, match=r"005\.png, which has the name of the clip, .* give '.*masks/\*\.png'"):
        found = told.find(numbered, str(folder))
    assert len(set(lefts(found.moving))) == 1
    assert lefts(told.find(numbered, f"{folder}/*.png").moving) == lefts(told.find(clip(), str(folder)).moving)
    (folder / "011.png").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told.find(numbered, str(folder))


# What comes of it


@cache
def crossed() -> RenderedClip:
    """A truck through a room, half hidden by a walker who crosses."""
    walker = MoverSpec(area=0.5, motion="cross", speed=0.6)
    return render(
        ClipSpec(move={"truck": 0.12}, frames=12, image_hw=(180, 320), focal_px=FOCAL_PX, noise=1.0, movers=(walker,))
    )


@cache
def estimated(config: DenseConfig | AutoConfig) -> BackendResult:
    frames = replace(clips.as_frames(crossed().rgb), focal_px=FOCAL_PX)
    found = masks.find(frames, moving=told.widened(crossed().moving))
    return backends.run(frames, found, config, device="cpu", threads=1)


@pytest.mark.parametrize("config", [DENSE, AUTO], ids=["dense", "auto"])
def test_who_is_told_of_a_large_mover_estimates_as_if_it_were_not_there(config: DenseConfig | AutoConfig) -> None:
    """Untold, the path is off by a fifth and the turn by more than half a degree."""
    assert crossed().moving.mean() > 0.35
    result, truth = estimated(config), crossed().trajectory
    assert (result.status, result.motion_model) == ("ok", "full")
    assert result.trajectory is not None
    assert result.trajectory.valid.all()
    assert angle_deg(result.trajectory.rotations, truth.rotations).max() < 0.12
    assert path_error(result.trajectory.positions, truth.positions) < 0.01


def test_the_structure_shows_at_least_what_was_told_and_no_depth_there() -> None:
    structure = estimated(DENSE).structure
    assert structure is not None
    assert structure.moving is not None
    assert structure.depth is not None
    _, rows, columns = structure.moving.shape
    inside = crossed().moving[:, 4::8, 4::8][:, :rows, :columns]
    assert structure.moving[inside].all()
    assert np.isnan(structure.depth[inside]).all()
    assert structure.moving.mean() < inside.mean() + 0.15
    assert np.isfinite(structure.depth[~structure.moving]).mean() > 0.8


def test_no_point_is_followed_on_what_was_told() -> None:
    tracks = estimated(AUTO).picture["tracks_px"]
    seen = np.isfinite(tracks[..., 0])
    column, row = np.rint(np.where(seen[..., None], tracks, 0)).astype(int).transpose(2, 0, 1)
    frame = np.broadcast_to(np.arange(12), seen.shape)
    assert seen.sum() > 300
    assert not (told.widened(crossed().moving)[frame, row, column] & seen).any()


def test_a_frame_that_is_told_throughout_has_no_pose_and_harms_no_other(tmp_path: Path) -> None:
    """By the front door, as a mask video; the note says how much was told."""
    rgb = clips.pan(3, 12, hw=(96, 128))
    white = boxes(12, (96, 128))
    white[5] = 255
    film = clips.encode(tmp_path / "clip.mp4", rgb, crf=8)
    mask = clips.encode(tmp_path / "mask.mp4", white, crf=8)
    found = sfm.estimate(film, EstimateConfig(backend=DenseConfig(keyframes=4), mask=str(mask), threads=1))
    trajectory = found.trajectory
    assert np.flatnonzero(~trajectory.valid).tolist() == [5]
    assert trajectory.reason[5] == "blank beside what is told to move"
    said = " ".join(found.shots[0].notes)
    assert "told to move: " in said
    assert "1 of 12 frames show nothing beside" in said
    assert found.config["mask"] == str(mask)
    everywhere = images(tmp_path / "all", np.full((1, 96, 128, 3), 255, np.uint8))
    nothing = sfm.estimate(film, EstimateConfig(mask=str(everywhere), threads=1))
    assert nothing.status == "failed"
    assert "nothing beside what is told to move" in nothing.reason
