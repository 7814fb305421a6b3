"""What is asked of a pair: its clips, how they are read and scored, and whose fault it is where that fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from compare.depth_scales import DepthScale
from compare.pairing import Match
from compare.protocols import Protocol
from compare.rows import Fault
from compare.sources import Clip
from trajectory.commands import Commands
from trajectory.errors import AmbiguousError, CinetrajError, FormatAmbiguousError
from trajectory.model import Trajectory

Side = Literal["reference", "generated"]


@final
@dataclass(frozen=True, kw_only=True)
class Options:
    """How the pairs of one call are read and scored.

    Attributes:
        protocol: the way of scoring.
        reference_format: of the reference's file, where it is a plain one.
        generated_format: of the generated clip's.
        detail: keep what a report draws.
        actions: file or folder of what the cameras were told to do, where the references are not that themselves.
    """

    protocol: Protocol
    reference_format: str = "auto"
    generated_format: str = "auto"
    detail: bool = False
    actions: Path | Commands | None = None

    def __post_init__(self) -> None:
        require_formats(self.reference_format, self.generated_format)


def require_formats(*names: str) -> None:
    """Raises CinetrajError for the name of no format: else every clip would fail by it, for the model to be charged."""
    from trajectory.io import format_named

    for name in names:
        if name != "auto":
            format_named(name)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A pair and how it is scored.

    Attributes:
        item: the pair; either side may be missing.
        options: how to read and score it.
        depth_scale: metres per unit of both paths, for protocols with a metric scale.
    """

    item: Match
    options: Options
    depth_scale: DepthScale | None = None


def unread(error: CinetrajError) -> Fault:
    """Whose fault it is that a generated file cannot be read: ours where it can be read in several ways."""
    return "instrument" if isinstance(error, AmbiguousError) else "model"


def whose(side: Side, fault: Fault, options: Options) -> Fault:
    """Whose a failure is: never the model's where the reference fails, always where the protocol charges for ours."""
    if side == "reference":
        return "instrument"
    return "model" if options.protocol.unreliable == "charge" else fault


def sides(reference: Clip, generated: Clip, options: Options) -> Iterator[tuple[Side, Clip, str]]:
    """Both clips in turn, with the format in which a plain file of theirs is read."""
    yield "reference", reference, options.reference_format
    yield "generated", generated, options.generated_format


def told(side: Side, error: CinetrajError, clips: tuple[Clip, Clip], options: Options) -> str:
    """Why a side cannot be read. `--format` is for both sides: where the other is told by itself, as it is read in
    another format than it has, the remedy names the option of one side alone.

    Args:
        clips: the reference and the generated clip.
    """
    said = f"{side}: {error}"
    other = clips[1] if side == "reference" else clips[0]
    if not isinstance(error, FormatAmbiguousError) or not _is_told(other, options):
        return said
    named, alone = (
        r"--format (\S+)",
        {"reference": r"--reference-format \1", "generated": r"\g<0> --reference-format auto"},
    )
    return re.sub(named, alone[side], said)


def _is_told(clip: Clip, options: Options) -> bool:
    """Whether no format was named, and a clip's is known without; not of ours, which are read in no other."""
    if (options.reference_format, options.generated_format) != ("auto", "auto") or clip.knows_format:
        return False
    try:
        clip.load()
    except AmbiguousError:
        return False
    except CinetrajError:
        pass
    return True


def doubts(side: Side, clip: Clip) -> tuple[str, ...]:
    """What a row has to say of a clip whatever is done with its path: not vouched for, or a shot of a longer one."""
    who = "reference" if side == "reference" else "generated clip"
    vouched = (f"{who} is unreliable: {clip.unreliable}",) if clip.unreliable else ()
    return vouched if clip.shot is None else (*vouched, f"the {who} {clip.shot.note}")


def loaded_from(clip: Clip, format: str) -> Trajectory:
    """The trajectory of a clip, with at least one pose."""
    trajectory = clip.load(format)
    if not trajectory.valid.any():
        raise CinetrajError("no frame has a pose")
    return trajectory
