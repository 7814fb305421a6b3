"""Other answers beside a trajectory file."""

import pytest
from motions import build, primitive

from trajectory import io
from trajectory.candidates import Candidates, candidates_beside
from trajectory.description import describe
from trajectory.errors import ReadError
from trajectory.model import Provenance
from trajectory.posterior import with_alternatives

NAMED = [
    {"backend": "sparse", "motion_model": "rotation", "probability": 0.6, "file": None},
    {"backend": "dense", "motion_model": "full", "probability": 0.3, "file": "alternatives/1.npz"},
    {"backend": "dense", "motion_model": "full_zoom", "probability": 0.1, "file": "alternatives/2.npz"},
]


@pytest.fixture
def run(tmp_path):
    told = build(turn_deg=(0, 20, 0)).replace(provenance=Provenance(evidence={"candidates": NAMED}))
    io.write(told, tmp_path / "trajectory.npz", format="native")
    (tmp_path / "alternatives").mkdir()
    io.write(primitive("Move_In", 0.5), tmp_path / "alternatives/1.npz", format="native")
    return tmp_path


def test_they_are_read_from_the_folder_or_from_beside_the_file(run):
    told = io.read(run / "trajectory.npz")
    for home in (run, run / "trajectory.npz"):
        found = candidates_beside(told, home)
        assert found.own == 0.6
        assert [share for share, _ in found.others] == [0.3]
        assert describe(found.others[0][1]).decisions["Move_In"].yes is True
        assert found.missing == ("alternatives/2.npz",)
    assert any("alternatives/2.npz" in note for note in describe(told, candidates=found).notes)


def test_probabilities_without_the_answers_that_a_run_names_say_so(run):
    told = io.read(run / "trajectory.npz")
    note = "leave out what the other answers of its run tell"
    assert any(note in each for each in describe(told).notes)
    given = describe(told, candidates=candidates_beside(told, run))
    assert not any(note in each for each in given.notes)
    assert given.sentence == describe(told).sentence


def test_an_answer_whose_rivals_are_not_at_hand_is_not_taken_for_one_without_rivals(run):
    """It was the surer for files that were not copied: sure, where with them it was not."""
    made = io.read(run / "trajectory.npz")

    def pan(listed, home):
        evidence = {"probability": {"rotation": 0.45}, "candidates": listed}
        path = made.replace(provenance=Provenance(evidence=evidence))
        return describe(path, candidates=candidates_beside(path, home)).decisions["Pan_Right"].probability

    beside, none_at_hand, no_rival = pan(NAMED, run), pan(NAMED, run / "elsewhere" / "a.npz"), pan(NAMED[:1], run)
    assert beside < none_at_hand < 0.6 < 0.8 < no_rival
    io.write(made, run / "alternatives/2.npz", format="native")  # the one of 0.1 agrees, that of 0.3 is missing
    (run / "alternatives/1.npz").unlink()
    assert none_at_hand < pan(NAMED, run) < 0.6


def test_a_trajectory_without_them_is_alone(tmp_path):
    alone = candidates_beside(build(), tmp_path)
    assert (alone.own, alone.others, alone.missing) == (1.0, (), ())
    assert (
        describe(build(turn_deg=(0, 20, 0)), candidates=Candidates()).to_json()
        == describe(build(turn_deg=(0, 20, 0))).to_json()
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"probability": 0.5, "file": "../other/trajectory.npz"}, "expected one below its run"),
        ({"probability": 0.5, "file": "/elsewhere.npz"}, "expected one below its run"),
        ({"file": "alternatives/1.npz"}, "probability None, expected a number within 0..1"),
        ({"probability": 1.5, "file": "alternatives/1.npz"}, "probability 1.5"),
        ({"probability": 0.5, "file": None}, "a name for the others"),
        ("dense", "candidate 1 is 'dense', expected an object"),
    ],
)
def test_what_is_no_candidate_is_refused(run, entry, message):
    told = build().replace(provenance=Provenance(evidence={"candidates": [NAMED[0], entry]}))
    alone = build().replace(provenance=Provenance(evidence={"candidates": entry}))
    for reader in (candidates_beside, with_alternatives):  # there is one reader, whoever asks
        with pytest.raises(ReadError, match="expected a list"):
            reader(alone, run)
        with pytest.raises(ReadError, match=message):
            reader(told, run)


def test_what_is_impossible_is_left_out(run):
    entries = [NAMED[0], {**NAMED[1], "probability": 0.0}]
    told = build().replace(provenance=Provenance(evidence={"candidates": entries}))
    assert candidates_beside(told, run).others == ()
    assert with_alternatives(told, run).probability == (1.0,)
