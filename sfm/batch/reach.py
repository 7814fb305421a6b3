"""The file system behind an address, by fsspec, and what is wrong with it in one line."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sfm.batch.places import PlaceError
from trajectory.errors import CinetrajError

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
"""Extra of ours that brings what a protocol needs."""


def file_system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Raises CinetrajError where there is none for it."""
    protocol = address.partition("://")[0]
    try:
        core: Any = import_module("fsspec.core")
        # Others change what lies there: what was listed a moment ago says nothing.
        made, path = core.url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        extra = EXTRAS.get(protocol, "ray")
        raise CinetrajError(f"{address} needs more ({error}); pip install 'cinetraj[{extra}]'") from None
    except ValueError as error:
        raise CinetrajError(f"{address} is no address ({error}); give s3://BUCKET/PATH or a folder") from None
    return made, str(path).rstrip("/")


@contextmanager
def reached(address: str) -> Generator[None]:
    """Whatever a store does wrong, as one line with what to do."""
    try:
        yield
    except CinetrajError:
        raise
    except Exception as problem:  # each kind of store has kinds of errors of its own
        words = " ".join(str(problem).split())[:200]
        raise PlaceError(
            f"{address} cannot be reached ({type(problem).__name__}: {words}); check address, network and credentials, "
            "then give the same command: it goes on"
        ) from problem
