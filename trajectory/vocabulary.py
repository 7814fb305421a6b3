"""One vocabulary: each move in our words, in those of prompts, and in those of published data sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

_CENTRIC = "cam_motion.camera_centric_movement"
_STEADY = "cam_motion.steadiness_and_movement"
_ARC = "cam_motion.arc_crane_movement"
_DOLLY_ZOOM = "cam_motion.dolly_zoom_movement"


@final
@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A verb with its way: "pans left", "panning left"."""

    finite: str
    gerund: str
    way: str

    def __str__(self) -> str:
        return f"{self.finite} {self.way}".strip()


@final
@dataclass(frozen=True, kw_only=True)
class Word:
    """A move and what it is called; None where a vocabulary has no word for it.

    Attributes:
        name: of the primitive (`trajectory.components.NAMES`), or of a compound.
        said: in captions. prompt: as generators are told, in the words of the trade.
        camerabench: the label. cinetechbench: the type of shot.
        et, datadop, spatialvid: the tag of E.T., DataDoP and SpatialVID.
    """

    name: str
    said: Phrase
    prompt: Phrase
    camerabench: str
    cinetechbench: str | None = None
    et: str | None = None
    datadop: str | None = None
    spatialvid: str | None = None


def _phrase(text: str) -> Phrase:
    finite, gerund, *way = text.split(" ", 2)
    return Phrase(finite=finite, gerund=gerund, way=way[0] if way else "")


def _word(
    name: str,
    said: str,
    prompt: str,
    camerabench: str,
    cinetechbench: str | None = None,
    tags: tuple[str | None, str | None, str | None] = (None, None, None),
) -> Word:
    et, datadop, spatialvid = tags
    return Word(
        name=name,
        said=_phrase(said),
        prompt=_phrase(prompt),
        camerabench=camerabench,
        cinetechbench=cinetechbench,
        et=et,
        datadop=datadop,
        spatialvid=spatialvid,
    )


_PRIMITIVES = (
    _word("Move_In", "moves moving forward", "dollies dollying in", f"{_CENTRIC}.forward.has_forward_wrt_camera",
          "Dolly In Shot", ("push_in", "move forward", "Dolly In")),
    _word("Move_Out", "moves moving backward", "dollies dollying out", f"{_CENTRIC}.backward.has_backward_wrt_camera",
          "Dolly Out Shot", ("pull_out", "move backward", "Dolly Out")),
    _word("Move_Up", "moves moving up", "pedestals pedestaling up", f"{_CENTRIC}.upward.has_upward_wrt_camera",
          None, ("boom_top", "move up", "Pedestal Up")),
    _word("Move_Down", "moves moving down", "pedestals pedestaling down",
          f"{_CENTRIC}.downward.has_downward_wrt_camera", None, ("boom_bottom", "move down", "Pedestal Down")),
    _word("Move_Right", "moves moving right", "trucks trucking right", f"{_CENTRIC}.rightward.has_rightward",
          "Trucking Right Shot", ("trucking_right", "move right", "Truck Right")),
    _word("Move_Left", "moves moving left", "trucks trucking left", f"{_CENTRIC}.leftward.has_leftward",
          "Trucking Left Shot", ("trucking_left", "move left", "Truck Left")),
    _word("Zoom_In", "zooms zooming in", "zooms zooming in", f"{_CENTRIC}.zoom_in.has_zoom_in", "Zoom In Shot"),
    _word("Zoom_Out", "zooms zooming out", "zooms zooming out", f"{_CENTRIC}.zoom_out.has_zoom_out", "Zoom Out Shot"),
    _word("Pan_Right", "pans panning right", "pans panning right", f"{_CENTRIC}.pan_right.has_pan_right",
          "Pan Right Shot", (None, "yaw right", "Pan Right")),
    _word("Pan_Left", "pans panning left", "pans panning left", f"{_CENTRIC}.pan_left.has_pan_left",
          "Pan Left Shot", (None, "yaw left", "Pan Left")),
    _word("Tilt_Up", "tilts tilting up", "tilts tilting up", f"{_CENTRIC}.tilt_up.has_tilt_up",
          "Tilt Up Shot", (None, "pitch up", "Tilt Up")),
    _word("Tilt_Down", "tilts tilting down", "tilts tilting down", f"{_CENTRIC}.tilt_down.has_tilt_down",
          "Tilt Down Shot", (None, "pitch down", "Tilt Down")),
    _word("Roll_Clockwise", "rolls rolling clockwise", "rolls rolling clockwise",
          f"{_CENTRIC}.roll_clockwise.has_roll_clockwise", "Rolling Clockwise Shot",
          (None, "roll right", "Roll CW")),
    _word("Roll_Counterclockwise", "rolls rolling counterclockwise", "rolls rolling counterclockwise",
          f"{_CENTRIC}.roll_counterclockwise.has_roll_counterclockwise", "Rolling Counterclockwise Shot",
          (None, "roll left", "Roll CCW")),
    _word("Static", "is being static", "is being static", f"{_STEADY}.fixed_camera",
          "Fixed Shot", ("static", "static", "Stay")),
)  # fmt: skip

