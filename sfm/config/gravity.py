"""Which way is down."""

from dataclasses import dataclass
from typing import final

from sfm.ranges import Count, Degrees, Limit, Opening, Part, Ranged, Share


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
