"""Probabilities of `auto` and of dense flow: weighed on hard and ordinary clips, judged on others of both kinds.

    python benchmarks/confidence.py weigh [--jobs 4] [--out rows.jsonl]   hard-dev, seen_third: fits the weights
        [--kinds flow]                                                    of some kinds of evidence
    python benchmarks/confidence.py judge [--jobs 4] [--out rows.jsonl]   hard-reporting, report: what they are worth
        [--parts hard-reporting]                                          some of these, or those of
                                                                          `generated_clips`, `sequence_clips`
        [--estimators dense] [--limit 200]                                of them, by lot
    python benchmarks/confidence.py show ROWS.jsonl [--figure docs/figures/confidence.svg]

Rows that are there already are kept: an interrupted run goes on. Right is what `sfm.confidence.posterior.agreement`
says of an answer and the exact motion of the clip.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import generated_clips
import hard_clips
import manifest
import numpy as np
import render
import sequence_clips
import torch
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, roc_auc_score

from sfm.backends.auto import estimator
from sfm.backends.dense import weighed
from sfm.confidence import posterior
from sfm.confidence.missed_zoom import missed_zoom
from sfm.confidence.posterior import QUANTITY_NAMES, Motion, log_odds, most_probable, shared_by
from sfm.confidence.sightings import cameras_at
from sfm.confidence.weights import POSTERIOR, QUANTITIES
from sfm.config import AutoConfig, DenseConfig, EstimateConfig
from sfm.masks import find as masks
from sfm.motion.estimator import focal_prior, solve
from sfm.video import reader

ESTIMATORS: dict[str, Callable[[Any, Any], Any]] = {
    "tracks alone": lambda frames, masks: solve(frames, masks, AutoConfig()),
    "auto": lambda frames, masks: estimator.solve(frames, masks, AutoConfig()),
    "dense": lambda frames, masks: weighed.solve(frames, masks, DenseConfig()),
}
PARTS = {"weigh": ("hard-dev", "seen_third"), "judge": ("hard-reporting", "report")}
"""Of `hard_clips` and of manifest.json: clips made to be hard, and those that the estimator is judged by."""
WEIGHTS = Path(__file__).parents[1] / "sfm" / "confidence" / "weights.py"
RIDGE, RIDGE_OF_QUANTITIES = 0.01, 10.0
BINS = 10


def entries(part: str) -> list[dict[str, Any]]:
    """The clips of a part, as the manifest has them."""
    if part in manifest.PARTS:
        return manifest.load(part=part, which="model")
    rule = next(each for each in (hard_clips, generated_clips, sequence_clips) if part in each.PARTS)
    return [{"id": f"{part}-{kind}-{again}", "kind": kind, "clip": clip} for kind, again, clip in rule.clips(part)]


def truth_of(trajectory: Any, frames: Any) -> Any:
    """The exact motion of some frames, relative to the first of them, in median scene depths."""
    pose = np.linalg.inv(trajectory.world_from_cam[frames[0]]) @ trajectory.world_from_cam[frames]
    return Motion(
        rotation=pose[:, :3, :3],
        way=pose[:, :3, 3] / float(np.nanmedian(trajectory.scene_depth)),
        log_zoom=np.log(trajectory.focal_px[frames] / trajectory.focal_px[frames[0]]),
    )


def weighed_row(entry: dict[str, Any], cache: Path) -> dict[str, Any]:
    """Of each kind of evidence: features of all answers, which are right, and what bears on the best one."""
    clip, frames, masks = _read(entry, cache)
    shot = estimator.Shot(frames=frames, masks=masks, config=AutoConfig(), device="cpu", seconds={})
    by_tracks, by_flow = estimator.tracks_of(shot), estimator.flow_of(shot, "none")
    row: dict[str, Any] = {"id": entry["id"], "kinds": {}}
    if isinstance(by_tracks, str) or isinstance(by_flow, str):
        return row
    for tracks, flow in ((by_tracks, None), (None, by_flow), (by_tracks, by_flow)):
        judged = estimator.weighed(frames, tracks, flow)
        true = truth_of(clip.trajectory, estimator.keyframes_of(tracks, flow))
        motions = [posterior.motion_of(answer.cameras) for answer in judged.answers]
        missed = missed_zoom(judged.answers, judged.seen)
        row["kinds"][judged.features["kind"]] = {
            "answers": {name: value.tolist() for name, value in judged.features["answers"].items()},
            "by rules": judged.features["by rules"].tolist(),
            "held to": [posterior.held_to(i, judged.answers, missed) for i in range(len(motions))],
            "right": [posterior.agreement(true, motion).tolist() for motion in motions],
            "agree": judged.agree.tolist(),
            "facts": [
                posterior.facts_of(i, judged.answers, judged.seen, focal_prior(frames)) for i in range(len(motions))
            ],
        }
    return row


def judged_row(entry: dict[str, Any], cache: Path, estimators: Sequence[str]) -> dict[str, Any]:
    """What each estimator says of a clip and whether it is right."""
    clip, frames, masks = _read(entry, cache)
    row: dict[str, Any] = {"id": entry["id"], "kind": entry["kind"]}
    for name in estimators:
        solved = ESTIMATORS[name](frames, masks)
        said: dict[str, Any] = {"status": solved.status, "model": solved.motion_model}
        said |= {key: solved.statistics.get(key) for key in ("confidence", "probability", "won", "own_confidence")}
        seen = np.flatnonzero(solved.poses.valid) if solved.poses is not None else np.zeros(0, int)
        said["right"] = [False] * 3
        if solved.poses is not None and len(seen) > 1:
            found = posterior.motion_of(cameras_at(solved.poses, seen))
            true = truth_of(clip.trajectory, seen)
            said["right"] = posterior.agreement(true, found).tolist()
            off = np.log(solved.poses.focal_px[seen[0]] / clip.trajectory.focal_px[seen[0]])
            said |= {"focal_off_log": float(off), "focal_sigma_log": solved.poses.focal_sigma_log}
            said |= _turn_off(true, found, solved.poses.covariance, seen)
        row[name] = said
    return row


def _turn_off(true: Motion, found: Motion, covariance: Any, seen: Any) -> dict[str, float]:
    """By how much the turn is off where it is largest, and its standard deviation, about all axes; in radians."""
    if covariance is None:
        return {}
    at = int(np.argmax(Rotation.from_matrix(true.rotation).magnitude()))
    error = Rotation.from_matrix(found.rotation[at].T @ true.rotation[at]).magnitude()
    return {"turn_off": float(error), "turn_sigma": float(np.sqrt(np.nansum(np.diagonal(covariance[seen[at]])[3:])))}


def _read(entry: dict[str, Any], cache: Path) -> tuple[Any, Any, Any]:
    clip = render.cached(entry, cache)
    frames = reader.load(clip.video, EstimateConfig().video)
    return clip, frames, masks.find(frames, EstimateConfig().masks, None)


def _task(job: tuple[Callable[[dict[str, Any], Path], dict[str, Any]], dict[str, Any], Path]) -> dict[str, Any]:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    row_of, entry, cache = job
    return row_of(entry, cache)


def collected(
    row_of: Callable[[dict[str, Any], Path], dict[str, Any]],
    wanted: list[dict[str, Any]],
    out: Path,
    jobs: int,
    cache: Path,
) -> list[dict[str, Any]]:
    """A row for each of the clips, those of the file that are there already included."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.is_file() else []
    have = {row["id"] for row in rows}
    left = [(row_of, entry, cache) for entry in wanted if entry["id"] not in have]
    with get_context("spawn").Pool(jobs, maxtasksperchild=50) as pool, out.open("a") as stream:
        for row in pool.imap_unordered(_task, left):
            rows.append(row)
            stream.write(json.dumps(row) + "\n")
            stream.flush()
    return rows


