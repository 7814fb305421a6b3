"""Score generated camera paths against references under a published protocol.

REFERENCE and GENERATED are trajectory files, runs, or folders of either; clips are paired by name. Several GENERATED
folders are several models. Videos are estimated first, both sides with the same settings.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from compare.cli import _compared_words, _estimated_first, _report, _spread
from compare.cli._options import NOT_GIVEN
from compare.cli._progress import bar
from trajectory.comma_names import names_in
from trajectory.errors import CinetrajError
from trajectory.files import require_folder

if TYPE_CHECKING:
    from compare.scoring import Result


@dataclass(frozen=True, kw_only=True)
class Args(_spread.Spread):
    """Options of `cinetraj compare`."""

    reference: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="REFERENCE")]
    """The references: a file, a run, or a folder."""
    generated: Annotated[
        tyro.conf.Positional[tuple[Path, ...]],
        tyro.conf.arg(metavar="GENERATED...", help_behavior_hint="(required, but for --all-pairs)"),
    ]
    """What is to be scored; several folders are several models, named after the folders, or as NAME=FOLDER says."""
    protocol: str = "strict"
    """One protocol or several with commas: strict, cinetechbench-compat, cinetechbench-fixed, cami2v-rel, ..."""
    time: Literal["truncate", "downsample", "seconds", "index", "progress"] | None = None
    """How frames meet; the protocol's own by default."""
    scale: Literal["relative", "absolute"] | None = None
    """Each path by its own extent, or both by the reference's; the protocol's own by default."""
    chunk: int | None = None
    """Poses in each part of a path that is anchored and divided by its extent by itself, e.g. with relative-mean."""
    angle: Literal["rad", "deg"] | None = None
    """Unit of angles; the protocol's own by default."""
    actions: Path | None = None
    """What the cameras were told to do, for navscore, worldplay-actions and the groups of mind-rpe: a file for all
    clips, or a folder with one of each clip's name. By default the references of the first two are such files."""
    pairs: Path | None = None
    """CSV with the columns reference,generated[,name] where names do not match."""
    format: str = "auto"
    """Format of the trajectory files where it cannot be told, e.g. monst3r or tum; runs know their own."""
    reference_format: str | None = None
    """Format of the references if it is another."""
    depth_scales: Path | None = None
    """JSON {clip: {reference: metres per unit, generated: metres per unit}} for protocols with a metric scale."""
    intervals: Annotated[bool, tyro.conf.arg(help_behavior_hint=NOT_GIVEN)] = True
    """Take the most probable answers alone: no medians and no 5 to 95 % over what the estimates leave open."""
    split_shots: Annotated[bool, tyro.conf.arg(help_behavior_hint=NOT_GIVEN)] = True
    """Take each video that is estimated first for one shot; by default it is cut at its shot boundaries."""
    resolution: Literal["540p", "720p", "1080p"] | None = None
    """Which of CineTechBench's gen_540p_NAME, gen_720p_NAME, gen_1080p_NAME is meant."""
    runs: Path = Path("runs")
    """Folder for the runs of videos that are estimated first."""
    out: Path | None = None
    """Also write the scores into this folder, one JSON file for each model and protocol. The names of protocols with
    other settings than their own end in six digits of their hash."""
    all_pairs: bool = False
    """Compare every two paths of the one folder that is given, by progress: nearest neighbours, duplicates, near
    misses. The matrix, as CSV, NPZ and a heat map, goes to the folder of scores."""
    metric: str = "CamMC"
    """The metric of --all-pairs."""
    json: bool = False
    """Print JSON: one object, for several models or protocols a list under "results"."""


