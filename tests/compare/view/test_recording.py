"""Recordings of a run are read back: they hold the numbers of the run, at its times."""

import builtins
import io
import socket
import threading
import urllib.request
from dataclasses import replace
from pathlib import Path

import made_runs
import numpy as np
import pytest
import recordings
from PIL import Image

from compare import run_files
from compare.cli._film import films
from compare.run_files import RunShot, shots_of
from compare.view import curves, recording, scene
from sfm.runs import folder
from trajectory.curves import pose_sigma, rotation_deg
from trajectory.errors import CinetrajError
from trajectory.probabilities import BY_CANDIDATES, MOVES

pytest.importorskip("rerun")
Read = dict[str, dict[str, list]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"))


def shot_of(runs: Path, name: str) -> RunShot:
    return shots_of(runs / name)[0]


@pytest.fixture(scope="module")
def truck_file(runs: Path) -> Path:
    """The run that has everything, with the path that it should have had."""
    shot = shot_of(runs, "truck")
    reference = made_runs.path(way=(0.8, 0, 0), pan_deg=2.0)
    shown = recording.Shown(shot=shot, film=films(long_side=64, most=100)(shot), reference=reference)
    return recording.save(shown, runs.parent / "truck.rrd")


@pytest.fixture(scope="module")
def truck(truck_file: Path) -> Read:
    return recordings.read(truck_file)


def test_cameras_stand_where_the_path_has_them(truck: Read) -> None:
    path = made_runs.path(way=(0.4, 0, 0), lost=1)
    placed = dict(truck[f"/{scene.CAMERA}"]["Transform3D:translation"])
    assert set(placed) == set(np.flatnonzero(path.valid).tolist())
    cleared = truck[f"/{scene.CAMERA}"]["Clear:is_recursive"]
    assert [row for row, _ in cleared] == [1]  # a frame without a pose shows no camera
    for row in np.flatnonzero(path.valid):
        np.testing.assert_allclose(placed[row][0], path.positions[row], atol=1e-6)
    lens = dict(truck[f"/{scene.IMAGE}"]["Pinhole:image_from_camera"])[0][0]
    assert lens[0] == pytest.approx(made_runs.FOCAL_PX)  # the film is as large as the source
    strips = truck["/world/path"]["LineStrips3D:strips"][0][1]
    assert [len(strip) for strip in strips] == [1, made_runs.N - 2]  # a gap at the lost frame


def test_frames_are_counted_as_on_the_page_and_in_captions(tmp_path: Path) -> None:
    """Those of a clip's second shot from where it begins in the clip, those of a folder of images by their numbers."""
    path = made_runs.path(way=(0.4, 0, 0))
    counted = path.replace(time_s=2.0 * np.arange(made_runs.N) + 50.0, time_source="index")
    for trajectory, numbers in ((path, range(7, 7 + made_runs.N)), (counted, range(50, 50 + 2 * made_runs.N, 2))):
        made = replace(made_runs.shot(trajectory), start=7, stop=7 + made_runs.N)
        shot = shots_of(folder.write_run(made_runs.estimate("gone.mp4", made), tmp_path / "run", plot=False))[0]
        found = recordings.read(recording.save(recording.Shown(shot=shot, reference=path), tmp_path / "a.rrd"))
        for entity in (f"/{scene.CAMERA}", f"/{scene.REFERENCE}/camera"):
            assert [at for at, _ in found[entity]["Transform3D:translation"]] == list(numbers)
        for curve in ("right", "right_reference"):
            assert [at for at, _ in found[f"/{curves.POSITION}/{curve}"]["Scalars:scalars"]] == list(numbers)
        states = found[f"/{curves.SEGMENTS}/Move_Right"]["StateChange:state"]
        assert [at for at, _ in states] == [numbers[0], numbers[-1]]


def test_a_world_whose_z_is_up_is_shown_as_the_first_camera_sees_it(tmp_path: Path) -> None:
    own = made_runs.path(way=(0.4, 0, 0), pan_deg=20.0)
    trajectory = own.replace(world_from_cam=made_runs.Z_UP @ own.world_from_cam)
    made = made_runs.estimate("gone.mp4", made_runs.shot(trajectory, save=made_runs.SAVED))
    shot = shots_of(folder.write_run(made, tmp_path / "run", plot=False))[0]
    found = recordings.read(recording.save(recording.Shown(shot=shot, reference=trajectory), tmp_path / "a.rrd"))
    for entity in ("/world/path", "/world/reference/path"):
        np.testing.assert_allclose(found[entity]["LineStrips3D:strips"][0][1][0], own.positions, atol=1e-5)
    placed = found[f"/{scene.CAMERA}"]["Transform3D:translation"]
    np.testing.assert_allclose([at[0] for _, at in placed], own.positions, atol=1e-5)
    saved = run_files.read_points(shot, trajectory)
    assert saved is not None
    turned = (saved.in_world - made_runs.Z_UP[:3, 3]) @ made_runs.Z_UP[:3, :3]
    np.testing.assert_allclose(found["/world/points"]["Points3D:positions"][0][1], turned, atol=1e-4)


def test_frames_hold_film_movement_tracks_and_depth(truck: Read) -> None:
    frames = truck[f"/{scene.IMAGE}"]["EncodedImage:blob"]
    assert [row for row, _ in frames] == list(range(made_runs.N))
    first = np.asarray(Image.open(io.BytesIO(bytes(frames[0][1][0]))))
    assert np.abs(first.astype(int) - made_runs.pixels()[0]).mean() < 4
    along = dict(truck[f"/{scene.IMAGE}/tracks/along"]["Points2D:positions"])
    against = dict(truck[f"/{scene.IMAGE}/tracks/against"]["Points2D:positions"])
    assert (len(along[0]), len(along[5]), len(against[5])) == (5, 6, 1)  # one comes late
    np.testing.assert_allclose(against[5][0], made_runs.tracks_px()[6, 5] + 0.5)
    depth = dict(truck[f"/{scene.DEPTH}"]["EncodedDepthImage:blob"])[5][0]
    levels = np.asarray(Image.open(io.BytesIO(bytes(depth)))).astype(int)
    assert levels[30, 5] == 2 * scene.LEVELS
    assert levels[40, 60] == scene.LEVELS
    assert levels[0, 0] == 0
    assert levels[22, 26] == 0  # it moves by itself there
    assert len(truck[f"/{scene.IMAGE}/moving"]["SegmentationImage:buffer"]) == made_runs.N
    assert len(truck["/world/points"]["Points3D:positions"][0][1]) == 4


def test_curves_are_those_of_the_path(runs: Path, truck: Read) -> None:
    path = shot_of(runs, "truck").trajectory()
    assert path is not None
    rows = np.flatnonzero(path.valid)
    pan = truck[f"/{curves.ROTATION}/pan"]["Scalars:scalars"]
    np.testing.assert_allclose([value[0] for _, value in pan], rotation_deg(path)[rows, 1])
    right = truck[f"/{curves.POSITION}/right"]["Scalars:scalars"]
    assert [row for row, _ in right] == rows.tolist()
    np.testing.assert_allclose([value[0] for _, value in right], path.positions[rows, 0])
    spread = truck[f"/{curves.SPREAD}/{curves.POSITION}/right"]["Scalars:scalars"]
    np.testing.assert_allclose([value[0] for _, value in spread], pose_sigma(path)[rows, 0])
    focal = truck[f"/{curves.FOCAL}/focal"]["Scalars:scalars"]
    np.testing.assert_allclose([value[0] for _, value in focal], made_runs.FOCAL_PX)


def test_segments_are_states_that_begin_and_end(truck: Read) -> None:
    lane = truck[f"/{curves.SEGMENTS}/Move_Right"]
    states = [(row, value[0]) for row, value in lane["StateChange:state"]]
    assert [state for _, state in states] == ["Move Right", ""]
    assert 0 <= states[0][0] < states[1][0] <= made_runs.N
    trust = 0.81 * (made_runs.N - 1) / made_runs.N
    told = 1 - (1 - trust) * (1 - BY_CANDIDATES) * (1 - MOVES)
    assert lane["StateConfiguration:labels"][0][1] == [f"Move Right ({told:.2f})"]


def test_what_is_not_told_has_no_lane(tmp_path: Path) -> None:
    lanes: dict[float, set[str]] = {}
    for way in (0.1, 0.4):
        trajectory = made_runs.there_and_back(way)
        run = folder.write_run(made_runs.estimate("gone.mp4", made_runs.shot(trajectory)), tmp_path / "run", plot=False)
        found = recordings.read(recording.save(recording.Shown(shot=shots_of(run)[0]), tmp_path / f"{way}.rrd"))
        lanes[way] = {entity.rpartition("/")[2] for entity in found if entity.startswith(f"/{curves.SEGMENTS}/")}
    assert lanes == {0.1: set(), 0.4: {"Move_Right", "Move_Left"}}


def test_the_reference_is_laid_over_the_path(truck: Read) -> None:
    """Half as long and turned: at the scale of the run, the same line."""
    strips = truck["/world/reference/path"]["LineStrips3D:strips"][0][1]
    ends = np.array([strips[0][0], strips[-1][-1]])
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(0.4, rel=0.05)
    assert f"/{curves.ROTATION}/pan_reference" in truck


def test_the_words_have_the_sentence_and_the_evidence(truck: Read) -> None:
    text = truck["/words"]["TextDocument:text"][0][1][0]
    assert text.startswith("# truck\n\nThe camera moves right")
    assert "**Why not a zoom?**" in text


def test_the_layout_has_a_view_for_each_thing(truck_file: Path) -> None:
    found = recordings.views(truck_file)
    assert sorted(set(found)) == ["2D", "3D", "StateTimeline", "TextDocument", "TimeSeries"]
    assert found.count("2D") == 2
    assert found.count("TimeSeries") == 6


def test_dense_puts_depth_into_space_and_leaves_the_points_out(runs: Path, tmp_path: Path) -> None:
    shot = shot_of(runs, "truck")
    shown = recording.Shown(shot=shot, film=films(long_side=64, most=2)(shot), model="dense")
    found = recordings.read(recording.save(shown, tmp_path / "a.rrd"))
    assert len(found[f"/{scene.DEPTH_IN_SPACE}"]["EncodedDepthImage:blob"]) == 2
    assert "/world/points" not in found
    assert f"/{scene.DEPTH}" not in found


def test_without_a_film_there_are_cameras_and_curves(runs: Path, tmp_path: Path) -> None:
    file = recording.save(recording.Shown(shot=shot_of(runs, "pan")), tmp_path / "pan.rrd")
    found = recordings.read(file)
    assert "EncodedImage:blob" not in found[f"/{scene.IMAGE}"]
    assert len(found[f"/{scene.CAMERA}"]["Transform3D:translation"]) == made_runs.N
    assert recordings.views(file).count("2D") == 0


def test_nothing_is_left_of_a_recording_that_fails(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="lost has no path to look at: no texture"):
        recording.save(recording.Shown(shot=shot_of(runs, "lost")), tmp_path / "lost.rrd")
    assert list(tmp_path.iterdir()) == []


def two_free_ports() -> int:
    """The first of two that nobody listens on."""
    for port in np.random.default_rng().integers(20000, 32000, 100):  # below those that systems give out
        try:
            recording.free(int(port), int(port) + 1)
        except CinetrajError:
            continue
        return int(port)
    raise AssertionError("no two ports beside each other are free")


def test_a_page_is_served_until_it_shall_end(runs: Path) -> None:
    port = two_free_ports()
    said: list[str] = []
    done = threading.Event()
    shown = recording.Shown(shot=shot_of(runs, "pan"))
    server = threading.Thread(
        target=recording.serve, args=(shown, port), kwargs={"say": said.append, "until": done.is_set}, daemon=True
    )
    server.start()
    for _ in range(100):
        if said:
            break
        server.join(0.1)
    with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as answer:
        assert b"<html" in answer.read().lower()
    done.set()
    server.join(10)
    assert not server.is_alive()
    assert said[0].startswith(f"http://localhost:{port}/?url=")


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_that_is_taken_is_named_with_the_remedy(runs: Path, which: int) -> None:
    """The page has one port, its data the next one."""
    port = two_free_ports()
    shown = recording.Shown(shot=shot_of(runs, "pan"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + which))
        other.listen()
        with pytest.raises(CinetrajError, match=f"port {port + which} cannot be used .* another one with --port"):
            recording.serve(shown, port, say=print, until=lambda: True)


def test_without_a_display_other_ways_are_named(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(CinetrajError, match="no display for the viewer's window; write a file with --save"):
        recording.spawn(recording.Shown(shot=shot_of(runs, "pan")))


def test_without_the_library_the_remedy_is_named(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest, **more):
        if name.partition(".")[0] == "rerun":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CinetrajError, match=r"pip install 'cinetraj\[view\]'"):
        recording.save(recording.Shown(shot=shot_of(runs, "pan")), runs / "a.rrd")
