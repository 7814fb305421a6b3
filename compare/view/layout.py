# pyright: basic
# (rerun's classes have partial types)
"""How the viewer is laid out: the film and the words at the left, space and time at the right."""

from typing import Any

from compare.view import curves, scene
from compare.view.library import rerun

WORDS_ENTITY = "words"


def blueprint(*, film: bool, depth: bool, dense: bool, timeline: str, in_parts: bool) -> Any:
    """The layout for what a recording holds."""
    rerun()
    import rerun.blueprint as rrb

    left: list[Any] = []
    if film:
        hidden = f"- {scene.DEPTH_IN_SPACE}"
        contents = [f"+ {scene.IMAGE}/**", hidden]
        left.append(rrb.Spatial2DView(origin=scene.IMAGE, contents=contents, name="Film, tracks, movement"))
    if depth:
        origin = scene.DEPTH_IN_SPACE if dense else scene.DEPTH
        left.append(rrb.Spatial2DView(origin=origin, name="Depth"))
    left.append(rrb.TextDocumentView(origin=WORDS_ENTITY, name="In words"))
    up = rrb.EyeControls3D(eye_up=(0.0, -1.0, 0.0))
    space = rrb.Spatial3DView(origin=scene.WORLD, name="Cameras and points", eye_controls=up)
    focal = f"Focal length [{'parts of the picture' if in_parts else 'pixels'}]"
    names = {curves.ROTATION: "Rotation [degrees]", curves.POSITION: "Position", curves.FOCAL: focal}
    lines = [
        rrb.Tabs(
            rrb.TimeSeriesView(origin=origin, name=name),
            rrb.TimeSeriesView(origin=f"{curves.SPREAD}/{origin}", name="One standard deviation"),
        )
        for origin, name in names.items()
    ]
    right = [
        space,
        rrb.Horizontal(*lines),
        rrb.StateTimelineView(origin=curves.SEGMENTS, name="Segments (probability that it is right)"),
    ]
    shares = [3.0, 2.0, 2.0][: len(left) - 1] + [2.0]
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Vertical(*left, row_shares=shares),
            rrb.Vertical(*right, row_shares=[5.0, 2.5, 1.8]),
            column_shares=[2.0, 3.0],
        ),
        rrb.TimePanel(state="collapsed", timeline=timeline),
        rrb.SelectionPanel(state="hidden"),
        rrb.BlueprintPanel(state="collapsed"),
    )
