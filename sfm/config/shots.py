"""Where a clip is cut: hard cuts, dissolves, wipes, and what links two sides."""

from dataclasses import dataclass, field
from typing import Annotated, final

from sfm.ranges import Count, Grey, Limit, Part, Range, Ranged, Seconds, Share, Side, Some


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
