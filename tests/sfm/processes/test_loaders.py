"""A module is loaded by another loader, which has its own at hand."""

import subprocess
import sys

_RUN = """
import sys
from sfm.processes.loaders import Instead, load_by

class Told(Instead):
    def exec_module(self, module):
        self.loader.exec_module(module)
        module.told = True

before = len(sys.meta_path)
load_by({"colorsys": Told})
load_by({"colorsys": Told})
load_by({"calendar": Told, "no_such_module": Told})
import calendar, colorsys, textwrap
print(len(sys.meta_path) - before, colorsys.told, calendar.told, hasattr(textwrap, "told"))
print(colorsys.rgb_to_hsv(0.0, 0.0, 0.5))
"""


def test_only_what_is_named_and_only_once() -> None:
    told = subprocess.run([sys.executable, "-c", _RUN], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["2 True True False", "(0.6666666666666666, 1.0, 0.5)"]
