"""Time stamps: constant ones are none, impossible steps are questioned, and the size of an epoch tells its unit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trajectory.errors import ReadError
from trajectory.io import notes, read
from trajectory.io._columns import SECONDS_PER

EYE = "1 0 0 0 0 1 0 0 0 0 1 0"
REST = {"tum": " 0 0 0 0 0 0 1", "euroc": ",0,0,0,1,0,0,0", "re10k": f" 0.5 0.9 0.5 0.5 0 0 {EYE}"}
HABIT = {"tum": "s", "euroc": "ns", "re10k": "us"}
RELAXED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, format: str, stamps: list[str], head: str = "") -> Path:
    path.write_text(head + "".join(f"{stamp}{REST[format]}\n" for stamp in stamps))
    return path


def spelled(time_s: np.ndarray, unit: str) -> list[str]:
    return [f"{value / SECONDS_PER[unit]:.6f}" for value in time_s.tolist()]


@RELAXED
@given(
    format=st.sampled_from(sorted(REST)),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
    rate=st.sampled_from([0.5, 10.0, 24.0, 60.0, 240.0]),
    start=st.floats(1.0e9, 3.0e9),
)
def test_a_clock_that_counts_from_1970_is_read_in_whatever_unit(
    tmp_path: Path, format: str, unit: str, rate: float, start: float
):
    time_s = start + np.arange(25) / rate
    trajectory = read(write(tmp_path / "f", format, spelled(time_s, unit)), format=format)
    assert trajectory.time_source == "seconds"
    np.testing.assert_allclose(trajectory.time_s, time_s, atol=2e-6)
    assert bool(notes(trajectory)) == (unit != HABIT[format])


@RELAXED
@given(
    format=st.sampled_from(sorted(REST)),
    unit=st.sampled_from(["s", "ms", "us", "ticks", "ns"]),
    rate=st.sampled_from([10.0, 24.0, 60.0]),
)
def test_stamps_from_zero_in_another_unit_are_refused_and_the_remedy_works(
    tmp_path: Path, format: str, unit: str, rate: float
):
    time_s = np.arange(25) / rate
    path = write(tmp_path / "f", format, spelled(time_s, unit))
    if unit == HABIT[format]:
        np.testing.assert_allclose(read(path, format=format).time_s, time_s, rtol=0, atol=1e-6)
        return
    said = ""
    try:
        read(path, format=format)
    except ReadError as error:
        said = str(error)
    if said:
        assert "typical step is" in said
        assert "; name the unit in the first line" in said
    else:  # a tenth of a step, or ten of them, are plausible too: nothing can tell
        assert unit == "ticks"
        assert format != "tum"
    write(path, format, spelled(time_s, unit), f"# timestamp [{unit}] and the rest\n")
    np.testing.assert_allclose(read(path, format=format).time_s, time_s, rtol=0, atol=1e-6)


@pytest.mark.parametrize("format", sorted(REST))
@pytest.mark.parametrize("stamp", ["0", "7", "1403636579.5"])
def test_constant_stamps_mean_order(tmp_path: Path, format: str, stamp: str):
    trajectory = read(write(tmp_path / "f", format, [stamp] * 9), format=format)
    assert trajectory.time_source == "index"
    assert trajectory.time_s.tolist() == list(range(9))
    assert "counted by their order" in " ".join(notes(trajectory))


@pytest.mark.parametrize("format", ["euroc", "re10k"])
def test_stamps_that_count_by_ones_are_frame_numbers(tmp_path: Path, format: str):
    trajectory = read(write(tmp_path / "f", format, [str(i) for i in range(3, 12)]), format=format)
    assert (trajectory.time_source, trajectory.time_s[0], trajectory.time_s[-1]) == ("index", 3, 11)


def test_a_header_against_the_size_of_its_stamps_is_refused_with_both_readings(tmp_path: Path):
    stamps = spelled(1.4e9 + np.arange(9) / 20, "ns")
    path = write(tmp_path / "f", "tum", stamps, "# timestamp [s] tx ty tz qx qy qz qw\n")
    with pytest.raises(ReadError, match=r"in s \(its header says s\) .* 5e\+07 s, in ns 0.05 s"):
        read(path)


def test_a_jump_of_more_than_a_day_names_its_line(tmp_path: Path):
    path = write(tmp_path / "f", "tum", ["0.0", "0.1", "0.2", "1403636579.3", "1403636579.4"])
    with pytest.raises(ReadError, match="the time jumps by") as caught:
        read(path, format="tum")
    assert caught.value.line == 4


@pytest.mark.parametrize("step", ["3.3e-11", "1e-300", "1e300"])
def test_steps_of_no_camera_are_questioned(tmp_path: Path, step: str):
    path = write(tmp_path / "f", "tum", [repr(float(step) * i) for i in range(1, 31)])
    with pytest.raises(ReadError, match="typical step"):
        read(path, format="tum")


@pytest.mark.parametrize(("first_s", "per_s"), [(1403636579.5, 1), (1403636579.5, 10**9), (0.0, 1)])
def test_keyframes_of_orb_slam3_in_seconds_and_in_nanoseconds(tmp_path: Path, first_s: float, per_s: int) -> None:
    """`SaveKeyFrameTrajectoryTUM` prints seconds, `SaveKeyFrameTrajectoryEuRoC` stamps * 1e9, at uneven steps."""
    path = tmp_path / "KeyFrameTrajectory.txt"
    times_s = first_s + np.array([0, 0.25, 0.75, 1.0, 2.5])
    rows = [f"{time * per_s:.6f} {k / 10:.7f} 0 0 0 0 0 1" for k, time in enumerate(times_s.tolist())]
    path.write_text("\n".join(rows) + "\n")
    found = read(path)
    np.testing.assert_allclose(found.time_s, times_s, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.positions[:, 0], np.arange(5) / 10)


@pytest.mark.parametrize(("per_s", "unit"), [(1e3, "ms"), (1e6, "us"), (1e9, "ns")])
def test_of_several_units_that_may_be_the_likely_one_is_named(tmp_path: Path, per_s: float, unit: str) -> None:
    path = tmp_path / "clock.txt"
    path.write_text("".join(f"{round(k * per_s / 30)} {k} 0 0 0 0 0 1\n" for k in range(40)))
    with pytest.raises(ReadError, match=rf"as '# timestamp \[{unit}\]"):
        read(path, format="tum")


def test_nanoseconds_of_orb_slam3_that_begin_at_zero_are_questioned(tmp_path: Path) -> None:
    path = tmp_path / "KeyFrameTrajectory.txt"
    path.write_text("".join(f"{k * 250_000_000:.6f} {k} 0 0 0 0 0 1\n" for k in range(5)))
    with pytest.raises(ReadError, match=r"name the unit in the first line, as '# timestamp \[ns\]"):
        read(path, format="tum")
