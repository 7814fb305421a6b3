"""The command line: one module per command with `run(args) -> exit code`; the annotation of `args` is what tyro parses.

The first line of a module's docstring is its line in `cinetraj --help`; a module whose name ends in an underscore
gives the command without it. A module may have `description()`, which `cinetraj COMMAND --help` then shows instead of
the docstring. Modules import nothing heavy at import, so that `--help` is quick. `entry` is the doorman.
"""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from compare.cli.entry import main as main

__getattr__ = exporter(__name__, {"main": "compare.cli.entry"})