def fitted(rows: list[dict[str, Any]], kind: str) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Weights of the posterior of one kind of evidence, and of its quantities on what it says of clips left out."""
    known = [row["kinds"][kind] for row in rows if kind in row["kinds"]]
    names = list(known[0]["answers"])
    features = [np.array([row["answers"][name] for name in names]).T for row in known]
    rules = [np.array(row["by rules"]) for row in known]
    right = [np.array(row["right"]) for row in known]
    fold = np.random.default_rng(0).integers(0, 8, len(known))
    shared: list[dict[str, float]] = [{}] * len(known)
    chosen = [0] * len(known)
    for left_out in range(8):
        kept = np.flatnonzero(fold != left_out)
        weights = _softmax_weights([features[i] for i in kept], [rules[i] for i in kept], [right[i] for i in kept])
        for i in np.flatnonzero(fold == left_out):
            probability, agree = softmax(features[i] @ weights + rules[i]), np.array(known[i]["agree"])
            chosen[i] = known[i]["held to"][most_probable(probability, agree)]
            shared[i] = shared_by(probability, agree, chosen[i])
    quantities: dict[str, dict[str, float]] = {}
    for number, name in enumerate((*QUANTITY_NAMES, "all")):
        facts = list(known[0]["facts"][0])
        x = np.array(
            [
                [log_odds(s[name]), *(row["facts"][c][f] for f in facts)]
                for s, c, row in zip(shared, chosen, known, strict=True)
            ]
        )
        y = np.array([r[c].all() if name == "all" else r[c][number] for r, c in zip(right, chosen, strict=True)])
        bias, weights = _logistic(x, y.astype(float))
        quantities[name] = {"bias": bias, **dict(zip(("shared", *facts), weights.tolist(), strict=True))}
    return dict(zip(names, _softmax_weights(features, rules, right).tolist(), strict=True)), quantities


def _softmax_weights(features: list[np.ndarray], rules: list[np.ndarray], right: list[np.ndarray]) -> np.ndarray:
    """Weights under which the right answers are most probable together, beside what speaks for them by rules; no clip
    counts in which none is right."""
    scale = np.concatenate(features).std(0)
    scale[scale < 1e-9] = 1.0
    clips = [(f / scale, b, r.all(1)) for f, b, r in zip(features, rules, right, strict=True) if r.all(1).any()]

    def cost(w: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = RIDGE * float(w @ w), 2 * RIDGE * w
        for x, by_rules, good in clips:
            score = x @ w + by_rules
            p = np.exp(score - score.max())
            total -= np.log(p[good].sum() / p.sum()) / len(features)
            slope = slope - (x[good].T @ p[good] / p[good].sum() - x.T @ p / p.sum()) / len(features)
        return total, slope

    found = minimize(cost, np.zeros(features[0].shape[1]), jac=True, method="L-BFGS-B")
    return found.x / scale


def _logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Bias and weights of a logistic regression with a ridge on the standardised features (Newton's method)."""
    mean, scale = x.mean(0), np.where(x.std(0) < 1e-9, 1.0, x.std(0))
    z = np.c_[np.ones(len(x)), (x - mean) / scale]
    w, ridge = np.zeros(z.shape[1]), RIDGE_OF_QUANTITIES * np.r_[1e-7, np.ones(z.shape[1] - 1)]
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ w))
        w = w - np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag(ridge), z.T @ (p - y) + ridge * w)
    return float(w[0] - (w[1:] * mean / scale).sum()), w[1:] / scale


