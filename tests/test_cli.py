"""The command line as users and scripts meet it: exit codes, one-line errors, JSON, nothing half-written."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from console import ENVIRONMENT, Done, alone, assert_one_clear_line, cinetraj, write_tum

NESTED = ("--shots.content", 28, "--auto.tracks.gap-reach-images", 29)
"""Settings that change nothing in the clip of these tests; the record must have them."""


@pytest.fixture
def tum(tmp_path: Path) -> Path:
    return write_tum(tmp_path)


def write_clip(path: Path, rgb: np.ndarray) -> Path:
    from sfm.video.encode import encode

    encode(rgb, path, fps=10.0, crf=18)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered pan of 16 frames."""
    from sfm import synthetic

    spec = synthetic.ClipSpec(scene="room", move={"pan_deg": 6.0}, frames=16, image_hw=(180, 320), focal_px=275.0)
    path = tmp_path_factory.mktemp("clip") / "pan.mp4"
    synthetic.write_video(synthetic.render(spec), path)
    return path


@pytest.fixture(scope="session")
def estimated(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The run of that clip and what the command said."""
    out = tmp_path_factory.mktemp("runs")
    done = cinetraj("estimate", clip, "--out", out, "--json", "--threads", 1, *NESTED)
    assert done.returncode == 0, done.stderr
    return out / "pan", done


class TestBadInput:
    """Each: one clear line, an exit code, and nothing under the final name."""

    def refused(self, source: Path, tmp_path: Path, *expected: str, options: tuple[object, ...] = ()) -> None:
        out = tmp_path / "out"
        assert_one_clear_line(cinetraj("estimate", source, "--out", out, *options), *expected)
        assert not out.exists() or not list(out.iterdir())

    def test_text_named_mp4(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.mp4"
        path.write_text("this is no film\n" * 50)
        self.refused(path, tmp_path, "notes.mp4")

    def test_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.mp4"
        path.touch()
        self.refused(path, tmp_path, "empty.mp4", "empty")

    def test_missing_path(self, tmp_path: Path) -> None:
        self.refused(tmp_path / "absent.mp4", tmp_path, "absent.mp4", "no such file")

    def test_one_frame(self, tmp_path: Path) -> None:
        picture = np.random.default_rng(0).integers(0, 255, (1, 96, 128, 3), dtype=np.uint8)
        self.refused(write_clip(tmp_path / "still.mp4", picture), tmp_path, "1 frame", "at least 2")

    def test_folder_without_images(self, tmp_path: Path) -> None:
        folder = tmp_path / "frames"
        folder.mkdir()
        (folder / "readme.md").write_text("no images here")
        self.refused(folder, tmp_path, "frames")

    def test_weights_of_another_model(self, tmp_path: Path, clip: Path) -> None:
        import torch

        path = tmp_path / "other.pth"
        torch.save({"layer.weight": torch.zeros(3, 3)}, path)
        options = ("--backend", "colmap", "--features", "aliked-n16", "--weights", path)
        self.refused(clip, tmp_path, "other.pth", options=options)

    def test_weights_where_none_are_used(self, tmp_path: Path, clip: Path) -> None:
        self.refused(clip, tmp_path, "--weights", "auto", options=("--weights", tmp_path / "w.pth"))

    def test_focal_and_field_of_view_together(self, tmp_path: Path, clip: Path) -> None:
        self.refused(clip, tmp_path, "--focal and --fov are both given", options=("--focal", 500, "--fov", 60))

    def test_out_is_a_file(self, tmp_path: Path, clip: Path) -> None:
        out = tmp_path / "out"
        out.write_text("in the way")
        assert_one_clear_line(cinetraj("estimate", clip, "--out", out), "out")
        assert out.read_text() == "in the way"

    def test_trajectory_with_nan(self, tum: Path) -> None:
        tum.write_text(tum.read_text().replace("0.3 ", "nan ", 1))
        assert_one_clear_line(cinetraj("describe", tum, "--format", "tum"), "truck.txt:")

    def test_something_else_under_the_final_name_is_left_alone(self, tmp_path: Path, clip: Path) -> None:
        precious = tmp_path / "out" / "pan" / "thesis.tex"
        precious.parent.mkdir(parents=True)
        precious.write_text("years of work")
        assert_one_clear_line(cinetraj("estimate", clip, "--out", tmp_path / "out"), "is no run")
        assert precious.read_text() == "years of work"


def test_a_black_clip_leaves_a_complete_record_of_its_failure(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "black.mp4", np.zeros((12, 96, 128, 3), np.uint8))
    done = alone("estimate", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "cinetraj: error: black could not be estimated" in done.stderr
    record = json.loads((tmp_path / "out" / "black" / "run.json").read_text())
    assert record["status"] == "failed"
    assert record["registered"] == 0
    assert "blank" in record["reason"]
    assert [p.name for p in (tmp_path / "out" / "black").iterdir()] == ["run.json"]


class TestEstimate:
    def test_the_run_is_whole(self, estimated: tuple[Path, Done]) -> None:
        run, done = estimated
        names = {"run.json", "trajectory.npz", "trajectory_tum.txt", "plot.png"}
        assert {p.name for p in run.iterdir()} == names
        assert [p.name for p in run.parent.iterdir()] == ["pan"]
        record = json.loads((run / "run.json").read_text())
        assert json.loads(done.stdout) == {"pan": record}

    def test_the_record_has_its_documented_keys(self, estimated: tuple[Path, Done]) -> None:
        record = json.loads((estimated[0] / "run.json").read_text())
        keys = ["status", "reason", "backend", "frames", "registered", "motion_model", "seconds", "seed", "versions"]
        keys += ["config", "shots"]
        assert set(keys) <= set(record)
        assert record["status"] in ("ok", "partial", "unreliable")
        assert record["frames"] == 16
        assert record["backend"] == "auto"
        assert record["motion_model"] in ("static", "rotation", "rotation_zoom", "planar", "full", "full_zoom")
        assert {"torch", "pycolmap", "numpy", "cinetraj"} <= set(record["versions"])
        assert record["seconds"]["total"] > 0
        assert record["config"]["shots"]["content"] == 28.0
        assert record["config"]["backend"]["tracks"]["gap_reach_images"] == 29
        assert len(record["shots"]) == 1

    def test_the_trajectory_is_right_and_in_source_pixels(self, estimated: tuple[Path, Done]) -> None:
        from trajectory import io
        from trajectory.curves import rotation_deg

        found = io.read(estimated[0] / "trajectory.npz")
        assert found.image_hw == (180, 320)
        assert found.valid.all()
        np.testing.assert_allclose(rotation_deg(found)[-1], (0, 6, 0), atol=0.5)
        assert found.provenance is not None
        assert found.provenance.backend == "auto"
        written = io.read(estimated[0] / "trajectory_tum.txt", format="tum")
        np.testing.assert_allclose(written.world_from_cam, found.world_from_cam, atol=1e-9)

    def test_a_second_run_replaces_the_first_with_equal_arrays(self, clip: Path, estimated: tuple[Path, Done]) -> None:
        run, _ = estimated
        before = (run / "trajectory.npz").read_bytes()
        done = cinetraj("estimate", clip, "--out", run.parent, "--threads", 1, *NESTED)
        assert done.returncode == 0, done.stderr
        assert (run / "trajectory.npz").read_bytes() == before
        assert [p.name for p in run.parent.iterdir()] == ["pan"]

    def test_ctrl_c_says_so_and_leaves_nothing(self, clip: Path, tmp_path: Path) -> None:
        # An interrupt while torch is being imported ends the process in C++ before Python hears of it: import it first.
        code = "import sys, torch; print('ready', flush=True); from compare.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "estimate", str(clip), "--out", str(tmp_path / "out")]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.8)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert said.strip() == "cinetraj: interrupted"
        assert not list(tmp_path.glob("out/pan*"))


class TestTrajectoryCommands:
    def test_describe_prints_the_documented_json(self, tum: Path) -> None:
        done = cinetraj("describe", tum, "--format", "tum", "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert {"rule", "scores", "decisions", "segments", "sentence"} <= set(said)
        assert len(said["scores"]) == 15
        assert said["scores"]["Pan_Left"] > 0 > said["scores"]["Pan_Right"]
        assert said["scores"]["Move_Right"] > 0

    def test_describe_speaks_to_people(self, tum: Path) -> None:
        done = cinetraj("describe", tum, "--format", "tum")
        assert done.returncode == 0, done.stderr
        assert "Pan Left" in done.stdout
        assert "rule: " in done.stdout

    def test_a_terminal_without_unicode_is_no_reason_to_fail(self, tum: Path) -> None:
        done = alone("describe", tum, "--format", "tum", PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert "panning left about 10\\xb0" in done.stdout

    def test_a_reader_that_stops_reading_is_no_error(self, tum: Path) -> None:
        said = f"{sys.executable} -m compare.cli.entry describe {tum} --format tum"
        command = f"{said} | head -n 1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
        assert done.stdout.splitlines()[-1] == "0"
        assert not done.stderr

    def test_describe_takes_a_folder_of_runs(self, estimated: tuple[Path, Done], tmp_path: Path) -> None:
        import shutil

        for name in ("a", "b"):
            shutil.copytree(estimated[0], tmp_path / "runs" / name)
        said = json.loads(cinetraj("describe", tmp_path / "runs", "--json").stdout)
        assert sorted(said) == ["a", "b"]
        assert said["a"]["scores"] == said["b"]["scores"]
        assert said["a"]["scores"]["Pan_Right"] > 0

    def test_describe_takes_a_clip(self, clip: Path) -> None:
        done = cinetraj("describe", clip, "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert said["decisions"]["Pan_Right"]["yes"]

    def test_describe_names_clips_that_failed(self, tmp_path: Path) -> None:
        run = tmp_path / "runs" / "black"
        run.mkdir(parents=True)
        shot = {"name": "", "status": "failed", "reason": "every frame is blank"}
        (run / "run.json").write_text(json.dumps({"format": "cinetraj-run", "version": 1, "shots": [shot]}))
        done = cinetraj("describe", tmp_path / "runs", "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout) == {"failed": "every frame is blank"}

    def test_describe_draws_a_picture(self, tum: Path, tmp_path: Path) -> None:
        done = cinetraj("describe", tum, "--format", "tum", "--plot", tmp_path / "path.png")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "path.png").read_bytes().startswith(b"\x89PNG")

    def test_compare_a_path_with_itself_is_zero(self, tum: Path) -> None:
        done = cinetraj("compare", tum, tum, "--protocol", "cinetechbench-compat", "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert {"protocol", "clips", "summary", "coverage"} <= set(said)
        assert said["coverage"] == {"ok": 1, "all": 1}
        zero = pytest.approx(0.0, abs=1e-6)  # arccos is steep near 1
        assert said["clips"]["truck"] == {"RotErr": zero, "TransErr": zero, "CamMC": zero}

    def test_compare_names_what_is_missing(self, tum: Path, tmp_path: Path) -> None:
        for folder, names in (("reference", "ab"), ("generated", "a")):
            for name in names:
                place = tmp_path / folder / name
                place.mkdir(parents=True)
                (place / "pred_traj.txt").write_text(tum.read_text())
        done = cinetraj(
            "compare", tmp_path / "reference", tmp_path / "generated", "--protocol", "cinetechbench-compat", "--json"
        )
        assert done.returncode == 1
        said = json.loads(done.stdout)
        assert said["coverage"] == {"ok": 1, "all": 2}
        assert "failed" in said["clips"]["b"]
        assert "b: " in done.stderr

    def test_compare_estimates_videos_first(self, tum: Path, clip: Path, tmp_path: Path) -> None:
        for side in ("reference", "generated"):
            (tmp_path / side).mkdir()
            (tmp_path / side / "pan.mp4").write_bytes(clip.read_bytes())
        sides = (tmp_path / "reference", tmp_path / "generated")
        done = cinetraj("compare", *sides, "--runs", tmp_path / "runs", "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert said["coverage"] == {"ok": 1, "all": 1}
        assert said["clips"]["pan"]["RotErr"] == pytest.approx(
            0.0, abs=0.05
        )  # of two estimates, neither of which is exact
        assert (tmp_path / "runs" / "generated" / "pan" / "run.json").is_file()

    def test_several_models_and_protocols_give_a_list(self, tum: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.txt"
        other.write_bytes(tum.read_bytes())
        done = cinetraj("compare", tum, tum, other, "--protocol", "strict,cinetechbench-compat", "--json")
        assert done.returncode == 0, done.stderr
        results = json.loads(done.stdout)["results"]
        assert [r["protocol"]["name"] for r in results] == ["strict", "cinetechbench-compat"] * 2

    def test_models_of_one_name_are_refused(self, tum: Path) -> None:
        assert_one_clear_line(cinetraj("compare", tum, tum, tum), "not all different")

    def test_compare_refuses_an_unknown_protocol(self, tum: Path) -> None:
        assert_one_clear_line(cinetraj("compare", tum, tum, "--protocol", "mine"), "'mine'", "strict")
