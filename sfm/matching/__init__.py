"""One module per matcher, which it defines as MATCHER; `match` runs them, `pairs` says on what."""

from sfm.matching._matcher import Matcher as Matcher
from sfm.matching._matcher import Setting as Setting
