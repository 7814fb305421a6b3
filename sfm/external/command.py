"""Another program in the place of a backend: it is given the clip and a folder, and what it writes there is read.

A whole clip goes to it: the program decodes and cuts by itself, so shots are not told apart here.
"""

import glob
import os
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sfm.config import CommandConfig, words
from sfm.processes.life import ending_with_us, kill_group, signal_name
from sfm.processes.scratch import scratch
from sfm.video.reader import told_name
from trajectory.errors import CinetrajError, not_there
from trajectory.files import printable, require_folder

if TYPE_CHECKING:
    from sfm.config import EstimateConfig
    from sfm.runs.estimate import Estimate

_LAST_WORDS, _LAST_BYTES = 300, 4000


def estimate(video: str | Path, config: "EstimateConfig", command: CommandConfig) -> "Estimate":
    """The estimate of a clip by the program; what goes wrong with it is a failed estimate with the reason.

    Raises CinetrajError where the clip or the program is not there.
    """
    from sfm.external import imported
    from sfm.runs import build as records
    from sfm.runs.estimate import plain

    clip = Path(video)
    if not clip.exists():
        raise not_there(video)
    if command.keep is not None:
        require_folder(command.keep)
    name = clip.name if clip.is_dir() else clip.stem
    begin = time.perf_counter()
    found: imported.Found | None = None
    with _folder(command.keep, told_name(str(clip))) as out:
        values = {"video": str(clip.absolute()), "out": str(out), "name": name, "seed": str(config.seed)}
        values["threads"] = str(config.threads or os.environ.get("OMP_NUM_THREADS", "") or 1)
        problem = _run(command, words(command.command, values))
        seconds = {"command": time.perf_counter() - begin}
        if not problem:
            try:
                pattern = command.output and command.output.replace("{name}", glob.escape(name))
                file = imported.one_result(out, command.format, pattern)
                label = file.relative_to(out).as_posix() if file.is_relative_to(out) else str(file)
                found = imported.read_on_clip(file, command.format, clip, frame_step=command.frame_step, label=label)
            except CinetrajError as error:
                problem = f"the command ended well, but {error}".replace(str(out), "{out}")
        seconds["total"] = time.perf_counter() - begin
    options = plain({**asdict(config), "backend": {"name": "command", **asdict(command)}})
    origin = records.Origin(
        source=printable(str(video)), backend="command", config=options, seed=config.seed, seconds=seconds
    )
    if found is None:
        return records.failed(problem, origin)
    return records.of_trajectory(found.trajectory, replace(origin, notes=found.notes))


@contextmanager
def _folder(keep: Path | None, name: str) -> Generator[Path, None, None]:
    """An empty folder of this call alone: what an earlier one left, of a clip of that name, is another's result."""
    if keep is None:
        with scratch() as temporary:
            yield temporary
        return
    for number in count(1):
        place = (keep / (name if number == 1 else f"{name}-{number}")).absolute()
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            if not place.exists() or not keep.is_dir():
                raise
        else:
            yield place
            return


def _run(command: CommandConfig, arguments: list[str]) -> str:
    """Run the program in a process group of its own; the problem in one line, "" where it ended well."""
    environment = os.environ | dict(entry.split("=", 1) for entry in command.environment)
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                arguments,
                cwd=command.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            missing = error.filename or arguments[0]
            option = "--command" if command.folder is None or command.folder.is_dir() else "--command-folder"
            raise CinetrajError(
                f"the command cannot be started: {missing}: {error.strerror}; check {option}"
            ) from error
        try:
            with ending_with_us(process):
                code = process.wait(command.timeout_s)
        except subprocess.TimeoutExpired:
            return f"the command was stopped at its time limit of {command.timeout_s:g} s"
        finally:  # also on Ctrl-C, and whatever the program left running
            kill_group(process)
        if code == 0:
            return ""
        log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))  # it may be larger than the memory
        lines = log.read().decode(errors="replace").strip().splitlines()
        said = f": {' '.join(lines[-1].split())[:_LAST_WORDS]}" if lines else ""
        how = f"exit code {code}" if code > 0 else signal_name(-code)
        return f"the command failed ({how}){said}"
