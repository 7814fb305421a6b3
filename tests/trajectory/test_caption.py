"""The sentence."""

import numpy as np
import pytest
from motions import SIGN, build, primitive
from scipy.spatial.transform import Rotation

from trajectory.candidates import Candidates
from trajectory.decisions import Decision
from trajectory.description import describe
from trajectory.model import Provenance
from trajectory.moves import are_told
from trajectory.segments import Segment

UNIT = {"turn": 28.0, "move": 0.5, "zoom": 0.4}
WORDS = {
    "Move_In": "moves forward",
    "Move_Out": "moves backward",
    "Move_Up": "moves up",
    "Move_Down": "moves down",
    "Move_Right": "moves right",
    "Move_Left": "moves left",
    "Zoom_In": "zooms in about 1.5 times",
    "Zoom_Out": "zooms out about 1.5 times",
    "Pan_Right": "pans right about 28°",
    "Pan_Left": "pans left about 28°",
    "Tilt_Up": "tilts up about 28°",
    "Tilt_Down": "tilts down about 28°",
    "Roll_Clockwise": "rolls clockwise about 28°",
    "Roll_Counterclockwise": "rolls counterclockwise about 28°",
}


def said(*args, **options):
    return describe(build(*args, **options)).sentence


@pytest.mark.parametrize("name", SIGN)
def test_each_primitive_has_its_words(name):
    text = describe(primitive(name, UNIT[SIGN[name][0]], duration_s=3.0, frames=90)).sentence
    assert text.startswith(f"The camera {WORDS[name]}; smooth")


def test_the_example_sentence():
    text = said(turn_deg=(0, -28, 0), move=(0, 0, 0.13), duration_s=3.0, frames=90)
    assert text == "The camera pans left about 28° while moving forward slightly; smooth, regular speed."


def test_static_shaky_and_minor():
    assert said() == "The camera is static."
    assert said(noise_deg=0.5, frames=120) == "The camera stays in place but shakes."
    assert said(turn_deg=(0, 1.0, 0)) == "The camera hardly moves."


def test_successive_moves_are_joined_by_then():
    t = build(frames=121, duration_s=4.0)
    pan, tilt = 30 * np.clip(t.time_s / 2, 0, 1), 20 * np.clip(t.time_s / 2 - 1, 0, 1)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("YX", np.stack([pan, tilt], axis=1), degrees=True).as_matrix()
    text = describe(t.replace(world_from_cam=poses)).sentence
    assert "pans right about 30°, then tilts up about 20°" in text


def test_there_and_back_is_told_as_two_moves():
    text = said(turn_deg=(0, 40, 0), frames=181, duration_s=6.0, profile=lambda a: np.sin(np.pi * a))
    assert "pans right about 40°, then pans left about 40°" in text


@pytest.mark.parametrize("noise", [0.0, 0.001])
@pytest.mark.parametrize("duration_s", [2.0, 4.0])
def test_a_way_there_and_back_is_told_without_a_depth_too(duration_s, noise):
    """As generators are asked for, to come back to where they began; each way has less than half of the path."""
    path = {
        "frames": round(24 * duration_s) + 1,
        "duration_s": duration_s,
        "with_depth": False,
        "noise_position": noise,
    }
    found = describe(build(move=(0, 0, 0.5), profile=lambda a: np.sin(np.pi * a), **path))
    assert found.sentence == "The camera moves forward, then moves backward; smooth."
    assert [each.primitive for each in found.moves] == ["Move_In", "Move_Out"]


def test_a_drive_of_many_turns_without_a_depth_goes_forward():
    turns = {"turn_deg": (0, 40, 0), "frames": 1801, "duration_s": 60.0, "profile": lambda a: np.sin(20 * np.pi * a)}
    turning = build(**turns, with_depth=False)
    poses = np.array(turning.world_from_cam)
    poses[:, :3, 3] = np.cumsum(poses[:, :3, 2], axis=0)  # each step goes where the camera looks
    text = describe(turning.replace(world_from_cam=poses)).sentence
    assert text.startswith("Among many moves, the camera ")
    assert "moving forward" in text


def panned(*degrees):
    """A camera that pans by each angle in two seconds and rests two before the next."""
    t = build(frames=120 * len(degrees) + 1, duration_s=4.0 * len(degrees))
    angle = sum(by * np.clip(t.time_s / 2 - 2 * k, 0, 1) for k, by in enumerate(degrees))
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("Y", angle[:, None], degrees=True).as_matrix()
    return describe(t.replace(world_from_cam=poses)).captions


