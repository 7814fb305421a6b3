"""Matches of key points between frames, for the backends colmap and glomap.

A module that defines MATCHER, one `Matcher` or a tuple of them, is found by that name; nothing lists it, here or
elsewhere. `match` runs the one that is asked for, on the pairs that `pairs` chooses. The default backend follows points
and uses no matcher; where it loses them, `two_view` matches a single pair, by a way of its own.
"""

from sfm.matching._matcher import Matcher as Matcher
from sfm.matching._matcher import Setting as Setting
