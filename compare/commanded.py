"""Clips against what their camera was told to do: which commands are a clip's, and its row of the table."""

from dataclasses import replace
from pathlib import Path

from compare.action_accuracy import cut_short, lasting, score_actions
from compare.association import has_one_pose
from compare.laid import NotDelivered
from compare.navigation import score_navigation
from compare.protocols import Protocol
from compare.rows import PairScores
from compare.sources import Clip
from trajectory.commands import FILES, REMEDY, Commands, is_pose_string, pose_string, read_commands
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

SUFFIXES = (".json", ".txt", ".npy")
REMEDY_TURNS = (
    'give {"turns": [{"action": "W", "start": 0, "end": 30}]} or a case of WBench as the reference or by --actions'
)
PATH = (
    "the commands are the steps of a path, as HY-WorldPlay's generator quantises them: an estimated path is no command"
)


def commands_of(
    name: str, actions: "Path | Commands | None", reference: Clip | None = None, format: str = "auto"
) -> Commands:
    """The commands of a clip: of its own name in a folder, those of a file or a pose string for all clips, else the
    reference itself.

    Args:
        name: of the clip.
        actions: what was given apart.
        reference: the clip's.
        format: of a reference that is a path, where its file does not know it.

    Raises:
        CinetrajError: there are none, or they cannot be read.
    """
    if isinstance(actions, Commands):
        return actions
    if actions is not None:
        require_commands(actions)
        return read_commands(_file_of(name, actions)) if actions.exists() else pose_string(str(actions))
    if reference is None or reference.path is None:
        raise CinetrajError(f"{name} has no commands: give a file of them as the reference, or by --actions; {REMEDY}")
    return read_commands(reference.path, "auto" if reference.knows_format else format)


def require_commands(actions: Path) -> None:
    """Raises CinetrajError for what is neither there nor a pose string."""
    if not actions.exists() and not is_pose_string(str(actions)):
        raise CinetrajError(f"{actions} does not exist, expected a file of commands or a folder of them")


def _file_of(name: str, actions: Path) -> Path:
    """The file or folder of a clip; a file, or a folder of one clip, is that of every clip."""
    if actions.is_file() or any((actions / each).is_file() for each in FILES):
        return actions
    places = [actions / name, *(actions / f"{name}{suffix}" for suffix in SUFFIXES)]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise CinetrajError(f"{actions} has no commands for {name}, expected {name}.json, .txt or .npy, or a folder")
    return found


def score_commanded(commands: Commands, generated: Trajectory, protocol: Protocol) -> PairScores:
    """Scores of a protocol that compares with commands (`Protocol.commanded`).

    Raises:
        NotDelivered: the clip has one pose, which shows no motion.
        CinetrajError: there are none for any two poses of the clip; for navigation also where they are but a path.
    """
    if has_one_pose(generated):
        raise NotDelivered("the generated clip has one pose only, which does what any command says")
    if generated.valid.sum() < 2:
        raise CinetrajError("the generated clip has fewer than two poses")
    if protocol.method == "navigation":
        if commands.layout == "path":
            raise CinetrajError(
                f"{protocol.name} needs the turns that were commanded, and a path has none; {REMEDY_TURNS}"
            )
        found = score_navigation(commands, generated, protocol)
        return replace(found, notes=(*found.notes, *cut_short(lasting(commands.from_mark(), generated))))
    found = score_actions(commands, generated, protocol)
    return replace(found, notes=(*found.notes, PATH)) if commands.layout == "path" else found
