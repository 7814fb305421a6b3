"""One module per kind of features, which it defines as FEATURE; `extract` runs them."""

from sfm.features._kind import Extractor as Extractor
from sfm.features._kind import FeatureKind as FeatureKind
from sfm.features.types import Features as Features
