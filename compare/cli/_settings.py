"""The settings of the estimator as options of `cinetraj estimate`, and the configs for those that were given."""

from dataclasses import MISSING, field, fields, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from compare.cli import _options
from compare.cli._options import GROUP, PATHS, Given, Setting
from trajectory.enumeration import listed
from trajectory.errors import CinetrajError, expected_of

if TYPE_CHECKING:
    from sfm.config import BatchConfig, EstimateConfig

PROGRAM = "command"
NOT_FOR_A_PROGRAM = (
    *("--fps", "--long-side", "--focal", "--fov", "--pixel-aspect", "--mask", "--mask-weights"),
    *("--split-shots", "--device"),
)
"""Another program decodes and calibrates by itself; the settings of our own stages are not for it either."""


def backend_configs() -> dict[str, type]:
    """The config type of each backend by name, those of other distributions included."""
    from sfm.backends import backends

    return {name: each.config for name, each in backends().items()}


def backend_summaries() -> dict[str, str]:
    """What each backend is, for the help."""
    from sfm.backends import backends

    return {name: each.summary for name, each in backends().items()}


def known(path: str) -> dict[str, str]:
    """The names that a setting may take where a registry holds them, with what each is; nothing for others."""
    if path == "backend.matching.method":
        from sfm.matching.match import matchers

        return {name: each.summary for name, each in matchers().items()}
    if path == "backend.features.name":
        from sfm.features.extract import kinds

        return {name: each.summary for name, each in kinds().items()}
    return {}


def all_configs() -> dict[str, type]:
    """The backends and the program of `--command`."""
    from sfm.config import CommandConfig

    return {**backend_configs(), PROGRAM: CommandConfig}


def form(base: Any, *, whole: bool, told: bool = True) -> type:
    """The type that tyro parses: `base` with types, defaults and help of its options.

    Args:
        whole: also with a group of options for each stage and each backend, for every setting that has no flag in
            `base`.
        told: with their help, which takes the registries of features and matchers: only who reads it waits for them.
    """
    flags = _flags(base)
    members = [_member(each, flags, told=told) for each in fields(base) if PATHS in each.metadata]
    made: Any = make_dataclass(
        base.__name__, [*members, *(_groups(flags) if whole else ())], bases=(base,), frozen=True, kw_only=True
    )
    made.__doc__ = base.__doc__
    return made


def with_backends(base: Any) -> type:
    """The type that tyro parses: `base`, whose field `backend` takes the names that the registry has."""
    default = next(each.default for each in fields(base) if each.name == "backend")
    made: Any = make_dataclass(
        base.__name__,
        [("backend", Literal[tuple(backend_configs())], field(default=default))],
        bases=(base,),
        frozen=True,
        kw_only=True,
    )
    made.__doc__ = base.__doc__
    return made


def configs_of(args: Any) -> "tuple[EstimateConfig, BatchConfig]":
    """The configs for the options; one that the chosen backend does not have is refused, not ignored."""
    from sfm.config import BatchConfig, EstimateConfig

    given = _options.given(args)
    default = _options.find(EstimateConfig, "backend")
    name = next((each.value for each in given if each.paths == ("backend",)), default.default if default else "auto")
    kinds = all_configs()
    if name not in kinds:
        raise CinetrajError(f"backend {name!r} is unknown{expected_of(name, kinds)}")
    backend: dict[str, Any] = {}
    batch: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for each in given:
        root, _, rest = each.paths[0].partition(".")
        if root == "batch":
            batch[rest] = each.value
        elif root.startswith("backend") and rest:
            backend[_path_in(kinds, name, each)] = each.value
        elif root != "backend":
            _refuse_for_a_program(name, each)
            own[each.paths[0]] = each.value

    def made(kind: type, values: dict[str, Any], root: str) -> Any:
        return _options.made(kind, values, lambda path: _flag_in(root, _flags(args))(path))

    own["backend"] = made(kinds[name], backend, f"backend:{name}")
    return made(EstimateConfig, own, ""), made(BatchConfig, batch, "batch")


def _path_in(kinds: dict[str, type], name: str, each: Given) -> str:
    """Where the option goes in the config of the backend `name`. Raises CinetrajError where it is for others."""
    able: dict[str, str] = {}
    for path in each.paths:
        root, _, rest = path.partition(".")
        only = root.partition(":")[2]
        for backend, kind in kinds.items():
            if only in ("", backend) and backend not in able and _options.find(kind, rest) is not None:
                able[backend] = rest
    if name in able:
        return able[name]
    if name == PROGRAM:
        raise CinetrajError(f"{_typed(each)} has no effect on another program; put its own option into --command")
    others = f"--backend {next(iter(able))}" if len(able) == 1 else listed(list(able))
    raise CinetrajError(f"{_typed(each)} has no effect on {name}; it is for {others}")


def _typed(each: Given) -> str:
    """The option as it was typed: --no-dense where that is what says no."""
    head, dot, last = each.flag.removeprefix("--").rpartition(".")
    return f"--{head}{dot}no-{last}" if each.value is False else each.flag


def _refuse_for_a_program(name: str, each: Given) -> None:
    nested = "." in each.flag
    if name == PROGRAM and (nested or each.flag in NOT_FOR_A_PROGRAM) and each.value is not None:
        raise CinetrajError(f"{_typed(each)} has no effect on another program; put its own option into --command")