def test_words_without_amounts_are_not_said_twice():
    assert panned(50, -20, 40).short == "Pans right, then pans left."
    found = panned(40, 30)
    assert "pans right about 40°, then pans right about 30°" in found.medium
    assert found.prompt.startswith("The camera pans right;")
    assert found.short == "Pans right."


def test_two_turns_of_one_angle_are_told_as_two():
    found = panned(30, 30)
    assert "pans right about 30°, then pans right about 30°" in found.medium
    assert found.short == "Pans right."
    assert found.prompt.startswith("The camera pans right;")


def test_a_clear_way_back_is_told_with_the_slow_ways_there():
    at = np.array([0, 2, 4, 6, 7.5])  # two ways there that are slight each, one back that is clear
    pan = np.interp(np.linspace(0, 7.5, 226), at, [0, 4, 4, 8, 1]) / 8
    text = said(
        turn_deg=(0, 8, 0), frames=226, duration_s=7.5, profile=lambda a: np.interp(a, np.linspace(0, 1, 226), pan)
    )
    assert "pans right" in text
    assert "pans left about 7°" in text


def test_a_slight_way_there_is_not_told_beside_a_long_way_back():
    told = are_told_of(Pan_Right=(0.04, 0.3, False), Pan_Left=(0.12, 2.0, False))
    assert told == (False, True)
    assert are_told_of(Pan_Right=(0.06, 0.5, False), Pan_Left=(0.12, 2.0, False)) == (True, True)
    assert are_told_of(Pan_Right=(0.06, 0.5, False), Pan_Left=(0.12, 2.0, True)) == (False, True)


def are_told_of(**each: tuple[float, float, bool]) -> tuple[bool, ...]:
    decisions, segments = dict[str, Decision](), list[Segment]()
    for at_s, (name, (strength, margin, yes)) in enumerate(each.items()):
        decisions[name] = Decision(yes=yes, margin=margin, reliability=1.0, probability=0.5)
        span = {"start_s": float(at_s), "end_s": at_s + 1.0}
        segments.append(Segment(primitive=name, **span, strength=strength, margin=margin))
    return are_told(decisions, segments, "scene_depth")


def test_unknown_translation_is_said():
    t = build(turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=np.inf)
    assert describe(t).sentence.endswith("whether it travels is not known.")


def test_a_clip_of_many_moves_stays_one_short_sentence():
    t = build(turn_deg=(0, 40, 0), frames=1801, duration_s=60.0, profile=lambda a: np.sin(20 * np.pi * a))
    text = describe(t).sentence
    assert text.startswith("Among many moves, the camera pans")
    assert len(text) < 250


def test_no_kind_of_move_is_left_out_for_one_that_is_told_already():
    """Of five moves the sentence held four, and of ten strong pans with a way the way was in no caption."""
    t = build(frames=301, duration_s=10.0)
    done = np.clip(t.time_s[:, None] / 2 - np.arange(5), 0, 1)  # two seconds each
    poses, k = t.world_from_cam.copy(), t.intrinsics_px.copy()
    poses[:, :3, :3] = Rotation.from_euler("YXZ", done[:, :3] * [40, 8, 30], degrees=True).as_matrix()
    poses[:, :3, 3] = 0.5 * done[:, 3:4] * poses[-1, :3, 2]
    k[:, :2, :2] *= np.exp(0.5 * done[:, 4])[:, None, None]
    text = describe(t.replace(world_from_cam=poses, intrinsics_px=k)).sentence
    assert not text.startswith("Among many moves")
    assert all(word in text for word in ("pans right", "tilts up", "rolls clockwise", "forward", "zooms in"))
    turns = {"turn_deg": (0, 40, 0), "frames": 601, "duration_s": 20.0, "profile": lambda a: np.sin(10 * np.pi * a)}
    panning = build(**turns)
    poses = np.array(panning.world_from_cam)
    poses[:, 2, 3] = np.linspace(0, 0.6, len(poses))
    found = describe(panning.replace(world_from_cam=poses)).captions
    assert found.medium.startswith("Among many moves")
    assert "moving forward" in found.medium
    assert "moves forward" in found.long


def doubting(t, **sure):
    return describe(t.replace(provenance=Provenance(evidence={"sure": sure}))).sentence


