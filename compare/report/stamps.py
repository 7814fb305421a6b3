"""What the stamp of a protocol tells a table or a page: its name, and which measured noise is in its numbers' units."""

from collections.abc import Mapping, Sequence
from typing import Any

from compare import metrics
from compare.protocols import PRESETS

CHANGES = ("time", "scale", "chunk", "angle", "draws")
"""Settings of a preset that the command changes."""
UNITS = ("method", "anchor", "scale", "chunk", "aggregation", "angle")
"""Settings that decide in what the numbers are: under another one a noise floor is of other numbers."""


def called(stamp: Mapping[str, Any]) -> str:
    """The name of a preset, or of a protocol of one's own; of a preset that was changed also how."""
    preset = PRESETS.get(stamp["name"])
    if preset is None or preset.stamp()["hash"] == stamp["hash"]:
        return str(stamp["name"])
    own = preset.stamp()
    changed = [f"{key} {stamp[key]}" for key in CHANGES if key in stamp and stamp[key] != own.get(key)]
    return f"{stamp['name']} ({', '.join([*changed, stamp['hash'][:6]])})"


def noise_of(stamp: Mapping[str, Any], floors: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The noise of each metric under this protocol; empty where none was measured in its units.

    A floor says under which preset it was measured. With degrees for radians, or lengths in other units, the preset's
    floor says nothing of the protocol.
    """
    if not _in_units_of_preset(stamp):
        return {}
    known = {str(floor["protocol"]): floor["median"] for floor in floors}
    return dict(known.get(stamp["name"], {}))


def noise_measurable(stamp: Mapping[str, Any]) -> bool:
    """Whether `cinetraj noise` takes the protocol: a preset, in its own units, by metrics of poses."""
    known = [metrics.METRICS.get(name) for name in stamp["metrics"]]
    of_poses = all(m is not None and (m.compute is not None or m.combine is not None) for m in known)
    return stamp["name"] in PRESETS and of_poses and _in_units_of_preset(stamp)


def _in_units_of_preset(stamp: Mapping[str, Any]) -> bool:
    preset = PRESETS.get(stamp["name"])
    if preset is None:
        return True
    own = preset.stamp()
    return all(stamp.get(key, own[key]) == own[key] for key in UNITS if key in own)
