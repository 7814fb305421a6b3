"""Renders clips with exact truth: textured scenes, any camera path, movers, what lenses and sensors do, H.264."""

from sfm.synthetic.clip import ClipTruth, RenderedClip, measure, render, stage, widest, write_video
from sfm.synthetic.examples import EXAMPLES, Example, write_examples
from sfm.synthetic.flow import flow
from sfm.synthetic.spec import MOVES, ClipSpec, MoverSpec
from sfm.video.encode import encode

__all__ = [
    "EXAMPLES",
    "MOVES",
    "ClipSpec",
    "ClipTruth",
    "Example",
    "MoverSpec",
    "RenderedClip",
    "encode",
    "flow",
    "measure",
    "render",
    "stage",
    "widest",
    "write_examples",
    "write_video",
]