def test_what_is_not_sure_is_said_with_possibly():
    t = build(turn_deg=(0, -28, 0), move=(0, 0, 0.13), duration_s=3.0, frames=90)
    plain = describe(t).sentence
    assert doubting(t, rotation=True, translation=True, zoom=True) == plain
    assert doubting(t, translation=False) == plain.replace("moving", "possibly moving")
    assert doubting(t, rotation=False) == plain.replace("pans", "possibly pans")
    assert doubting(t, zoom=False) == plain.replace("speed.", "speed; whether it zooms is not sure.")


def test_possibly_is_said_of_what_is_not_sure_alone():
    """ "possibly rolling clockwise and tilting up" was read as a doubt of both."""
    evidence = {"probability": {"rotation": 0.9, "translation": 0.5, "zoom": 0.9}}
    t = build(turn_deg=(0, -60, 0), move=(0, 0, 0.5), log_zoom=0.1).replace(provenance=Provenance(evidence=evidence))
    assert "while zooming in about 1.1 times and possibly moving forward" in describe(t).sentence


def test_what_is_not_sure_and_not_seen_is_said_too():
    assert doubting(build(), translation=False) == "The camera is static; whether it travels is not sure."
    t = build(turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=np.inf)
    assert doubting(t, translation=False).endswith("speed; whether it travels is not known.")
    assert doubting(t, translation=True).endswith("speed; whether it travels a little is not known.")


@pytest.mark.parametrize("quantity", ["rotation", "translation"])
def test_an_arc_is_as_sure_as_its_turn_and_its_move(quantity):
    angle = np.radians(np.linspace(0, 40, 60))
    t = build(frames=60)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = np.stack([np.sin(angle), 0 * angle, 1 - np.cos(angle)], axis=1)
    poses[:, :3, :3] = Rotation.from_rotvec(-angle[:, None] * [0, 1, 0]).as_matrix()
    t = t.replace(world_from_cam=poses)
    assert describe(t).sentence.startswith("The camera arcs right around its subject")
    assert doubting(t, **{quantity: False}).startswith("The camera possibly arcs right around its subject")
    assert doubting(t, zoom=False).startswith("The camera arcs right around its subject")


def captions(*args, **options):
    return describe(build(*args, **options)).captions


def test_three_lengths_and_a_prompt():
    found = captions(turn_deg=(0, -28, 0), move=(0, 0, 0.13), duration_s=3.0, frames=90)
    assert found.short == "Pans left while moving forward."
    assert found.medium == "The camera pans left about 28° while moving forward slightly; smooth, regular speed."
    assert found.long.startswith(found.medium)
    assert "it pans left about 28°" in found.long
    assert "% of the scene depth" in found.long
    assert "turns by pan -28°, tilt 0°, roll 0°, summed over its steps." in found.long
    assert found.prompt == "The camera pans left while dollying in slightly; smooth camera movement."


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("Move_Left", "trucks left"),
        ("Move_In", "dollies in"),
        ("Move_Up", "pedestals up"),
        ("Zoom_Out", "zooms out"),
        ("Roll_Clockwise", "rolls clockwise"),
    ],
)
def test_prompts_use_the_words_of_the_trade(name, prompt):
    said = describe(primitive(name, UNIT[SIGN[name][0]], duration_s=3.0, frames=90)).captions.prompt
    assert said.removeprefix("The camera ").removeprefix("slowly ") == f"{prompt}; smooth camera movement."
    assert not any(letter.isdigit() for letter in said)


def test_pace_and_shake_are_in_prompts():
    assert captions(turn_deg=(0, 12, 0), duration_s=6.0, frames=90).prompt.startswith("The camera slowly pans right")
    shaky = captions(turn_deg=(0, 40, 0), duration_s=4.0, frames=120, noise_deg=0.5).prompt
    assert shaky.endswith("shaky handheld camera.")


def around(degrees, frames=60):
    """A half circle around a subject at distance 1, which the camera faces."""
    angle = np.radians(np.linspace(0, degrees, frames))
    t = build(frames=frames)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = np.stack([np.sin(angle), 0 * angle, 1 - np.cos(angle)], axis=1)
    poses[:, :3, :3] = Rotation.from_rotvec(-angle[:, None] * [0, 1, 0]).as_matrix()
    return t.replace(world_from_cam=poses)


