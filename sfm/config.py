"""Every setting of every stage: frozen values, checked where they are made. Light at import: the command line reads it.

What is here decides results: it is recorded in run.json, hashed into the keys of a batch, and turned into the options
of the command line. Lengths in pixels are those of the working size where nothing else is said.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, final

from sfm.ranges import (
    Count,
    Degrees,
    Duration,
    Grey,
    Limit,
    Megabytes,
    Moment,
    Opening,
    Part,
    Positive,
    Range,
    Ranged,
    Seconds,
    Share,
    Side,
    Some,
)
from trajectory.errors import CinetrajError
from trajectory.plain_numbers import is_number

PLACES = ("video", "out", "name", "threads", "seed")
"""What a command's template may ask for."""
STRONGEST_LENS = 1.0
"""Largest k1 of a lens: a wide one has 0.3."""
NARROWEST_DEG = 0.2
"""No lens of film sees less: the longest telephoto ones see a degree."""
WIDEST_DEG = 170.0
"""No lens that keeps straight lines straight sees more (the widest one on sale sees 130)."""
Rate: TypeAlias = Annotated[float, Range(0, 100_000, "frames per second", above=True)]
_PLACE = re.compile(r"\{(\w+)\}")


def words(template: str, values: Mapping[str, str]) -> list[str]:
    """The arguments of a command; each place is filled within its argument. Raises CinetrajError for a bad template."""
    try:
        parts = shlex.split(template)
    except ValueError as error:
        raise CinetrajError(f"command is {template!r}: {error}; check its quotes") from None
    if not parts:
        raise CinetrajError("command is empty; give one such as 'python demo.py --video {video} --out {out}'")
    used = {match[1] for part in parts for match in _PLACE.finditer(part)}
    if unknown := sorted(used - set(PLACES)):
        raise CinetrajError(f"command has {{{unknown[0]}}}, expected {', '.join(f'{{{p}}}' for p in PLACES)}")
    if "video" not in used:
        raise CinetrajError(f"command {template!r} has no {{video}}: it would do the same for every clip")
    return [_PLACE.sub(lambda match: values.get(match[1], match[0]), part) for part in parts]


@final
@dataclass(frozen=True, kw_only=True)
class VideoConfig(Ranged):
    """How a clip is read.

    Attributes:
        fps: frames kept per second, the nearest to each tick; None keeps every frame. For an image sequence without
            `assumed_fps` it says at what rate the images were taken, and every image is kept.
        long_side: pixels of the longer side of the working size; smaller clips are never enlarged; None keeps the size.
        start_s: first time of the part of the clip that is read, on its own clock (`Frames.time_s`): start_s <= time.
        stop_s: end of the part, on that clock: time < stop_s.
        assumed_fps: rate of an image sequence or of a stream that carries no times.
        decoder: "software", or libav's decoder on such a device; where build, machine or codec have none, software does
            it, and a note says so. For large film beside a GPU; a small clip is decoded sooner than a device is ready.
    """

    fps: Rate | None = None
    long_side: Side | None = 640
    start_s: Moment | None = None
    stop_s: Moment | None = None
    assumed_fps: Rate | None = None
    decoder: Literal["software", "cuda", "qsv", "vaapi", "videotoolbox"] = "software"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_s is not None and self.stop_s is not None and self.stop_s <= self.start_s:
            raise CinetrajError(f"stop_s={self.stop_s} is not after start_s={self.start_s}; give stop_s > start_s")


