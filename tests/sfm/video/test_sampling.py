"""Which frames are kept, and at what size."""

from pathlib import Path

import clips
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sfm.config import VideoConfig
from sfm.video import reader as video
from sfm.video import sampling
from sfm.video.images import natural_key
from sfm.video.sampling import FrameBuffer, nearest_to_ticks, over_black, spread_repeats, within, working_hw
from trajectory.errors import CinetrajError

STEPS = st.lists(st.floats(1e-3, 0.5), min_size=1, max_size=40)


@given(STEPS, st.floats(0.5, 100))
def test_sampling_keeps_the_nearest_frame_to_each_tick_once(steps: list[float], fps: float) -> None:
    times = np.concatenate([[3.0], 3.0 + np.cumsum(steps)])
    kept = [number for number, _, _ in nearest_to_ticks(((i, t, None) for i, t in enumerate(times)), fps)]
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    ticks = np.floor((times - 3.0) * fps + 0.5)
    assert len(np.unique(ticks)) - len(kept) == (ticks[kept[-1]] != ticks[-1])  # only the last may be missing
    for number in kept:
        rivals = np.flatnonzero(ticks == ticks[number])
        distance = np.abs((times[rivals] - 3.0) * fps - ticks[number])
        assert abs((times[number] - 3.0) * fps - ticks[number]) == distance.min()


@given(st.floats(1, 60), st.integers(2, 200))
def test_sampling_at_or_above_the_own_rate_keeps_every_frame(rate: float, count: int) -> None:
    for fps in (None, rate, 2.7 * rate):
        source = ((i, i / rate, None) for i in range(count))
        assert [number for number, _, _ in nearest_to_ticks(source, fps)] == list(range(count))


@given(st.lists(st.sampled_from([0.0, 0.0, 0.04, 0.1]), min_size=2, max_size=30))
def test_repeated_times_are_spread_and_all_others_kept(steps: list[float]) -> None:
    times = np.cumsum(np.array([0.04, *steps]))
    if times[-1] == times[0]:
        with pytest.raises(CinetrajError, match=r"all .* frames carry the time"):
            spread_repeats(times, "clip")
        return
    repaired, moved = spread_repeats(times, "clip")
    assert (np.diff(repaired) > 0).all()
    first_of_its_time = np.concatenate([[True], np.diff(times) > 0])
    np.testing.assert_array_equal(repaired[first_of_its_time], times[first_of_its_time])
    assert moved == (~first_of_its_time).sum()


@given(st.integers(2, 8), st.integers(1, 50))
def test_sampling_at_a_divisor_of_the_rate_is_regular_to_the_end(every: int, count: int) -> None:
    source = ((i, i / 24, None) for i in range(count))
    assert [number for number, _, _ in nearest_to_ticks(source, 24 / every)] == list(range(0, count, every))


def test_times_that_run_backwards_are_refused() -> None:
    with pytest.raises(CinetrajError, match=r"runs backwards from 0\.2 s to 0\.1 s at frame 3"):
        spread_repeats(np.array([0.0, 0.1, 0.2, 0.1]), "clip")


@given(st.integers(1, 4000), st.integers(1, 4000), st.one_of(st.none(), st.integers(16, 2000)))
def test_working_size_never_enlarges_and_keeps_the_shape(height: int, width: int, long_side: int | None) -> None:
    working = working_hw((height, width), long_side)
    assert working[0] <= height
    assert working[1] <= width
    if long_side is None or max(height, width) <= long_side:
        assert working == (height, width)
    else:
        assert max(working) == long_side
        scale = long_side / max(height, width)
        assert abs(working[0] - height * scale) <= 0.5 or working[0] == 1
        assert abs(working[1] - width * scale) <= 0.5 or working[1] == 1


def test_alpha_is_composited_on_black() -> None:
    rgba = np.array([[[200, 100, 50, 255], [200, 100, 50, 0], [200, 100, 50, 128]]], np.uint8)
    np.testing.assert_array_equal(over_black(rgba)[0], [[200, 100, 50], [0, 0, 0], [100, 50, 25]])


def test_natural_order() -> None:
    names = ["img10.png", "img2.png", "IMG1.png", "img2b.png", "7.png", "a.png", "007.png"]
    ordered = [path.name for path in sorted(map(Path, names), key=natural_key)]
    assert ordered.index("IMG1.png") < ordered.index("img2.png") < ordered.index("img10.png")


def write_images(folder: Path, rgb: np.ndarray, *, exif: Image.Exif | None = None, suffix: str = "png") -> Path:
    folder.mkdir()
    for number, image in enumerate(rgb):
        Image.fromarray(image).save(folder / f"f{number}.{suffix}", **({"exif": exif} if exif else {}))
    return folder


def test_images_are_numbered_in_natural_order(tmp_path: Path) -> None:
    rgb = clips.pan(0, 12)
    folder = write_images(tmp_path / "a", rgb)
    (folder / ".hidden.png").write_bytes(b"x")
    for source in (folder, f"{folder}/*.png"):
        frames = video.load(source)
        np.testing.assert_array_equal(frames.rgb, rgb)
        np.testing.assert_array_equal(frames.time_s, np.arange(12))
        assert frames.time_source == "index"


def test_more_frames_than_the_memory_holds_are_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "total_memory", lambda: 10_000_000)
    buffer = FrameBuffer((100, 100), 120, "a.mp4")  # 3.6 MB of the 4 that it may take
    for number in range(120):
        buffer.add(number, number / 25, np.zeros((100, 100, 3), np.uint8))
    with pytest.raises(CinetrajError, match=r"a\.mp4: 184 frames of 100x100 take .* GiB, .*; take fewer \(--fps 2\)"):
        buffer.add(120, 4.8, np.zeros((100, 100, 3), np.uint8))
    monkeypatch.setattr(sampling, "total_memory", lambda: None)  # where nothing is known nothing is refused
    FrameBuffer((100, 100), 1000, "a.mp4")


def test_within_takes_the_start_and_not_the_stop_and_reads_no_further():
    read: list[int] = []

    def pictures():
        for number in range(100):
            read.append(number)
            yield number, number / 10, None

    found = list(within(pictures(), VideoConfig(start_s=0.3, stop_s=0.6)))
    assert [number for number, _, _ in found] == [3, 4, 5]
    assert read[-1] == 6
    assert len(list(within(pictures(), VideoConfig()))) == 100
