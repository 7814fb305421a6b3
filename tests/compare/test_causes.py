"""Causes are told once."""

from compare.causes import alike, causes, counts_text
from compare.rows import ClipScores


def failed(name: str, reason: str, fault: str) -> ClipScores:
    return ClipScores(name=name, failed=reason, fault=fault)


def test_a_cause_is_one_line_over_models_and_protocols() -> None:
    rows = {
        "a": failed("a", "reference: unreliable: fog", "instrument"),
        "b": failed("b", "reference: unreliable: fog", "instrument"),
        "c": ClipScores(name="c"),
        "d": failed("d", "no reference has this name", "unmatched"),
    }
    mine = {**rows, "c": failed("c", "no generated clip has this name", "model")}
    found = causes([("kling", rows), ("wan", mine), ("kling", rows), ("wan", mine)])  # under two protocols
    assert [cause.text for cause in found] == [
        "1 clip failed by the model of wan: c: no generated clip has this name",
        "2 references not determined: a, b: fog".replace("fog", "unreliable: fog"),
        "2 generated clips without a reference: d (of 2 models)",
    ]


def test_what_only_one_model_met_names_it() -> None:
    bad = {"a": failed("a", "generated: unreliable: fog", "instrument")}
    found = causes([("kling", bad), ("wan", {"a": ClipScores(name="a")})])
    assert [cause.text for cause in found] == ["1 generated clip not determined of kling: a: unreliable: fog"]


def test_what_only_some_protocols_met_names_them() -> None:
    # Of strict and navscore together "4 pairs not compared" was told of both.
    bad = {"a": failed("a", "no turns were commanded", "instrument")}
    good = {"a": ClipScores(name="a")}
    found = causes([("kling", good), ("kling", bad)], ["strict", "navscore"])
    assert [cause.text for cause in found] == ["1 pair not compared under navscore: a: no turns were commanded"]
    (cause,) = causes([("kling", bad), ("kling", bad)], ["strict", "navscore"])
    assert cause.text == "1 pair not compared: a: no turns were commanded"


def test_the_three_counts_stay_apart() -> None:
    said = counts_text({"model": ["a"], "instrument": ["b", "c"], "unmatched": []})
    assert said == "1 failed by the model, 2 not determined by us"
    assert counts_text({"model": [], "instrument": [], "unmatched": []}) == ""


def test_reasons_that_differ_in_the_name_of_their_clip_alone_are_one() -> None:
    reasons = {name: f"reference: r/{name}.txt:1: has 8 columns; say --format" for name in ("c1", "c10", "d/c1")}
    reasons["e"] = "reference: r/c1.txt:1: has 8 columns; say --format"
    rows = {name: failed(name, reason, "instrument") for name, reason in reasons.items()}
    assert [cause.text for cause in causes([("kling", rows)])] == [
        "3 references not determined: c1, c10, d/c1: r/c1.txt:1: has 8 columns; say --format",
        "1 reference not determined: e: r/c1.txt:1: has 8 columns; say --format",
    ]
    assert [names for names, _ in alike(reasons)] == [["c1", "c10", "d/c1"], ["e"]]
