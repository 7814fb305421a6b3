"""The command `cinetraj`: parse, call one function, print. Exit codes, warnings and tracebacks live here only."""

import contextlib
import io
import os
import pkgutil
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from compare.cli import _usage
from sfm.processes.collection import rare_collection, uncollected_end
from sfm.processes.kept_code import kept_code
from sfm.processes.life import Terminated, ended_by_sigterm
from sfm.processes.postponed import postpone
from sfm.processes.undocumented import leave_undocumented
from trajectory.errors import CinetrajError, perhaps

OK = 0
FAILED = 1
BAD_INPUT = 2
BUG = 70
INTERRUPTED = 130
TERMINATED = 143

EXIT_CODES = """\
exit codes:
  0   done (an estimate that is unreliable is done too: a warning says so)
  1   a clip could not be estimated, scored, described or converted; the others were
  2   bad input or usage; nothing was written
  70  an error in cinetraj itself
  130 interrupted"""

EXAMPLES = """\
examples:
  cinetraj demo                                              render a clip, estimate and describe it
  cinetraj estimate clip.mp4 --out runs/                     one clip
  cinetraj estimate videos/ --out runs/ --jobs 4             many; the same again goes on after an interruption
  cinetraj estimate videos/ --out s3://b/runs --engine ray   on the machines of a Ray cluster
  cinetraj status runs/                                      how far it is
  cinetraj describe runs/clip                                what the camera does, in words
  cinetraj compare reference/ runs/ --protocol strict        scores
  cinetraj doctor                                            what works on this machine

environment:
  NUMBA_CACHE_DIR    where machine code of the inner loops is kept (by default beside the modules)
  TORCH_HOME         where weights that were downloaded are kept
  TMPDIR             where temporary files go
  AWS_..., RAY_...   of the libraries that reach s3:// and a Ray cluster"""

_FIRST = ("estimate", "describe", "compare", "convert", "info", "demo")


def program() -> int:
    """What the installed command calls: `main`, and then the end of the process."""
    postpone()
    leave_undocumented()
    with kept_code(), rare_collection():  # to the very end: one look on leaving `main` would see all there is
        try:
            return main()
        finally:
            uncollected_end()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    traceback = "--traceback" in arguments
    arguments = [a for a in arguments if a != "--traceback"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a degree sign must not end the command on an old terminal
    try:
        with rare_collection(), ended_by_sigterm(), _our_warnings():
            return _dispatch(arguments)
    except SystemExit as stop:  # tyro, after it has printed help
        return stop.code if isinstance(stop.code, int) else OK
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Terminated:
        _say("terminated")
        return TERMINATED
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except CinetrajError as error:
        return _report(error, str(error), BAD_INPUT, traceback)
    except MemoryError as error:
        text = f"not enough memory ({error}); take fewer frames (--fps 2), or smaller ones (--long-side 320)"
        return _report(error, text, BAD_INPUT, traceback)
    except OSError as error:
        return _report(error, f"{error.filename or 'system'}: {error.strerror or error}", BAD_INPUT, traceback)
    except Exception as error:
        text = f"{type(error).__name__}: {error}; this is an error in cinetraj, --traceback shows where"
        return _report(error, text, BUG, traceback)


def command_modules() -> dict[str, str]:
    """Command to module, in the order of the help text."""
    found = {
        info.name.rstrip("_").replace("_", "-"): f"compare.cli.{info.name}"
        for info in pkgutil.iter_modules([str(Path(__file__).parent)])
        if not info.name.startswith("_") and info.name != "entry"
    }
    order = [name for name in _FIRST if name in found]
    return {name: found[name] for name in [*order, *sorted(set(found) - set(order))]}


def _dispatch(arguments: list[str]) -> int:
    modules = command_modules()
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help(modules))
        return OK if arguments else BAD_INPUT
    name, rest = arguments[0], arguments[1:]
    if name == "--version":
        from importlib.metadata import version

        print(f"cinetraj {version('cinetraj')}")
        return OK
    if name not in modules:
        raise CinetrajError(f"no command {name!r}{perhaps(name, modules)}; cinetraj --help lists them")
    _usage.require_words(name, rest)
    module = import_module(modules[name])
    return module.run(parse(name, module, rest))


