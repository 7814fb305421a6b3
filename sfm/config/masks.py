"""What of a picture shows no scene: bars, overlays, blank and repeated frames."""

from dataclasses import dataclass, field
from typing import Annotated, final

from sfm.ranges import Count, Duration, Grey, Limit, Range, Ranged, Share, Some


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
