"""Print what makes the shell complete commands, options and their values: bash or zsh.

    cinetraj completion bash > ~/.local/share/bash-completion/completions/cinetraj
    cinetraj completion zsh >> ~/.zshrc

The options are those of this installation, those of other distributions' backends included; print it anew after an
update.
"""

import contextlib
import io
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

import tyro

WIDE = "120"
"""Columns of the help that is read: room for the longest option."""
_FLAG = re.compile(r"(?:-\w, )?(--[a-z][\w.-]*)(?: (\S.*?))?(?:  .*)?$")
_CHOICE = re.compile(r"[a-z\d][\w.+-]*")
"""A word that may stand there as it is; INT and None are kinds of values."""
_BELOW = re.compile(r" \{([\w,-]+)\}$")
BASH = """\
# cinetraj {version}; made by: cinetraj completion bash
_cinetraj() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=""
    local place="${{COMP_WORDS[1]}}" ahead=""
    if [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD-2]}}
    elif [[ $current == = ]]; then current=""
    elif [[ $current == --*=* ]]; then before=${{current%%=*}} ahead="$before=" current=${{current#*=}}
    fi
    [[ $COMP_CWORD -gt 2 && " {nested} " == *" $place "* ]] && place+=" ${{COMP_WORDS[2]}}"
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "{commands} --help --version" -- "$current"))
        return
    fi
    case "$place $before" in
{values}
    esac
    if [[ -n $words ]]; then
        [[ $current == *,* ]] && ahead+="${{current%,*}}," current=${{current##*,}}  # names with commas between them
        COMPREPLY=($(compgen -P "$ahead" -W "$words" -- "$current"))
        return
    fi
    if [[ $current == -* || $COMP_CWORD -eq 2 && " {nested} " == *" $place "* ]]; then
        case "$place" in
{options}
        esac
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        [[ ${{#COMPREPLY[@]}} -gt 0 ]] && return
    fi
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'  # names may hold spaces; those that begin with quotes or backslashes are the shell's own affair
    COMPREPLY=($(compgen -P "$ahead" -f -- "$current"))
}}
complete -o default -F _cinetraj cinetraj
"""
ZSH = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n"


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj completion`."""

    shell: tyro.conf.Positional[Literal["bash", "zsh"]]
    """Which shell."""


def run(args: Args) -> int:
    """Print the script."""
    print((ZSH if args.shell == "zsh" else "") + script(), end="")
    return 0


def script() -> str:
    """For bash, and for zsh through its own bridge."""
    from importlib.metadata import version

    from compare.cli._offered import offered
    from compare.cli.entry import command_modules

    flags: dict[str, dict[str, str]] = {}
    below: dict[str, list[str]] = {}
    for name in command_modules():
        text = help_of(name)
        found = _BELOW.search(text.splitlines()[0])
        below[name] = found[1].split(",") if found else []
        for each in below[name]:
            flags[f"{name} {each}"] = flags_in(help_of(name, each))
        flags[name] = dict.fromkeys(below[name], "") or flags_in(text)
    named = offered()
    values = [
        f'        "{place} {flag}") words="{words}" ;;'
        for place, own in flags.items()
        for flag, value in own.items()
        if (words := " ".join(choices(value) or (named.get(flag, ()) if "STR" in value else ())))
    ]
    options = [f'        "{place}") words="{" ".join(own)}" ;;' for place, own in flags.items()]
    return BASH.format(
        version=version("cinetraj"),
        commands=" ".join(command_modules()),
        nested=" ".join(name for name, each in below.items() if each),
        values="\n".join(values),
        options="\n".join(options),
    )


def flags_in(help_text: str) -> dict[str, str]:
    """Flag -> kind of value, from the help that users read."""
    lines = (line.strip("│╭╮╰╯─ ") for line in help_text.splitlines())
    return {flag[1]: flag[2] or "" for line in lines if (flag := _FLAG.match(line))}


def choices(value: str) -> list[str]:
    """The words that a kind of value names: {a,b}|FLOAT gives a and b, {None}|PATH none: a path is to be completed."""
    named = (word for group in re.findall(r"\{([^{}]*)\}", value) for word in group.split(","))
    return list(dict.fromkeys(word for word in named if _CHOICE.fullmatch(word)))


def help_of(*words: str, whole: bool = False) -> str:
    """The help of a command as users read it, in lines that are long enough; `whole`: --help-all where there is one."""
    from compare.cli.entry import command_modules, main

    more = whole and hasattr(import_module(command_modules()[words[0]]), "HELP_ALL")
    said = io.StringIO()
    with _columns(), contextlib.redirect_stdout(said):
        main([*words, "--help-all" if more else "--help"])
    return said.getvalue()


@contextlib.contextmanager
def _columns() -> Generator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDE
    try:
        yield
    finally:
        os.environ.pop("COLUMNS", None)
        if before is not None:
            os.environ["COLUMNS"] = before