def _flags(base: Any) -> dict[str, str]:
    """Path -> flag of every setting that has a flag in `base`."""
    found: dict[str, str] = {}
    for each in fields(base):
        for path in each.metadata.get(PATHS, ()):
            root, _, rest = path.partition(".")
            names = all_configs() if root == "backend" else ()
            for place in [f"backend:{name}.{rest}" for name in names] if rest and names else [path]:
                found[place] = "--" + each.name.replace("_", "-")
    return found


def _member(each: Any, flags: dict[str, str], *, told: bool) -> tuple[str, Any, Any]:
    """A field of the form for a flag in `base`."""
    import tyro

    paths = each.metadata[PATHS]
    if paths == ("backend",):
        setting, text = _choice()
    else:
        found = _found(paths)
        setting, text = found[0][2], _described(paths, found, flags) if told else ""
    if setting.kind is bool:
        text = f"Turns off: {text[:1].lower()}{text[1:]}" if setting.default else text
        kind = Annotated[bool, tyro.conf.arg(help=text, help_behavior_hint=_options.NOT_GIVEN)]
        return each.name, kind, field(default=setting.default, metadata=each.metadata)
    shown = setting.default
    if each.metadata["none_is_unset"]:
        if not paths[0].startswith("backend.") and shown:
            text += f" By default {shown}."
        setting, shown = Setting(kind=setting.kind | None, default=None, text=setting.text), None
    kind = _options.annotation(setting, text, shown=shown)
    return each.name, kind, field(default=_options.UNSET, metadata=each.metadata)


def _choice() -> tuple[Setting, str]:
    from sfm.config import EstimateConfig

    names = tuple(all_configs())
    summaries = {**backend_summaries(), PROGRAM: "another program, see --command"}
    text = _told({name: summaries[name] for name in names if name in summaries})
    found = _options.find(EstimateConfig, "backend")
    return Setting(kind=Literal[names], default=found.default if found else MISSING, text=text), text


Found = tuple[str, str, Setting, type, str]
"""Full path of a setting, name of the backend, the setting, config type, path in it."""


def _found(paths: tuple[str, ...]) -> list[Found]:
    """The settings that an option may set."""
    found: list[Found] = []
    for path in paths:
        root, _, rest = path.partition(".")
        for place, name, kind, below in _places(path, root, rest):
            if (setting := _options.find(kind, below)) is not None:
                found.append((place, name, setting, kind, below))
    if not found:
        raise CinetrajError(f"no config has {' or '.join(paths)}")
    return found


def _described(paths: tuple[str, ...], found: list[Found], flags: dict[str, str]) -> str:
    """The text of an option: for settings of several backends, whose, and what is their default."""
    able: dict[tuple[str, str], list[str]] = {}
    for place, name, setting, kind, below in found:
        parent = place.rpartition(".")[0]
        text = _options.sentence(_options.with_flags(setting.text, _owner(kind, below), _flag_in(parent, flags)))
        able.setdefault((text, str(setting.default)), []).append(name)
    if not paths[0].startswith("backend."):
        return next(iter(able))[0]
    parts = [f"{text} For {listed(names)}" + _by_default(default) for (text, default), names in able.items()]
    parts.append(_told(known(paths[0])))
    return " ".join(filter(None, parts))


def _told(summaries: dict[str, str]) -> str:
    """Names and what each is, as the help prints them."""
    return " ".join(f"{name}: {summary.rstrip('.')}." for name, summary in summaries.items())


def _places(path: str, root: str, rest: str) -> list[tuple[str, str, type, str]]:
    """Where a path of an option may lead: full path, name of the backend, config type, path in it."""
    from sfm.config import BatchConfig, EstimateConfig

    if root == "batch":
        return [(path, "", BatchConfig, rest)]
    if root == "backend":
        return [(f"backend:{name}.{rest}", name, kind, rest) for name, kind in all_configs().items()]
    if root.startswith("backend:"):
        name = root.partition(":")[2]
        return [(path, name, all_configs()[name], rest)]
    return [(path, "", EstimateConfig, path)]


def _flag_in(parent: str, flags: dict[str, str]) -> Any:
    def flag_of(name: str) -> str:
        path = f"{parent}.{name}" if parent else name
        return flags.get(path, "--" + path.removeprefix("backend:").replace("_", "-"))

    return flag_of


def _owner(kind: type, path: str) -> type:
    """The config type that has the last field of a path."""
    for name in path.split(".")[:-1]:
        kind = next(hint for member, hint, _ in _options.members(kind) if member == name)
    return kind


def _by_default(default: str) -> str:
    return "." if default in ("None", "") else f"; by default {default}."


def _groups(flags: dict[str, str]) -> list[tuple[str, Any, Any]]:
    """Fields of the form: a group for each stage, then one for each backend."""
    from sfm.config import EstimateConfig

    stages = [(name, name, hint) for name, hint, _ in _options.members(EstimateConfig) if _options.is_group(hint)]
    backends = [(f"backend:{name}", name, kind) for name, kind in all_configs().items()]
    found: list[tuple[str, Any, Any]] = []
    for path, name, kind in [*stages, *backends]:
        made = _options.group(kind, path, name, flags)
        if made is not None:
            place = "group_" + "".join(c if c.isalnum() else "_" for c in name)
            found.append((place, _options.titled(made, name), field(default=made(), metadata={GROUP: (path, name)})))
    return found
