"""The page of a run: self-contained, what it holds, and alive in a browser with that of its folder."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_runs
import numpy as np
import pytest
import webdriver

from compare.cli._film import encoder, films
from compare.cli._pages import write_pages
from compare.report import run_page
from compare.run_files import runs_in
from sfm.runs import folder as folder_of_runs
from sfm.runs.saved import ply_bytes
from trajectory.description import describe
from trajectory.model import Trajectory
from trajectory.picture import PARTS_HW, resized
from trajectory.probabilities import BY_CANDIDATES, MOVES


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs with their pages; the clip of one is gone."""
    folder = made_runs.write(tmp_path_factory.mktemp("made"))
    write_pages(runs_in(folder), folder)
    return folder


def payload(page: Path) -> dict[str, Any]:
    inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)
    assert inner
    return json.loads(inner[1])


def test_pages_need_no_network(runs: Path) -> None:
    pages = sorted(runs.glob("*/index.html")) + [runs / "index.html"]
    assert len(pages) == 5
    for page in pages:
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.read_text())
        assert "@import" not in page.read_text()


def test_the_page_holds_what_the_run_holds(runs: Path) -> None:
    (truck,) = payload(runs / "truck" / "index.html")["shots"]
    assert truck["film"]["tiles"] == ["film", "moving", "depth"]
    assert truck["film"]["src"].startswith("data:video/mp4;base64,")
    assert truck["film"]["tall"] == 1.0
    assert truck["film"]["fps"] == pytest.approx(made_runs.FPS)
    assert len(truck["film"]["tracks"]["xy"]) == 7
    assert truck["film"]["tracks"]["xy"][5][0] == [None, None]
    path = truck["path"]
    assert path["xyz"][1] == [None, None, None]
    assert path["xyz"][-1] == [0.4, 0.0, 0.0]
    assert path["moved_sigma"][-1] == [0.02, 0.02, 0.02]
    assert len(truck["points"]["xyz"]) == 4
    assert [(segment["name"], segment["whole"]) for segment in truck["segments"]] == [("Move Right", True)]
    assert path["travels"]
    assert path["frame"] == "camera"
    assert truck["facts"] == []
    # 0.81 where there is a pose; of what is left half by the other candidate, which tells the same.
    trust = 0.81 * (made_runs.N - 1) / made_runs.N
    assert truck["segments"][0]["reliability"] == pytest.approx(
        1 - (1 - trust) * (1 - BY_CANDIDATES) * (1 - MOVES), abs=2e-3
    )
    assert "Why not a zoom?" in [question for question, _ in truck["reasons"]]


