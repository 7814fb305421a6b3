"""Tags of E.T., DataDoP and SpatialVID: their words and numbers from our segments."""

from itertools import product

import numpy as np
import pytest
from motions import build, primitive
from scipy.spatial.transform import Rotation

from trajectory.description import describe
from trajectory.errors import CinetrajError
from trajectory.model import Provenance
from trajectory.tags import NO_POSE, SETS, UNKNOWN_WAY, et_index, tags

ONE = {
    "Move_In": (("push_in",), 1, ("move forward",), 14, ("Dolly In",)),
    "Move_Out": (("pull_out",), 2, ("move backward",), 7, ("Dolly Out",)),
    "Move_Up": (("boom_top",), 6, ("move up",), 21, ("Pedestal Up",)),
    "Move_Down": (("boom_bottom",), 3, ("move down",), 42, ("Pedestal Down",)),
    "Move_Right": (("trucking_right",), 9, ("move right",), 63, ("Truck Right",)),
    "Move_Left": (("trucking_left",), 18, ("move left",), 126, ("Truck Left",)),
    "Pan_Right": (("static",), 0, ("static", "yaw right"), 4, ("Pan Right",)),
    "Pan_Left": (("static",), 0, ("static", "yaw left"), 3, ("Pan Left",)),
    "Tilt_Up": (("static",), 0, ("static", "pitch up"), 1, ("Tilt Up",)),
    "Tilt_Down": (("static",), 0, ("static", "pitch down"), 2, ("Tilt Down",)),
    "Roll_Clockwise": (("static",), 0, ("static", "roll right"), 6, ("Roll CW",)),
    "Roll_Counterclockwise": (("static",), 0, ("static", "roll left"), 5, ("Roll CCW",)),
}
"""Primitive -> E.T.'s words and number, DataDoP's (seven times the translation's, plus the turn's), SpatialVID's."""
SIZE = {"M": 0.5, "P": 28.0, "T": 20.0, "R": 20.0, "Z": 0.4}


def tagged(trajectory):
    return tags(describe(trajectory), trajectory)


@pytest.mark.parametrize("name", ONE)
def test_each_primitive_has_its_tag(name):
    found = tagged(primitive(name, SIZE[name[0]], duration_s=3.0, frames=60))
    said = [(found[each].spans[0].words, found[each].spans[0].index) for each in SETS]
    et, et_number, datadop, datadop_number, spatialvid = ONE[name]
    assert said == [(et, et_number), (datadop, datadop_number), (spatialvid, None)]


def test_zooms_have_no_word_and_that_is_told():
    found = tagged(primitive("Zoom_In", 0.4, duration_s=3.0, frames=60))
    assert {each.spans[0].unnamed for each in found.values()} == {("Zoom_In",)}
    assert found["spatialvid"].spans[0].words == ("Stay",)


def test_a_clip_that_rests_is_static():
    found = tagged(build())
    assert [found[each].spans[0].words for each in SETS] == [("static",), ("static",), ("Stay",)]


def test_numbers_of_translations_are_those_of_the_product_of_signs():
    order = list(product((0, 1, -1), repeat=3))
    assert [et_index(signs) for signs in order] == list(range(27))


def test_several_moves_at_once():
    t = build(turn_deg=(4, -28, 0), move=(-0.4, -0.4, 0.4), duration_s=3.0, frames=60)
    found = tagged(t)
    assert found["et"].spans[0].words == ("trucking_left-boom_top-push_in",)
    assert found["et"].spans[0].index == 25
    assert found["datadop"].spans[0].words == ("move left, up, and forward", "yaw left")
    assert found["datadop"].spans[0].index == 7 * 23 + 3
    assert found["spatialvid"].spans[0].words[:4] == ("Dolly In", "Truck Left", "Pedestal Up", "Pan Left")


@pytest.mark.parametrize("ahead", [0.06, -0.06])
def test_a_move_near_its_threshold_makes_doubtful_what_names_it_alone(ahead):
    """One ahead, and none back, made all tags of a clip "not sure" beside a sentence that was sure of its truck."""
    t = build(frames=121, duration_s=4.0)
    poses, u = t.world_from_cam.copy(), t.time_s / 2
    poses[:, 0, 3], poses[:, 2, 3] = 0.2 * np.clip(u, 0, 1), ahead * np.clip(u - 1, 0, 1)
    spread = np.linspace(0, 1, 121)[:, None, None] * np.diag([1e-8, 1e-8, 4e-4, 1e-8, 1e-8, 1e-8])
    t = t.replace(world_from_cam=poses, pose_covariance=spread)
    found = describe(t)
    assert found.doubted == {"Move_In" if ahead > 0 else "Move_Out"}
    for each in tags(found, t).values():
        assert [(span.words != each.spans[0].words, span.sure) for span in each.spans] == [(False, True), (True, False)]


