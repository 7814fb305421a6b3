"""Notes of many files in few lines."""

from compare.counts import first_three
from compare.notes import grouped, merged


def test_notes_that_differ_in_numbers_alone_are_one_line() -> None:
    notes = {
        name: [f"one unit is {unit} of it", "pose_covariance is left out"] for name, unit in (("a", 1), ("b", 0.25))
    }
    assert grouped(notes) == ["all 2: one unit is 0.25 to 1 of it", "all 2: pose_covariance is left out"]


def test_those_of_some_files_name_them() -> None:
    notes = {name: ["in ns"] if name in "abcd" else [] for name in "abcdef"}
    assert grouped(notes) == ["4 of 6 (a, b, c and 1 more): in ns"]
    assert grouped({"a": ["no pose"]}, of=3) == ["1 of 3 (a): no pose"]
    assert grouped({"a": ["no pose"]}) == ["a: no pose"]


def test_digits_of_names_are_no_numbers() -> None:
    assert grouped({"a": ["write uni3c"], "b": ["write pi3"]}) == ["1 of 2 (a): write uni3c", "1 of 2 (b): write pi3"]
    assert grouped({"a": ["4n + 1, of 30"], "b": ["4n + 1, of 8"]}) == ["all 2: 4n + 1, of 8 to 30"]


def test_names_of_files_are_no_kinds_of_their_own() -> None:
    notes = {name: [f"/clips/{name}.npz: has 3 rows; write it again"] for name in ("bear", "cat", "12")}
    assert merged(notes) == [("/clips/bear.npz: has 3 rows; write it again", ["bear", "cat", "12"])]
    numbered = {name: [f"/clips/{name}/7: damaged"] for name in ("a", "12")}
    assert merged(numbered) == [("/clips/a/7: damaged", ["a", "12"])]


def test_few_names_are_all_named() -> None:
    assert first_three(["a", "b"]) == "a, b"


def test_each_kind_has_the_files_that_it_is_about() -> None:
    notes = {"a": ["rotation 0.4"], "b": ["rotation 0.5", "cut"], "c": []}
    assert merged(notes) == [("rotation 0.4 to 0.5", ["a", "b"]), ("cut", ["b"])]