def run(args: Args) -> int:
    """Score every model under every protocol; clips that cannot be scored are rows with their reason."""
    from compare import protocols
    from compare.asked import require_formats
    from compare.report.tables import to_markdown
    from compare.sources import require_there

    require_formats(args.format, args.reference_format or "auto")
    if args.out is not None:
        require_folder(args.out)
    if args.all_pairs:
        return _all_pairs(args)
    if args.metric != Args.metric:
        raise CinetrajError("--metric is for --all-pairs; otherwise the protocol says which metrics there are")
    if not args.generated:
        raise CinetrajError("nothing to score; usage: cinetraj compare REFERENCE GENERATED...")
    args, models = _with_models(args)
    require_there(args.reference, *args.generated)
    chosen = names_in(args.protocol)
    for name in chosen:
        protocols.get(name)  # refuses what it does not know, before anything is estimated
    _spread.batch_of(args)  # the same
    _options(args)  # the same of files that it names
    _estimated_first.require_partners(args)
    floors = _floors(args)
    results, refused = _scored(args, models, chosen)
    if not results:
        raise CinetrajError("; ".join(refused))
    asked = len(args.generated) * len(chosen)
    for warning in dict.fromkeys(f"{result.model}: {each}" for result in results for each in result.warnings):
        _report.warn(warning)  # above the tables: it changes how they are to be read
    if args.json:
        whole = [{"model": r.model, **r.to_json()} for r in results]
        _report.print_json(results[0].to_json() if asked == 1 else {"results": whole, "refused": refused})
    else:
        print("\n\n".join(_compared_words.words(result) for result in results))
        if len(results) > 1:
            print("\n" + to_markdown(results, noise=floors), end="")
    _tell_problems(results, refused)
    return 0 if not refused and all(r.coverage["ok"] == r.coverage["all"] for r in results) else 1


def _with_models(args: Args) -> tuple[Args, list[str]]:
    """The arguments with NAME=FOLDER as the folder alone, and the models' names: those given, or their folders'."""
    from compare.cli.table import with_names
    from trajectory.io import split_part

    paths: list[Path] = []
    names: list[str] = []
    for path in args.generated:
        name, mark, folder = str(path).partition("=")
        named = bool(mark and name and folder) and "/" not in name and not split_part(path)[0].exists()
        paths.append(Path(folder) if named else path)
        names.append(name if named else _estimated_first.name_of(path))
    if len(set(names)) < len(names):
        remedy = " ".join(with_names([str(path) for path in paths]))
        raise CinetrajError(
            f"models {', '.join(names)} are not all different; give each a name of its own, as {remedy}"
        )
    return replace(args, generated=tuple(paths)), names


def _floors(args: Args) -> list[dict[str, Any]]:
    """The noise floors in the folder of scores: what the instrument's noise may be is no conclusion."""
    from compare.report.page import NOISE_FILE, load

    file = None if args.out is None else args.out / NOISE_FILE
    return load(file)[1] if file is not None and file.is_file() else []


def _all_pairs(args: Args) -> int:
    """Compare every two paths of one folder, and say which are alike."""
    from compare.all_pairs import all_pairs
    from compare.causes import alike
    from compare.counts import first_three

    if args.is_spread:
        raise CinetrajError("--all-pairs compares all paths in one process; leave --jobs and --engine out")
    if args.generated:
        raise CinetrajError("--all-pairs takes one folder; put all trajectories into it")
    time = args.time or ("progress" if args.protocol == "strict" else None)
    options: dict[str, Any] = {"protocol": args.protocol, "time": time}
    source = _estimated_first.with_runs(args.reference, args, {})
    with bar(f"{source}", "clip", hidden=args.json) as progress:
        found = all_pairs(source, args.metric, format=args.format, progress=progress, **options)
    files = [] if args.out is None else found.save(args.out)
    if args.json:
        _report.print_json(found.to_json())
    else:
        close = found.alike()
        best = "" if found.lower_is_better else "; apart: how far it is off its best, the worse of both directions"
        print(f"{found.metric} between {len(found.names)} paths under {found.protocol.name}{best}")
        rows = [["clip", "nearest", found.metric if found.lower_is_better else "apart"]]
        for name, near in found.nearest(1).items():
            rows.append([name, *((near[0][0], f"{near[0][1]:.4g}") if near else ("", ""))])
        print("\n" + _report.table(rows, right=(2,)) + "\n")
        for kind, words in (("duplicates", "the same"), ("near", "nearly the same")):
            for a, b, value in close[kind]:
                print(f"{words}: {a} and {b} ({value:.3g})")
        if files:
            print(f"written: {', '.join(str(file) for file in files)}")
    if found.undefined:
        _report.warn(found.undefined)
    for names, reason in alike(found.failed):
        _report.error(f"{first_three(names)}: {reason}")
    return 1 if found.failed else 0