def pan_then_truck(frames=121):
    t = build(frames=frames, duration_s=4.0)
    poses = t.world_from_cam.copy()
    pan = 30 * np.clip(t.time_s / 2, 0, 1)[:, None]
    poses[:, :3, :3] = Rotation.from_euler("y", pan, degrees=True).as_matrix()
    poses[:, :3, 3] = 0.8 * np.clip(t.time_s / 2 - 1, 0, 1)[:, None] * poses[:, :3, 0]
    return t.replace(world_from_cam=poses)


def test_spans_follow_each_other_and_cover_every_step():
    t = pan_then_truck()
    found = tagged(t)
    assert found["datadop"].spans[0].words == ("static", "yaw right")
    assert found["datadop"].spans[-1].words == ("move right",)
    for each in found.values():
        assert each.spans[0].start == 0
        assert each.spans[-1].stop == len(t) - 1
        assert all(a.stop == b.start for a, b in zip(each.spans[:-1], each.spans[1:], strict=True))
        assert all(span.end_s - span.start_s >= 0.3 for span in each.spans)
    assert len(found["et"].labels()) == len(t) - 1
    keys = list(found["spatialvid"].instructions())
    assert keys[0].startswith("0->")
    assert keys[-1].endswith(f"->{len(t) - 1}")


def test_moves_without_a_word_make_no_spans_of_their_own():
    t = build(frames=121, duration_s=4.0)
    poses = t.world_from_cam.copy()
    pan, tilt = 30 * np.clip(t.time_s / 2, 0, 1), 20 * np.clip(t.time_s / 2 - 1, 0, 1)
    poses[:, :3, :3] = Rotation.from_euler("YX", np.stack([pan, tilt], axis=1), degrees=True).as_matrix()
    found = tagged(t.replace(world_from_cam=poses))
    assert len(found["spatialvid"].spans) >= 2
    (span,) = found["et"].spans
    assert span.words == ("static",)
    assert span.unnamed == ("Pan_Right", "Tilt_Up")


def test_times_of_a_file_that_counts_frames_follow_the_rate():
    t = pan_then_truck()
    counted = t.replace(time_s=np.arange(len(t), dtype=float), time_source="index")
    spans = tagged(counted)["et"].spans
    assert spans[-1].end_s == pytest.approx((len(t) - 1) / 24)


def test_where_the_way_is_not_known_nothing_is_told_of_it():
    t = build(turn_deg=(0, 20, 0), duration_s=3.0).replace(scale="bounded", translation_bound=np.inf)
    found = tagged(t)
    assert found["et"].spans[0].words == ()
    assert found["et"].spans[0].index is None
    assert found["datadop"].spans[0].unknown == UNKNOWN_WAY
    assert found["spatialvid"].spans[0].words == ("Pan Right",)


def test_frames_without_a_pose_have_no_tag():
    t = build(frames=120, duration_s=4.0)
    valid = np.ones(120, dtype=bool)
    valid[60:] = False
    poses = t.world_from_cam.copy()
    poses[60:] = np.nan
    reason = tuple("" if each else "lost" for each in valid)
    spans = tagged(t.replace(world_from_cam=poses, valid=valid, reason=reason))["et"].spans
    assert [(span.words, span.unknown) for span in spans] == [(("static",), ""), ((), NO_POSE)]
    assert spans[1].start == 59


@pytest.mark.parametrize(
    ("name", "unsure", "expected"),
    [
        ("Pan_Right", "translation", (False, False, True)),  # the first two call it static, which is said of its way
        ("Move_In", "rotation", (True, False, True)),  # and that there is no turn is said by the second one alone
    ],
)
def test_what_a_set_says_there_is_not_is_as_sure_as_what_it_names(name, unsure, expected):
    t = primitive(name, SIZE[name[0]], duration_s=3.0, frames=60)
    sure = {"rotation": True, "translation": True, "zoom": True, unsure: False}
    found = tagged(t.replace(provenance=Provenance(evidence={"sure": sure})))
    assert tuple(found[each].spans[0].sure for each in SETS) == expected


def test_what_is_not_sure_is_marked():
    t = build(move=(0.5, 0, 0), duration_s=3.0)
    unsure = t.replace(provenance=Provenance(evidence={"sure": {"translation": False, "rotation": True}}))
    assert tagged(t)["et"].spans[0].sure
    assert not tagged(unsure)["et"].spans[0].sure


def test_an_unknown_set_is_refused():
    t = build()
    with pytest.raises(CinetrajError, match="expected et, datadop, spatialvid"):
        tags(describe(t), t, ("vbench",))


def test_one_string_names_sets_and_not_letters():
    t = build(turn_deg=(0.0, 30.0, 0.0))
    told = describe(t)
    assert [*tags(told, t, "et")] == ["et"]
    assert [*tags(told, t, "datadop, et,")] == ["et", "datadop"]
    with pytest.raises(CinetrajError, match=r"^'vbench' is no set of tags"):
        tags(told, t, "vbench")
