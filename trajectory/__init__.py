"""What a camera path is, and what it does. Importing costs nothing: names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from trajectory import errors as errors
    from trajectory import frames as frames
    from trajectory import io as io
    from trajectory import kinematics as kinematics
    from trajectory import model as model
    from trajectory import plot as plot
    from trajectory import resample as resample
    from trajectory.candidates import candidates_beside as candidates_beside
    from trajectory.describe_config import DescribeConfig as DescribeConfig
    from trajectory.description import Description as Description
    from trajectory.description import describe as describe
    from trajectory.errors import CinetrajError as CinetrajError
    from trajectory.errors import FormatAmbiguousError as FormatAmbiguousError
    from trajectory.errors import GaugeError as GaugeError
    from trajectory.errors import ReadError as ReadError
    from trajectory.errors import TimeSourceError as TimeSourceError
    from trajectory.frames import anchor_to_first as anchor_to_first
    from trajectory.frames import transform as transform
    from trajectory.io import read as read
    from trajectory.io import write as write
    from trajectory.model import Provenance as Provenance
    from trajectory.model import Trajectory as Trajectory
    from trajectory.resample import at_times as at_times

_NAMES = {
    "CinetrajError": "trajectory.errors",
    "ReadError": "trajectory.errors",
    "FormatAmbiguousError": "trajectory.errors",
    "GaugeError": "trajectory.errors",
    "TimeSourceError": "trajectory.errors",
    "Trajectory": "trajectory.model",
    "Provenance": "trajectory.model",
    "read": "trajectory.io",
    "write": "trajectory.io",
    "describe": "trajectory.description",
    "candidates_beside": "trajectory.candidates",
    "DescribeConfig": "trajectory.describe_config",
    "Description": "trajectory.description",
    "anchor_to_first": "trajectory.frames",
    "transform": "trajectory.frames",
    "at_times": "trajectory.resample",
}
__getattr__ = exporter(__name__, _NAMES, ("io", "frames", "plot", "resample", "kinematics", "model", "errors"))
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