def parse(name: str, module: ModuleType, arguments: list[str], *, whole: bool = False) -> Any:
    """The command's options by tyro; what tyro says about wrong ones becomes one line.

    A command whose options are those of a registry has `form`, which makes the type that is parsed. One with many
    options has HELP_ALL besides, which says what --help-all adds; its form is all of it, or for --help and for calls
    without nested options, which shall not wait for the others, what most users need, with help where that is asked.
    """
    import tyro

    form, more = getattr(module, "form", None), getattr(module, "HELP_ALL", None)
    asked = not {"-h", "--help", "--help-all"}.isdisjoint(arguments)
    if more is not None and "--help-all" in arguments:
        whole, arguments = True, ["--help"]
    elif more is not None and not asked:
        whole = whole or any(each.startswith("--") and "." in each.partition("=")[0] for each in arguments)
    extent = {} if more is None else {"whole": whole, "told": asked or whole}  # mistakes are said by the whole form
    kind = get_type_hints(module.run)["args"] if form is None else form(**extent)
    flat = (tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes) if more is None else ()
    said, heard = io.StringIO(), list[Any]()
    try:
        with contextlib.redirect_stderr(said), _usage.listening(heard.append):
            return tyro.cli(
                kind,
                prog=f"cinetraj {name}",
                description=module.description() if hasattr(module, "description") else module.__doc__,
                args=arguments,
                config=(tyro.conf.FlagCreatePairsOff, *flat),
            )
    except SystemExit as stop:
        if stop.code in (OK, None):
            if more is not None and not whole:
                print(more)
            raise
        if more is not None and not whole:  # the others may be what was meant
            return parse(name, module, arguments, whole=True)
        told = _usage.sentence(heard[0], arguments, _shown_help) if heard else None
        text = told or _without_box(said.getvalue()) or f"options of {name} are wrong"
        part = f" {arguments[0]}" if get_args(kind) and arguments and not arguments[0].startswith("-") else ""
        hint = "" if "--help" in text else f"; cinetraj {name}{part} --help lists the options"
        if dashed := [each for each in arguments if each.startswith("-") and Path(each).exists()]:
            hint += f"; for the file of that name give ./{dashed[0]}"
        raise CinetrajError(text + hint) from None


def _shown_help(command: Sequence[str]) -> str:
    """All of the help of a command, as wide as its longest line."""
    from compare.cli.completion import help_of

    return help_of(*command, whole=True)


def _without_box(text: str) -> str:
    """The words of tyro's framed message on one line."""
    lines = [line.strip("│╭╮╰╯─ \n").rstrip(":") for line in text.splitlines()]
    return "; ".join(dict.fromkeys(line for line in lines if line))


def _help(modules: dict[str, str]) -> str:
    lines = [
        "usage: cinetraj COMMAND [OPTIONS]",
        "",
        "Camera trajectories of films: estimate them from clips, describe them, compare them.",
        "",
        "commands:",
    ]
    for name, module in modules.items():
        summary = (import_module(module).__doc__ or "").splitlines()[0].rstrip(".")
        lines.append(f"  {name:<14} {summary}")
    lines += ["", "cinetraj COMMAND --help shows the options of a command.", "", EXAMPLES, "", EXIT_CODES]
    lines += ["", "--version      the installed version", "--traceback    the whole Python traceback of an error"]
    return "\n".join(lines)


def _show(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"warning: {message}")


@contextlib.contextmanager
def _our_warnings():
    """Warnings of our own packages as one line each; those of libraries are not the user's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for package in ("trajectory", "sfm", "compare"):
            warnings.filterwarnings("always", module=rf"{package}(\.|$)")
        warnings.showwarning = _show
        yield


def _report(error: BaseException, text: str, code: int, traceback: bool) -> int:
    if traceback:
        import traceback as tb

        tb.print_exception(error)
    _say(f"error: {text}")
    return code


def _say(text: str) -> None:
    print("cinetraj: " + " ".join(text.split()), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(program())
