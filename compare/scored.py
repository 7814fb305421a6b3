"""Scores as tables, pages and plots take them: results, saved records, one or several of these."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from compare.scoring import Result
from trajectory.errors import CinetrajError

Scored = Result | Mapping[str, Any]
"""A result, or what `Result.save` wrote of one."""
Scores = Scored | Mapping[str, Scored] | Sequence[Scored]
"""One of these, several by the names of their models, as `compare.scoring.score_models` gives them, or in a row."""
_RECORD = frozenset({"model", "protocol", "clips", "summary", "coverage"})


def is_scored(value: Any) -> bool:
    """Whether a value is a result, or says that it is the record of one."""
    return isinstance(value, Result) or (isinstance(value, Mapping) and {"protocol", "clips"} <= value.keys())


def records_of(scores: Any) -> list[Mapping[str, Any]]:
    """The records of scores. Raises CinetrajError for what holds none, and for a record that is not whole."""
    if is_scored(scores):
        return [_record(scores)]
    if isinstance(scores, Mapping):
        several: list[Any] = [*cast("Mapping[str, Any]", scores).values()]
    elif isinstance(scores, Iterable) and not isinstance(scores, str | bytes):
        several = [*cast("Iterable[Any]", scores)]
    else:
        several = [scores]
    for each in several:
        if not is_scored(each):
            raise CinetrajError(
                f"scores are of type {type(each).__name__}, expected results of compare.score, or saved ones"
            )
    return [_record(each) for each in several]


def _record(scored: Scored) -> Mapping[str, Any]:
    if isinstance(scored, Result):
        return scored.record()
    if lacking := sorted(_RECORD - scored.keys()):
        raise CinetrajError(
            f"scores have no {' and no '.join(lacking)}: they are no record; give the Result itself, its record(), or "
            "the file that its save() wrote"
        )
    return scored