def _scored(args: Args, models: list[str], protocols: list[str]) -> tuple[list["Result"], list[str]]:
    """The result of every model under every protocol, saved if asked for; and what was refused, a line each."""
    from compare.scoring import score, score_models

    made: dict[Path, Path] = {}
    reference = _estimated_first.with_runs(args.reference, args, made)
    results: list[Result] = []
    refused: list[tuple[str, str, str]] = []
    for path, model in zip(args.generated, models, strict=True):
        generated = _estimated_first.with_runs(path, args, made)
        for protocol in protocols:
            with bar(f"{model}, {protocol}", "clip", hidden=args.json) as progress:
                options: dict[str, Any] = {**_options(args), "protocol": protocol, "progress": progress}
                if args.is_spread:
                    options |= {"progress": None, "through": _spread.scorer(args, progress)}
                try:
                    if len(args.generated) == 1:
                        result = score(reference, generated, model=model, **options)
                    else:  # a model of which nothing can be scored is a row of failures, not the end of the table
                        result = score_models(reference, {model: generated}, **options)[model]
                except CinetrajError as error:
                    if len(protocols) == 1:
                        raise
                    refused.append((model, protocol, str(error)))
                    continue
            results.append(result)
            if args.out is not None:
                result.save(args.out / _file_name(result))
    return results, _refusals(refused, len(models) * len(protocols))


def _file_name(result: "Result") -> str:
    """MODEL_PROTOCOL.json; with other settings than those of its name a protocol is another one, and so is its file."""
    from compare import protocols

    own, named = (p.stamp()["hash"] for p in (result.protocol, protocols.get(result.protocol.name)))
    mark = "" if own == named else f"_{own[:6]}"
    return f"{result.model}_{result.protocol.name}{mark}.json"


def _refusals(refused: list[tuple[str, str, str]], asked: int) -> list[str]:
    """A line for each reason, with the models and protocols that it met where these are not all.

    Args:
        refused: model, protocol and reason. asked: how many pairs of model and protocol there are.
    """
    met: dict[str, dict[str, list[str]]] = {}
    for model, protocol, reason in refused:
        met.setdefault(reason, {}).setdefault(model, []).append(protocol)
    lines: list[str] = []
    for reason, by_model in met.items():
        if sum(map(len, by_model.values())) == asked:
            lines.append(reason)
            continue
        alike: dict[str, list[str]] = {}
        for model, names in by_model.items():
            alike.setdefault(", ".join(names), []).append(model)
        lines += [f"{', '.join(models)} under {names}: {reason}" for names, models in alike.items()]
    return lines


def _options(args: Args) -> dict[str, Any]:
    """What is the same for every model and protocol."""
    from compare.depth_scales import read_depth_scales

    return {
        "time": args.time,
        "scale": args.scale,
        "intervals": args.intervals,
        "chunk": args.chunk,
        "angle": args.angle,
        "actions": args.actions,
        "pairs": args.pairs,
        "resolution": args.resolution,
        "format": args.format,
        "reference_format": args.reference_format,
        "depth_scales": None if args.depth_scales is None else read_depth_scales(args.depth_scales),
        "detail": args.out is not None,
    }


def _tell_problems(results: list["Result"], refused: list[str]) -> None:
    """Each cause of failures once, and what was refused."""
    from compare.causes import causes

    protocols = [result.protocol.name for result in results]
    for cause in causes([(result.model, result.clips) for result in results], protocols):
        say = _report.warn if cause.fault == "unmatched" else _report.error
        say(cause.text)
    for reason in refused:
        _report.error(reason)
