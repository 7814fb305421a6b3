"""Which clips of two sets belong together."""

from pathlib import Path

import pytest
from paths import monst3r_text, run, smooth

from compare.pairing import match, named_in
from compare.scoring import score
from trajectory import io
from trajectory.errors import CinetrajError, ReadError


def test_cinetechbench_names_and_resolutions(tmp_path: Path) -> None:
    for side, names in (("ref", ["x", "y"]), ("gen", ["gen_720p_x", "gen_540p_x", "gen_720p_y"])):
        for i, name in enumerate(names):
            (tmp_path / side / name).mkdir(parents=True)
            (tmp_path / side / name / "pred_traj.txt").write_text(monst3r_text(smooth(i)))
    with pytest.raises(CinetrajError, match="several resolutions"):
        match(tmp_path / "ref", tmp_path / "gen")
    found = match(tmp_path / "ref", tmp_path / "gen", resolution="720p")
    assert [(m.name, m.generated.name if m.generated else None) for m in found] == [
        ("x", "gen_720p_x"),
        ("y", "gen_720p_y"),
        ("gen_540p_x", None if found[2].generated is None else "gen_540p_x"),
    ]
    assert found[2].reference is None


def test_a_clip_without_a_reference_is_named_as_those_that_have_one() -> None:
    generated = {f"gen_{name}": smooth(1) for name in ("720p_x", "720p_y", "540p_z", "720p_z")}
    found = [m.name for m in match({"x": smooth(1)}, generated)]
    assert found == ["x", "y", "gen_540p_z", "gen_720p_z"]  # two of one name keep what tells them apart


def test_capitals_part_no_clips_unless_two_names_differ_in_them_alone() -> None:
    films = {"005_The Matrix": smooth(1), "Dune": smooth(2)}
    made = {"gen_720p_005_the matrix": smooth(1), "dune": smooth(2), "DUNE": smooth(3)}
    found = {item.name: item for item in match(films, made)}
    assert found["005_The Matrix"].generated is not None
    assert found["Dune"].generated is None  # which of the two nobody knows
    assert found["dune"].reference is found["DUNE"].reference is None
    both = {item.name: item for item in match({"a": smooth(1), "A": smooth(2)}, {"A": smooth(2)})}
    assert both["a"].generated is None
    assert both["A"].generated is not None


def test_accents_pair_however_a_system_spells_them(tmp_path: Path) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"  # as Linux writes it, and macOS
    for name in (apart, f"gen_720p_{apart}"):
        (found,) = match({composed: smooth(1)}, {name: smooth(1)})
        assert found.name == composed
        assert found.generated is not None
    both = match({composed: smooth(1), apart: smooth(2)}, {apart: smooth(2), composed: smooth(1)})
    assert all(m.reference and m.generated and m.generated.name == m.name for m in both)  # its own spelling comes first
    (tmp_path / "pairs.csv").write_text(f"reference,generated\n{apart},{composed}\n")
    (row,) = match({composed: smooth(1)}, {apart: smooth(1)}, pairs=tmp_path / "pairs.csv")
    assert row.reference is not None
    assert not row.reference.failed


def test_a_csv_pairs_what_names_do_not(tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    io.write(smooth(3), tmp_path / "extra.npz", format="native")
    table.write_text("reference,generated,name\na,one,first\nb,extra.npz,\nb,nowhere,lost\n")
    result = score({"a": smooth(1), "b": smooth(3)}, {"one": smooth(1)}, pairs=table).to_json()
    assert result["clips"]["first"]["RotErr"] == 0
    assert result["clips"]["extra"]["RotErr"] == 0
    assert "neither a clip nor a path" in result["clips"]["lost"]["failed"]
    table.write_text("left,right\na,one\n")
    with pytest.raises(ReadError, match="columns reference and generated"):
        score({"a": smooth(1)}, {"one": smooth(1)}, pairs=table)
    table.write_text("reference,generated,name\na,one,x\na,one,x\n")
    with pytest.raises(ReadError, match="twice"):
        score({"a": smooth(1)}, {"one": smooth(1)}, pairs=table)


def test_a_csv_may_name_files_as_they_lie_in_their_folders(tmp_path: Path) -> None:
    """They were neither clips nor paths; and a video of which there was a run was to be estimated first."""
    for folder, name in (("ref", "a.npz"), ("gen", "one.npz")):
        (tmp_path / folder).mkdir()
        io.write(smooth(1), tmp_path / folder / name, format="native")
    run(tmp_path / "gen" / "b", "ok")
    (tmp_path / "b.mp4").touch()
    table = tmp_path / "pairs.csv"
    table.write_text("reference,generated\na.npz,one.npz\na.npz,b.mp4\n")
    result = score(tmp_path / "ref", tmp_path / "gen", pairs=table).to_json()
    assert {name: clip.get("RotErr") for name, clip in result["clips"].items()} == {"one": 0, "b": 0}
    table.write_text("reference,generated\nelsewhere/a.npz,one.npz\n")
    (row,) = match(tmp_path / "ref", tmp_path / "gen", pairs=table)
    assert row.reference is not None
    assert "neither a clip nor a path" in row.reference.failed


def test_an_empty_cell_of_a_csv_is_a_clip_that_is_not_there(tmp_path: Path) -> None:
    """It was a clip named "" that nobody could read, or two clips of one name, by which nothing was scored."""
    table = tmp_path / "pairs.csv"
    table.write_text("reference,generated,name\na,one,\nb,,\nc,,\n,two,\n,,remark\n")
    clips_of = {"one": smooth(1), "two": smooth(2)}
    result = score({"a": smooth(1), "b": smooth(3), "c": smooth(4)}, clips_of, pairs=table).to_json()
    assert list(result["clips"]) == ["one", "b", "c", "two"]
    assert result["clips"]["b"] == {"failed": "no generated clip has this name"}
    assert result["summary"]["faults"] == {"model": ["b", "c"], "instrument": [], "unmatched": ["two"]}


def test_spaces_and_capitals_of_a_csv_are_no_part_of_names(tmp_path: Path) -> None:
    """The file was said to have no such columns, and its clips to be neither clips nor paths."""
    table = tmp_path / "pairs.csv"
    table.write_text("Reference, Generated , NAME\na , one, first \nb, two ,\n,,\n")
    references = {"a": smooth(1), "b": smooth(3)}
    found = match(references, {"one": smooth(1), "two ": smooth(3)}, pairs=table)
    assert [m.name for m in found] == ["first", "two "]  # a clip of that very name comes first
    assert all(m.reference and m.generated and not m.reference.failed and not m.generated.failed for m in found)
    assert {"a", "b", "one", "two"} <= named_in(table)


def test_unmatched_names_are_rows_and_no_match_at_all_is_an_error() -> None:
    a = smooth(1)
    result = score({"x": a, "y": a}, {"y": a, "z": a}).to_json()
    assert result["clips"]["x"] == {"failed": "no generated clip has this name"}
    assert result["clips"]["z"] == {"failed": "no reference has this name"}
    assert result["coverage"] == {"ok": 1, "all": 2}
    assert result["summary"]["faults"] == {"model": ["x"], "instrument": [], "unmatched": ["z"]}
    with pytest.raises(CinetrajError, match=r"no clip name is on both sides: references x; generated z.*--pairs"):
        score({"x": a}, {"z": a})
