"""Tracks, the choice of a motion model, and the default estimator that goes by both."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, final

from sfm.config.lens import require_lens
from sfm.ranges import Limit, Part, Positive, Range, Ranged, Seconds, Share, Some
from trajectory.errors import CinetrajError


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
        require_lens(self.distortion)
        if not isinstance(self.distortion, str) and not self.dense:
            raise CinetrajError("distortion is a number, which tracks alone cannot use; leave out --no-dense")
