"""Matches of key points between frames, for the backends colmap and glomap.

`nearest` and `adalam` are matchers: each defines its own as MATCHER. `match` runs the one that is asked for, on the
frames that `pairs` chooses. `two_view` matches one pair for the tracker, on its own. The default backend follows points
and uses no matcher of this folder, but for steps that lose them (`two_view`).
"""

from sfm.matching._matcher import Matcher as Matcher
from sfm.matching._matcher import Setting as Setting