@final
@dataclass(frozen=True, kw_only=True)
class WindowConfig(Ranged):
    """How a clip is read that is too long to be held at once.

    Attributes:
        beyond: a video file with more frames is read in windows; a shorter one is held whole. 1,500 frames of 640x360
            take 1 GiB, and an estimate as much again.
        frames: held at a time. A shot that ends within a window is estimated as ever; one that does not is estimated
            window by window, and the pieces are joined. Twelve seconds: of pieces of half a minute with a move that
            came and went many times, one was taken for a turn, with confidence.
        overlap: frames that two pieces of a shot share, by which they are joined: two seconds.
    """

    beyond: Annotated[int, Range(1, 1_000_000_000)] = 1500
    frames: Count = 288
    overlap: Count = 48

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.overlap < 8 or self.frames < 4 * self.overlap or self.beyond < self.frames:
            raise CinetrajError(
                f"windows have beyond={self.beyond}, frames={self.frames}, overlap={self.overlap}; expected an overlap "
                "of at least 8, at least four times as many frames, and no fewer beyond"
            )


@final
@dataclass(frozen=True, kw_only=True)
class OverlayConfig(Ranged):
    """Thresholds in grey levels (0..255) and shares of the picture.

    Attributes:
        bar_spread: largest deviation along a line of a bar, and over time; codecs ripple by one or two levels.
        bar_least: narrowest bar, share of the side; a dark codec edge of one or two pixels is none.
        bar_most: bars that leave less than 1 - bar_most of a side are a blank or flat picture, not bars.
        margin: width of the rim masked around what was found, share of the longer side: feature windows reach into it.
        sample_frames: frames looked at per window; more cost time and add nothing.
        window_s: text comes and goes, so each window of this length is judged for itself: a line of subtitles that
            stays for 1.4 windows holds one of them.
        window_least: frames of a window at low rates: in fewer, little moves.
        edge_grey: smallest gradient of an overlay's edge, grey levels a pixel; letters and logos are sharper.
        scene_grey: smallest gradient of the scene's edges, grey levels a pixel, by which its motion is judged.
        still_grey: largest temporal deviation on such an edge. At 30 levels a pixel a shift of a tenth of a pixel makes
            3, so nothing in a scene passes while the camera moves.
        moving_share: share of all edge pixels that must move before what does not is an overlay: under a resting camera
            everything is still and nothing may be masked.
        moving_quarters: each quarter of the picture with edges must move by this share too: a large moving object in
            front of a resting camera leaves quarters that rest.
        area_most: overlays larger than this share of the picture are scenery that rides with the camera.
        written_most: the same of lines of letters above and below the middle: news tickers, subtitles of several lines.
    """

    bar_spread: Grey = 2.5
    bar_least: Share = 0.008
    bar_most: Share = 0.75
    margin: Share = 0.006
    sample_frames: Annotated[int, Range(2, 10_000)] = 10
    window_s: Duration = 1.0
    window_least: Count = 12
    edge_grey: Grey = 30.0
    scene_grey: Grey = 8.0
    still_grey: Grey = 3.0
    moving_share: Share = 0.6
    moving_quarters: Share = 0.5
    area_most: Share = 0.15
    written_most: Share = 0.3


@final
@dataclass(frozen=True, kw_only=True)
class DuplicateConfig(Ranged):
    """When a frame repeats the one before it.

    Attributes:
        ratio: largest change against the changes before and after it: a codec refines a repeated frame a little.
        least_grey: mean change, grey levels, below which the neighbours do not move either: then nothing is a repeat,
            and the noise and the key frames of a resting clip are no evidence.
        longest: repeats in a row, frames; a longer rest is a still picture, which truly shows no motion.
    """

    ratio: Limit = 0.2
    least_grey: Grey = 1.0
    longest: Some = 12


@final
@dataclass(frozen=True, kw_only=True)
class BlankConfig(Ranged):
    """When a frame shows nothing.

    Attributes:
        edge_grey: smallest step between neighbours at a quarter of the working size that counts as content, grey
            levels; averaging 16 pixels leaves about a quarter of the sensor noise, which stays below it.
        edge_share: share of such pixels below which the frame is blank: a few lights in the night already are content.
    """

    edge_grey: Grey = 5.0
    edge_share: Share = 0.002


