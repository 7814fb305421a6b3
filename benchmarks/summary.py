"""From rows to the numbers that the estimator is judged by. Nothing is dropped: what failed counts as wrong."""

from typing import Any

import numpy as np

SURE = 0.8
"""A confidence from which an answer counts as confident."""
MOVING = {"full", "full_zoom", "planar"}
Rows = list[dict[str, Any]]


def answered(row: dict[str, Any]) -> bool:
    return row["status"] in ("ok", "partial", "unreliable") and row.get("model") is not None


def is_right(row: dict[str, Any]) -> bool:
    return answered(row) and row["model"] in row["expected"]


def model_choice(rows: Rows) -> dict[str, Any]:
    """How often the motion model is right, and the false alarms that matter."""
    judged = [r for r in rows if "expected" in r and not r["dolly_zoom"]]
    clear = [r for r in judged if not r["borderline"]]
    lost = [r for r in rows if "expected" not in r]
    static = [r for r in judged if r["expected"] == ["static"] and not r["borderline"]]
    turning = [r for r in clear if r["expected"] in (["rotation"], ["rotation_zoom"])]
    pure = [r for r in turning if r["expected"] == ["rotation"]]
    zooms = [r for r in rows if r.get("dolly_zoom")]
    wrong = [r for r in clear if not is_right(r)] + lost
    return {
        "clips": len(clear) + len(lost),
        "right": share(sum(map(is_right, clear)), len(clear) + len(lost)),
        "borderline": {
            "clips": len(judged) - len(clear),
            "right": share(sum(is_right(r) for r in judged if r["borderline"]), len(judged) - len(clear)),
        },
        "confusion": confusion(clear + lost),
        "static": {"clips": len(static), "reported_as_moving": [r["id"] for r in static if r.get("model") != "static"]},
        "rotation_with_translation_over_1_percent": {
            "clips": len(pure),
            "ids": [r["id"] for r in pure if r.get("translation", 0.0) > 0.01],
        },
        "rotation_zoom_with_translation_over_1_percent": {
            "clips": len(turning) - len(pure),
            "ids": [r["id"] for r in turning if r not in pure and r.get("translation", 0.0) > 0.01],
        },
        "dolly_zooms": {"clips": len(zooms), "flagged": sum("dolly_zoom" in r.get("ambiguous", []) for r in zooms)},
        "status": counts([r["status"] for r in rows]),
        "wrong": [
            {
                "id": r["id"],
                "expected": "|".join(r.get("expected", ["?"])),
                "got": r.get("model") or r["status"],
                "confidence": r.get("confidence"),
                "parallax_px": r.get("parallax_px"),
                "reason": r.get("reason", ""),
            }
            for r in wrong
        ],
    }


def confidence(rows: Rows) -> dict[str, Any]:
    """Risk against coverage: the share of wrong models among the most confident answers.

    A clip without an answer has no confidence, and is only in full coverage.
    """
    clear = [r for r in rows if "expected" in r and not r["borderline"] and not r["dolly_zoom"]]
    if not clear:
        return {"clips": 0}
    values = np.array([-1.0 if r.get("confidence") is None else r["confidence"] for r in clear])
    wrong = np.array([not is_right(r) for r in clear])
    order = np.argsort(-values, kind="stable")
    risk = np.cumsum(wrong[order]) / np.arange(1, len(clear) + 1)
    at = {f"{c:.0%}": round(float(risk[max(int(np.ceil(c * len(clear))) - 1, 0)]), 4) for c in (0.4, 0.6, 0.8, 0.9, 1)}
    stated = np.array([r["status"] in ("ok", "partial") for r in clear])
    bad = wrong & stated & (values >= SURE)
    return {
        "clips": len(clear),
        "risk_at_coverage": at,
        "area_under_risk": round(float(risk.mean()), 4),
        "confident": share(int((values >= SURE).sum()), len(clear)),
        "confident_and_wrong": share(int(bad.sum()), len(clear)),
        "confident_and_wrong_ids": [r["id"] for r, b in zip(clear, bad, strict=True) if b],
    }


