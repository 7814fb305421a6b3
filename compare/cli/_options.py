# pyright: basic
# (tyro's specs are generic)
"""Options of the command line from config values: type, default and help of an option are those of a config's field.

A command writes down which flag is which field (`option`); `group` makes flags of all the others. What is not given
stays UNSET, so that it can be told from a default that was written out.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, make_dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, get_origin, get_type_hints

from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    Words = tuple[str, ...]
else:
    Words = tuple  # a type without parts (`parsed_as`)


class _Unset:
    def __repr__(self) -> str:
        return "unset"


UNSET: Any = _Unset()
PATHS = "paths"
"""Under this name a field of a form says which fields of configs it sets."""
NOT_GIVEN = "(default: False)"
"""Help of a switch --no-X: what is so by default is that it is not given, whatever the setting X is."""
_QUOTED_OR_NAME = r"""(?<!\w)'[^']*'|"[^"]*"|(?<![\w./-])(?P<name>[a-z]\w*)(?![\w/-]|\.\w)"""
GROUP = "group"
"""Under this name it says whose fields its own are: root of their paths, and root of their flags."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A field of a config: what it takes, its default (MISSING where it has none), what it is for."""

    kind: Any
    default: Any
    text: str


@dataclass(frozen=True, kw_only=True)
class Given:
    """An option that was given: as it is written, the fields it may set, and its value."""

    flag: str
    paths: tuple[str, ...]
    value: Any


def option(*paths: str, none_is_unset: bool = False) -> Any:
    """A field of a form that sets the first of these fields which the config has.

    Args:
        none_is_unset: its default is shown as None, since the config it is for, or its meaning, depends on other
            options.
    """
    return field(default=UNSET, metadata={PATHS: paths, "none_is_unset": none_is_unset})


def is_given(value: Any) -> bool:
    """Whether an option that takes None for "not given" was given."""
    return value is not UNSET and value is not None


def find(kind: type, path: str) -> Setting | None:
    """The setting at a dotted path below a config type, if it has it."""
    *groups, last = path.split(".")
    instance: Any = None
    for name in groups:
        found = (each for each in members(kind, instance) if each[0] == name)
        hint, default = next(((hint, default) for _, hint, default in found), (None, None))
        if not is_group(hint):
            return None
        kind = hint  # pyright: ignore[reportAssignmentType]
        instance = None if default is MISSING else default
    for name, hint, default in members(kind, instance):
        if name == last:
            return Setting(kind=hint, default=default, text=documented(kind).get(name, ""))
    return None


def members(kind: type, instance: Any = None) -> Iterator[tuple[str, Any, Any]]:
    """Name, type and default of each field; the defaults are those of `instance` where it is given."""
    try:
        hints = get_type_hints(kind)
    except NameError:  # of a config whose module imports types for the type checker alone
        hints = {}
    for each in fields(kind):
        if not each.init:
            continue
        if instance is not None:
            default = getattr(instance, each.name)
        elif each.default_factory is not MISSING:
            default = each.default_factory()
        else:
            default = each.default
        yield each.name, hints.get(each.name, type(default)), default


def is_group(hint: Any) -> bool:
    """Whether a field holds a config of its own."""
    return isinstance(hint, type) and is_dataclass(hint)


def documented(kind: type) -> dict[str, str]:
    """What the `Attributes:` section of a class says of each field."""
    found: dict[str, str] = {}
    inside = False
    for line in (inspect.getdoc(kind) or "").splitlines():
        if not line.startswith(" "):
            inside = line.strip() == "Attributes:" or (inside and not line)
        elif inside and (entry := re.match(r"    (\w+)(?: \([^)]*\))?: (.*)", line)):
            found[entry[1]] = entry[2]
        elif found and inside:
            found[next(reversed(found))] += " " + line.strip()
    return found