@final
@dataclass(frozen=True, kw_only=True)
class MaskConfig(Ranged):
    """Thresholds of the three finders.

    Attributes:
        overlays: bars, letters and logos that lie on the picture.
        duplicates: frames that repeat the one before.
        blank: frames that show nothing.
    """

    overlays: OverlayConfig = field(default_factory=OverlayConfig)
    duplicates: DuplicateConfig = field(default_factory=DuplicateConfig)
    blank: BlankConfig = field(default_factory=BlankConfig)


@final
@dataclass(frozen=True, kw_only=True)
class SimilarityConfig(Ranged):
    """When two frames are linked. Between unrelated frames each test stays far below its threshold.

    Attributes:
        long_side: pixels of the longer side at which frames are compared.
        corners: tracked per pair; more cost time and change nothing.
        tracks_kept: share of corners that must survive forward and backward tracking and move as a neighbour does;
            unrelated frames keep under 3 %.
        cells_kept: share of the cells (of 6 by 6) with corners that must keep one, so that a logo is no link.
        track_correlation: of the patch around a corner with the patch around its track.
        inliers: feature matches on one epipolar geometry; unrelated frames reach 11, since seven points fit any.
        shift_correlation: of the contrast pictures under their best common shift; unrelated frames reach 0.6.
        shift_overlap: smallest share of the picture in which a shift may be seen.
        layout_correlation: of colours at 24 pixels, moved by up to a tenth: pictures that dissolve into new detail, as
            generated ones do, keep it; unrelated frames reach 0.6 and mostly stay under 0.4.
    """

    long_side: Side = 320
    corners: Count = 150
    tracks_kept: Share = 0.08
    cells_kept: Share = 0.2
    track_correlation: Share = 0.8
    inliers: Count = 20
    shift_correlation: Share = 0.75
    shift_overlap: Part = 0.25
    layout_correlation: Share = 0.6


@final
@dataclass(frozen=True, kw_only=True)
class DissolveConfig(Ranged):
    """When a stretch of frames looks like a dissolve; tracks decide afterwards.

    Attributes:
        lengths: frames between the two ends that are tried.
        change_grey: least difference of the two ends, root mean square of grey levels: less is no other scene.
        unexplained: share of the squared difference of the ends that a blend may leave unexplained in the middle
            frames; motion leaves half of it and more.
        beside: share of that difference, frame by frame, below which the picture changes before the first or after the
            last: dissolves have up to .4 on the quieter side, motion in blends of a raised rate .5 and more on both.
    """

    lengths: tuple[Annotated[int, Range(2, 1000, "frames")], ...] = (4, 6, 9, 13, 19, 28)
    change_grey: Grey = 16.0
    unexplained: Share = 0.12
    beside: Limit = 0.5


@final
@dataclass(frozen=True, kw_only=True)
class WipeConfig(Ranged):
    """When a stretch of frames looks like a wipe, an iris or a quick dissolve; tracks decide afterwards.

    Attributes:
        lengths: frames between the two ends that are tried.
        change_grey: least difference of the two ends, root mean square of grey levels.
        unexplained: share of the squared difference of the ends that the nearer of them may leave unexplained between
            them: wipes leave .005 to .03, dissolves up to .045, motion .06 and more where nothing links the ends.
        goes_back: share of the picture that may be as in the first frame again after it was as in the last.
        at_once: share of the picture that may change in one frame: more is a cut.
        longest_s: seconds between the two ends at most, where frames carry them: at few frames a second a slow motion
            over flat areas looks like a wipe, and editors wipe within one or two.
    """

    lengths: tuple[Annotated[int, Range(2, 1000, "frames")], ...] = (9, 14, 20, 28)
    change_grey: Grey = 16.0
    unexplained: Share = 0.045
    goes_back: Share = 0.15
    at_once: Share = 0.5
    longest_s: Seconds = 2.0


