"""Published ways of scoring camera control, as data: one value per axis on which they differ."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, cast, final

from trajectory.errors import CinetrajError, expected_of
from trajectory.plain_numbers import is_number

LATER: Mapping[str, Any] = MappingProxyType(
    {"span": "overlap", "draws": 0, "epsilon": 1e-9, "chunk": 0, "move_thresholds": []}
)
"""Fields that came later, with what they were before they had a name: at that they are no part of the hash, so that
scores of before keep theirs."""

FEWEST_DRAWS = 20
"""Below this the 5 and 95 % of a distribution are its extremes."""

Time = Literal["truncate", "downsample", "seconds", "index", "progress"]
Scale = Literal["own_extent", "reference_extent", "common_extent", "least_squares", "l21", "path_length", "none"]
Clock = Literal["from_start", "shared"]
"""Where frame numbers start: at each clip's first frame, or at a zero that both share."""


@final
@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How two trajectories become numbers.

    Attributes:
        method: "poses" (our own computation along the axes below), "cinetechbench" (the published script, bug for bug),
            "evo" (ATE and RPE by evo), "mind" (`compare.mind`), "navigation" (`compare.navigation`) or "actions"
            (`compare.action_accuracy`); the last two compare with commands, not with a path.
        reference: what the protocol's authors compare against; recorded, not enforced.
        time: which poses meet. truncate: row with row, the longer one cut; downsample: the longer one brought to the
            length of the shorter; seconds: equal time on both clocks; index: equal frame number; progress: equal share
            of each clip.
        clock: where seconds and frame numbers start: at each clip's first frame, or at a zero that both share.
        samples: points of comparison over the overlap for seconds and progress, so that frame rates do not matter;
            poses between frames by SLERP and straight lines.
        anchor: first (both relative to their first common frame), gauge (`compare.align.fix_gauge`), none.
        scale: own_extent (each divided by its own largest distance from the anchor), reference_extent (both by the
            reference's), common_extent (both first in metres or in units of scene depth, then by the reference's),
            least_squares and l21 (the generated one scaled to the reference, minimising the sum of squares, or of
            norms), path_length, none.
        static: guard (a clip without translation is not blown up by its own noise) or none.
        aggregation, angle: over frames, and the unit of angles.
        failures: drop (left out of the mean), worst (charged with the worst value).
        unreliable: what becomes of an estimate that its estimator does not vouch for. charge: it counts as the model's
            failure; score: as any other; instrument: it is nobody's fault, scored over its posterior where it has one,
            and else left out for all models.
        outlier_sigma: with several trials per clip, entries beyond this many σ are dropped, the rest averaged; None:
            kept.
        evo_align: alignment by evo: none, origin, scale, se3, sim3. evo_rpe_all_pairs: evo's option, at delta one
            frame.
        metrics: names from `compare.metrics`, the first three being the headline. notes: what a reader must know.
        version: rises when a protocol of the same name gets another meaning; the old one is kept as NAME-VERSION.
        span: overlap (what both clips cover is compared) or reference (all of the reference's time: what the generated
            clip lacks of it, at its end or in holes, is charged like a point without a pose).
        draws: from the posterior of each pair, for medians and intervals; 0: the most probable answer alone.
        epsilon: added to extents where static is "none", as some published scripts do.
        chunk: poses in each part that has an anchor and an extent of its own (`compare.chunks`); 0: one for the clip.
        move_thresholds: steps above which a camera counts as moving, for action codes; of several the best is taken.
    """

    name: str
    method: Literal["poses", "cinetechbench", "evo", "mind", "navigation", "actions"] = "poses"
    reference: Literal["any", "commanded", "estimated", "commanded for Rot and rel, estimated for abs"] = "any"
    time: Time = "seconds"
    clock: Clock = "from_start"
    samples: int = 100
    anchor: Literal["first", "gauge", "none"] = "first"
    scale: Scale = "own_extent"
    static: Literal["guard", "none"] = "guard"
    aggregation: Literal["sum", "mean", "rmse"] = "mean"
    angle: Literal["rad", "deg"] = "deg"
    failures: Literal["drop", "worst"] = "worst"
    unreliable: Literal["charge", "score", "instrument"] = "charge"
    outlier_sigma: float | None = None
    evo_align: Literal["none", "origin", "scale", "se3", "sim3"] = "none"
    evo_rpe_all_pairs: bool = False
    metrics: tuple[str, ...] = ("RotErr", "TransErr", "CamMC")
    notes: tuple[str, ...] = ()
    version: int = 1
    span: Literal["overlap", "reference"] = "overlap"
    draws: int = 0
    epsilon: float = 1e-9
    chunk: int = 0
    move_thresholds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            allowed = getattr(field.type, "__args__", None)
            if allowed and all(isinstance(item, str) for item in allowed) and getattr(self, field.name) not in allowed:
                value = getattr(self, field.name)
                raise CinetrajError(f"protocol {self.name}: {field.name} is {value!r}, expected {' or '.join(allowed)}")
        self._check_values()
        if self.method == "evo" and self.time not in ("seconds", "index", "truncate"):
            raise CinetrajError(
                f"--time {self.time} does not exist in {self.name}; expected seconds, index or truncate"
            )
        if self.samples < 2:
            raise CinetrajError(f"protocol {self.name}: samples is {self.samples}, expected at least 2")
        if self.draws != 0 and self.draws < FEWEST_DRAWS:
            raise CinetrajError(f"protocol {self.name}: draws is {self.draws}, expected 0 or at least {FEWEST_DRAWS}")
        if self.chunk != 0 and (self.chunk < 2 or self.anchor != "first" or self.scale != "own_extent" or self.draws):
            raise CinetrajError(
                f"protocol {self.name}: chunk is {self.chunk}, expected at least 2 poses, with anchor first, scale "
                "own_extent and no draws"
            )
        if self.method == "actions" and not self.move_thresholds:
            raise CinetrajError(f"protocol {self.name}: move_thresholds is empty, expected at least one")

    def _check_values(self) -> None:
        """Refuse numbers and names that are none; those of numpy and lists become Python's numbers and tuples, so that
        equal protocols have one hash and JSON takes it."""
        for name in ("samples", "draws", "chunk", "version"):
            value = getattr(self, name)
            if not is_number(value, whole=True):
                raise CinetrajError(f"protocol {self.name}: {name} is {value!r}, expected a whole number")
            object.__setattr__(self, name, int(value))
        for name in ("epsilon", "outlier_sigma"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else float(value))
        object.__setattr__(self, "move_thresholds", tuple(float(value) for value in self.move_thresholds))
        if isinstance(self.metrics, str) or not self.metrics:
            raise CinetrajError(
                f"protocol {self.name}: metrics is {self.metrics!r}, expected a tuple of names, as ('RotErr',)"
            )
        object.__setattr__(self, "metrics", tuple(self.metrics))

    @property
    def commanded(self) -> bool:
        """Whether it compares with what the camera was told to do, and not with a path."""
        return self.method in ("navigation", "actions")

    @property
    def in_extents(self) -> bool:
        """Whether lengths are counted in what a path is long: in another unit no length is the worst."""
        return self.anchor == "gauge" or self.scale not in ("none", "l21")

    def stamp(self) -> dict[str, Any]:
        """The protocol in full as JSON values, with the sha256 of everything that decides a number (not the notes)."""
        values: dict[str, Any] = {
            key: list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }
        decisive = {
            key: value
            for key, value in values.items()
            if key not in ("name", "notes") and (key not in LATER or value != LATER[key])
        }
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return values | {"hash": digest}

    def with_options(
        self,
        *,
        time: str | None = None,
        scale: str | None = None,
        intervals: bool = True,
        chunk: int | None = None,
        angle: str | None = None,
    ) -> "Protocol":
        """The protocol with another association in time, relative or absolute scale, or unit of angles, without
        intervals, or in chunks of poses."""
        changes: dict[str, Any] = {} if intervals or not self.draws else {"draws": 0}
        if chunk is not None:
            if self.method != "poses" or self.scale != "own_extent" or self.anchor != "first":
                raise CinetrajError(f"--chunk does not exist in {self.name}; relative-mean has it")
            if chunk < 2:
                raise CinetrajError(f"--chunk is {chunk}, expected at least 2 frames; leave it out for the whole path")
            no_draws = ", so that there are no intervals" if self.draws else ""
            note = f"each path is scored by chunks of {chunk} frames (--chunk){no_draws}"
            changes |= {"chunk": chunk, "draws": 0, "notes": (*self.notes, note)}
        if angle is not None:
            if self.method != "poses" or self.metrics == ("RotErr", "TransErr", "WorldScore"):
                raise CinetrajError(f"--angle does not exist in {self.name}, whose formula fixes it; leave it out")
            changes["angle"] = angle
        if time is not None:
            if self.method in ("mind", "navigation", "actions"):
                raise CinetrajError(
                    f"--time does not exist in {self.name}, which compares pose with pose; leave it out"
                )
            if self.method == "cinetechbench" and time not in ("truncate", "downsample"):
                raise CinetrajError(
                    f"--time {time} does not exist in {self.name}, expected truncate or downsample; "
                    "cinetechbench-fixed and strict take the others"
                )
            changes["time"] = time
            if time != self.time:
                changes["notes"] = (
                    *changes.get("notes", self.notes),
                    f"associated by --time {time} instead of the protocol's own {self.time}",
                )
        if scale is not None:
            if scale not in ("relative", "absolute"):
                raise CinetrajError(f"--scale is {scale!r}, expected relative or absolute")
            if self.method not in ("poses", "cinetechbench") or self.scale in ("l21", "none"):
                raise CinetrajError(f"--scale {scale} does not exist in {self.name}; leave it out")
            absolute = "reference_extent" if self.method == "cinetechbench" else "common_extent"
            changes["scale"] = "own_extent" if scale == "relative" else absolute
        return replace(self, **changes) if changes else self


CAMI2V_METRICS = ("RotErr", "TransErr", "CamMC")
_CAMI2V_NOTE = "CamI2V estimates poses with GLOMAP, intrinsics fixed to the reference's; any estimator is accepted here"
_CAMI2V_TRIALS = "five trials per clip in the paper: pass them to score_trials; entries beyond 10 sigma are dropped"

DRAWS = 64
"""Of the posterior of a pair: its 5 and 95 % are then known to within 3 % of probability."""

STRICT_1 = Protocol(
    name="strict-1",
    metrics=("RotErr", "TransErr", "CamMC", "DirErr", "MotionRatio", "ZoomErr", "Smoothness"),
    notes=("the overlap in time is stated for each clip",),
)
CINETECHBENCH_FIXED_1 = Protocol(
    name="cinetechbench-fixed-1",
    reference="estimated",
    time="progress",
    aggregation="mean",
    angle="rad",
    metrics=("RotErr", "TransErr", "CamMC", "RotErr_sum", "TransErr_sum", "CamMC_sum"),
    notes=(
        "sums are over 49 samples whatever the clip's length, so that they compare between models; with "
        "--time truncate, downsample or index they are over frames, and do not",
    ),
    samples=49,
)
"""Both before their version 2, by which `strict` and `cinetechbench-fixed` charge a model only for its own faults."""

AUC = Protocol(
    name="auc",
    time="index",
    scale="none",
    unreliable="score",
    metrics=tuple(f"{kind}@{limit}" for kind in ("AUC", "Racc", "Tacc") for limit in (30, 15, 5, 3)),
    notes=(
        "as auc-published, but a direction of travel counts only where the reference travels, or the generated clip "
        "alone does",
        "of frames that both have: what is missing is told under compared, and is not charged",
    ),
)
WORLDPLAY_ACTIONS = Protocol(
    name="worldplay-actions",
    method="actions",
    reference="commanded",
    time="index",
    anchor="none",
    scale="none",
    static="none",
    failures="drop",
    unreliable="score",
    metrics=("ActionAcc", "FineActionAcc"),
    move_thresholds=(0.002, 0.005, 0.01),
    notes=(
        "HY-WorldPlay's reward: of three thresholds of movement, in the arbitrary unit of the judge (Depth Anything "
        "3), the one with the best accuracy is taken for each clip",
    ),
)

PRESETS: Mapping[str, Protocol] = MappingProxyType(
    {
        p.name: p
        for p in (
            STRICT_1,
            replace(
                STRICT_1,
                name="strict",
                version=2,
                unreliable="instrument",
                span="reference",
                draws=DRAWS,
                notes=(
                    "all of the reference's time is compared: what a generated clip lacks of it is charged",
                    "what the instrument could not determine is charged to nobody",
                ),
            ),
            Protocol(
                name="cinetechbench-compat",
                method="cinetechbench",
                reference="estimated",
                time="truncate",
                scale="own_extent",
                static="none",
                aggregation="sum",
                angle="rad",
                failures="drop",
                unreliable="score",
                notes=(
                    "CineTechBench eval_ct.py at 86ac87a, bug for bug: rows are read as xyzw and world-to-camera "
                    "whatever they are, so TransErr and CamMC depend on the origin of the world",
                    "the published tables use --time downsample",
                ),
            ),
            CINETECHBENCH_FIXED_1,
            replace(
                CINETECHBENCH_FIXED_1,
                name="cinetechbench-fixed",
                version=2,
                unreliable="instrument",
                span="reference",
                draws=DRAWS,
                notes=(*CINETECHBENCH_FIXED_1.notes, "by progress speed does not count: the speed ratio is stated"),
            ),
            Protocol(
                name="cami2v-rel",
                reference="commanded for Rot and rel, estimated for abs",
                time="index",
                static="none",
                aggregation="sum",
                angle="rad",
                failures="drop",
                unreliable="score",
                outlier_sigma=10.0,
                metrics=CAMI2V_METRICS,
                notes=(_CAMI2V_NOTE, _CAMI2V_TRIALS),
            ),
            Protocol(
                name="cami2v-abs",
                reference="commanded for Rot and rel, estimated for abs",
                time="index",
                scale="common_extent",
                static="none",
                aggregation="sum",
                angle="rad",
                failures="drop",
                unreliable="score",
                outlier_sigma=10.0,
                metrics=CAMI2V_METRICS,
                notes=(
                    _CAMI2V_NOTE,
                    _CAMI2V_TRIALS,
                    "metric scale from a depth file, or from the scene depth of the first frame, which the clips share",
                ),
            ),
            Protocol(
                name="cameractrl",
                reference="commanded",
                time="index",
                scale="none",
                static="none",
                aggregation="sum",
                angle="rad",
                failures="drop",
                unreliable="score",
                metrics=("RotErr", "TransErr"),
                notes=(
                    "underspecified: CameraCtrl released no evaluation code, and neither its scale nor its handling of "
                    "failures is documented; numbers made with this preset need not be the paper's",
                ),
            ),
            Protocol(
                name="worldscore",
                reference="commanded",
                time="index",
                anchor="none",
                scale="l21",
                static="none",
                aggregation="mean",
                angle="deg",
                failures="drop",
                unreliable="score",
                metrics=("RotErr", "TransErr", "WorldScore"),
                notes=(
                    "neither rotation nor origin is aligned: both paths must start at the identity, as DROID-SLAM's do",
                    "WorldScore = sqrt((1 - clip(RotErr / 15 deg)) (1 - clip(TransErr / 0.5)))",
                ),
            ),
            Protocol(
                name="monst3r-ate-rpe",
                method="evo",
                time="truncate",
                anchor="none",
                scale="none",
                static="none",
                aggregation="rmse",
                failures="drop",
                unreliable="score",
                evo_align="sim3",
                evo_rpe_all_pairs=True,
                metrics=("ATE", "RPE_t", "RPE_r"),
                notes=("clips on which evo finds a degenerate covariance are skipped, as MonST3R's evaluation does",),
            ),
            Protocol(
                name="ate-rpe",
                method="evo",
                time="seconds",
                clock="shared",
                anchor="none",
                scale="none",
                static="none",
                aggregation="rmse",
                failures="drop",
                unreliable="score",
                evo_align="se3",
                metrics=("ATE", "RPE_t", "RPE_r"),
                notes=("poses are associated by the nearest time within 10 ms, as evo does",),
            ),
            Protocol(
                name="gauge-ate",
                anchor="gauge",
                scale="none",
                aggregation="rmse",
                failures="drop",
                unreliable="score",
                metrics=("RotErr", "TransErr"),
                notes=(
                    "the gauge is fixed with orientations and positions, so straight, turning and static paths have an "
                    "error too; TransErr is in units of the reference's extent",
                ),
            ),
            Protocol(
                name="relative-mean",
                time="index",
                static="none",
                angle="rad",
                failures="drop",
                unreliable="score",
                metrics=("RotErr", "TransErr"),
                epsilon=0.0,
                notes=(
                    "as VMem and others print it, with Depth Anything 3 or ViPE as the judge of both clips; --chunk N "
                    "for paths in parts of N poses, --angle deg for degrees",
                    "the first pose, whose error is zero, counts in the mean",
                ),
            ),
            AUC,
            replace(
                AUC,
                name="auc-published",
                static="none",
                failures="drop",
                notes=(
                    "VGGT's evaluation, and that of Pi3, Depth Anything 3 and lingbot-map: without signs, so that a "
                    "camera that goes backwards is right; without a guard, so that noise has a direction",
                ),
            ),
            Protocol(
                name="mind-rpe",
                method="mind",
                reference="estimated",
                time="index",
                anchor="none",
                scale="none",
                static="none",
                failures="drop",
                unreliable="score",
                metrics=("RPE_t_mean", "RPE_t_median", "RPE_r_mean", "RPE_r_median"),
                notes=("MIND estimates both clips with ViPE, in whose unit of the reference RPE_t is",),
            ),
            Protocol(
                name="navscore",
                method="navigation",
                reference="commanded",
                time="index",
                anchor="none",
                scale="none",
                static="none",
                failures="drop",
                unreliable="score",
                metrics=("NavScore", "NavAccuracy", "NavConsistency", "nATE_t", "nATE_r", "cnATE_t", "cnATE_r"),
                notes=("WBench estimates with MegaSaM, in whose arbitrary unit lengths below 0.5 and 0.1 are floors",),
            ),
            WORLDPLAY_ACTIONS,
            replace(
                WORLDPLAY_ACTIONS,
                name="worldplay-actions-single",
                move_thresholds=(0.005,),
                failures="worst",
                notes=("one threshold, chosen before the clips are seen: the middle one of HY-WorldPlay's three",),
            ),
            Protocol(
                name="attitude",
                samples=100,
                unreliable="instrument",
                span="reference",
                metrics=("PitchErr", "RollErr", "FovErr"),
                notes=(
                    "ours, of no paper: pitch and roll against the ground and the horizontal field of view, absolute, "
                    "where both clips tell which way is down",
                ),
            ),
        )
    }
)


def get(protocol: "str | Protocol") -> Protocol:
    """A preset by its name, or the protocol itself."""
    if isinstance(protocol, Protocol):
        return protocol
    if protocol not in PRESETS:
        raise CinetrajError(f"protocol {protocol!r} is not known{expected_of(protocol, PRESETS)}")
    return PRESETS[protocol]
