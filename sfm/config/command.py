"""Another program that estimates a clip."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from sfm.ranges import Count, Duration, Ranged
from trajectory.errors import CinetrajError

PLACES = ("video", "out", "name", "threads", "seed")
"""What a command's template may ask for."""
_PLACE = re.compile(r"\{(\w+)\}")


def words(template: str, values: Mapping[str, str]) -> list[str]:
    """The arguments of a command; each place is filled within its argument. Raises CinetrajError for a bad template."""
    try:
        parts = shlex.split(template)
    except ValueError as error:
        raise CinetrajError(f"command is {template!r}: {error}; check its quotes") from None
    if not parts:
        raise CinetrajError("command is empty; give one such as 'python demo.py --video {video} --out {out}'")
    used = {match[1] for part in parts for match in _PLACE.finditer(part)}
    if unknown := sorted(used - set(PLACES)):
        raise CinetrajError(f"command has {{{unknown[0]}}}, expected {', '.join(f'{{{p}}}' for p in PLACES)}")
    if "video" not in used:
        raise CinetrajError(f"command {template!r} has no {{video}}: it would do the same for every clip")
    return [_PLACE.sub(lambda match: values.get(match[1], match[0]), part) for part in parts]


@final
@dataclass(frozen=True, kw_only=True)
class CommandConfig(Ranged):
    """How another program estimates a clip.

    Attributes:
        command: template, split like a shell would but run without one, so that no file name can break it. {video}: the
            clip, absolute. {out}: an empty folder to write to. {name}: the clip's own name. {threads}, {seed}: of the
            estimate. A shell is had by `sh -c 'cd x && python y "$1"' _ {video}`.
        format: of what the program writes, e.g. megasam; one of `trajectory.io.FORMATS`.
        output: glob below {out} (or absolute) of the one file or folder to read; None looks for the format's usual
            names. {name} may be used.
        folder: working folder of the program.
        environment: NAME=VALUE ..., added to the present environment.
        timeout_s: seconds after which the program and all that it started are killed.
        keep: folder in which {out} stays, as KEEP/NAME, or KEEP/NAME-2 and so on where that is there already; None:
            removed once it is read.
        frame_step: every n-th frame of the clip was used by the program; None: not known, and then poses are set on the
            clip's time axis only where there is one for each frame.
    """

    command: str = ""
    format: str = "auto"
    output: str | None = None
    folder: Path | None = None
    environment: tuple[str, ...] = ()
    timeout_s: Duration = 3600.0
    keep: Path | None = None
    frame_step: Count | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        words(self.command, {})
        for entry in self.environment:
            if not re.match(r"[A-Za-z_]\w*=", entry):
                raise CinetrajError(f"environment has {entry!r}, expected NAME=VALUE")