@final
@dataclass(frozen=True, kw_only=True)
class ShotConfig(Ranged):
    """What is suspected, and what confirms it.

    Attributes:
        adaptive_ratio: PySceneDetect's AdaptiveDetector: change over the mean of the four around it. Lower than its
            default (3), since tracks decide.
        adaptive_least: its least change in grey levels; lower than its default (15), too.
        content: PySceneDetect's ContentDetector at its default, grey levels: fast clips have no isolated peaks.
        detector_long_side: pixels at which the detectors look, about.
        bridge_s: seconds: a flash, a glitch or a passing object of this length leaves a link across it; where frames
            carry no seconds, `bridge_frames`.
        bridge_frames: the same in frames, where these carry no seconds.
        covered_s: a subject that passes close before the lens may cover it for so long: features link across it, where
            no frame between them is a cut too; frames that carry no seconds are compared from far apart anyway.
        jump_ratio: features or a shift link two frames only if the picture moved at most this many times as far as
            between the frames around them, or by `jump_floor`: else it is a jump cut.
        jump_floor: share of the picture's longer side up to which a move is no jump cut.
        jump_kept: where a peak of change keeps less than this share of the tracks that the frames around it keep,
            `jump_floor_abrupt` stands for `jump_floor`, and for tracks as well: no smooth motion loses tracks in one
            step alone. Single shots keep .9 and more of it, jumps inside one scene .6 and less.
        jump_floor_abrupt: share of the longer side; a passing subject takes tracks away but moves what is left less.
        short_frames: shots shorter than this are named in the notes; neighbouring ones are one shot.
        similarity: when two frames are linked.
        dissolve: when a stretch of frames looks like a dissolve.
        wipe: when it looks like a wipe.
        thumb_long_side: pixels at which dissolves and wipes are looked at: what moves little stays inside a pixel.
    """

    adaptive_ratio: Limit = 2.0
    adaptive_least: Grey = 4.0
    content: Grey = 27.0
    detector_long_side: Side = 288
    bridge_s: Seconds = 0.2
    bridge_frames: Some = 3
    covered_s: Seconds = 0.8
    jump_ratio: Limit = 6.0
    jump_floor: Share = 0.08
    jump_kept: Share = 0.6
    jump_floor_abrupt: Share = 0.03
    short_frames: Some = 3
    similarity: SimilarityConfig = field(default_factory=SimilarityConfig)
    dissolve: DissolveConfig = field(default_factory=DissolveConfig)
    wipe: WipeConfig = field(default_factory=WipeConfig)
    thumb_long_side: Side = 32


@final
@dataclass(frozen=True, kw_only=True)
class GravityConfig(Ranged):
    """What counts as an upright line, and when its direction is told.

    Attributes:
        frames: how many frames, spread over the valid ones, are searched for lines.
        shortest: shortest segment, share of the picture's longer side: LSD's ends are off by about half a pixel, which
            turns a segment of 25 pixels by about a degree.
        cone_deg: largest angle between gravity and the first picture's own downward axis. A floor seen from above looks
            like a wall seen from the front, so cameras are taken to be held upright within this cone, where the
            horizontals of a scene have no vanishing point.
        tolerance_deg: largest angle between a segment and the way to the vanishing point.
        around_deg: angle around the vanishing point within which `least_share` is counted.
        least_share: share of the inliers in the length of all segments within `around_deg`: random directions have
            tolerance over around (0.15), upright edges stand out.
        least_lines: number of inliers in each searched frame: the letters of a watermark and the markings of a road
            seen from above have fewer than the rooms and streets that were tried.
        least_length: the same for their length, in longer sides of the picture.
        least_spread_deg: spread of the inliers across the view (standard deviation): the edges of one pole or one strip
            of road meet anywhere.
        largest_sigma_deg: standard deviation (jackknife over parts of the view, and that of the focal length) up to
            which the direction is told: beyond a few degrees level axes would mix up moves along and across the
            horizon.
    """

    frames: Count = 4
    shortest: Part = 0.04
    cone_deg: Degrees = 40.0
    tolerance_deg: Opening = 1.5
    around_deg: Opening = 10.0
    least_share: Share = 0.45
    least_lines: Limit = 14.0
    least_length: Limit = 0.6
    least_spread_deg: Degrees = 8.0
    largest_sigma_deg: Degrees = 2.0