def accuracy(rows: Rows) -> dict[str, Any]:
    """Errors of the trajectories: rotation over all frames, position by clip, zoom by clip."""
    usable = [r for r in rows if "rotation_deg" in r and not r["dolly_zoom"]]
    rotation = np.array([e for r in usable for e in r["rotation_deg"]])
    moving = [r for r in usable if set(r["expected"]) & MOVING and not r["borderline"]]
    position = [1.0 if r["position"] is None else r["position"] for r in moving]
    failed = [r for r in rows if "rotation_deg" not in r]
    # A clip that was to give a path and gave none has lost all of it.
    position += [1.0] * sum(bool(set(r.get("expected", ["full"])) & MOVING) for r in failed)
    zoomed = [r for r in usable if r["zoom_true"] is not None and abs(np.log(r["zoom_true"])) > 0.03]
    steady = [r for r in usable if r not in zoomed]
    return {
        "clips": len(rows),
        "without_trajectory": [r["id"] for r in failed],
        "valid_frames": share(sum(r["valid"] for r in usable), sum(r["frames"] for r in usable)),
        "rotation_deg": quantiles(rotation),
        "position_of_path": {**quantiles(np.array(position)), "clips": len(position)},
        "zoom_ratio_error": quantiles(np.array([abs(r["zoom"] / r["zoom_true"] - 1) for r in zoomed])),
        "zoom_within_3_percent": share(sum(abs(r["zoom"] / r["zoom_true"] - 1) <= 0.03 for r in zoomed), len(zoomed)),
        "zoom_invented_over_3_percent": [r["id"] for r in steady if abs(r["zoom"] - 1) > 0.03],
        "focal_error": quantiles(np.array([abs(r["focal_error"]) for r in usable if r["focal_error"] is not None])),
        "seconds": quantiles(np.array([r["wall_s"] for r in usable])),
    }


def speed(rows: Rows, baseline: Rows) -> dict[str, Any]:
    """Time against length, and beside the stock baseline on the same clips."""
    lengths = sorted((r["frames"], r["wall_s"]) for r in rows if r["kind"].startswith("length_") and "frames" in r)
    result: dict[str, Any] = {"seconds_by_frames": [[n, round(s, 2)] for n, s in lengths]}
    if len(lengths) >= 3:
        n, s = np.log(np.array(lengths)).T
        result["exponent"] = round(float(np.polyfit(n, s, 1)[0]), 3)
    ours = {r["id"]: r for r in rows if not r["kind"].startswith("length_")}
    sixty = [r["wall_s"] for r in ours.values() if r.get("frames") == 60]
    result["seconds_60_frames"] = quantiles(np.array(sixty))
    result["over_6_s"] = sum(s > 6 for s in sixty)
    result["beside_colmap_sift"] = _beside([(ours[b["id"]], b) for b in baseline if b["id"] in ours])
    return result


def _beside(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Two methods on the same clips: failures over all of them, time and errors where both succeed."""
    both = [(a, b) for a, b in pairs if succeeded(a) and succeeded(b)]
    sides = {"auto": 0, "colmap-sift": 1}

    def middle(name: str) -> dict[str, float | None]:
        values = {method: [pair[k].get(name) for pair in both] for method, k in sides.items()}
        flat = {m: [x for v in found if v is not None for x in np.ravel(v)] for m, found in values.items()}
        return {method: _median(found) for method, found in flat.items()}

    return {
        "clips": len(pairs),
        "both_succeed": len(both),
        "failures": {method: sum(not succeeded(pair[k]) for pair in pairs) for method, k in sides.items()},
        "median_speed_ratio": _median([b["wall_s"] / a["wall_s"] for a, b in both]),
        "seconds": middle("wall_s"),
        "position_of_path": middle("position"),
        "rotation_deg": middle("rotation_deg"),
    }


def succeeded(row: dict[str, Any]) -> bool:
    """Most frames have a pose."""
    return row.get("valid", 0) >= 0.9 * row.get("frames", 1) and row["status"] in ("ok", "partial")


def confusion(rows: Rows) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for row in rows:
        line = table.setdefault("|".join(row.get("expected", ["?"])), {})
        got = row["model"] if answered(row) else row["status"]
        line[got] = line.get(got, 0) + 1
    return table


def share(part: int, whole: int) -> dict[str, Any]:
    """A rate that does not hide its counts."""
    return {"n": part, "of": whole, "rate": round(part / whole, 4) if whole else None}


def counts(values: list[str]) -> dict[str, int]:
    return {value: values.count(value) for value in sorted(set(values))}


def quantiles(values: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"median": None, "p95": None, "max": None}
    median, high, largest = np.percentile(values, [50, 95, 100])
    return {"median": round(float(median), 5), "p95": round(float(high), 5), "max": round(float(largest), 5)}


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 4) if values else None
