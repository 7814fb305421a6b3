"""From mm:ss:ff to frames: the law at every rate, real films at constant and variable rate, and what is refused."""

import json
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.benchmarks.cinetechbench.clips import (
    Timecode,
    clip_frames,
    constant_rate,
    find_source,
    frame_number,
    parse_timecode,
    read_annotations,
)
from trajectory.errors import CinetrajError, ReadError

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001)]
NTSC = Fraction(24000, 1001)


def shown(rate: Fraction, n: int, tick_s: Fraction) -> np.ndarray:
    """Times of n frames, rounded to the container's clock."""
    return np.array([round(k / rate / tick_s) for k in range(n)]) * float(tick_s)


@settings(deadline=None)
@given(
    rate=st.sampled_from(RATES),
    second=st.integers(0, 100),
    share=st.floats(0, 1, exclude_max=True),
    tick_s=st.sampled_from([Fraction(1, 1000), Fraction(1, 90000), Fraction(1001, 60000)]),
)
def test_the_frame_begins_its_second_and_counts_on(rate: Fraction, second: int, share: float, tick_s: Fraction) -> None:
    time_s = shown(rate, ceil(103 * rate), tick_s)
    frames = floor(share * ceil(rate))
    code = Timecode(minutes=second // 60, seconds=second % 60, frames=frames)
    number = frame_number(code, time_s, rate=rate, tick_s=tick_s)
    first = number - frames
    # Exact arithmetic: the first frame of the second is at or after it, the one before is earlier.
    assert Fraction(first) / rate >= second
    assert first == 0 or Fraction(first - 1) / rate < second


def test_an_hour_at_23_976_does_not_drift() -> None:
    tick_s = Fraction(1, 24000)
    time_s = shown(NTSC, 24 * 3600, tick_s)
    number = frame_number(Timecode(minutes=59, seconds=59, frames=5), time_s, rate=NTSC, tick_s=tick_s)
    assert number == ceil(3599 * NTSC) + 5 == 86295
    assert time_s[number - 5] == pytest.approx(3599, abs=1 / 23)
    assert abs(number - (24 * 3599 + 5)) > 80  # counting 24 for every second would be 3.6 s late


def test_a_millisecond_clock_gives_the_same_frame_as_an_exact_one() -> None:
    # Frame 11988 stands at 499.9995 s; a clock of milliseconds says 500.000. It still belongs to second 499.
    for tick_s in (Fraction(1, 1000), Fraction(1, 24000)):
        time_s = shown(NTSC, 12100, tick_s)
        for frames in range(24):
            code = Timecode(minutes=8, seconds=20, frames=frames)
            assert frame_number(code, time_s, rate=NTSC, tick_s=tick_s) == 11989 + frames


def test_variable_rate_takes_the_first_frame_shown_at_or_after_the_moment() -> None:
    rng = np.random.default_rng(3)
    tick_s = Fraction(1, 1000)
    time_s = np.concatenate([[0.0], np.cumsum(rng.choice([0.020, 0.040, 0.100], 400))]).round(3)
    assert constant_rate(time_s, rate=Fraction(24), tick_s=tick_s) is None
    mean = (len(time_s) - 1) / time_s[-1]
    for second in range(0, int(time_s[-1]) - 1, 3):
        for frames in (0, 7, 15):
            code = Timecode(minutes=0, seconds=second, frames=frames)
            number = frame_number(code, time_s, rate=Fraction(24), tick_s=tick_s)
            moment = second + frames / mean
            assert time_s[number] >= moment - 0.0006
            assert number == 0 or time_s[number - 1] < moment


def test_a_stamp_rounded_down_is_still_on_time() -> None:
    tick_s = Fraction(1, 1000)
    time_s = shown(Fraction(24), 240, tick_s)  # 0.083 for 2/24; the container states no rate
    for second in range(9):
        for frames in range(24):
            code = Timecode(minutes=0, seconds=second, frames=frames)
            assert frame_number(code, time_s, rate=None, tick_s=tick_s) == 24 * second + frames


def test_counting_at_another_rate_than_the_film() -> None:
    tick_s = Fraction(1, 25000)
    time_s = shown(Fraction(25), 500, tick_s)
    code = Timecode(minutes=0, seconds=3, frames=27)
    with pytest.raises(CinetrajError, match=r"counts frame 27 of a second, but there are 25 .*--count-fps"):
        frame_number(code, time_s, rate=Fraction(25), tick_s=tick_s)
    number = frame_number(code, time_s, rate=Fraction(25), tick_s=tick_s, count_fps=Fraction(30))
    assert number == ceil((3 + Fraction(27, 30)) * 25)


def test_the_end_of_the_film_is_a_place_and_what_is_after_it_is_not() -> None:
    tick_s = Fraction(1, 24000)
    for rate in (Fraction(24), NTSC):
        time_s = shown(rate, 72, tick_s)
        assert frame_number(Timecode(minutes=0, seconds=2, frames=23), time_s, rate=rate, tick_s=tick_s) == 71
        assert frame_number(Timecode(minutes=0, seconds=3, frames=0), time_s, rate=rate, tick_s=tick_s) == 72
        with pytest.raises(CinetrajError, match=r"00:03:01 is after the end of the film \(72 frames"):
            frame_number(Timecode(minutes=0, seconds=3, frames=1), time_s, rate=rate, tick_s=tick_s)
    uneven = np.sort(np.random.default_rng(0).uniform(0, 9, 200)).round(4)
    with pytest.raises(CinetrajError, match="is after the end"):
        frame_number(Timecode(minutes=0, seconds=30, frames=0), uneven, rate=None, tick_s=tick_s)


def test_timecodes() -> None:
    assert parse_timecode("01:02:03") == Timecode(minutes=1, seconds=2, frames=3)
    assert str(parse_timecode(" 1:2:3 ")) == "01:02:03"
    for bad in ("", "01:02", "01:02:03:04", "01:60:00", "-1:02:03", "01:02.5:03"):
        with pytest.raises(CinetrajError, match="mm:ss:ff"):
            parse_timecode(bad)


def entry(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "id": "005",
        "movie_id": 5,
        "video_name": "005_The Film.mp4",
        "type": "Pan Left Shot",
        "classification": "Single",
        "start_frame": "00:01:00",
        "end_frame": "00:02:12",
        "QA": {"prompt": "Which?\nA. Pan Left Shot\nB. Zoom In Shot", "answer": "A"},
    }
    return {**base, **changes}


def test_a_list_without_entries_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "video_annotation.json"
    path.write_text("[]")
    with pytest.raises(CinetrajError, match="is empty: a list without entries; give video_annotation"):
        read_annotations(path)
    path.write_text("{}")
    with pytest.raises(CinetrajError, match="holds a dict, expected a list of entries"):
        read_annotations(path)


def test_annotations_to_frames(tmp_path: Path) -> None:
    path = tmp_path / "video_annotation.json"
    backwards = entry(start_frame="00:02:00", end_frame="00:01:00")
    path.write_text(json.dumps([entry(), backwards, entry(end_frame="soon"), entry(start_frame=None, QA=None)]))
    good, wrong, broken, none = read_annotations(path)
    assert (good.name, good.type, good.kind, good.answer) == ("005_The Film", "Pan Left Shot", "Single", "A")
    tick_s = Fraction(1, 24000)
    time_s = shown(NTSC, 100, tick_s)
    assert clip_frames(good, time_s, rate=NTSC, tick_s=tick_s) == (24, 60)
    for annotation, message in (
        (wrong, "expected after its start"),
        (broken, "'soon' is no timecode"),
        (none, "no st"),
    ):
        with pytest.raises(CinetrajError, match=message):
            clip_frames(annotation, time_s, rate=NTSC, tick_s=tick_s)
    assert none.prompt is None


@pytest.mark.parametrize("content", ["{}", "[]", "[1]", '[{"id": 1}]', "no json", '[{"video_name": "a.mp4", "QA": 3}]'])
def test_what_is_no_annotation_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "video_annotation.json"
    path.write_text(content)
    with pytest.raises(ReadError, match=r"video_annotation\.json"):
        read_annotations(path)


@pytest.mark.parametrize("qa", [{"prompt": ["A. Pan", "B. Tilt"], "answer": "A"}, {"prompt": "Which?", "answer": 2}])
def test_a_question_that_is_no_text_is_named(tmp_path: Path, qa: dict[str, object]) -> None:
    path = tmp_path / "video_annotation.json"
    path.write_text(json.dumps([entry(), entry(QA=qa)]))
    with pytest.raises(ReadError, match=r"entry 1 has (prompt|answer)=.*, expected a text"):
        read_annotations(path)


def test_sources_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "video_annotation.json"
    path.write_text(json.dumps([entry()]))
    (annotation,) = read_annotations(path)
    films = tmp_path / "films"
    films.mkdir()
    assert find_source(films, annotation) is None
    (films / "005_The Film.mkv").touch()
    assert find_source(films, annotation) == films / "005_The Film.mkv"
    (films / "005_The Film.webm").touch()
    assert find_source(films, annotation) is None  # two candidates: not guessed
    (films / "005_The Film.mp4").touch()
    assert find_source(films, annotation) == films / "005_The Film.mp4"