@final
@dataclass(frozen=True, kw_only=True)
class TrackConfig(Ranged):
    """Settings of the tracker; lengths are pixels of the working size.

    Attributes:
        cells: number of cells that keep points spread over the frame; each wants `per_cell` live points.
        per_cell: live points that each cell wants.
        window_px: patch of the Lucas-Kanade search.
        levels: pyramid levels of the Lucas-Kanade search.
        round_trip_px: largest distance between a point and itself tracked there and back.
        min_length: frames of a track; shorter ones are noise to the adjuster.
        quality: a corner's strength, as a share of the strongest one's, from which it is tracked.
        relink_below: share of points that must survive a step; below it, features are matched instead.
        gap_reach_s: where these find nothing either, as behind a subject that covered the lens, frames from up to so
            long before the gap are matched.
        gap_reach_images: the same for images that are only numbered: so many.
    """

    cells: Annotated[int, Range(1, 100_000)] = 240
    per_cell: Annotated[int, Range(1, 1000)] = 2
    window_px: Annotated[int, Range(3, 255, "pixels")] = 17
    levels: Annotated[int, Range(0, 16)] = 4
    round_trip_px: Positive = 0.6
    min_length: Annotated[int, Range(2, 1_000_000, "frames")] = 3
    quality: Part = 0.002
    relink_below: Share = 0.35
    gap_reach_s: Seconds = 0.8
    gap_reach_images: Some = 30


@final
@dataclass(frozen=True, kw_only=True)
class SelectionConfig(Ranged):
    """Thresholds of geometric model selection; pixels are those of a 640-pixel frame.

    Attributes:
        noise_floor_px: model error (lens, shutter, compression) that no clip is below; forward-backward residuals and
            the richest model both underestimate the noise.
        noise_cap_px: a richest model worse than this explains nothing, so it cannot set the noise.
        rigid_px: where the richest model leaves more than this to the tracks it explains, and more than
            `rigid_native_px`, nothing rigid was filmed: a depth for every track then only follows what melts, as in
            some generated clips, and no translation is believed.
        rigid_native_px: the same in pixels as tracked.
        tolerance: a track agrees with a model if its rms is below this many noise levels ...
        drift: ... plus this share of the way that it goes: lens distortion, rolling shutter and blur grow with motion.
        gain: a richer turning model must explain this share of what the simpler one leaves over, or double what that
            one explains ...
        gain_least: ... and at least this share of all content.
        improvement: full motion must shrink the residuals of the rigid scene by this much (mean log ratio over all
            that agrees with it, against `rotation_zoom` where that was the best so far, else `rotation` or `static`;
            each held up by a tenth of the limit): a free depth for each track shrinks those of a mere turn by up to 0.6
            where blur or weak texture make tracks drift together.
        improvement_flat: the same where the scene is flat; a lens's distortion would look alike.
        improvement_noise: more of both for each pixel of noise above the floor: blurred or grainy tracks drift further.
        improvement_both: the same for full motion and zoom at once.
        improvement_part: so many times as much in a quarter of the clip alone will do for dense flow, whose patches
            know nothing of a push in that comes after a pan.
        flat: inverse depths that vary by less than this share are a wall facing the camera.
        zoom_improvement: a zoom on top of full motion must shrink the residuals by this much (mean log ratio), and by
            more the further its log focal ratio stays below `zoom_clear`.
        zoom_opposed: by so many times as much where it opposes the way along the axis, since a free depth imitates
            that.
        zoom_clear: log focal ratio of a clear zoom.
        zoom_gain: and it must explain this much more of the content.
        lens_odds: where the prior of the focal length speaks by this much (a log ratio) for the lens of the motion with
            zoom and against that without, as much is enough.
        dolly_zoom: log zoom from which its opposition to the way along the axis (0.4 of it, in scene depths) is
            flagged.
        reliable: a full model that explains less than this share of the content is not to be trusted: a free depth per
            track lets it explain much that is not rigid.
        reliable_without_depth: the same for static and turning cameras, whose models leave a track no freedom.
        doubtful: below this confidence two models explain the clip almost equally well.
    """

    noise_floor_px: Positive = 0.15
    noise_cap_px: Positive = 2.0
    rigid_px: Limit = 1.0
    rigid_native_px: Limit = 0.45
    tolerance: Positive = 2.5
    drift: Share = 0.001
    gain: Share = 0.5
    gain_least: Share = 0.1
    improvement: Positive = 0.65
    improvement_flat: Positive = 0.75
    improvement_noise: Limit = 0.5
    improvement_both: Positive = 1.15
    improvement_part: Positive = 2.0
    flat: Limit = 0.085
    zoom_improvement: Limit = 0.2
    zoom_opposed: Limit = 2.0
    zoom_clear: Positive = 0.15
    zoom_gain: Share = 0.05
    lens_odds: Limit = 4.0
    dolly_zoom: Limit = 0.1
    reliable: Share = 0.5
    reliable_without_depth: Share = 0.35
    doubtful: Share = 0.08


