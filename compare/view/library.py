# pyright: basic
# (rerun's classes have partial types)
"""The library behind the viewer, imported on first use, and colours as it takes them."""

from types import ModuleType

from trajectory.errors import CinetrajError


def rerun() -> ModuleType:
    """The module `rerun`. Raises CinetrajError with the remedy where it is not installed."""
    try:
        import rerun as module
    except ImportError as error:
        raise CinetrajError(
            "the viewer needs rerun, which is not installed; run: pip install 'cinetraj[view]'"
        ) from error
    return module


def rgb_of(colour: str) -> list[int]:
    """A colour such as #d55e00 as rerun takes it."""
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
