"""Every preset of 2025-26 beside `strict`, on pairs with one thing wrong each, and on real ones.

Run: python benchmarks/beside_strict.py [--data ../shared]. Prints the tables of docs/protocols.md as Markdown: those of
the pairs that formulas make, and that of real trajectories where the folder of real data is given.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import preset_pairs

from compare.scoring import score
from trajectory import io
from trajectory.model import Trajectory

COLUMNS = (
    ("`strict` RotErr", "strict", "RotErr", {"intervals": False}),
    ("TransErr", "strict", "TransErr", {"intervals": False}),
    ("compared", "strict", "", {"intervals": False}),
    ("`relative-mean` RotErr, rad", "relative-mean", "RotErr", {}),
    ("TransErr", "relative-mean", "TransErr", {}),
    ("chunks of 8", "relative-mean", "TransErr", {"chunk": 8}),
    ("`auc-published` AUC@30", "auc-published", "AUC@30", {}),
    ("`auc` AUC@30", "auc", "AUC@30", {}),
    ("`mind-rpe` RPE_t", "mind-rpe", "RPE_t_mean", {}),
    ("RPE_r, deg", "mind-rpe", "RPE_r_mean", {}),
)
COMMANDED = (
    ("`navscore`", "navscore", "NavScore", {}),
    ("`worldplay-actions`", "worldplay-actions", "ActionAcc", {}),
    ("single", "worldplay-actions-single", "ActionAcc", {}),
)
ABSOLUTE = (
    ("`attitude` PitchErr", "attitude", "PitchErr", {}),
    ("FovErr", "attitude", "FovErr", {}),
)
REAL = {
    "KITTI 09, learned odometry": ("data/traj_kitti_odom_eval/gt_09.txt", "data/traj_kitti_odom_eval/est_09.txt"),
    "KITTI 10, learned odometry": ("data/traj_kitti_odom_eval/gt_10.txt", "data/traj_kitti_odom_eval/est_10.txt"),
    **{
        f"CineTechBench's layout: {name}": (
            f"golden/cinetechbench/original_clips/{name}",
            f"golden/cinetechbench/generated/gen_720p_{name}",
        )
        for name in ("orbit", "pan", "truck", "static", "real_desk", "real_xyz")
    },
}
"""Paths below the folder of real data."""
MOST_FRAMES = 200
"""Of a real pair; all pairs of frames of a long drive are tens of thousands."""


def line(pair: preset_pairs.CasePair, columns: Sequence[Sequence[Any]], **more: Any) -> list[str]:
    """The numbers of one pair, "–" where a metric is undefined; a protocol is asked once for all its columns."""
    results: dict[str, dict[str, Any]] = {}
    cells: list[str] = []
    for _, protocol, metric, options in columns:
        key = f"{protocol} {options}"
        if key not in results:
            scored = score({"x": pair.reference}, {"x": pair.generated}, protocol=protocol, **options, **more)
            results[key] = scored.to_json()
        value = results[key]["clips"]["x"].get(metric)
        if not metric:
            cells.append(f"{results[key]['rows']['x']['compared']:.0%}")
        else:
            cells.append(f"{value if abs(value) > 1e-5 else 0:.3g}" if isinstance(value, float | int) else "–")
    return cells


def table(columns: Sequence[Sequence[Any]], rows: Mapping[str, preset_pairs.CasePair], first: str, **more: Any) -> str:
    """Markdown: a row for each pair."""
    head = [first, *(column[0] for column in columns)]
    lines = [[name, *line(pair, columns, **more)] for name, pair in rows.items()]
    return "\n".join("| " + " | ".join(each) + " |" for each in [head, ["---"] * len(head), *lines]) + "\n"


def by_paths() -> str:
    """Presets that compare two paths."""
    return table(COLUMNS, preset_pairs.pairs(), "what is wrong with the generated clip")


def by_commands() -> str:
    """Presets that compare with commands, and the absolute one."""
    told = preset_pairs.commands()
    return table((*COMMANDED, *ABSOLUTE), preset_pairs.pairs(), "what is wrong with the generated clip", actions=told)


def real(folder: Path) -> str:
    """Presets that compare two paths, on real pairs."""
    found: dict[str, preset_pairs.CasePair] = {}
    for name, files in REAL.items():
        reference, generated = (_first(_read(folder / file)) for file in files)
        found[name] = preset_pairs.CasePair(reference=reference, generated=generated)
    columns = [
        (head, protocol, metric, {**options, "time": "index"} if protocol == "strict" else options)
        for head, protocol, metric, options in COLUMNS
    ]
    return table(columns, found, "pair")


def _read(path: Path) -> Trajectory:
    if path.is_dir():
        return io.read(path / "pred_traj.txt", format="monst3r")
    return io.read(path)


def _first(trajectory: Trajectory) -> Trajectory:
    rows = slice(0, MOST_FRAMES)
    return Trajectory(
        world_from_cam=trajectory.world_from_cam[rows],
        time_s=trajectory.time_s[rows],
        valid=trajectory.valid[rows],
        time_source=trajectory.time_source,
        scale=trajectory.scale,
    )


SECTIONS = {"Presets on paths": by_paths, "Presets on commands, and the absolute one": by_commands}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder with data and golden")
    args = parser.parse_args()
    for title, section in SECTIONS.items():
        print(f"## {title}\n\n{section()}")
    if args.data is not None:
        print(f"## Presets on real pairs\n\n{real(args.data)}")


if __name__ == "__main__":
    main()