def write_weights(rows: list[dict[str, Any]], kinds: Sequence[str]) -> None:
    """`sfm/confidence/weights.py` anew, for some kinds of evidence; those of others stay."""
    found = {kind: (POSTERIOR[kind], QUANTITIES[kind]) for kind in POSTERIOR}
    found |= {kind: fitted(rows, kind) for kind in kinds}

    def table(name: str, number: int, kind: str, text: str) -> str:
        values = _rounded({key: each[number] for key, each in found.items()})
        return f'\n{name}: {kind} = {json.dumps(values, indent=4)}\n"""{text}"""\n'

    said = "The weights of the posterior; `benchmarks/confidence.py` fits and writes them, on hard and ordinary clips."
    per_quantity = "Of the log odds that the answers that agree have together, and of what bears on them, by quantity."
    WEIGHTS.write_text(
        f'"""{said}"""\n'
        + table("POSTERIOR", 0, "dict[str, dict[str, float]]", "Of what speaks for an answer, by what was seen.")
        + table("QUANTITIES", 1, "dict[str, dict[str, dict[str, float]]]", per_quantity)
    )


def _rounded(value: Any) -> Any:
    return {k: _rounded(v) for k, v in value.items()} if isinstance(value, dict) else float(f"{value:.3g}")


def measures(told: Iterable[float], right: Iterable[bool]) -> dict[str, float]:
    """Expected calibration error over ten bins of equal size, AUROC of right against wrong, Brier score."""
    p, y = np.array(list(told), float), np.array(list(right), bool)
    order = np.array_split(np.argsort(p, kind="stable"), BINS)
    return {
        "ece": float(sum(abs(p[b].mean() - y[b].mean()) * len(b) for b in order) / len(p)),
        "auroc": float(roc_auc_score(y, p)),
        "brier": float(brier_score_loss(y, p)),
        "said": float(p.mean()),
        "right": float(y.mean()),
    }


def show(rows: list[dict[str, Any]]) -> None:
    """The numbers of docs/confidence.md: of each part, and of all."""
    for part in PARTS["judge"]:
        print(f"\n{part}")
        show_part([row for row in rows if row["id"].startswith(part)])
    print("\nall")
    show_part(rows)


