"""How sure an estimator is of each quantity: probabilities, verdicts, and words for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, cast, final, get_args

from trajectory.enumeration import listed
from trajectory.errors import CinetrajError
from trajectory.frozen import reduced
from trajectory.model import Trajectory, evidence_of

Quantity = Literal["rotation", "translation", "zoom"]
QUANTITIES: Final[tuple[Quantity, ...]] = get_args(Quantity)
RIGID = "rigid"
SURE = 0.8
"""Probability from which a quantity is sure where the estimator gives probabilities and no verdict of its own: wrong in
one of five."""


@final
@dataclass(frozen=True, kw_only=True)
class Certainty:
    """What an estimator says of its own answer; empty where it says nothing.

    Attributes:
        probability: that what is told of a quantity is right, and that anything rigid was filmed ("rigid").
        sure: whether a quantity counts as sure: the estimator's verdict, else its probability against `SURE`.
        unreliable: the estimator does not vouch for the clip as a whole.
    """

    probability: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sure: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    unreliable: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    @property
    def groundless(self) -> bool:
        """Whether the clip is not vouched for, and nothing says which quantity is sure all the same."""
        return self.unreliable and (not self.sure or self.probability.get(RIGID, 1.0) < 0.5)

    def of(self, name: str) -> float | None:
        """Probability that the answer about a primitive is right, None where it is not given.

        A camera is fixed where it neither turns nor travels nor zooms. The three fail together, since one choice of
        model gives them all: their product would count one doubt up to three times, so the least of them stands, which
        no probability of all three exceeds.
        """
        given = [self.probability.get(quantity) for quantity in quantities_of(name)]
        known = [value for value in given if value is not None]
        return min(known) if len(known) == len(given) else None

    def doubted(self, name: str) -> bool:
        """Whether a quantity behind a primitive is not sure."""
        return any(self.sure.get(quantity) is False for quantity in quantities_of(name))

    def words(self) -> str:
        """What is sure and what is not, "" where nothing is said of it.

        Nothing is told to be sure of a clip in which nothing rigid was filmed, and sure quantities of a clip that is
        not vouched for are told with that.
        """
        rigid = self.probability.get(RIGID)
        unlikely: list[str] = []
        if rigid is not None and rigid < 0.5:
            unlikely.append(f"that anything rigid was filmed is not likely ({rigid:.2f})")
        if self.groundless and unlikely:
            return f"nothing is sure: {unlikely[0]}"
        said: list[str] = []
        for verdict in (True, False):
            named = [quantity for quantity in QUANTITIES if self.sure.get(quantity) is verdict]
            if not named:
                continue
            numbers = ", ".join(f"{self.probability[q]:.2f}" for q in named if q in self.probability)
            verb = "is" if len(named) == 1 else "are"
            word = "sure" if verdict else "not" if said else "not sure"
            said.append(f"{listed(named)} {verb} {word}" + (f" ({numbers})" if numbers else ""))
        if self.unreliable and False not in self.sure.values():
            said.append("the estimate as a whole is unreliable")
        return "; ".join([*said, *unlikely])


def quantities_of(name: str) -> tuple[Quantity, ...]:
    """The quantities that an answer about a primitive rests on."""
    if name == "Static":
        return QUANTITIES
    if name.startswith("Move"):
        return ("translation",)
    return ("zoom",) if name.startswith("Zoom") else ("rotation",)


def certainty_of(trajectory: Trajectory) -> Certainty:
    """What the estimator left in the provenance: `evidence["probability"]`, `evidence["sure"]` and its status."""
    evidence = evidence_of(trajectory)
    probability: dict[str, float] = {}
    for name, value in _object(evidence, "probability").items():
        if name not in (*QUANTITIES, RIGID) or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            raise CinetrajError(f"evidence['probability'][{name!r}] is {value!r}, expected a number within 0..1")
        probability[name] = float(value)
    sure = {name: probability[name] >= SURE for name in QUANTITIES if name in probability}
    for name, value in _object(evidence, "sure").items():
        if name not in QUANTITIES or value is None:
            continue
        if not isinstance(value, bool):
            raise CinetrajError(f"evidence['sure'][{name!r}] is {value!r}, expected true or false")
        sure[name] = value
    return Certainty(
        probability=MappingProxyType(probability),
        sure=MappingProxyType(sure),
        unreliable=evidence.get("status") in ("unreliable", "failed"),
    )


def _object(evidence: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = evidence.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise CinetrajError(f"evidence[{key!r}] is a {type(value).__name__}, expected an object by quantity")
    return cast("Mapping[str, Any]", value)
