"""The benchmark's whole way: clips, estimates, scores of three models, report; on its own films and on stand-ins."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from estimates import estimate, other
from paths import path, smooth

from compare.cli import main
from compare.report import page
from trajectory import io
from trajectory.model import Provenance, Trajectory

MODELS = ("gen4turbo", "hunyuan", "kling")
CLIPS = 20


def write(folder: Path, name: str, trajectory: Trajectory, others: tuple[Trajectory, ...] = ()) -> None:
    """A run as the estimator leaves it, with the answers that are possible besides."""
    run = folder / name
    run.mkdir(parents=True)
    sure = not others
    shares = [1.0] if sure else [0.6, *[0.4 / len(others)] * len(others)]
    files = [None, *[f"alternatives/{k + 1}.npz" for k in range(len(others))]]
    status, reason = ("ok", "") if sure else ("unreliable", "two motion models explain the clip almost equally well")
    evidence = {
        "status": status,
        "reason": reason,
        "candidates": [{"probability": share, "file": file} for share, file in zip(shares, files, strict=True)],
    }
    made = Provenance(backend="auto", source=f"{name}.mp4", evidence=evidence)
    io.write(trajectory.replace(provenance=made), run / "trajectory.npz", format="native")
    for file, each in zip(files[1:], others, strict=True):
        assert file is not None
        (run / file).parent.mkdir(exist_ok=True)
        io.write(each, run / file, format="native")
    (run / "run.json").write_text(json.dumps({"status": status, "reason": reason, "frames": len(trajectory)}))


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty references and three models, as runs: the first clip unsure, one not delivered, one not determined by us
    of one model, one without a reference, one cut short."""
    folder, random = tmp_path_factory.mktemp("stand-ins"), np.random.default_rng(0)
    sizes = dict(zip(MODELS, (0.1, 0.5, 0.12), strict=True))
    for number in range(CLIPS):
        name, truth = f"{number:03d}_Film", smooth(number, 33)
        still = path(np.zeros((33, 3)), np.zeros((33, 3)))
        write(folder / "refs", name, estimate(truth, 0.02, random), (still,) if number == 0 else ())
        for model, size in sizes.items():
            if (model, number) == ("kling", 5):
                continue
            seen = estimate(other(truth, size, random), 0.02, random)
            if (model, number) == ("hunyuan", 7):
                run = folder / model / f"gen_720p_{name}"
                run.mkdir(parents=True)
                (run / "run.json").write_text(json.dumps({"status": "failed", "reason": "no texture", "frames": 33}))
                continue
            if (model, number) == ("gen4turbo", 9):
                seen = Trajectory(
                    world_from_cam=seen.world_from_cam[:11], time_s=seen.time_s[:11], valid=seen.valid[:11]
                )
            write(folder / model, f"gen_720p_{name}", seen)
    for model in MODELS:
        write(folder / model, "gen_720p_114_Gone", smooth(114, 33))
    return folder


def run(folder: Path, out: Path, *more: str) -> dict[str, dict]:
    """The saved scores of the three models under `strict`."""
    code = main(["compare", str(folder / "refs"), *(str(folder / model) for model in MODELS), "--out", str(out), *more])
    assert code in (0, 1)
    assert main(["report", str(out), "--html", str(out / "report.html"), "--no-strips"]) == 0
    records, _ = page.load(out)
    return {record["model"]: record for record in records if record["protocol"]["name"] == "strict"}


def faults(record: dict) -> dict[str, int]:
    return {fault: len(names) for fault, names in record["summary"]["faults"].items()}


def test_stand_ins(stand_ins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly")
    found = run(stand_ins, tmp_path)
    said = capsys.readouterr()
    assert {model: faults(record) for model, record in found.items()} == {
        "gen4turbo": {"model": 0, "instrument": 0, "unmatched": 1},
        "hunyuan": {"model": 0, "instrument": 1, "unmatched": 1},
        "kling": {"model": 1, "instrument": 0, "unmatched": 1},
    }
    assert {record["coverage"]["all"] for record in found.values()} == {CLIPS}
    # The unsure reference is scored, with an interval; what it may or may not do is wide, and no one's fault.
    for record in found.values():
        (low, high) = (record["rows"]["000_Film"]["intervals"]["TransErr"][key] for key in ("low", "high"))
        assert high - low > 0.2
    # The clip that was cut short is charged for what is missing, the one not delivered in full.
    assert found["gen4turbo"]["rows"]["009_Film"]["compared"] == pytest.approx(11 / 33, abs=0.04)
    assert found["gen4turbo"]["clips"]["009_Film"]["RotErr"] > 110
    assert found["kling"]["values"]["worst"]["RotErr"]["005_Film"] == 180
    # The clip that we could not determine for one model counts for none; paired, each two have what both have.
    assert f"3 models on {CLIPS - 1} clips that all have, by RotErr" in said.out
    assert "gen4turbo − hunyuan" in said.out
    assert said.err.count("no texture") == 1
    assert "3 generated clips without a reference: 114_Gone" in said.err


def by(path: Path, pattern: Callable[[str], bool]) -> list[Path]:
    return sorted(file for file in path.iterdir() if pattern(file.name))


@pytest.mark.slow
@pytest.mark.timeout(900)  # eleven estimates
def test_the_benchmarks_own_films(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films = shared / "data" / "cinetechbench"
    if not films.is_dir():
        pytest.skip("shared data has no films of CineTechBench")
    pytest.importorskip("plotly")
    for name in ("original_clips", *MODELS):
        target = tmp_path / "runs" / ("refs" if name == "original_clips" else name)
        clips = by(films / name, lambda file: file.endswith(".mp4"))
        cheaply = ("--long-side", "320", "--fps", "8", "--no-dense")  # the way is tested, not the estimates
        assert main(["estimate", *map(str, clips), "--out", str(target), *cheaply]) in (0, 1)
    found = run(tmp_path / "runs", tmp_path / "scores")
    said = capsys.readouterr()
    for record in found.values():
        assert faults(record)["unmatched"] == 1
        assert faults(record)["model"] == 0
        assert record["coverage"]["all"] == 2
    scored = [row for record in found.values() for row in record["rows"].values() if row["fault"] == ""]
    left_out = sum(faults(record)["instrument"] for record in found.values())
    assert len(scored) + left_out == 6
    assert "is better" not in said.out  # two clips decide nothing
    assert (tmp_path / "scores" / "report.html").stat().st_size > 1e6
