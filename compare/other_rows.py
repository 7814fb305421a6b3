"""Rows of pairs that are not two paths: a clip against its commands, and the raw rows of CineTechBench's script."""

from pathlib import Path

import numpy as np

from compare.asked import Options, Side, doubts, loaded_from, sides, told, unread, whose
from compare.benchmarks.cinetechbench import camera_score as cinetechbench
from compare.commanded import commands_of, score_commanded
from compare.estimators import estimator
from compare.laid import NotDelivered
from compare.partners import unequal
from compare.rows import ClipScores, Score
from compare.sources import Clip
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


def score_against_commands(name: str, reference: Clip, generated: Clip, options: Options) -> ClipScores:
    """A clip against its commands, which are the reference where they are not given apart."""
    try:
        commands = commands_of(name, options.actions, reference, options.reference_format)
    except CinetrajError as error:
        return ClipScores(name=name, failed=f"commands: {error}", fault="instrument")
    try:
        trajectory = loaded_from(generated, options.generated_format)
    except CinetrajError as error:
        fault = whose("generated", unread(error), options)
        return ClipScores(name=name, failed=f"generated: {error}", fault=fault)
    try:
        found = score_commanded(commands, trajectory, options.protocol)
    except CinetrajError as error:
        fault = "model" if isinstance(error, NotDelivered) else "instrument"
        return ClipScores(name=name, failed=str(error), fault=fault)
    return ClipScores(
        name=name,
        scores=found.charged,
        charged=found.charged,
        dropped=found.dropped,
        notes=(*found.notes, *doubts("generated", generated)),
        facts=found.facts,
        estimators=("", estimator(trajectory)),
    )


def score_rows(name: str, reference: Clip, generated: Clip, options: Options) -> ClipScores:
    """cinetechbench-compat: raw rows where the clip is an 8-column text, else the trajectory laid out like one."""
    protocol = options.protocol
    rows: list[np.ndarray] = []
    notes: list[str] = []
    makers: list[str] = []
    for side, clip, format in sides(reference, generated, options):
        notes += doubts(side, clip)
        try:
            if clip.path is not None and clip.path.suffix.lower() in (".txt", ".tum") and _eight_columns(clip.path):
                rows.append(cinetechbench.read_rows(clip.path))
                makers.append("")
            else:
                trajectory = clip.load(format)
                rows.append(cinetechbench.rows_like_monst3r(trajectory))
                notes.append(f"the {side} clip was {cinetechbench.LAID_OUT}")
                notes += _without_rows(side, trajectory)
                makers.append(estimator(trajectory))
        except CinetrajError as error:
            why = told(side, error, (reference, generated), options)
            return ClipScores(name=name, failed=why, fault=whose(side, unread(error), options))
    if len(rows[1]) == 1 < len(rows[0]):
        notes.append("the generated clip has one pose only, which the script gives no error")
    elif protocol.time == "truncate":
        notes += unequal((len(rows[0]), len(rows[1])), min(map(len, rows)), "--time downsample")
    errors = cinetechbench.evaluate(
        rows[0],
        rows[1],
        time="downsample" if protocol.time == "downsample" else "truncate",
        scale="relative" if protocol.scale == "own_extent" else "absolute",
    )
    units = {"RotErr": "rad (sum)", "TransErr": "extent (sum)", "CamMC": "mixed (sum)"}
    scores = {
        metric: Score(name=metric, value=float(errors[metric].sum()), unit=units[metric], per_frame=errors[metric])
        for metric in protocol.metrics
    }
    return ClipScores(
        name=name,
        scores=scores,
        charged=scores,
        dropped=scores,
        notes=tuple(notes),
        facts={"frames": [len(rows[0]), len(rows[1])]},
        estimators=(makers[0], makers[1]),
    )


def _without_rows(side: Side, trajectory: Trajectory) -> tuple[str, ...]:
    """What to say of frames without a pose before others that have one."""
    valid = np.flatnonzero(trajectory.valid)
    missing = int(valid[-1]) + 1 - len(valid)
    if missing == 0:
        return ()
    return (f"the {side} clip has {missing} frames without a pose, and no rows for them: what comes after is moved up",)


def _eight_columns(path: Path) -> bool:
    """Whether the first line is of 8 numbers. Names of columns are none: they are read for what they say, as by `info`.

    Unreadable files are left to the reader's error.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                words = line.split("#")[0].split()
                if words:
                    return len(words) == 8 and not all(map(_is_name, words))
    except (OSError, UnicodeDecodeError):
        return False
    return False


def _is_name(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return True
    return False
