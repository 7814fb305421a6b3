"""Facts of a clip as margins, and the yes score of a margin."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moves import CLIPS, FRAMES, build
from scipy.spatial.transform import Rotation

from compare.benchmarks.camerabench.clips import clip_of_trajectory
from compare.benchmarks.camerabench.facts import TIE, ClipFacts, Unknown, answer, motion_facts
from compare.benchmarks.camerabench.questions import conjunction, has, moving, negation, only
from trajectory.description import describe
from trajectory.taxonomy import camerabench_margins

MARGIN = st.floats(-1e9, 1e9)


def test_a_translation_of_which_nothing_is_known_leaves_only_what_the_rest_decides() -> None:
    pan = CLIPS["Pan_Left"].replace(scale="bounded", translation_bound=math.inf)
    camera = clip_of_trajectory("pan", pan).camera
    assert camera is not None
    assert camera["scores"]["Move_Left"] == 0.0  # the best estimate, which is no fact
    assert camera["decisions"]["Move_Left"]["yes"] is None
    facts = motion_facts(camera)
    assert (facts["Pan_Left"] or 0) > 0
    assert facts["Move_Left"] is facts["Ground_Forward"] is None
    clip = ClipFacts(name="pan", facts=facts, gravity=False)
    with pytest.raises(Unknown, match="pan: not known"):
        answer(has("Move_Left"), clip)
    with pytest.raises(Unknown):
        answer(only("Pan_Left"), clip)  # the unknown move may be there
    assert answer(only("Move_Left"), clip) < 0.5  # the pan says no already
    assert answer(moving, clip) > 0.5
    best = ClipFacts(name="pan", facts=motion_facts(camera, "number"), gravity=False)
    assert answer(has("Move_Left"), best) < 0.5
    assert answer(only("Pan_Left"), best) > 0.5


def test_a_pan_there_and_back_is_motion_though_it_ends_where_it_began() -> None:
    turn = np.radians(20 * np.sin(np.linspace(0, np.pi, FRAMES)))[:, None] * np.array([0, 1, 0])
    share = np.linspace(0, 1, FRAMES)
    back = build(np.zeros((FRAMES, 3)), Rotation.from_rotvec(turn), 1.0, share, None, 24.0)
    camera = clip_of_trajectory("back", back).camera
    assert camera is not None
    clip = ClipFacts(name="back", facts=motion_facts(camera), gravity=False)
    assert answer(has("Pan_Right"), clip) < 0.5  # compared between the first and the last frame
    assert answer(moving, clip) > 0.5


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_facts_agree_with_the_labels_of_the_vocabulary(name: str) -> None:
    description = describe(CLIPS[name])
    labels = {label.rsplit(".", 1)[1]: margin for label, margin in camerabench_margins(description).items()}
    facts = motion_facts(description.to_json())
    clip = ClipFacts(name=name, facts=facts, gravity=True)
    questions_by_label = {
        "clear_moving_camera": moving,
        "very_stable_camera": conjunction(moving, has("Smooth")),
        "slow_moving_camera": conjunction(moving, has("Slow")),
        "fast_moving_camera": conjunction(moving, has("Fast")),
        "fixed_camera_with_shake": conjunction(negation(moving), has("Shaky")),
        "only_pan_left": only("Pan_Left"),
        "has_dolly_in_zoom_out": has("Dolly_In_Zoom_Out"),
        "has_dolly_out_zoom_in": has("Dolly_Out_Zoom_In"),
        **{f"has_{n.lower()}": has(n) for n in ("Arc_Clockwise", "Arc_Counterclockwise", "Crane_Up", "Crane_Down")},
        **{f"has_{a}_wrt_ground": has(f"Ground_{a.title()}") for a in ("forward", "backward")},
        "has_upward_wrt_ground": has("Ground_Up"),
        "has_downward_wrt_ground": has("Ground_Down"),
    }
    compared = {
        label: (answer(question, clip) > 0.5, labels[label] >= 0)  # type: ignore[operator]
        for label, question in questions_by_label.items()
        if labels.get(label) is not None and question(facts) is not None
    }
    assert len(compared) >= 8
    assert {label: ours for label, (ours, _) in compared.items()} == {
        label: own for label, (_, own) in compared.items()
    }


@settings(deadline=None)
@given(MARGIN, MARGIN)
def test_yes_scores_rise_with_the_margin_and_are_never_a_tie(one: float, two: float) -> None:
    a, b = (answer(has("x"), ClipFacts(name="c", facts={"x": m}, gravity=False)) for m in (one, two))
    assert 0 < a < 1
    assert abs(a - 0.5) >= TIE * 0.999
    assert (a > 0.5) == (one >= 0)
    assert (a - b) * (one - two) >= 0