_COMPOUNDS = (
    _word("Arc_Left", "arcs arcing left around its subject", "orbits orbiting left around the subject",
          f"{_ARC}.arc_clockwise.has_arc_clockwise"),
    _word("Arc_Right", "arcs arcing right around its subject", "orbits orbiting right around the subject",
          f"{_ARC}.arc_counterclockwise.has_arc_counterclockwise"),
    _word("Crane_Up", "cranes craning up", "cranes craning up", f"{_ARC}.crane_up.has_crane_up", "Crane Shot"),
    _word("Crane_Down", "cranes craning down", "cranes craning down", f"{_ARC}.crane_down.has_crane_down",
          "Crane Shot"),
    _word("Dolly_In_Zoom_Out", "moves moving in a dolly zoom, forward while zooming out",
          "performs performing a dolly zoom, moving in while zooming out", f"{_DOLLY_ZOOM}.has_dolly_in_zoom_out"),
    _word("Dolly_Out_Zoom_In", "moves moving in a dolly zoom, backward while zooming in",
          "performs performing a dolly zoom, moving out while zooming in", f"{_DOLLY_ZOOM}.has_dolly_out_zoom_in"),
)  # fmt: skip

WORDS: Final[Mapping[str, Word]] = MappingProxyType({word.name: word for word in (*_PRIMITIVES, *_COMPOUNDS)})
"""Every move by name: CameraBench's 15 primitives in their order, then the compounds."""

PRIMITIVES: Final[tuple[Word, ...]] = _PRIMITIVES
"""The words of the 15 primitives."""

STEADINESS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "static": ("", ""),
        "smooth": ("smooth", "smooth camera movement"),
        "slightly_unsteady": ("slightly unsteady", "slightly unsteady handheld camera"),
        "shaky": ("shaky", "shaky handheld camera"),
    }
)
"""Levels of steadiness in captions and in prompts."""

SPEED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "slow": ("slow", "slowly"),
        "regular": ("regular speed", ""),
        "fast": ("fast", "quickly"),
        "whip": ("as fast as a whip", "very quickly"),
    }
)
"""Levels of speed in captions and in prompts."""


def table() -> str:
    """The vocabulary as a table in Markdown: a row for each move."""
    head = ("move", "caption", "prompt", "CameraBench", "CineTechBench", "E.T.", "DataDoP", "SpatialVID")
    rows = [head, ("---",) * len(head)]
    for word in WORDS.values():
        label = word.camerabench.rpartition(".")[2]
        tags = [f"`{tag}`" if tag else "-" for tag in (word.et, word.datadop, word.spatialvid)]
        rows.append(
            (f"`{word.name}`", str(word.said), str(word.prompt), f"`{label}`", word.cinetechbench or "-", *tags)
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
