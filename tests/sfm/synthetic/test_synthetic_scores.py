"""The benchmark's own arithmetic: what is right, how far off, and that no crash loses a run."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm.synthetic import ClipSpec, measure, stage, widest
from trajectory.model import Trajectory

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module


def _path(n: int = 12, seed: int = 0, **changes) -> Trajectory:
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(np.cumsum(rng.normal(0, 0.02, (n, 3)), 0)).as_matrix()
    poses[:, :3, 3] = np.cumsum(rng.normal(0, 0.1, (n, 3)), 0)
    intrinsics = np.tile(np.diag([500.0, 500.0, 1.0]), (n, 1, 1))
    values = {"world_from_cam": poses, "time_s": np.arange(n) / 30.0, "valid": np.ones(n, bool)}
    values |= {"intrinsics_px": intrinsics, "scene_depth": np.full(n, 4.0), "image_hw": (360, 640)}
    return Trajectory(**{**values, **changes})


def test_position_error_ignores_similarities_and_sees_the_rest(bench):
    measures = bench("measures")
    truth = _path()
    turn = Rotation.from_euler("xyz", [0.4, -1.0, 2.0]).as_matrix()
    moved = truth.world_from_cam.copy()
    moved[:, :3, 3] = 3.7 * moved[:, :3, 3] @ turn.T + [1, -2, 5]
    assert measures.position_error(truth, truth.replace(world_from_cam=moved)) == pytest.approx(0, abs=1e-12)
    mirrored = truth.world_from_cam.copy()
    mirrored[:, 0, 3] *= -1
    assert measures.position_error(truth, truth.replace(world_from_cam=mirrored)) > 0.02
    still = truth.world_from_cam.copy()
    still[:, :3, 3] = 0
    spread = np.sqrt(truth.positions.var(0).sum())
    length = np.linalg.norm(np.diff(truth.positions, axis=0), axis=1).sum()
    assert measures.position_error(truth, truth.replace(world_from_cam=still)) == pytest.approx(spread / length)
    assert measures.position_error(truth.replace(world_from_cam=still), truth) is None


def test_position_error_of_a_straight_path(bench):
    measures = bench("measures")
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, 2, 3] = np.arange(5)
    truth = _path(5).replace(world_from_cam=poses)
    bent = poses.copy()
    bent[2, 0, 3] = 0.4
    assert measures.position_error(truth, truth) == pytest.approx(0, abs=1e-12)
    assert 0.01 < measures.position_error(truth, truth.replace(world_from_cam=bent)) < 0.1


def test_rotation_error_is_relative_to_the_first_frame(bench):
    measures = bench("measures")
    truth = _path()
    turned = truth.world_from_cam.copy()
    turned[:, :3, :3] = Rotation.from_rotvec([0.3, 0.2, -1]).as_matrix() @ turned[:, :3, :3]
    assert measures.rotation_errors_deg(truth, truth.replace(world_from_cam=turned)).max() < 1e-6
    off = truth.world_from_cam.copy()
    off[5, :3, :3] = off[5, :3, :3] @ Rotation.from_rotvec([0, np.radians(2.0), 0]).as_matrix()
    errors = measures.rotation_errors_deg(truth, truth.replace(world_from_cam=off))
    assert errors[5] == pytest.approx(2.0, abs=1e-9)
    assert np.delete(errors, 5).max() < 1e-6


def test_translation_in_scene_depths(bench):
    measures = bench("measures")
    truth = _path()
    far = np.linalg.norm(truth.positions - truth.positions[0], axis=1).max() / 4
    assert measures.largest_translation(truth) == pytest.approx(far)
    assert measures.largest_translation(truth.replace(scale="bounded", translation_bound=0.01)) == 0.0


@pytest.mark.parametrize(
    ("scene", "move", "right"),
    [
        ("room", {}, {"static"}),
        ("room", {"pan_deg": 12.0}, {"rotation"}),
        ("street", {"zoom": 1.3, "tilt_deg": 5.0}, {"rotation_zoom"}),
        ("room", {"truck": 0.15}, {"full", "planar"}),
        ("room", {"dolly": 0.2, "zoom": 1.3}, {"full_zoom"}),
    ],
)
def test_expected_model_and_labels(bench, scene, move, right):
    expected = bench("expected")
    spec = ClipSpec(seed=12, scene=scene, move=move, frames=6, textures="low")
    known = measure(stage(spec))
    names = bench("render").KINDS_OF_DISPLACEMENT
    moved = {name: widest(known.displacement, getattr(known.displacement, name)) for name in names}
    models, borderline = expected.models(spec, moved)
    assert (models, borderline) == (right, False)
    labels = expected.labels(spec, known.trajectory, moved)
    yes = {name for name, label in labels.items() if label}
    wanted = {
        "pan_deg": "Pan_Right",
        "zoom": "Zoom_In",
        "tilt_deg": "Tilt_Up",
        "truck": "Move_Right",
        "dolly": "Move_In",
    }
    assert yes == ({wanted[channel] for channel in move} or {"Static"})
    assert sum(label is False for label in labels.values()) >= 12


def test_parallax_near_the_noise_is_borderline(bench):
    expected = bench("expected")
    spec = ClipSpec(move={"truck": 0.1})
    moved = {"zoom_p90": 2 * expected.noise_px(spec), "rotation_p90": 0.1, "static_p90": 50.0}
    assert expected.models(spec, moved) == (frozenset({"rotation"}), True)


def test_a_dolly_before_a_wall_without_parallax_looks_like_a_zoom(bench):
    expected = bench("expected")
    spec = ClipSpec(scene="planar", move={"dolly": 0.1})
    moved = {"zoom_p90": 0.07, "rotation_p90": 31.0, "static_p90": 31.0}
    assert expected.models(spec, moved) == (frozenset({"rotation_zoom"}), False)


def _row(name: str, expected: list[str], model: str | None, confidence: float, **more) -> dict:
    row = {"id": name, "kind": "k", "expected": expected, "borderline": False, "dolly_zoom": False, "status": "ok"}
    return {**row, "model": model, "confidence": confidence, "parallax_px": 0.0, "translation": 0.0, **more}


def test_model_scores_count_failures_as_wrong(bench):
    summary = bench("summary")
    rows = [
        _row("a", ["static"], "static", 0.9),
        _row("b", ["static"], "full", 0.95, translation=0.2),
        _row("c", ["rotation"], "rotation", 0.7),
        _row("d", ["rotation"], None, 0.0, status="failed"),
        _row("e", ["full", "planar"], "full", 0.99, borderline=True),
        {"id": "f", "kind": "k", "status": "crashed", "reason": "worker ended"},
    ]
    found = summary.model_choice(rows)
    assert found["right"] == {"n": 2, "of": 5, "rate": 0.4}
    assert found["static"]["reported_as_moving"] == ["b"]
    assert found["borderline"]["right"]["n"] == 1
    assert found["confusion"]["?"] == {"crashed": 1}
    sure = summary.confidence(rows)
    assert sure["confident_and_wrong_ids"] == ["b"]
    assert sure["risk_at_coverage"]["100%"] == 0.5
    assert sure["risk_at_coverage"]["40%"] == 0.5


def test_average_precision_ranks_what_has_no_score_last(bench):
    precision = bench("precision")
    rows = [
        {"id": str(k), "labels": {"Pan_Left": k < 2}, "apparent": {"Pan_Left": score}, "decisions": []}
        for k, score in enumerate((0.9, None, 0.1, -0.5))
    ]
    line = precision.average_precision(rows, "apparent")["primitives"]["Pan_Left"]
    # Positives at ranks 1 and 4 of 4: (1/1 + 2/4) / 2.
    assert line["ap"] == 75.0
    assert line["unscored"] == 1
    assert len(precision.decisions(rows)["missed"]) == 2


def test_a_crash_or_a_hang_costs_one_clip(bench, tmp_path, monkeypatch):
    pool = bench("pool")
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import json, os, sys, time\n"
        "for task in json.load(open(sys.argv[1])):\n"
        "    if task['key'] == 'dies': os.abort()\n"
        "    if task['key'] == 'hangs': time.sleep(60)\n"
        "    open(sys.argv[2], 'a').write(json.dumps({'key': task['key'], 'status': 'ok'}) + '\\n')\n"
    )
    monkeypatch.setattr(pool, "WORKER", worker)
    monkeypatch.setattr(pool, "START_S", 0.0)
    names = ["one", "dies", "two", "hangs", "three", "dies"]
    tasks = [
        {"key": name, "entry": {"id": name, "kind": "k"}, "variant": "v", "threads": 1, "limit_s": 2.0}
        for name in names[:5]
    ]
    told = []
    rows = pool.run(tasks, jobs=2, cache=tmp_path, tell=told.append)
    assert [row["status"] for row in rows] == ["ok", "crashed", "ok", "timeout", "ok"]
    assert len(told) == 5


def test_report_says_every_number(bench):
    summary, report = bench("summary"), bench("report")
    rows = [_row("a", ["static"], "static", 0.9), _row("b", ["static"], "full", 0.95, translation=0.2)]
    scores = {"model": summary.model_choice(rows), "confidence": summary.confidence(rows)}
    text = report.text({"half": "report"}, scores)
    assert "50.0 % (1 of 2)" in text
    assert "wrong: b: static -> full" in text