def test_the_long_caption_tells_no_stretch_that_is_none():
    t = build(turn_deg=(0, 90, 0), frames=121, duration_s=4.0)
    poses, turned = t.world_from_cam.copy(), np.clip(t.time_s / 2, 0, 1)
    poses[:, :3, :3] = Rotation.from_rotvec(np.radians(90 * turned)[:, None] * [0, 1, 0]).as_matrix()
    poses[:, 2, 3] = -0.6 * np.clip(t.time_s / 2 - 1, 0, 1)  # to its right, backward as it stood first
    found = describe(t.replace(world_from_cam=poses))
    assert found.decisions["Move_Out"].yes
    assert {s.primitive for s in found.segments} == {"Pan_Right", "Move_Right"}
    assert found.sentence.startswith("The camera pans right about 90°, then moves right;")
    assert "pans right, then trucks right" in (found.captions.prompt or "")
    stretches, overall = found.captions.long.split("From the first frame to the last")
    assert "backward" not in stretches
    assert "it moves backward by 60 % of the scene depth and turns by pan +90°, tilt 0°, roll 0°" in overall


def test_amounts_are_never_negative_and_a_circle_is_no_way_ahead():
    found = describe(around(100))
    assert found.decisions["Move_In"].yes  # its end lies ahead of its start
    assert "arcs right" in found.sentence
    assert "forward" not in found.captions.long
    assert "-" not in found.captions.long.replace("pan -", "").replace("roll -", "")


def test_cameras_that_rest():
    assert captions().short == "Static."
    assert captions().prompt == "The camera is locked off in a static shot."
    assert captions(noise_deg=0.5, frames=120).short == "In place, shaky."


def test_prompts_say_only_what_is_sure():
    t = build(turn_deg=(0, -28, 0), move=(0, 0, 0.13), duration_s=3.0, frames=90)

    def unsure(**sure):
        return describe(t.replace(provenance=Provenance(evidence={"sure": sure}))).captions

    assert unsure(translation=False).prompt == "The camera pans left; smooth camera movement."
    assert unsure(translation=False).short == "Pans left while possibly moving forward."
    assert unsure(translation=False, rotation=False).prompt is None
    still = build().replace(provenance=Provenance(evidence={"sure": {"translation": False}}))
    assert describe(still).captions.prompt is None
    assert describe(still).captions.short == "Possibly static."


def test_short_captions_doubt_what_the_longer_ones_doubt():
    t = build(turn_deg=(0, -28, 0), duration_s=3.0, frames=90)

    def short(trajectory, **evidence):
        return describe(trajectory.replace(provenance=Provenance(evidence=evidence))).captions.short

    assert short(t, sure={"translation": False}) == "Pans left; travel not sure."
    assert short(t, sure={"translation": False, "zoom": False}) == "Pans left; travel not sure; zoom not sure."
    assert short(t, sure={"rotation": False}) == "Possibly pans left."
    unknown = t.replace(scale="bounded", translation_bound=np.inf)
    assert short(unknown, sure={"translation": False}) == "Pans left; travel not known."
    assert short(unknown, sure={"translation": True}) == "Pans left; a little travel not known."
    shaky = build(noise_deg=0.5, frames=120)
    assert short(shaky, sure={"translation": False}) == "In place, shaky; travel not sure."


def test_an_unreliable_clip_that_does_not_say_what_is_sure_is_doubted_whole():
    t = build(turn_deg=(0, -28, 0), move=(0, 0, 0.13), duration_s=3.0, frames=90)
    found = describe(t.replace(provenance=Provenance(evidence={"status": "unreliable"}))).captions
    assert found.short == "Possibly pans left while possibly moving forward."
    assert "possibly pans left" in found.medium
    still = describe(build().replace(provenance=Provenance(evidence={"status": "unreliable"}))).captions
    assert still.short == "Possibly static."
    assert still.medium == "The camera is static; whether it moves is not sure."


def test_of_a_clip_that_is_not_vouched_for_no_rest_and_no_minor_move_is_told_without_a_doubt():
    """ "The camera is static." was told of what nothing rigid was seen in, where a pan was "possibly" one."""
    t = build(turn_deg=(0, 1.0, 0))
    noise = np.tile(np.diag([1e-8] * 3 + [1e-8] * 3), (len(t), 1, 1))
    sure = {"probability": {"rotation": 0.95, "translation": 0.95, "zoom": 0.95, "rigid": 1.0}}
    vouched, not_vouched = (
        describe(t.replace(pose_covariance=noise, provenance=Provenance(evidence=evidence))).captions
        for evidence in (sure, {"status": "unreliable", "probability": sure["probability"] | {"rigid": 0.2}})
    )
    assert vouched.medium == "The camera hardly moves; it pans right by 1.0°."
    assert (
        not_vouched.medium == "The camera hardly moves; it possibly pans right by 1.0°; whether it moves is not sure."
    )
    assert not_vouched.short == "Hardly moves; motion not sure."


