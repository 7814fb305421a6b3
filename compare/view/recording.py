# pyright: basic
# (rerun's classes have partial types)
"""A recording of a run for the viewer: into a file, onto a page, or into a window."""

import os
import socket
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

from compare.align import laid_on
from compare.evidence import model_words, reasons
from compare.film import Film
from compare.run_files import RunShot
from compare.view import curves, scene
from compare.view.layout import WORDS_ENTITY, blueprint
from compare.view.library import rerun
from trajectory.colors import PALETTE
from trajectory.description import Description
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory
from trajectory.picture import in_parts
from trajectory.plot_frames import number_of
from trajectory.run_names import DEPTH_FILE

APPLICATION = "cinetraj"
PATIENCE_S = 30.0
"""For the viewer's window to take all in."""
Say = Callable[[str], None]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """What a recording shows.

    Attributes:
        film: the frames of the shot; None where the clip is gone.
        model: the scene in space by the saved points (sparse), or by the depth map of each frame (dense).
        reference: another path of the same clip, over which this one is laid.
    """

    shot: RunShot
    film: Film | None = None
    model: Literal["sparse", "dense"] = "sparse"
    reference: Trajectory | None = None


def save(shown: Shown, path: str | Path) -> Path:
    """Write a recording (.rrd), whole or not at all."""
    target = Path(path)
    partial = target.with_name(f".{target.stem}.part-{uuid.uuid4().hex[:8]}.rrd")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
    except OSError as error:
        raise CinetrajError(f"{target} cannot be written ({error.strerror}); choose another --save") from error
    stream = _stream(shown)
    try:
        stream.save(partial, default_blueprint=_layout(shown))
        log(stream, shown)
        stream.disconnect()
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def serve(shown: Shown, port: int, *, say: Say, until: Callable[[], bool] = lambda: False) -> None:
    """Show the viewer as a web page, until Ctrl-C.

    Args:
        port: of the page; the data go over the next one.
        until: asked twice a second, whether to end.

    Raises:
        CinetrajError: one of the two ports is taken.
    """
    rr = rerun()
    free(port, port + 1)
    stream = _stream(shown)
    address = stream.serve_grpc(grpc_port=port + 1, default_blueprint=_layout(shown))
    log(stream, shown)
    stream.flush()
    rr.serve_web_viewer(web_port=port, open_browser=False, connect_to=address)
    from urllib.parse import quote

    say(f"http://localhost:{port}/?url={quote(address, safe='')}  (Ctrl-C ends it)")
    while not until():
        time.sleep(0.5)
    stream.disconnect()


def free(*ports: int) -> None:
    """That nobody listens on these ports of this machine: the viewer's servers would end without a word of it.

    Raises:
        CinetrajError: somebody does, a program may not listen there, or there is no such port.
    """
    if not all(0 < port < 1 << 16 for port in ports):
        raise CinetrajError(f"--port is {ports[0]}, expected 1 to {(1 << 16) - len(ports)}")
    for port in ports:
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asked.bind(("127.0.0.1", port))
            except OSError as error:
                why = error.strerror or str(error)
                raise CinetrajError(f"port {port} cannot be used ({why}); choose another one with --port") from error


def spawn(shown: Shown) -> None:
    """Show a recording in a window of the viewer, which stays when this process ends.

    Raises:
        CinetrajError: there is no display, or the viewer does not start.
    """
    remedy = "write a file with --save, or show a page with --serve"
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise CinetrajError(f"there is no display for the viewer's window; {remedy}")
    stream = _stream(shown)
    beside = Path(sys.executable).with_name("rerun")  # it need not be on the PATH
    path = str(beside) if beside.is_file() else None
    try:
        rerun().spawn(executable_path=path, default_blueprint=_layout(shown), recording=stream)
        log(stream, shown)
        stream.flush(timeout_sec=PATIENCE_S)
    except RuntimeError as error:
        raise CinetrajError(f"the viewer does not start ({str(error).partition('.')[0]}); {remedy}") from error