def sentence(text: str) -> str:
    """A text of a config as one of the help: with a capital, unless it begins with code, and a full stop."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def with_flags(text: str, kind: type, flag_of: Callable[[str], str]) -> str:
    """The text with the fields of the same config that it names in backticks as their flags."""
    names = {each.name for each in fields(kind)}
    return re.sub(r"`(\w+)`", lambda m: flag_of(m[1]) if m[1] in names else m[0], text)


def by_flags(text: str, kind: type, flag_of: Callable[[str], str]) -> str:
    """What a config says of itself, with the names of its fields as their flags; values in quotes stay.

    A name of one word is a word of ours, too: it is meant where the text begins with it, or a value is set to it.
    """
    names = {each.name for each in fields(kind)}

    def told(m: re.Match[str]) -> str:
        name = m["name"]
        meant = name in names and ("_" in name or m.start() == 0 or text[m.end() :].startswith("="))
        return flag_of(name) if meant else m[0]

    return re.sub(_QUOTED_OR_NAME, told, text)


def annotation(setting: Setting, text: str, *, shown: Any) -> Any:
    """The setting as a type that tyro parses, UNSET if it is not given; None where tyro cannot parse it.

    Args:
        shown: the default in the help.
    """
    import tyro

    if (spec := parsed_as(setting.kind)) is None:
        return None
    known = spec.is_instance
    written = spec.str_from_instance
    spec = replace(
        spec,
        is_instance=lambda value: value is UNSET or known(value),
        str_from_instance=lambda value: written(shown if value is UNSET else value),
    )
    hint = "(needed with this backend)" if shown is MISSING else None
    return Annotated[object, spec, tyro.conf.arg(help=text or " ", help_behavior_hint=hint)]


def group(kind: type, path: str, flag: str, flags: Mapping[str, str], instance: Any = None) -> type | None:
    """A form for the fields of a config and of those in it, without those that have a flag already.

    Args:
        path, flag: roots of their paths and of their flags. flags: path -> flag of those that have one.
    """
    texts = documented(kind)
    found: list[tuple[str, Any, Any]] = []

    def flag_of(name: str) -> str:
        return flags.get(f"{path}.{name}", f"--{flag}.{name}".replace("_", "-"))

    for name, hint, default in members(kind, instance):
        if f"{path}.{name}" in flags:
            continue
        if is_group(hint):
            inner = group(hint, f"{path}.{name}", f"{flag}.{name}", flags, None if default is MISSING else default)
            if inner is not None:
                found.append((name, titled(inner), field(default=inner())))
            continue
        text = sentence(with_flags(texts.get(name, ""), kind, flag_of))
        made = annotation(Setting(kind=hint, default=default, text=text), text, shown=default)
        if made is not None:
            found.append((name, made, field(default=UNSET)))
    if not found:
        return None
    form = make_dataclass(kind.__name__, found, frozen=True, kw_only=True)
    form.__doc__ = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return form


def titled(form: type, name: str | None = None) -> Any:
    """The form of a group with its docstring as the help, which tyro would else look for in the sources of all bases.

    Args:
        name: of the group on the command line, where it is not the field's.
    """
    import tyro

    return Annotated[form, tyro.conf.arg(name=name, help=form.__doc__ or " ")]


def given(form: Any) -> list[Given]:
    """The options that were given, in the order of the help."""
    found: list[Given] = []
    for each in fields(form):
        value = getattr(form, each.name)
        if GROUP in each.metadata:
            found += _given_below(value, *each.metadata[GROUP])
        elif PATHS in each.metadata and value is not UNSET:
            if value is None and each.metadata["none_is_unset"]:
                continue
            if isinstance(value, bool) and value == each.default:  # a switch that was not touched
                continue
            flag = "--" + each.name.replace("_", "-")
            found.append(Given(flag=flag, paths=each.metadata[PATHS], value=value))
    return found


def made(kind: type, values: Mapping[str, Any], flag_of: Callable[[str], str], parent: str = "") -> Any:
    """A config with these values at their dotted paths, all else as it is by default.

    Args:
        flag_of: the flag that sets the field at a dotted path. parent: the path of the config itself.

    Raises:
        CinetrajError: what the config says of its values, with its fields named by their flags.
    """
    known = {name: (hint, default) for name, hint, default in members(kind)}
    chosen: dict[str, Any] = {}
    for name, value in _nested(values).items():
        hint, default = known[name]
        if not isinstance(value, _Below):
            chosen[name] = value
        else:
            below = f"{parent}{name}."
            new = default is MISSING
            chosen[name] = (
                made(hint, value.values, flag_of, below) if new else _changed(default, value.values, flag_of, below)
            )
    for name, (_, default) in known.items():
        if default is MISSING and name not in chosen:
            raise CinetrajError(f"{kind.__name__} needs {name}; give it as an option")
    return _built(kind, lambda: kind(**chosen), lambda name: flag_of(parent + name))


@dataclass(frozen=True, kw_only=True)
class _Below:
    """Values of fields of a config that is a field itself; a mapping may be a value of its own."""

    values: dict[str, Any]


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in values.items():
        first, _, rest = path.partition(".")
        if rest:
            found.setdefault(first, _Below(values={})).values[rest] = value
        else:
            found[first] = value
    return found


def _changed(instance: Any, values: Mapping[str, Any], flag_of: Callable[[str], str], parent: str) -> Any:
    changes = {
        name: _changed(getattr(instance, name), value.values, flag_of, f"{parent}{name}.")
        if isinstance(value, _Below)
        else value
        for name, value in _nested(values).items()
    }
    return _built(type(instance), lambda: replace(instance, **changes), lambda name: flag_of(parent + name))


def _built(kind: type, build: Callable[[], Any], flag_of: Callable[[str], str]) -> Any:
    try:
        return build()
    except CinetrajError as error:
        if (told := by_flags(str(error), kind, flag_of)) == str(error):
            raise
        raise CinetrajError(told) from error
    except (TypeError, ValueError) as error:  # a config of another distribution has errors of its own
        raise CinetrajError(f"{kind.__name__}: {by_flags(str(error), kind, flag_of)}") from error


def _given_below(form: Any, path: str, flag: str) -> list[Given]:
    found: list[Given] = []
    for each in fields(form):
        value = getattr(form, each.name)
        below, written = f"{path}.{each.name}", f"{flag}.{each.name}".replace("_", "-")
        if is_dataclass(value):
            found += _given_below(value, below, written)
        elif value is not UNSET:
            found.append(Given(flag=f"--{written}", paths=(below,), value=value))
    return found


def parsed_as(kind: Any) -> Any:
    """How tyro parses this type; None where it cannot. A mapping is written NAME=VALUE ..., with values in JSON.

    Beside a plain type (`Words`, `object`) it says what is parsed: tyro checks defaults of a type with parts, such as
    `tuple[str, ...]` or `str | None`, with a library whose import takes a twentieth of a second.
    """
    from tyro.constructors import (
        ConstructorRegistry,
        PrimitiveConstructorSpec,
        PrimitiveTypeInfo,
        UnsupportedTypeAnnotationError,
    )

    if kind is dict or get_origin(kind) in (dict, Mapping):
        return PrimitiveConstructorSpec(
            nargs="*",
            metavar="[NAME=VALUE [NAME=VALUE ...]]",
            instance_from_str=lambda words: dict(map(_pair, words)),
            is_instance=lambda value: isinstance(value, Mapping),
            str_from_instance=lambda value: [f"{name}={json.dumps(each)}" for name, each in value.items()],
        )
    try:
        spec = ConstructorRegistry.get_primitive_spec(PrimitiveTypeInfo.make(kind, set()))
    except UnsupportedTypeAnnotationError:
        return None
    return None if isinstance(spec, UnsupportedTypeAnnotationError) else spec


def _pair(word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    if not (name and equals):
        raise ValueError(f"{word!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
