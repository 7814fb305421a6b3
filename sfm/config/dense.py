"""The dense backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, final

from sfm.config.lens import require_lens
from sfm.config.tracks import SelectionConfig
from sfm.ranges import Range, Ranged
from trajectory.errors import CinetrajError

DENSE_SELECTION: Mapping[str, Any] = {
    "improvement": 0.35,
    "improvement_flat": 0.45,
    "improvement_noise": 0.0,
    "improvement_both": 0.55,
    "zoom_opposed": 1.0,
    "rigid_px": 2.5,
    "rigid_native_px": 1.5,
}
"""Where the dense backend's choice of model differs: its residuals are of places that a depth foretold, not fitted, so
that noise gains nothing and melting content need not be distrusted by its noise."""
FlowName: TypeAlias = Literal["lk", "dis", "xfeat", "raft"]
TRAINED_FLOWS: tuple[FlowName, ...] = ("xfeat", "raft")
"""Those that have weights."""


@final
@dataclass(frozen=True, kw_only=True)
class DenseConfig(Ranged):
    """Settings of the dense backend.

    Attributes:
        keyframes: fewest keyframes of a clip that has as many frames.
        keyframe_share: from one keyframe to the next the picture moves by at most this share of its width (median).
        reach: keyframes before and after that each one is compared with.
        loops: further ones, on either side, in which it sees the same again after the camera was away; 0: none.
        between: most frames between two keyframes that are adjusted together with all of these, where the camera
            travels; the others are placed beside them.
        grid_px: side of the cells that get a depth, pixels of the working size.
        search_px: side of the cells by which the motion models are fitted and selected.
        distortion: "none", "free" (one radial coefficient, fitted where the clip determines it), or its value k1 in
            x_d = x (1 + k1 |x|²), x in units of the focal length.
        depth_prior: depths that others give: a network of the transformers library (a folder, or a name on the hub), or
            an .npz with an array `depth` that has a map for each frame of the clip's file (for other maps an array
            `index` with the frame number of each); None: only the flow speaks.
        flow: what first finds the patches of one keyframe in the next: lk (Lucas-Kanade from coarse to fine), dis
            (OpenCV's dense inverse search), xfeat or raft (trained networks; raft needs torchvision). Lucas-Kanade
            improves what the others find.
        flow_weights: local file or folder of the trained weights of xfeat or raft; None downloads them from their hub.
        selection: thresholds of the choice among motion models.
    """

    keyframes: Annotated[int, Range(2, 10_000)] = 8
    keyframe_share: Annotated[float, Range(0, 0.5, above=True)] = 0.035
    reach: Annotated[int, Range(1, 1000)] = 2
    loops: Annotated[int, Range(0, 1000)] = 1
    between: Annotated[int, Range(0, 1000)] = 8
    grid_px: Annotated[int, Range(4, 64, "pixels")] = 8
    search_px: Annotated[int, Range(4, 64, "pixels")] = 16
    distortion: Literal["none", "free"] | float = "none"
    depth_prior: str | None = None
    flow: FlowName = "lk"
    flow_weights: Path | None = None
    selection: SelectionConfig = field(default_factory=lambda: SelectionConfig(**DENSE_SELECTION))

    def __post_init__(self) -> None:
        super().__post_init__()
        require_lens(self.distortion)
        if self.grid_px > self.search_px:
            raise CinetrajError(f"grid_px={self.grid_px} is more than search_px={self.search_px}, expected no more")
        if self.flow_weights is not None and self.flow not in TRAINED_FLOWS:
            raise CinetrajError(
                f"weights {self.flow_weights} have no effect on the flow {self.flow}; leave them out, or choose "
                f"{' or '.join(TRAINED_FLOWS)}"
            )
