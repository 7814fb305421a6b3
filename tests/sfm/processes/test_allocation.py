"""Memory that was freed is used again; asked of a process of its own, since it is for good."""

import subprocess
import sys

import pytest

ASK = """
import resource, sys
import numpy as np
if sys.argv[1] == "kept":
    from sfm.processes.allocation import keep_freed_memory
    assert keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
held = np.ones(4_000_000)
del held
before = faults()
for _ in range(20):
    some = [np.ones(500_000) for _ in range(8)]
    del some
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is of glibc")
def test_pages_are_asked_for_once() -> None:
    def faults(how: str) -> int:
        asked = subprocess.run([sys.executable, "-c", ASK, how], capture_output=True, text=True, check=True)
        return int(asked.stdout)

    assert faults("kept") < faults("as usual") / 10