@final
@dataclass(frozen=True, kw_only=True)
class AutoConfig(Ranged):
    """Settings of the default estimator.

    Attributes:
        tracks: the tracker.
        selection: thresholds of the choice among motion models.
        keyframes: how many frames the motion models are fitted to in a short clip; more where tracks die fast.
        joint_frames: clips up to this length are adjusted jointly over all frames, longer ones over keyframes.
        joint_tracks: how many tracks join there, beside those of the motion models: what lives between keyframes counts
            too.
        refine_below: where full motion explains less than this share of the content, it is searched for with a zoom
            too; where full motion and zoom were chosen, or nothing rigid was found, always.
        refine_doubt: the same below this confidence.
        refine_lens: the same where the focal length of full motion is so improbable (`FocalPrior.surprise`; 2 is one of
            more than two deviations, fields of view of less than 33 or more than 100 degrees).
        dense: whether the dense backend is asked where the tracks are not sure; then one choice is made over both.
        distortion: "free" (where the tracks of a turn show that the lens bends, the dense backend fits one radial
            coefficient), "none", or its value k1 as for the dense backend, which is then asked in any case; one that
            bends is not asked of the tracks, which know pinholes alone.
    """

    tracks: TrackConfig = field(default_factory=TrackConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    keyframes: Annotated[int, Range(2, 10_000)] = 16
    joint_frames: Annotated[int, Range(2, 1_000_000)] = 120
    joint_tracks: Some = 400
    refine_below: Share = 0.9
    refine_doubt: Share = 0.25
    refine_lens: Limit = 2.0
    dense: bool = True
    distortion: Literal["none", "free"] | float = "free"

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_lens(self.distortion)
        if not isinstance(self.distortion, str) and not self.dense:
            raise CinetrajError("distortion is a number, which tracks alone cannot use; leave out --no-dense")


def _require_lens(distortion: Any) -> None:
    if isinstance(distortion, str) and distortion in ("none", "free"):
        return
    expected = f"expected none, free or k1 within -{STRONGEST_LENS:g}..{STRONGEST_LENS:g}"
    if not is_number(distortion):
        raise CinetrajError(f"distortion is {distortion!r}, {expected}")
    if not abs(distortion) <= STRONGEST_LENS:
        remedy = "a fisheye is no pinhole that bends: make a flat view of it"
        raise CinetrajError(f"distortion is {distortion}, {expected}; {remedy}")


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
        _require_lens(self.distortion)
        if self.grid_px > self.search_px:
            raise CinetrajError(f"grid_px={self.grid_px} is more than search_px={self.search_px}, expected no more")
        if self.flow_weights is not None and self.flow not in TRAINED_FLOWS:
            raise CinetrajError(
                f"weights {self.flow_weights} have no effect on the flow {self.flow}; leave them out, or choose "
                f"{' or '.join(TRAINED_FLOWS)}"
            )


@final
@dataclass(frozen=True, kw_only=True)
class FeatureConfig(Ranged):
    """Which features, and how many.

    `sfm.features.extract.kinds` has the kinds, each with a line that says what it is.

    Attributes:
        name: kind of features; auto takes aliked-n16 on a GPU, where it is quick and finds more that lasts, else sift.
        max_features: the strongest of each frame that are kept.
        weights: local file or folder of the trained weights, a folder also those of the matcher; None downloads them
            from their hub.
        budget_mb: memory for one batch of frames on the device; None takes 2048, on a GPU a quarter of what is free.
    """

    name: str = "auto"
    max_features: Count = 2048
    weights: Path | None = None
    budget_mb: Megabytes | None = None


@final
@dataclass(frozen=True, kw_only=True)
class MatchConfig(Ranged):
    """How descriptors are matched.

    `sfm.matching.match.matchers` has the matchers, each with a line that says what it is.

    Attributes:
        method: matcher.
        ratio: largest nearest over second nearest distance (Lowe 2004), for snn and smnn.
        budget_mb: memory for the table of distances on the device; larger problems go through it in blocks.
        weights: local file or folder of the weights of a trained matcher; None: those of the features where they are a
            folder, else they are downloaded from their hub.
    """

    method: str = "smnn"
    ratio: Part = 0.8
    budget_mb: Megabytes = 512
    weights: Path | None = None


@final
@dataclass(frozen=True, kw_only=True)
class PairConfig(Ranged):
    """Which frames are matched.

    Attributes:
        window: all gaps up to this many frames.
        quadratic: doubling gaps beyond, too.
    """

    window: Count = 6
    quadratic: bool = True


@final
@dataclass(frozen=True, kw_only=True)
class MapConfig(Ranged):
    """Settings of verification and mapping.

    Attributes:
        time_limit_s: seconds after which pycolmap's mapper is killed; the clip counts as failed.
        refine_focal: refine a focal length that was given; an unknown one is always refined.
        max_error_px: inlier bound of the two-view geometry, in pixels of the working size.
        min_matches: verified matches that make a pair.
        retries: further starts of the mapper with other seeds while the mean residual of its model is larger than
            `retry_above_px`; the model with the most frames, then the smallest residual, is kept. Not for the stock
            baseline.
        retry_above_px: mean residual of a model above which the mapper is started again.
        options: further pycolmap options by name, such as {"mapper.filter_min_tri_angle": 1.0}.
    """

    time_limit_s: Duration = 120.0
    refine_focal: bool = False
    max_error_px: Positive = 2.0
    min_matches: Count = 20
    retries: Annotated[int, Range(0, 1000)] = 2
    retry_above_px: Limit = 0.5
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@final
@dataclass(frozen=True, kw_only=True)
class ColmapConfig(Ranged):
    """Settings of the colmap backend, by stage.

    Attributes:
        features: which features, and how many.
        matching: how they are matched.
        pairs: which frames are matched.
        mapping: verification and mapping.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    matching: MatchConfig = field(default_factory=MatchConfig)
    pairs: PairConfig = field(default_factory=PairConfig)
    mapping: MapConfig = field(default_factory=MapConfig)


@final
@dataclass(frozen=True, kw_only=True)
class GlomapConfig(Ranged):
    """Settings of the glomap backend, by stage.

    Attributes:
        features: which features, and how many.
        matching: how they are matched.
        pairs: which frames are matched.
        mapping: verification and mapping.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    matching: MatchConfig = field(default_factory=MatchConfig)
    pairs: PairConfig = field(default_factory=PairConfig)
    mapping: MapConfig = field(default_factory=MapConfig)


@final
@dataclass(frozen=True, kw_only=True)
class ColmapSiftConfig(Ranged):
    """Settings of the stock baseline; what is not here is pycolmap's default.

    Attributes:
        overlap: frames ahead that each frame is matched with (and doubling gaps beyond, COLMAP's default).
        single_camera: one camera for the clip, as its users set it for video; False is COLMAP's default, a camera per
            frame, which makes every focal length free.
        mapping: only `time_limit_s`, `refine_focal` and `options` have an effect here: the rest is stock.
    """

    overlap: Count = 10
    single_camera: bool = True
    mapping: MapConfig = field(default_factory=MapConfig)


@final
@dataclass(frozen=True, kw_only=True)
class CommandConfig(Ranged):
    """How another program estimates a clip.

    Attributes:
        command: template, split like a shell would but run without one, so that no file name can break it. {video}: the
            clip, absolute. {out}: an empty folder to write to. {name}: the clip's own name. {threads}, {seed}: of the
            estimate. A shell is had by `sh -c 'cd x && python y "$1"' _ {video}`.
        format: of what the program writes, e.g. megasam; one of `trajectory.io.FORMATS`.
        output: glob below {out} (or absolute) of the one file or folder to read; None looks for the format's usual
            names. {name} may be used.
        folder: working folder of the program.
        environment: NAME=VALUE ..., added to the present environment.
        timeout_s: seconds after which the program and all that it started are killed.
        keep: folder in which {out} stays, as KEEP/NAME, or KEEP/NAME-2 and so on where that is there already; None:
            removed once it is read.
        frame_step: every n-th frame of the clip was used by the program; None: not known, and then poses are set on the
            clip's time axis only where there is one for each frame.
    """

    command: str = ""
    format: str = "auto"
    output: str | None = None
    folder: Path | None = None
    environment: tuple[str, ...] = ()
    timeout_s: Duration = 3600.0
    keep: Path | None = None
    frame_step: Count | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        words(self.command, {})
        for entry in self.environment:
            if not re.match(r"[A-Za-z_]\w*=", entry):
                raise CinetrajError(f"environment has {entry!r}, expected NAME=VALUE")


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
            name. Or "person": the people whom a small network finds. Masks are laid beside the clip frame by frame, or
            by time where they have another number of frames. Every backend looks past it.
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


@final
@dataclass(frozen=True, kw_only=True)
class BatchConfig(Ranged):
    """How a batch is run; nothing here changes a result.

    Attributes:
        jobs: clips at a time, each in a process of its own. The cores are shared out among them.
        time_limit_s: seconds for one clip, its process and all that this starts; beyond, it is tried once more at half
            the size, then recorded as failed; None: no limit.
        memory_limit_gib: GiB for one clip, its process and all that this starts; None: an equal share of 80 % of the
            memory.
        retry_failed: estimate again what failed in an earlier call.
        plot: draw plot.png for each clip.
        engine: local: processes of this machine; ray: those of a cluster.
        address: of the Ray cluster: auto for the one this machine belongs to, or HOST:PORT of its head.
        cpus_per_clip: CPUs that the cluster sets aside for a clip, which is its number of threads too.
        gpus_per_clip: GPUs for a clip; with 0.25 four clips share one. Give the device cuda besides.
        work: "module:function" (clip, config, *, smaller) -> Estimate.
    """

    engine: Literal["local", "ray"] = "local"
    address: str = "auto"
    cpus_per_clip: Annotated[float, Range(0, 1024, above=True)] = 1.0
    gpus_per_clip: Annotated[float, Range(0, 1024)] = 0.0
    jobs: Annotated[int, Range(1, 1024)] = 1
    time_limit_s: Duration | None = 1800.0
    memory_limit_gib: Positive | None = None
    retry_failed: bool = False
    plot: bool = True
    work: str = "sfm.batch.work:estimate_clip"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine == "ray" and self.jobs != 1:
            raise CinetrajError(f"jobs is {self.jobs}, expected none: the cluster decides that by cpus_per_clip")
        if self.engine == "local" and (self.address, self.cpus_per_clip, self.gpus_per_clip) != ("auto", 1.0, 0.0):
            raise CinetrajError("address, cpus_per_clip or gpus_per_clip is given, expected engine ray with them")