def show_part(rows: list[dict[str, Any]]) -> None:
    """The numbers of some of the clips."""
    if not rows:
        return
    named = [name for name in ESTIMATORS if name in rows[0]]
    for name in named:
        right = [all(row[name]["right"]) for row in rows]
        print(f"{name}: {sum(right)} of {len(rows)} right in all;", *np.sum([r[name]["right"] for r in rows], 0))
        print("   confidence", measures([row[name]["confidence"] or 0.0 for row in rows], right))
        for status in ("ok", "partial", "unreliable", "failed"):
            those = [ok for ok, row in zip(right, rows, strict=True) if row[name]["status"] == status]
            print(f"   {status}: {sum(those)} of {len(those)} right")
        off = [(r[name]["focal_off_log"], r[name]["focal_sigma_log"]) for r in rows if r[name].get("focal_sigma_log")]
        print(f"   focal lengths within two deviations: {np.mean([abs(e) < 2 * s for e, s in off]):.2f} of {len(off)}")
        turns = [(r[name]["turn_off"], r[name]["turn_sigma"]) for r in rows if r[name].get("turn_sigma")]
        print(f"   turns within two deviations: {np.mean([e < 2 * s for e, s in turns]):.2f} of {len(turns)}")
    for number, quantity in enumerate(QUANTITY_NAMES):
        told = [row[named[-1]] for row in rows if row[named[-1]]["probability"]]
        said = measures([t["probability"][quantity] for t in told], [t["right"][number] for t in told])
        print(quantity, said)


def figure(rows: list[dict[str, Any]], path: Path) -> None:
    """Reliability of each quantity, and risk over coverage of `auto` and of the tracks alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure(figsize=(11, 4.2))
    FigureCanvasAgg(page)
    left, right = page.subplots(1, 2)
    left.plot((0, 1), (0, 1), color="#999999", linewidth=0.8)
    sure = [row["auto"] for row in rows if row["auto"]["probability"]]
    curves = {q: [(t["probability"][q], t["right"][i]) for t in sure] for i, q in enumerate(QUANTITY_NAMES)}
    curves["all together"] = [(t["confidence"], all(t["right"])) for t in sure]
    for name, pairs in curves.items():
        values = np.array(sorted(pairs, key=lambda pair: pair[0]), float)
        bins = np.array_split(values, BINS)
        left.plot([b[:, 0].mean() for b in bins], [b[:, 1].mean() for b in bins], ".-", label=name)
    left.set(xlabel="probability that is told", ylabel="share that is right", title=f"{len(sure)} clips, tenths")
    left.legend()
    for name in ("tracks alone", "auto"):
        told, bad = np.array([(row[name]["confidence"] or 0.0, not all(row[name]["right"])) for row in rows]).T
        _, tie = np.unique(-told, return_inverse=True)
        share = np.bincount(tie, bad) / np.bincount(tie)  # within a tie nobody knows which comes first
        wrong = np.cumsum(share[np.sort(tie)]) / np.arange(1, len(rows) + 1)
        right.plot(np.arange(1, len(rows) + 1) / len(rows), wrong, label=name)
    right.set(
        xlabel="share of clips, the surest first", ylabel="share of them that is wrong", title="risk and coverage"
    )
    right.legend()
    page.savefig(path, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("weigh", "judge", "show"))
    parser.add_argument("rows", nargs="?", type=Path)
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, default=render.CACHE)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--parts", help="of those of the verb, separated by commas")
    parser.add_argument("--kinds", default=",".join(POSTERIOR), help="of evidence, whose weights are fitted")
    parser.add_argument("--estimators", default="tracks alone,auto", help=f"of {', '.join(ESTIMATORS)}")
    parser.add_argument("--limit", type=int, help="so many clips, drawn by lot")
    given = parser.parse_args()
    if given.verb == "show":
        rows = [json.loads(line) for line in given.rows.read_text().splitlines()]
        show(rows)
        if given.figure:
            figure(rows, given.figure)
        return
    out = given.out or given.cache / f"confidence-{given.verb}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    parts = given.parts.split(",") if given.parts else PARTS[given.verb]
    wanted = [entry for part in parts for entry in entries(part)]
    np.random.default_rng(0).shuffle(wanted)  # type: ignore[arg-type]  # what is cut short has all kinds
    row_of = weighed_row if given.verb == "weigh" else partial(judged_row, estimators=given.estimators.split(","))
    rows = collected(row_of, wanted[: given.limit], out, given.jobs, given.cache)
    if given.verb == "weigh":
        write_weights(rows, given.kinds.split(","))
    else:
        show(rows)


if __name__ == "__main__":
    main()