def log(stream: Any, shown: Shown) -> None:
    """Everything of a shot. Raises CinetrajError where it has no path."""
    trajectory = _path(shown)
    description = shown.shot.describe(trajectory)
    dense = shown.model == "dense"
    start = int(shown.shot.shot.get("start") or 0)
    numbers = [number_of(trajectory, row, start) for row in range(len(trajectory))]
    clock = _clock(stream, trajectory, numbers)
    # What is small comes first: a page that loads slowly shows it while the frames are on their way.
    text = rerun().TextDocument(words(shown.shot, description), media_type="text/markdown")
    stream.log(WORDS_ENTITY, text, static=True)
    curves.log_curves(stream, trajectory, numbers)
    curves.log_segments(stream, trajectory, description, numbers)
    scene.log_world(stream, shown.shot, trajectory, points=not dense)
    trajectory = scene.as_seen(trajectory)
    hw = _size(shown, trajectory)
    for row in range(len(trajectory)):
        clock(row)
        scene.log_camera(stream, scene.CAMERA, trajectory, row, hw, PALETTE[0])
    if shown.reference is not None:
        laid = laid_on(trajectory, shown.reference)
        curves.log_curves(stream, laid, numbers, reference=True)
        _log_reference(stream, laid, hw, clock)
    if shown.film is not None:
        scene.log_frames(stream, shown.shot, trajectory, shown.film, dense=dense, clock=clock)
    stream.reset_time()


def words(shot: RunShot, description: Description) -> str:
    """The sentence, how sure, and the evidence, in Markdown."""
    told = shot.statistics
    lines = [f"# {shot.name}", "", description.sentence, ""]
    model = model_words(shot, description) or "no motion model"
    confidence = told.get("confidence")
    sure = f", confidence {confidence:.2f}" if isinstance(confidence, int | float) else ""
    lines += [f"**{shot.status}**: {model}{sure}. {shot.shot.get('reason') or ''}".strip(), ""]
    for each in reasons(shot, description):
        lines += [f"**{each.question}** {each.answer}", ""]
    return "\n".join(lines)


def _log_reference(stream: Any, laid: Trajectory, hw: tuple[int, int], clock: Callable[[int], None]) -> None:
    scene.log_path(stream, f"{scene.REFERENCE}/path", laid, PALETTE[1])
    for row in range(len(laid)):
        clock(row)
        scene.log_camera(stream, f"{scene.REFERENCE}/camera", laid, row, hw, PALETTE[1])
    stream.reset_time()


def _stream(shown: Shown) -> Any:
    return rerun().RecordingStream(APPLICATION, recording_id=f"{shown.shot.name}-{uuid.uuid4().hex[:8]}")


def _layout(shown: Shown) -> Any:
    trajectory = _path(shown)
    return blueprint(
        film=shown.film is not None,
        depth=(shown.shot.folder / DEPTH_FILE).is_file() and shown.film is not None,
        dense=shown.model == "dense",
        timeline="frame" if trajectory.time_source == "index" else "time",
        in_parts=in_parts(trajectory),
    )


def _path(shown: Shown) -> Trajectory:
    trajectory = shown.shot.trajectory()
    if trajectory is None:
        raise CinetrajError(f"{shown.shot.name} has no path to look at: {shown.shot.shot.get('reason')}")
    return trajectory


def _clock(stream: Any, trajectory: Trajectory, numbers: list[int]) -> Callable[[int], None]:
    def set_time(row: int) -> None:
        stream.set_time("frame", sequence=numbers[row])
        if trajectory.time_source != "index":
            stream.set_time("time", duration=float(trajectory.time_s[row]))

    return set_time


def _size(shown: Shown, trajectory: Trajectory) -> tuple[int, int]:
    """Of the pictures in the viewer."""
    if shown.film is not None:
        return shown.film.hw
    if trajectory.image_hw is not None:
        return trajectory.image_hw
    working = shown.shot.working_hw
    return working if working is not None else (360, 640)
