"""How a clip becomes a trajectory: all of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, final

from sfm.config.frames import VideoConfig, WindowConfig
from sfm.config.gravity import GravityConfig
from sfm.config.masks import MaskConfig
from sfm.config.shots import ShotConfig
from sfm.ranges import Range, Ranged
from trajectory.errors import CinetrajError

NARROWEST_DEG = 0.2
"""No lens of film sees less: the longest telephoto ones see a degree."""
WIDEST_DEG = 170.0
"""No lens that keeps straight lines straight sees more (the widest one on sale sees 130)."""
PERSON = "person"
"""The word for which `EstimateConfig.mask` asks a network; a file of that name is ./person."""
SAVABLE = ("depth", "mask", "points", "tracks", "megasam", "colmap")
"""What `EstimateConfig.save` may name."""


@final
@dataclass(frozen=True, kw_only=True)
class EstimateConfig(Ranged):
    """How a clip becomes a trajectory.

    Attributes:
        backend: a backend's config, or its name for its defaults: "auto", "dense", "colmap", "glomap", "colmap-sift".
            Another program is a `sfm.external.command.CommandConfig`; the options of video, shots and focal length are
            not for it.
        video: sampling rate, working size, part of the clip.
        windows: how a clip is read that is too long to be held at once.
        split_shots: cut the clip at its shot boundaries; without it the whole clip is taken for one shot.
        shots: where the clip is cut.
        masks: what of the picture shows no scene.
        gravity: which way is down.
        focal_px: focal length (fy) in pixels of the source; overrides what the file says.
        fov_deg: horizontal field of view of the source in degrees, instead of `focal_px`.
        pixel_aspect: width of a source pixel over its height; None takes what the file says, else 1.
        mask: what moves by itself and so is no witness of the camera: a video or a folder of images, white where it
            does, or one image for the whole clip; for many clips a folder that holds one of these under each clip's
            name. Or "person": the people whom a small network finds. Masks are laid beside the clip frame by frame;
            those of another number of frames by time, images beside images by the numbers in their names. Every backend
            looks past it.
        mask_weights: local file (selfie_segmentation.tflite) or folder of the network that finds people; None downloads
            it.
        device: where to compute; auto takes the GPU where there is one.
        seed: seed of all random choices.
        threads: CPU threads of the backend; None takes OMP_NUM_THREADS where that is set, else leaves it to the
            backend. Results are the same for the same number, those of pycolmap in several to rounding.
        save: what else to write into the run folder, names with commas between them: depth (maps of every frame), mask
            (a video of what moves by itself), points (a coloured cloud), tracks (points that were followed), megasam
            (MegaSaM's file), colmap (a model with points). What the backend or the clip cannot give is a warning.
    """

    backend: Any = "auto"
    video: VideoConfig = field(default_factory=VideoConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    split_shots: bool = True
    shots: ShotConfig = field(default_factory=ShotConfig)
    masks: MaskConfig = field(default_factory=MaskConfig)
    gravity: GravityConfig = field(default_factory=GravityConfig)
    focal_px: Annotated[float, Range(0, 1_000_000_000, "pixels of the source", above=True)] | None = None
    fov_deg: Annotated[float, Range(NARROWEST_DEG, WIDEST_DEG, "degrees")] | None = None
    pixel_aspect: Annotated[float, Range(0.1, 10, "(width over height)")] | None = None
    mask: str | None = None
    mask_weights: Path | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0
    threads: Annotated[int, Range(1, 4096)] | None = None
    save: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "save", _savable(self.save))
        if self.focal_px is not None and self.fov_deg is not None:
            raise CinetrajError("focal_px and fov_deg are both given; give one of them")
        if isinstance(self.mask, Path):
            object.__setattr__(self, "mask", str(self.mask))
        elif self.mask is not None and not isinstance(self.mask, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise CinetrajError(
                f"mask is of type {type(self.mask).__name__}, expected the path of a video or of images, or {PERSON}; "
                "what is in memory goes into images first, white where something moves by itself"
            )
        if self.mask == "":
            raise CinetrajError(f"mask is empty, expected a video, images or {PERSON}")
        if self.mask_weights is not None and self.mask != PERSON:
            raise CinetrajError(f"mask_weights has no effect on this mask; it is for the mask {PERSON}")


def _savable(wanted: Any) -> tuple[str, ...]:
    """The names once each, in the order of `SAVABLE`; one string may hold several with commas between."""
    entries: list[Any] = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Iterable) else [*wanted]
    if any(not isinstance(entry, str) for entry in entries):
        raise CinetrajError(f"save is {wanted!r}, expected some of {', '.join(SAVABLE)}, with commas between")
    names = {name.strip() for entry in entries for name in entry.split(",") if name.strip()}
    unknown = sorted(names.difference(SAVABLE))
    if unknown:
        raise CinetrajError(f"save names {unknown[0]!r}, expected some of {', '.join(SAVABLE)}, with commas between")
    return tuple(name for name in SAVABLE if name in names)
