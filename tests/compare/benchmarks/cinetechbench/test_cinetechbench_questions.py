"""Multiple-choice answers from camera paths: the words of the options, the choice, and honest accuracy."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moves import MOVES, orbit, path

from compare.benchmarks.camerabench.clips import Clip, clip_of_trajectory
from compare.benchmarks.camerabench.facts import motion_facts
from compare.benchmarks.cinetechbench.clips import Annotation
from compare.benchmarks.cinetechbench.questions import (
    GROUPS,
    TYPES,
    answer_questions,
    as_markdown,
    choose,
    read_options,
    read_types,
    summarise,
)
from trajectory.errors import CinetrajError
from trajectory.taxonomy import CINETECHBENCH, CINETECHBENCH_GROUPS

OF_TYPE = {
    "Crane Shot": orbit(30, upward=True),
    "Dolly In Shot": MOVES["Move_In"],
    "Dolly Out Shot": MOVES["Move_Out"],
    "Fixed Shot": MOVES["Static"],
    "Pan Left Shot": MOVES["Pan_Left"],
    "Pan Right Shot": MOVES["Pan_Right"],
    "Rolling Clockwise Shot": MOVES["Roll_Clockwise"],
    "Rolling Counterclockwise Shot": MOVES["Roll_Counterclockwise"],
    "Tilt Down Shot": MOVES["Tilt_Down"],
    "Tilt Up Shot": MOVES["Tilt_Up"],
    "Trucking Left Shot": MOVES["Move_Left"],
    "Trucking Right Shot": MOVES["Move_Right"],
    "Zoom In Shot": MOVES["Zoom_In"],
    "Zoom Out Shot": MOVES["Zoom_Out"],
}
CLIPS = {kind: clip_of_trajectory(kind, trajectory) for kind, trajectory in OF_TYPE.items()}


def facts_of(clip: Clip) -> dict[str, float | None]:
    assert clip.camera is not None
    return motion_facts(clip.camera)


def question(name: str, options: list[str], answer: str, *, kind: str = "Single", type_: str = "") -> Annotation:
    lines = [f"{letter}. {label}" for letter, label in zip("ABCDEFGH", options, strict=False)]
    prompt = "\n".join(["What is the camera movement?", *lines, "Answer with the letter only."])
    return Annotation(
        id="1",
        video_name=f"{name}.mp4",
        type=type_ or name,
        kind=kind,
        start=None,
        end=None,
        prompt=prompt,
        answer=answer,
    )


def test_the_words_of_the_fifteen_types_and_no_others() -> None:
    for name in TYPES:
        assert read_types(name) == {name}
        assert read_types(name.replace(" Shot", "").upper()) == {name}
    for one, two in combinations(TYPES, 2):
        assert read_types(f"{one} and {two}") == {one, two}
    assert read_types("Pan Left + Tilt Up Shot") == {"Pan Left Shot", "Tilt Up Shot"}
    assert read_types("Roll Anti-clockwise") == {"Rolling Counterclockwise Shot"}
    assert read_types("A close-up of a company in Spain") == frozenset()
    assert {member for members in GROUPS.values() for member in members} == set(TYPES)


def test_types_and_groups_are_those_of_the_vocabulary() -> None:
    assert tuple(TYPES) == CINETECHBENCH
    assert {name: GROUPS[name] for name in CINETECHBENCH_GROUPS} == CINETECHBENCH_GROUPS


def test_options_are_lines_with_a_letter() -> None:
    prompt = (
        "The U.S. camera. Which one?\n A. Pan Left Shot\n(B) Zoom In Shot \nC: Fixed Shot\nD) Crane Shot\nE.T. calls"
    )
    with_four = read_options(prompt.replace("\nE.T. calls", ""))
    assert with_four == {"A": "Pan Left Shot", "B": "Zoom In Shot", "C": "Fixed Shot", "D": "Crane Shot"}
    for bad in ("Which?", "A. only one", "A. Pan Left\nA. Pan Right"):
        with pytest.raises(CinetrajError, match="expected A, B"):
            read_options(bad)


@pytest.mark.parametrize("kind", sorted(OF_TYPE))
def test_every_type_is_told_from_every_other(kind: str) -> None:
    facts = facts_of(CLIPS[kind])
    options = {chr(65 + i): name for i, name in enumerate(sorted(OF_TYPE))}
    letter, fit = choose(options, facts)
    assert options[letter or "?"] == kind
    assert list(fit) == list(options)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_the_order_of_the_options_does_not_matter(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(OF_TYPE)))
    others = data.draw(st.lists(st.sampled_from([t for t in TYPES if t != kind]), min_size=3, max_size=3, unique=True))
    shuffled = data.draw(st.permutations([kind, *others]))
    letter, _ = choose(dict(zip("ABCD", shuffled, strict=True)), facts_of(CLIPS[kind]))
    assert shuffled["ABCD".index(letter or "?")] == kind


def test_combinations_want_all_of_their_parts_and_no_more() -> None:
    both = facts_of(clip_of_trajectory("both", path(turn_deg=(15, -20, 0))))
    options = {"A": "Pan Left Shot", "B": "Pan Left + Tilt Up", "C": "Pan Left + Tilt Down", "D": "Tilt Up + Zoom In"}
    assert choose(options, both)[0] == "B"
    assert choose(options, facts_of(CLIPS["Pan Left Shot"]))[0] == "A"


def test_tracking_is_answered_by_elimination_only() -> None:
    options = {"A": "Tracking Shot", "B": "Zoom In Shot", "C": "Fixed Shot", "D": "Pan Left Shot"}
    assert choose(options, facts_of(CLIPS["Trucking Left Shot"]))[0] == "A"
    assert choose(options, facts_of(CLIPS["Pan Left Shot"]))[0] == "D"
    assert choose(options, facts_of(CLIPS["Fixed Shot"]))[0] == "C"


def test_an_option_of_unknown_words_fails_the_question() -> None:
    with pytest.raises(CinetrajError, match="option B is 'Bullet Time'"):
        choose({"A": "Zoom In Shot", "B": "Bullet Time"}, facts_of(CLIPS["Fixed Shot"]))


def test_accuracy_is_over_all_questions_and_failures_are_named() -> None:
    options = ["Pan Left Shot", "Pan Right Shot", "Zoom In Shot", "Fixed Shot"]
    clips = {
        "right": CLIPS["Pan Left Shot"],
        "wrong": CLIPS["Zoom In Shot"],
        "black": Clip(name="black", camera=None, failure="all frames are black"),
        "both": CLIPS["Fixed Shot"],
    }
    annotations = [
        question("right", options, "A", type_="Pan Left Shot"),
        question("wrong", options, "A", type_="Pan Left Shot"),
        question("black", options, "A", type_="Pan Left Shot"),
        question("missing", options, "D", type_="Fixed Shot"),
        question("both", options, "D", kind="Combinational", type_="Pan Left Shot"),
    ]
    answers = answer_questions(annotations, clips)
    assert [a.letter for a in answers] == ["A", "C", None, None, "D"]
    summary = summarise(answers)
    groups = summary["groups"]
    assert groups["All"] == {"correct": 2, "answered": 3, "all": 5, "accuracy": 0.4, "accuracy_answered": 2 / 3}
    assert groups["Single"]["accuracy"] == 0.25
    assert groups["Pan"] == {"correct": 1, "answered": 2, "all": 3, "accuracy": 1 / 3, "accuracy_answered": 0.5}
    assert groups["Rotation"] == groups["Pan"]
    assert groups["Fixed"]["accuracy_answered"] is None
    assert groups["Combinational"]["accuracy"] == 1.0
    assert groups["Zoom"] == {"undefined": "no questions in this group"}
    assert summary["coverage"] == {"ok": 3, "all": 5}
    assert summary["failed"] == {"black.mp4": "all frames are black", "missing.mp4": "not estimated"}
    table = as_markdown(summary)
    assert "| Pan | 1 | 3 | 1 | 33.3 % | 50.0 % |" in table
    assert "| Zoom | 0 | 0 | 0 | – | – |" in table
    record = answers[2].to_json()
    assert (record["Pred"], record["Status"], record["GroundTruth"]) == ("ERROR", "Error", "A")


def test_the_answer_is_never_looked_at() -> None:
    options = ["Pan Left Shot", "Pan Right Shot"]
    clips = {"x": CLIPS["Pan Left Shot"]}
    letters = {
        answer_questions([question("x", options, answer, type_=kind)], clips)[0].letter
        for answer in "AB"
        for kind in ("Pan Left Shot", "Pan Right Shot")
    }
    assert letters == {"A"}


def test_the_annotated_answer_may_be_a_letter_or_the_words_of_an_option() -> None:
    options, clips = ["Dolly In Shot", "Pan Left Shot"], {"x": CLIPS["Pan Left Shot"]}
    for answer in ("B", " b ", "(B)", "B. Pan Left Shot", "pan left shot"):
        assert answer_questions([question("x", options, answer)], clips)[0].correct, answer
    assert not answer_questions([question("x", options, "Dolly In Shot")], clips)[0].correct
    for answer in ("C", "Both", "?"):  # nothing that is answered could be right
        (found,) = answer_questions([question("x", options, answer)], clips)
        assert found.letter is None
        assert f"the annotated answer is {answer!r}, expected one of A, B" in str(found.failure)


def test_no_questions_is_an_error() -> None:
    with pytest.raises(CinetrajError, match="no annotation has a QA"):
        answer_questions([], {})
