"""`compare.camerabench` stays a public name, as an attribute and as something to import from."""

import compare
from compare.benchmarks import camerabench as room


def test_its_names_are_those_of_the_room() -> None:
    from compare.camerabench import read_labels

    assert read_labels is room.read_labels is compare.camerabench.read_labels
    assert {name: getattr(compare.camerabench, name) for name in room.__all__} == {
        name: getattr(room, name) for name in room.__all__
    }
    assert dir(compare.camerabench) == room.__all__


def test_what_the_room_does_not_have_is_no_name_of_it() -> None:
    assert not hasattr(compare.camerabench, "read_nothing")
