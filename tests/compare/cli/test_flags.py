"""What scripts rely on: every flag that was ever offered stays, with its spelling, its kind of value, its default.

`flags.json` is the stored list. New flags may join it: `python tests/compare/cli/test_flags.py` writes it anew.
"""

import ast
import contextlib
import io
import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STORED = Path(__file__).with_name("flags.json")
OF_OTHERS = {"--head", "--npz_path", "--python", "--upgrade"}
"""Options of other programs that messages and pages of ours name."""
WIDE = "120"
"""Columns of the help: room for the longest option, and none for groups side by side."""
_FLAG = re.compile(r"(?:-\w, )?(--[a-z][\w.-]*)(?: (\S.*?))?(?:  +(.*))?$")
_DEFAULT = re.compile(r"\((default: [^()]*|required)\)[^()]*$")


def flags_of(command: str, help_option: str = "--help") -> dict[str, dict[str, str]]:
    """Flag -> kind of value and default, as a user reads them in the help."""
    values: dict[str, str] = {}
    texts: dict[str, str] = {}
    for line in _said(*command.split(), help_option).splitlines():
        text = line.strip("│╭╮╰╯─ ")
        if flag := _FLAG.match(text):
            values[flag[1]], texts[flag[1]] = flag[2] or "", flag[3] or ""
        elif texts:
            texts[next(reversed(texts))] += " " + text
    found = {name: _DEFAULT.search(text) for name, text in sorted(texts.items())}
    return {
        name: {"value": values[name], "default": default[1].removeprefix("default: ").strip() if default else ""}
        for name, default in found.items()
    }


def commands() -> list[str]:
    """Every command, those below another one after it."""
    from compare.cli.entry import command_modules

    found: list[str] = []
    for name in command_modules():
        usage = _said(name, "--help").splitlines()[0]
        below = re.search(r" \{([\w,-]+)\}$", usage)
        found += [f"{name} {each}" for each in below[1].split(",")] if below else [name]
    return found


def alternatives(value: str) -> set[str]:
    """The kinds of value that a flag takes."""
    inner = re.fullmatch(r"\{([^{}]*)\}", value)
    return set(inner[1].split(",")) if inner else set(value.split("|"))


def _said(*arguments: str) -> str:
    from compare.cli import main

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDE
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            assert main(arguments) == 0
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return out.getvalue()


def stored() -> dict[str, dict[str, dict[str, str]]]:
    return json.loads(STORED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", stored() if STORED.is_file() else [])
def test_every_stored_flag_is_still_offered(command: str) -> None:
    now = flags_of(command)
    for flag, known in stored()[command].items():
        assert flag in now, f"{command} {flag} is gone"
        assert alternatives(known["value"]) <= alternatives(now[flag]["value"]), f"{command} {flag}"
        assert known["default"] == now[flag]["default"], f"{command} {flag}"


@pytest.mark.parametrize("command", stored() if STORED.is_file() else [])
def test_no_switch_is_on_by_default(command: str) -> None:
    on = [flag for flag, known in flags_of(command).items() if known == {"value": "", "default": "True"}]
    assert on == []


def test_the_stored_list_has_every_command() -> None:
    assert set(commands()) == set(stored())


def test_the_help_is_read_whole() -> None:
    # The twin: a list read from nothing would pass everything.
    found = stored()["estimate"]
    assert found["--device"] == {"value": "{auto,cpu,cuda}", "default": "auto"}
    assert found["--clip-time-limit"] == {"value": "FLOAT", "default": "1800.0"}
    assert found["--no-split-shots"] == {"value": "", "default": "False"}
    assert found["--out"] == {"value": "PATH", "default": "required"}
    assert len(found) == 40


def named_flags() -> dict[str, str]:
    """Flag -> the module that names it in a text other than a docstring, as errors do that say what to try."""
    found: dict[str, str] = {}
    for path in (path for package in ("sfm", "trajectory", "compare") for path in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for each in ast.walk(tree):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in docstrings:
                named = re.findall(r"(?<![\w-])--[a-z][\w.-]*\w", each.value)
                found |= dict.fromkeys(named, str(path.relative_to(ROOT)))
    return found


def test_every_flag_that_a_message_names_is_offered() -> None:
    offered = {"--help", "--help-all", "--version", "--traceback", *OF_OTHERS}
    for command in commands():
        own = {*flags_of(command), *(flags_of(command, "--help-all") if command == "estimate" else ())}
        offered |= own | {flag.replace("--no-", "--") for flag in own}  # a switch is named without its "no", too
    named = named_flags()
    assert len(named) > 50
    assert {flag: module for flag, module in named.items() if flag not in offered} == {}


def _store() -> None:
    listed = {command: flags_of(command) for command in commands()}
    for flags in listed.values():
        flags.pop("--help", None)
    STORED.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _store()
