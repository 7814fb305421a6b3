"""Look at a run: in the viewer, as a recording, as a page, or as a drawing.

Without --save, --serve, --html and --figure a window of the viewer (rerun, extra `view`) opens. TARGET is a run; with
--html a folder of runs, too.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from compare.cli import _inputs, _report
from trajectory.errors import CinetrajError, ReadError
from trajectory.media import is_video
from trajectory.run_names import DEPTH_FILE

if TYPE_CHECKING:
    from compare.film import Films
    from compare.run_files import RunShot
    from trajectory.model import Trajectory


MOST_FRAMES = 600
"""Of a film in the viewer; longer clips are shown by frames evenly picked."""

SPARSE = 0.5
"""A reference with less than this share of the poses that the shot has, within its time, may have another clock."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj view`."""

    target: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TARGET")]
    """A run; for --html also a folder of runs."""
    model: Literal["sparse", "dense"] = "sparse"
    """The scene in 3-D: the points that were saved (sparse), or the depth map of each frame (dense)."""
    reference: Path | None = None
    """Another path of the same clip (a run, or a trajectory file), over which the run's is laid."""
    shot: str | None = None
    """Which shot of a clip of several, as shot-002; the first with a path by default."""
    save: Path | None = None
    """Write the recording into this .rrd file; `rerun FILE` shows it."""
    serve: bool = False
    """Show the viewer as a web page until Ctrl-C."""
    port: int = 9090
    """Of the page of --serve; the data go over the next one."""
    html: bool = False
    """Write the run's own page, TARGET/index.html; of a folder of runs all their pages, and one that lists them."""
    figure: Path | None = None
    """Draw path, curves, depth and movement into this file: .png, .svg or .pdf; --reference is drawn dashed."""
    video: Path | None = None
    """Where the clip lies now, if not where the run says."""
    long_side: int = 640
    """Longer side of the frames in the viewer, in pixels."""


def run(args: Args) -> int:
    """Write what is asked for, or open the viewer."""
    from compare.run_files import is_run, runs_in

    if args.save is not None and args.save.suffix != ".rrd":
        raise CinetrajError(f"--save is {args.save}, expected a name that ends in .rrd")
    if args.video is not None and not args.video.exists():
        raise CinetrajError(f"{args.video} does not exist, expected the clip of the run")
    if args.target.is_file() and is_video(args.target):
        raise CinetrajError(_inputs.estimate_first(args.target))
    runs = runs_in(args.target)
    single = is_run(args.target)
    _require_used(args, single)
    if args.html:
        from compare.cli._pages import told, write_pages

        written = write_pages(runs, None if single else args.target, clip=args.video if single else None)
        if not written:
            return 1
        print(told(written))
    asked = args.save is not None or args.serve or args.figure is not None
    if args.html and not asked:
        return 0
    if not single:
        raise CinetrajError(
            f"{args.target} holds {len(runs)} runs, expected one, as {runs[0]}; --html shows all of them"
        )
    shown = shot_of(args.target, args.shot)
    if args.figure is not None:
        _draw(shown, args)
    drawn_only = args.figure is not None and args.save is None and not args.serve
    return 0 if drawn_only else _show(shown, args)


def _require_used(args: Args, single: bool) -> None:
    """Raises CinetrajError for an option that what is asked for has no use of."""
    page = args.html and args.figure is None
    viewer = args.save is not None or args.serve or not (args.html or args.figure is not None)
    given = {"--shot": args.shot is not None, "--reference": args.reference is not None} if page else {}
    lost = (
        [] if viewer else [name for name, is_given in {**given, "--model": args.model == "dense"}.items() if is_given]
    )
    if lost:
        what = "a page" if page else "a drawing"
        where = "--save" if lost == ["--model"] else "--figure or --save"
        raise CinetrajError(f"{' and '.join(lost)} changes nothing in {what}; leave it out, or add {where}")
    if args.video is not None and not single:
        raise CinetrajError(f"--video is the clip of one run, {args.target} is a folder of runs; give the run")


