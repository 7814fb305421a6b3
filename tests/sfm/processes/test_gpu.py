"""Whether there may be a GPU, and the share of one, where there is none: what would be asked of torch."""

import ctypes
from importlib import metadata

import pytest
import torch

from sfm.processes import gpu
from sfm.processes.gpu import available_bytes, limit_memory, may_be_there

GIB = 2**30


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was set; the device has 80 GiB, 60 of them free, 2 held by this process."""
    told = [1.0]
    monkeypatch.setattr(gpu, "may_be_there", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", told.append)
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda device: told[-1])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (60 * GIB, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 2 * GIB)
    return told


def test_a_process_alone_has_all_that_is_free(shares: list[float]) -> None:
    limit_memory(1.0)
    assert shares == [1.0]
    assert available_bytes("cuda") == 62 * GIB


def test_one_of_eight_has_an_eighth_less_what_a_context_takes(shares: list[float]) -> None:
    limit_memory(1 / 8)
    assert shares == [1.0, gpu.IN_TENSORS / 8]
    assert available_bytes("cuda") == 9 * GIB


def test_without_a_gpu_there_is_nothing_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "may_be_there", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share: pytest.fail("asked"))
    limit_memory(0.5)


@pytest.mark.parametrize(
    ("version", "driver", "expected"),
    [
        ("2.13.0", True, True),
        ("2.13.0", False, False),
        ("2.13.0+cu126", False, False),
        ("2.13.0+cpu", False, False),
        ("2.13.0+rocm6.4", False, True),
        ("2.13.0a0+git1a2b3c4", False, True),
        (None, False, True),
    ],
)
def test_a_gpu_may_be_there_unless_no_driver_is_for_a_build_that_needs_it(
    version: str | None, driver: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(name: str) -> str:
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    def loaded(name: str) -> None:
        if not driver:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(metadata, "version", told)
    monkeypatch.setattr(ctypes, "CDLL", loaded)
    assert may_be_there() == expected
