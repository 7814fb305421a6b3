# pyright: basic
# (what tyro tells of wrong words has no stable types)
"""What is wrong with the words of a command line, in one sentence: which, its value, what is expected, the nearest."""

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from trajectory.enumeration import listed
from trajectory.errors import CinetrajError, perhaps

_KINDS = {"INT": ("a whole number", "whole numbers"), "FLOAT": ("a number", "numbers"), "PATH": ("a path", "paths")}
_KINDS["STR"] = ("a value", "values")
_COUNTS = {2: "two", 3: "three", 4: "four"}
_UNSET = ("None", "")
_MAY_BE_EMPTY = ("--title",)


@contextmanager
def listening(hear: Callable[[Any], None]) -> Generator[None]:
    """Hear why tyro refuses a command line, as it meets the reasons; nothing with a tyro that does not tell them."""
    try:
        from tyro._errors import on_parse_error  # not of its stable interface: without it there is its text
    except ImportError:
        yield
        return
    with on_parse_error(hear):
        yield


def sentence(event: Any, arguments: Sequence[str], help_text: Any) -> str | None:
    """The sentence for what tyro told, None where it is nothing known.

    Args:
        help_text: called with the words of a command for the help that users read.
    """
    say = _SAID.get(type(event).__name__)
    try:
        return None if say is None else say(event, arguments, help_text)
    except (AttributeError, TypeError, LookupError, StopIteration):  # another tyro, with other values
        return None


def require_words(command: str, arguments: Sequence[str]) -> None:
    """Raises CinetrajError for a word that is empty, as of a variable that is not set: as a path it would be the
    current folder, of which all clips were estimated, or into which runs were written."""
    for number, word in enumerate(arguments):
        before = arguments[number - 1] if number else ""
        option = word[:-1] if re.fullmatch(r"--[\w.-]+=", word) else before if not word else ""
        if option in _MAY_BE_EMPTY or (word and not option):
            continue
        which = option if option.startswith("--") else f"an argument of cinetraj {command}"
        raise CinetrajError(f"{which} is empty, as a variable is that is not set; . stands for the current folder")


def expected(metavar: str) -> str:
    """What an option takes, in words: {None}|INT is "a whole number", {a,b} "a or b"."""
    parts = [part for part in re.findall(r"\{[^{}]*\}|[^|{}]+", metavar) if part != "{None}"]
    said: list[str] = []
    for part in parts:
        words = part.strip("{}[] ").split()
        choices = [word for word in part.strip("{}").split(",") if word not in _UNSET]
        if "," in part and "[" not in metavar:
            said += choices
        elif words and set(words) <= {words[0]} and words[0] in _KINDS:
            one, many = _KINDS[words[0]]
            said.append(one if len(words) == 1 else f"{_COUNTS.get(len(words), len(words))} {many}")
        elif "[" not in metavar:
            said.append(part)
    return listed(said or [metavar], "or")


def _choice(event: Any, *_: Any) -> str:
    given = {str(each) for each in event.choices}
    shown = [word for word in re.findall(r"[^{},\[\]| ]+", str(event.argument.lowered.metavar)) if word in given]
    known = [*dict.fromkeys(shown)] or sorted(given)  # as the help has them: those of the event have no order
    return f"{_name(event.argument)} is {event.value!r}{perhaps(event.value, known)}; expected {_any_of(known)}"


def _value(event: Any, arguments: Sequence[str], _: Any) -> str:
    name = _name(event.argument)
    given = _given(name, arguments)
    metavar = str(event.argument.lowered.metavar)
    why = "" if re.search(r"\b(INT|FLOAT|PATH)\b", metavar) else f" ({' '.join(event.message.split())})"
    return f"{name} is {' '.join(given)!r}, expected {expected(metavar)}{why}"


def _few(event: Any, *_: Any) -> str:
    return f"{_name(event.argument)} has no value after it, expected {expected(str(event.argument.lowered.metavar))}"


def _missing(event: Any, *_: Any) -> str:
    command = f"{event.prog} {event.missing_arguments[0].source_parser.prog_suffix}".strip()
    names = [_name(each.arg) for each in event.missing_arguments]
    strange = next((each for each in event.unrecognized_tokens if each.startswith("-")), None)
    rest = f", and has no option {strange}" if strange else ""
    return f"{command} needs {listed(names)}{rest}"


def _below(event: Any, *_: Any) -> str:
    return f"{event.prog} needs one of {_any_of(event.subcommand_spec.parser_from_name)} after it"


def _strange(event: Any, arguments: Sequence[str], help_text: Any) -> str:
    from compare.cli.completion import flags_in

    command = event.prog.split()[1:]
    text = help_text(command)
    below = re.search(r" \{([\w,-]+)\}$", text.splitlines()[0])
    if below and arguments[0] in below[1].split(","):
        command, below = [*command, arguments[0]], None
        text = help_text(command)
    program = " ".join(["cinetraj", *command])
    if (option := next((each for each in event.tokens if re.match(r"--?[a-zA-Z]", each)), None)) is not None:
        flag = option.partition("=")[0]
        return f"{program} has no option {flag}{perhaps(flag, flags_in(text))}"
    token = event.tokens[0]
    if below:
        known = below[1].split(",")
        return f"{program} has no {token!r}{perhaps(token, known)}; expected {_any_of(known)}"
    takes = re.findall(r"^\W*([A-Z][A-Z.=]+)(?: |$)", text.partition("positional arguments")[2], re.MULTILINE)
    return f"{token!r} is more than {program} takes, expected {' '.join(takes) or 'options alone'}"


def _name(argument: Any) -> str:
    if not argument.is_positional():
        return argument.lowered.name_or_flags[0]
    metavar = str(argument.lowered.metavar)
    return argument.field.intern_name.upper() if metavar.startswith("{") else metavar


def _given(flag: str, arguments: Sequence[str]) -> list[str]:
    """The words that stand behind an option."""
    for i, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name == flag:
            rest = iter(arguments[i + 1 :])
            behind = [] if equals else [next(rest, "")]
            return [value] if equals else [*behind, *_until_option(rest)]
    return []


def _until_option(words: Iterable[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        if word.startswith("--"):
            break
        found.append(word)
    return found


def _any_of(known: Iterable[str]) -> str:
    return listed([each for each in known if each not in _UNSET], "or")


_SAID = {
    "InvalidChoice": _choice,
    "InstantiationFailure": _value,
    "BadValue": _few,
    "MissingArgs": _missing,
    "MissingSubcommand": _below,
    "UnrecognizedArgs": _strange,
}
