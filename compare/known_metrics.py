"""Which metrics a method computes; others are refused before the first clip is scored."""

from compare import metrics
from compare.protocols import PRESETS, Protocol
from trajectory.errors import CinetrajError, expected_of


def require_metrics(protocol: Protocol) -> None:
    """Raises CinetrajError for a metric that is none: else every clip would fail by it, for the model to be charged."""
    able = known_metrics(protocol.method)
    for name in protocol.metrics:
        if name not in able:
            raise CinetrajError(
                f"protocol {protocol.name}: metric {name!r} is not one of {protocol.method}{expected_of(name, able)}"
            )


def known_metrics(method: str) -> tuple[str, ...]:
    """The names of the metrics that a method of `Protocol` computes."""
    every = metrics.METRICS
    if method == "poses":
        return tuple(name for name, metric in every.items() if metric.compute is not None or metric.combine is not None)
    if method == "mind":
        return tuple(name for name in every if name.startswith("RPE_"))
    presets = [preset for preset in PRESETS.values() if preset.method == method]
    return tuple(dict.fromkeys(name for preset in presets for name in preset.metrics))