def test_unreliable_clips_have_no_prompt():
    t = build(turn_deg=(0, -28, 0), duration_s=3.0, frames=90)
    evidence = {"status": "unreliable", "sure": {"rotation": True}}
    found = describe(t.replace(provenance=Provenance(evidence=evidence))).captions
    assert found.prompt is None
    assert found.short == "Pans left."


def test_nothing_known_has_no_prompt():
    t = build(frames=4)
    poses = t.world_from_cam.copy()
    poses[1:] = np.nan
    valid = np.array([True, False, False, False])
    found = describe(t.replace(world_from_cam=poses, valid=valid, reason=("", "lost", "lost", "lost"))).captions
    assert found.prompt is None
    assert found.short == "Not known."


def test_frames_without_times_tell_no_pace_no_shake_and_no_seconds():
    t = build(turn_deg=(0, 60, 0), frames=49, duration_s=2.0, noise_deg=0.3)
    timed = describe(t).captions
    assert "shaky" in timed.prompt
    counted = describe(t.replace(time_s=np.arange(49.0), time_source="index")).captions
    assert counted.medium == "The camera pans right about 60°."
    assert counted.prompt == "The camera pans right."
    assert "From frame 0 to 48 it pans right" in counted.long
    assert " s it " not in counted.long


def test_a_clock_that_tells_the_date_is_no_time_of_a_caption():
    path = build(turn_deg=(0, 60, 0), frames=49, duration_s=2.0)
    dated = describe(path.replace(time_s=1403636580.8 + path.time_s))
    assert "From 0.0 to 2.0 s it pans right" in dated.captions.long
    assert dated.segments[0].start_s > 1e9  # numbers stay on the clock of the path
    assert "From 5.0 to 7.0 s it pans right" in describe(path.replace(time_s=5.0 + path.time_s)).captions.long


def test_neither_pans_nor_ways_of_unknown_size_hide_the_other():
    """Without a depth nothing holds a way against a turn: of four of each there are two in the sentence."""
    t = build(frames=241, duration_s=10.0, with_depth=False)
    back_and_forth = np.sin(4.0 * np.pi * np.linspace(0.0, 1.0, 241))
    poses = t.world_from_cam.copy()
    poses[:, 0, 3] = back_and_forth
    poses[:, :3, :3] = Rotation.from_euler("y", 40.0 * back_and_forth[:, None], degrees=True).as_matrix()
    said = describe(t.replace(world_from_cam=poses)).captions.medium
    assert "pans" in said
    assert "moving" in said


def test_a_way_that_is_less_probable_than_its_opposite_is_not_told_alone():
    """Two other answers, each less probable than this one, go the other way."""
    evidence = {"probability": {"rotation": 0.9, "translation": 0.35, "zoom": 0.9}}
    own = primitive("Move_In", 0.4).replace(provenance=Provenance(evidence=evidence))
    back = ((0.34, primitive("Move_Out", 0.4)), (0.3, primitive("Move_Out", 0.3)))
    found = describe(own, candidates=Candidates(own=0.36, others=back))
    assert found.decisions["Move_In"].probability < found.decisions["Move_Out"].probability
    assert found.captions.short == "Possibly moves backward or forward."
    assert "it possibly moves backward or forward." in found.captions.long
    agreed = describe(own, candidates=Candidates(own=0.36, others=((0.64, own),)))
    assert agreed.captions.short == "Moves forward."  # whichever is right


def test_a_turn_that_all_answers_tell_is_sure_although_its_amount_is_not():
    """How far it turned hangs on a focal length that nothing shows; each candidate has another one."""
    sure = {"rotation": False, "translation": True, "zoom": True}
    evidence = {"probability": {"rotation": 0.45, "translation": 0.95, "zoom": 0.95}, "sure": sure}
    own = build(turn_deg=(20, 0, 0)).replace(provenance=Provenance(evidence=evidence))
    rivals = ((0.3, build(turn_deg=(14, 0, 0))), (0.2, build(turn_deg=(29, 0, 0))))
    found = describe(own, candidates=Candidates(own=0.5, others=rivals))
    assert "Tilt_Up" not in found.doubted
    assert found.sentence.startswith("The camera tilts up roughly 20°;")
    assert "it tilts up roughly 20°" in found.captions.long
    assert found.captions.short == "Tilts up."
    against = describe(own, candidates=Candidates(own=0.5, others=((0.5, build(turn_deg=(0, 20, 0))),)))
    assert against.sentence.startswith("The camera possibly tilts up about 20°;")