def shot_of(run: Path, name: str | None) -> "RunShot":
    """The shot that is asked for. Raises CinetrajError where there is none of that name, or none with a path."""
    from compare.run_files import shots_of

    shots = shots_of(run)
    if name is not None:
        found = next((shot for shot in shots if shot.shot["name"] == name), None)
        if found is None:
            known = ", ".join(str(shot.shot["name"]) or "(one shot without a name)" for shot in shots)
            raise CinetrajError(f"{run} has no shot {name!r}, expected one of {known}")
        shots = [found]
    shown = next((shot for shot in shots if shot.status != "failed"), None)
    if shown is None:
        raise CinetrajError(f"{run} has no path to look at: {shots[0].shot['reason']}")
    if name is None and len(shots) > 1:
        _report.warn(f"{run} has {len(shots)} shots; {shown.shot['name']} is shown (--shot names another)")
    return shown


def _films(args: Args, most: int) -> "Films":
    from compare.cli._film import films

    return films(long_side=args.long_side, most=most, clip=args.video)


def _draw(shot: "RunShot", args: Args) -> None:
    from compare.cli._film import telling
    from compare.run_figure import save_figure

    assert args.figure is not None
    reference = None if args.reference is None else _reference(args.reference, shot)
    films = telling(_films(args, MOST_FRAMES), lambda _, why: _report.warn(f"the drawing shows no film: {why}"))
    save_figure(shot, args.figure, films=films, reference=reference)
    print(args.figure)


def _show(shot: "RunShot", args: Args) -> int:
    from compare.view import library, recording

    library.rerun()  # before the clip is decoded
    reference = None if args.reference is None else _reference(args.reference, shot)
    film = None
    try:
        film = _films(args, MOST_FRAMES)(shot)
    except CinetrajError as error:
        _report.warn(f"the viewer shows no film: {error}")
    if args.model == "dense" and not (shot.folder / DEPTH_FILE).is_file():
        unsaved: Mapping[str, str] = shot.shot.get("unsaved") or {}  # what was asked for, and why it cannot be
        lost = unsaved.get("depth")
        why = f"no depth could be saved: {lost}" if lost else "no depth was saved; estimate again with --save depth"
        _report.warn(f"--model dense shows no scene: {why}")
    elif args.model == "dense" and _bends(shot):
        _report.warn("--model dense stands depth in space by a pinhole, and the lens bends: edges are off their place")
    shown = recording.Shown(shot=shot, film=film, model=args.model, reference=reference)
    if args.save is not None:
        print(recording.save(shown, args.save))
    if args.serve:
        recording.serve(shown, args.port, say=print)
    elif args.save is None:
        recording.spawn(shown)
    return 0


def _bends(shot: "RunShot") -> bool:
    path = shot.trajectory()
    return path is not None and path.distortion is not None and bool(path.distortion.any())


def _reference(path: Path, shot: "RunShot") -> "Trajectory":
    """A path to lay beside that of a shot; says where their clocks leave hardly any of it there."""
    try:
        found = _inputs.sole(path, _inputs.load(path)).trajectory
    except ReadError as error:
        if "--format" not in error.remedy:  # an option that the other commands have
            raise
        command = f"cinetraj convert {shlex.quote(str(path))} reference.npz --to native --format NAME"
        remedy = f"write it as native first: {command}"
        raise ReadError(error.path, error.problem, line=error.line, remedy=remedy) from error
    assert found is not None
    path_of_shot = shot.trajectory()
    if path_of_shot is not None and len(found) != len(path_of_shot):
        start_s, stop_s = path_of_shot.time_s[[0, -1]]
        inside = int(((found.time_s >= start_s) & (found.time_s <= stop_s)).sum())
        numbered = bool((found.time_s[1:] - found.time_s[:-1] == 1.0).all())
        if numbered and 0 < inside < SPARSE * min(len(found), len(path_of_shot)):
            _report.warn(
                f"{path}: {inside} of {len(found)} poses lie within the time of the shot, and only these are drawn; "
                "its times look like frame numbers: write seconds"
            )
    return found