def shown(trajectory: Trajectory, folder: Path, *, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the page of a made-up run of one shot holds of it."""
    shot = replace(made_runs.shot(trajectory), notes=notes)
    run = folder_of_runs.write_run(made_runs.estimate("gone.mp4", shot), folder / "run", plot=False)
    return payload(run_page.write(run))["shots"][0]


def test_the_path_is_drawn_as_the_first_camera_sees_it_whatever_the_world(tmp_path: Path) -> None:
    """A world whose z is up, as many files have, under a compass of right, up and forward."""
    own = made_runs.path(way=(0.4, 0, 0), pan_deg=20.0)
    z_up = own.replace(world_from_cam=made_runs.Z_UP @ own.world_from_cam)
    drawn = {}
    for name, trajectory in (("own", own), ("z_up", z_up)):
        run = folder_of_runs.write_run(
            made_runs.estimate("gone.mp4", made_runs.shot(trajectory, save=("points",))), tmp_path / name, plot=False
        )
        cloud = np.array([[0, 0, 2.0], [1, -1, 3]])
        colours = np.zeros((2, 3), np.uint8)
        world = np.eye(4) if name == "own" else made_runs.Z_UP
        (run / "points.ply").write_bytes(ply_bytes(cloud @ world[:3, :3].T + world[:3, 3], colours))
        drawn[name] = payload(run_page.write(run))["shots"][0]
    for key in ("xyz", "wxyz"):
        np.testing.assert_allclose(drawn["z_up"]["path"][key], drawn["own"]["path"][key], atol=1e-4)
    np.testing.assert_allclose(drawn["z_up"]["points"]["xyz"], [[0, 0, 2], [1, -1, 3]], atol=1e-3)


def test_intrinsics_in_parts_of_the_picture_are_told_as_such_and_give_cameras_their_shape(tmp_path: Path) -> None:
    own = made_runs.path(way=(0.4, 0, 0))
    parts = shown(resized(own, PARTS_HW), tmp_path)["path"]
    assert parts["in_parts"]
    assert parts["half"] == pytest.approx([side / 2 / made_runs.FOCAL_PX for side in reversed(made_runs.HW)])
    assert not shown(own, tmp_path / "own")["path"]["in_parts"]


def test_a_way_under_the_threshold_of_a_move_is_said_to_be(tmp_path: Path) -> None:
    assert shown(made_runs.path(way=(0.4, 0, 0)), tmp_path)["path"]["travels"] is True
    assert shown(made_runs.path(way=(0.01, 0, 0)), tmp_path)["path"]["travels"] is False
    unknown = made_runs.path(pan_deg=20.0).replace(translation_bound=float("inf"))
    assert shown(unknown, tmp_path)["path"]["travels"] is None


def test_bars_are_moves_that_are_decided_or_clear(tmp_path: Path) -> None:
    still = shown(made_runs.path(), tmp_path)["segments"]
    assert [(move["name"], move["whole"], move["spans"]) for move in still] == [("Static", True, [[0.0, 1.375]])]
    # There and back: clear while it lasts, and nothing from the first frame to the last.
    assert [(m["name"], m["whole"]) for m in shown(made_runs.there_and_back(0.4), tmp_path)["segments"]] == [
        ("Move Right", False),
        ("Move Left", False),
    ]
    # A little there and back is neither told of the whole nor clear.
    assert {each.primitive for each in describe(made_runs.there_and_back(0.1)).segments} == {"Move_Right", "Move_Left"}
    assert shown(made_runs.there_and_back(0.1), tmp_path)["segments"] == []


def test_frames_without_a_clock_are_counted(tmp_path: Path) -> None:
    path = made_runs.path(way=(0.4, 0, 0))
    assert shown(path, tmp_path)["path"]["index_fps"] is None
    counted = path.replace(time_s=np.arange(made_runs.N, dtype=float), time_source="index")
    assert shown(counted, tmp_path)["path"]["index_fps"] == 24.0


def test_clocks_that_tell_the_date_are_counted_from_the_first_frame(tmp_path: Path) -> None:
    path = made_runs.path(way=(0.4, 0, 0))
    dated = shown(path.replace(time_s=path.time_s + 1.7e9), tmp_path)
    assert dated["path"]["time"][:2] == [0.0, 0.125]
    assert dated["segments"][0]["spans"][0] == pytest.approx([0.0, 1.375], abs=1e-3)
    late = shown(path.replace(time_s=path.time_s + 100.0), tmp_path)
    assert late["path"]["time"][0] == late["segments"][0]["spans"][0][0] == 100.0


def test_what_was_noted_about_a_shot_is_told(tmp_path: Path) -> None:
    assert shown(made_runs.path(), tmp_path, notes=("dark",))["facts"] == [["notes on the shot", "dark"]]


def test_frames_that_were_left_out_are_not_counted_as_those_of_the_clip(tmp_path: Path) -> None:
    """With --fps 6 a shot of frames 33 to 75 of a clip was "frames 8 to 18 of the clip"."""
    shots = made_runs.shot(made_runs.path(pan_deg=20.0)), made_runs.shot(made_runs.path(), start=made_runs.N)
    made = made_runs.estimate("gone.mp4", *shots)
    taken = replace(made, video={**made.video, "first_index": 3, "last_index": 95})
    whole, sampled = (
        payload(run_page.write(folder_of_runs.write_run(each, tmp_path / name, plot=False)))
        for name, each in (("whole", made), ("sampled", taken))
    )
    assert (whole["used"], sampled["used"]) == (None, 24)
    assert dict(whole["shots"][1]["facts"])["this shot"] == "frames 12 to 23 of the clip, 12 of 12 with a pose"
    assert dict(sampled["shots"][1]["facts"])["this shot"].startswith("frames 12 to 23 of the 24 that were used, ")
    assert dict(whole["facts"])["frames of the whole clip"] == "24 of 24 with a pose"
    assert dict(sampled["facts"])["frames of the whole clip"].endswith("pose, taken from frames 3 to 95 of the clip")


def test_a_clip_that_is_gone_or_another_is_said_to_be(runs: Path, tmp_path: Path) -> None:
    first, failed = payload(runs / "cuts" / "index.html")["shots"]
    assert first["gone"].startswith("the clip is gone: ")
    assert "film" not in first
    assert "path" in first
    assert "path" not in failed
    assert dict(first["facts"])["seconds of this shot"] == "1.38, from 0.00 to 1.38"
    assert dict(failed["facts"])["this shot"] == "frames 12 to 16 of the clip, 0 of 5 with a pose"
    whole = dict(payload(runs / "cuts" / "index.html")["facts"])
    assert whole["frames of the whole clip"] == "12 of 17 with a pose"
    assert whole["seconds of the whole clip"] == "2.00, from 0.00 to 2.00"
    (pan,) = payload(runs / "pan" / "index.html")["shots"]
    assert not pan["path"]["travels"]
    assert failed["reason"] == "no texture"
    other = tmp_path / "other.mp4"
    from sfm.video.encode import encode

    encode(made_runs.pixels()[:5], other, fps=8.0)
    page = run_page.render(
        run_page.shots_of(runs / "pan"), films=films(long_side=64, most=10, clip=other), encode=encoder()
    )
    assert "has 5 frames, the estimate was made from 12: another clip" in page


def test_a_name_cannot_break_the_page(runs: Path) -> None:
    shots = run_page.shots_of(runs / "pan")
    named = [run_page.RunShot(**{**vars(each), "record": {**each.record, "name": "</title><b>"}}) for each in shots]
    page = run_page.render(named)
    assert "<title>&lt;/title&gt;&lt;b&gt;</title>" in page
    assert page.count("</script>") == 2


@pytest.mark.slow
@pytest.mark.skipif(
    not (webdriver.CHROMIUM and webdriver.DRIVER),
    reason="no chromium with chromedriver; apt-get install chromium-driver",
)
def test_pages_in_a_browser(runs: Path, tmp_path: Path) -> None:
    shown(made_runs.path(way=(0.01, 0, 0)), tmp_path)
    hardly = tmp_path / "run" / "index.html"
    hardly.write_text(hardly.read_text().replace('"name": "run"', f'"name": "{"a_long_name_" * 6}"'))
    portrait = tmp_path / "portrait.html"
    portrait.write_text(re.sub(r'"hw": ?\[\d+, ?\d+\]', '"hw":[160,90]', (runs / "truck" / "index.html").read_text()))
    narrow = tmp_path / "narrow.html"  # its pixels are twice as high as wide
    narrow.write_text(re.sub(r'"tall": ?1\.0', '"tall":2.0', portrait.read_text()))
    text = "return document.getElementById('{}').textContent"
    with webdriver.browser(tmp_path) as page:
        page.go(runs / "truck" / "index.html")
        page.wait("return document.getElementById('video').readyState >= 1")
        page.run("cinetraj.seek(6)")
        assert page.run(text.format("clock")) == "frame 6 · 0.75 s"
        page.wait("return document.getElementById('video').readyState >= 2")
        # Of the film: the square is red in the picture, and where it moves by itself the mask lies over it.
        assert page.run("return document.querySelectorAll('#layers input').length") == 3
        pixels = (
            "const c = document.getElementById('picture');"
            "const p = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
            "let n = 0; for (let i = 0; i < p.data.length; i += 4) n += p.data[i] > p.data[i + 2] + 60; return n > 1000"
        )
        page.wait("return document.getElementById('picture').width > 100")
        page.wait(pixels)  # the film is drawn when it has arrived
        # By keys: a step, and the end; the path turns by arrows of its own.
        key = "document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '{}', bubbles: true}}))"
        page.run(key.format("ArrowRight"))
        assert page.run("return cinetraj.state.at") == 7
        page.run(key.format("End"))
        assert page.run("return cinetraj.state.at") == made_runs.N - 1
        before = page.run("return cinetraj.state.turn[0]")
        page.run("document.getElementById('space').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))")
        assert page.run("return cinetraj.state.turn[0]") > before
        assert page.run("return document.querySelectorAll('#curves svg path').length") == 7
        assert page.run("return document.querySelectorAll('#when .lane').length") == 1
        # The numbers of the curves keep their room; the heading stands over its page; meters are long.
        widths = "return [...document.querySelectorAll('#curves .key b')].map((n) => n.getBoundingClientRect().width)"
        at_end = page.run(widths)
        page.run("cinetraj.seek(0)")
        assert page.run(widths) == at_end
        left = "document.querySelector('{}').getBoundingClientRect().left"
        page.width(1920)
        assert page.run(f"return {left.format('h1')} - {left.format('main h2')}") == 0
        page.width(800)
        assert (
            page.run("return Math.min(...[...document.querySelectorAll('.meter .bar')].map((n) => n.offsetWidth))") > 80
        )
        # Playing comes to the end and stops; dark; as wide as a phone without a scroll bar.
        page.run(key.format(" "))
        page.wait(f"return !cinetraj.state.playing && cinetraj.state.at === {made_runs.N - 1}", 30)
        page.run("document.documentElement.dataset.theme = 'light'; document.getElementById('theme').click()")
        assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
        # A portrait leaves room for the curves below it, in its own shape.
        page.width(1280)
        page.go(portrait)
        size = page.run("const c = document.getElementById('picture'); return [c.clientWidth, c.clientHeight]")
        assert size[1] <= 0.6 * page.run("return window.innerHeight") + 2
        assert size[0] / size[1] == pytest.approx(90 / 160, abs=0.01)
        page.go(narrow)
        size = page.run("const c = document.getElementById('picture'); return [c.clientWidth, c.clientHeight]")
        assert size[0] / size[1] == pytest.approx(90 / 320, abs=0.01)
        page.width(360)
        assert page.run("return document.documentElement.scrollWidth") == 360
        page.go(hardly)
        assert page.run("return document.documentElement.scrollWidth") == 360
        said = "Hardly travels: within 0.01 scene depths, too little to be called a move."
        assert page.run(text.format("travelled")) == said
        # Its box is a scene depth wide, not as narrow as the way: all that is drawn of it is some pixels long.
        assert page.run("return cinetraj.extent().size") == 1.0
        # Several shots, a clip that is gone, a shot without a path.
        page.go(runs / "cuts" / "index.html")
        assert page.run(text.format("gone")).startswith("the clip is gone")
        assert not page.run("return document.getElementById('path-section').hidden")
        page.run("const s = document.getElementById('shot'); s.value = '1'; s.dispatchEvent(new Event('change'))")
        page.wait(f"{text.format('sentence')} === 'No camera path was found.'")
        page.run("history.back()")
        page.wait(f"{text.format('name')} === 'cuts · shot-000'")
        page.run("history.forward()")
        page.wait(f"{text.format('name')} === 'cuts · shot-001'")
        assert page.run("return document.getElementById('path-section').hidden")
        # The folder: cards, filters, and the way to a run.
        page.go(runs / "index.html")
        cards = "return [...document.querySelectorAll('.card h2')].map((n) => n.textContent).join()"
        assert page.run(cards) == "cuts/shot-000,cuts/shot-001,lost,pan,truck"
        change = "const s = document.getElementById('{}'); s.value = '{}'; s.dispatchEvent(new Event('{}'))"
        page.run(change.format("status", "failed", "change"))
        assert page.run(cards) == "cuts/shot-001,lost"
        page.run("document.querySelector('a.card').click()")  # its own shot, not the first one
        page.wait("return document.getElementById('name')?.textContent === 'cuts · shot-001'")
        page.back()  # to the cards that were shown
        page.wait("return document.querySelectorAll('.card').length === 2")
        assert page.run("return document.getElementById('status').value") == "failed"
        page.run(change.format("status", "", "change"))
        page.run(change.format("primitive", "Pan_Right", "change"))
        assert page.run(cards) == "pan"
        page.run(change.format("primitive", "", "change"))
        page.run(change.format("find", "truck", "input"))
        assert page.run(text.format("count")) == "1 of 5 shown"
        page.run("document.querySelector('a.card').click()")
        page.wait("return document.getElementById('name')?.textContent === 'truck'")
        assert page.run("return document.getElementById('up').hidden") is False
        assert page.log() == []


@pytest.mark.slow
@pytest.mark.skipif(not (webdriver.CHROMIUM and webdriver.DRIVER), reason="no Chromium")
def test_curves_show_poses_that_stand_alone(tmp_path: Path) -> None:
    path = made_runs.path(way=(0.4, 0, 0))
    shown(path, tmp_path / "all")
    shown(path.replace(valid=np.arange(made_runs.N) % 2 == 0), tmp_path / "apart")
    with webdriver.browser(tmp_path) as page:
        for name, dots in (("all", 0), ("apart", 7 * made_runs.N // 2)):
            page.go(tmp_path / name / "run" / "index.html")
            assert page.run("return document.querySelectorAll('#curves circle').length") == dots
        assert page.log() == []


@pytest.mark.slow
@pytest.mark.skipif(not (webdriver.CHROMIUM and webdriver.DRIVER), reason="no Chromium")
def test_times_of_late_shots_are_told_apart(tmp_path: Path) -> None:
    path = made_runs.path(way=(0.4, 0, 0))
    ticks = "return [...document.querySelector('#curves svg').querySelectorAll('text[text-anchor=middle]')]"
    with webdriver.browser(tmp_path) as page:
        for first_s, told in ((100.0, ["100 s", "100.5", "101"]), (1234.0, ["1234 s", "1234.5", "1235"])):
            shown(path.replace(time_s=path.time_s + first_s), tmp_path)
            page.go(tmp_path / "run" / "index.html")
            assert page.run(f"{ticks}.map((n) => n.textContent)") == told
