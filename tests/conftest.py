"""What all tests share. Imports none of our packages: the jaxtyping hook must see their first import."""

import os
import signal
from pathlib import Path

import checked_once
import jaxtyping
import pytest
from hypothesis import settings

jaxtyping.jaxtyped = checked_once.jaxtyped  # what the hook puts before each function that is imported from now on
os.environ.setdefault("MPLBACKEND", "Agg")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background: what we start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("random", print_blob=True)
settings.load_profile("repeatable")  # one commit passes or fails alike everywhere; `make fuzz` looks for new examples


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real clips, golden values and weights: CINETRAJ_SHARED, else ../shared beside the repository."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CINETRAJ_SHARED", default))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set CINETRAJ_SHARED to the folder that holds data, golden and weights")
    return folder
