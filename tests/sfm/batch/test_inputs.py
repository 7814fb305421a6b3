"""What a batch is about: folders, lists, links and names of every kind."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from sfm.batch.inputs import NAME_BYTES, Clip, clips_of, distinct, require_clips, safe_name
from sfm.video.reader import own_name, told_name
from trajectory.errors import CinetrajError, ReadError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(*texts: object) -> dict[str, str]:
    clips, _ = clips_of([str(text) for text in texts])
    return {clip.name: clip.path for clip in clips}


def test_a_folder_stands_for_its_videos_at_any_depth(tmp_path: Path) -> None:
    touch(tmp_path, "b.mp4", "a.MOV", "deep/er/c.webm", "notes.txt", ".hidden.mp4", ".git/x.mp4", "a.0.mp4")
    assert found(tmp_path) == {
        "a": str(tmp_path / "a.MOV"),
        "a.0": str(tmp_path / "a.0.mp4"),
        "b": str(tmp_path / "b.mp4"),
        "c": str(tmp_path / "deep/er/c.webm"),
    }


def test_a_folder_of_images_is_a_clip_and_one_of_such_folders_is_many(tmp_path: Path) -> None:
    touch(tmp_path, "x/1.png", "x/2.png", "y/1.jpg")
    assert list(found(tmp_path / "x")) == ["x"]
    assert found(tmp_path) == {"x": str(tmp_path / "x"), "y": str(tmp_path / "y")}


def test_depth_and_masks_beside_frames_are_no_clips(tmp_path: Path) -> None:
    for name, mode in (("a/rgb", "RGB"), ("a/depth", "I;16"), ("a/mask", "L"), ("b/depth", "RGB"), ("c/masks", "L")):
        (tmp_path / name).mkdir(parents=True)
        Image.new(mode, (8, 8)).save(tmp_path / name / "1.png")
    clips, heard = clips_of([str(tmp_path)])
    assert [clip.path for clip in clips] == [str(tmp_path / name) for name in ("a/rgb", "b/depth", "c/masks")]
    assert heard == [
        "left out, since they go with the frames beside them: 2 folders of images: "
        f"{tmp_path / 'a/depth'}, {tmp_path / 'a/mask'}"
    ]
    assert [clip.path for clip in clips_of([str(tmp_path / "a/depth")])[0]] == [str(tmp_path / "a/depth")]


def test_images_in_the_folder_of_videos_are_had_by_the_pattern_that_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "1.png", "2.png")
    (told,) = clips_of([str(tmp_path)])[1]
    pattern = told.rpartition("give too: ")[2].strip("'")
    assert pattern == f"{tmp_path}/*.png"
    film, *images = clips_of([str(tmp_path), pattern])[0]
    assert film.path == str(tmp_path / "a.mp4")
    assert images


def test_a_film_without_a_suffix_is_one_of_a_folder_by_its_content(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "README", "empty")
    (tmp_path / "README").write_text("films")
    (tmp_path / "0f3a").write_bytes(b"\0\0\0\x18ftypisom")
    assert found(tmp_path) == {"0f3a": str(tmp_path / "0f3a"), "a": str(tmp_path / "a.mp4")}


def test_images_beside_videos_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "frames/1.png", "b.m2ts", "c.3GP")
    clips, said = clips_of([str(tmp_path)])
    assert [clip.name for clip in clips] == ["a", "b", "c"]
    assert said == [
        f"{tmp_path} has 3 videos; images beside them were left out; to have them as clips give too: {tmp_path}/frames"
    ]


def test_links_to_what_is_not_there_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "notes.txt")
    for name in ("b.mp4", "c.mp4", "gone.txt"):
        (tmp_path / name).symlink_to("nowhere")
    clips, said = clips_of([str(tmp_path)])
    assert [clip.name for clip in clips] == ["a"]
    assert said == [
        f"left out, since they link to what is not there: 2 of {tmp_path}: {tmp_path}/b.mp4, {tmp_path}/c.mp4"
    ]


def test_each_animated_picture_of_a_folder_is_a_clip(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (16, 16), (40 * k, 0, 0)) for k in range(3)]
    for name in ("a.webp", "b.png"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=40)
    assert list(found(tmp_path)) == ["a", "b"]
    pictures[0].save(tmp_path / "c.png")
    clips, said = clips_of([str(tmp_path)])
    assert [clip.name for clip in clips] == ["a", "b"]
    assert "images beside them were left out" in said[0]


def a_run(folder: Path) -> None:
    touch(folder, "plot.png", "mask.mp4", "shot-000/plot.png")
    (folder / "run.json").write_text('{"format": "cinetraj-run"}')


def test_runs_beside_videos_or_images_are_no_clips(tmp_path: Path) -> None:
    touch(tmp_path, "films/a.mp4", "pictures/x/1.png")
    for folder in ("films", "pictures"):
        a_run(tmp_path / folder / "a")
        a_run(tmp_path / folder / "runs" / "b")
    for text in ("films", "films/*"):
        clips, said = clips_of([str(tmp_path / text)])
        assert ([clip.name for clip in clips], said) == (["a"], [])
    assert found(tmp_path / "pictures") == {"x": str(tmp_path / "pictures" / "x")}


def test_a_run_is_refused_as_a_clip(tmp_path: Path) -> None:
    a_run(tmp_path / "runs" / "a")
    a_run(tmp_path / "runs" / "b")
    (tmp_path / "list.csv").write_text("video\nruns/a\n")
    for text, said in {
        "runs/a": "runs/a is a run of cinetraj, not a clip; give the film it was made from",
        "runs": "runs holds no clips but runs of cinetraj, as .*/runs/a; give the films they were made from",
        "runs/*": "runs/a is a run of cinetraj, not a clip; give the film",
        "list.csv": "list.csv:2: names .*/runs/a, a run of cinetraj, not a clip; give the film",
    }.items():
        with pytest.raises(CinetrajError, match=said):
            found(tmp_path / text)


def test_links_are_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "other/b.mp4")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "up").symlink_to("..")
    (tmp_path / "in" / "gone.mp4").symlink_to("nowhere")
    (tmp_path / "in" / "self.mp4").symlink_to("self.mp4")
    assert sorted(found(tmp_path / "in")) == ["a", "b"]


def test_a_glob_stands_for_its_videos_and_a_name_with_brackets_for_itself(tmp_path: Path) -> None:
    touch(tmp_path, "a1.mp4", "a2.mp4", "b.mp4", "f/1.png", "c[1].mp4")
    assert list(found(tmp_path / "a*.mp4")) == ["a1", "a2"]
    assert list(found(tmp_path / "f" / "*.png")) == ["f"]
    assert list(found(tmp_path / "c[1].mp4")) == ["c[1]"]
    with pytest.raises(CinetrajError, match="matches no file"):
        found(tmp_path / "z*.mp4")


def test_captions_beside_the_films_of_a_pattern_are_no_lists(tmp_path: Path) -> None:
    """One of them ended the batch before its first clip, as a list whose clip is not there."""
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "a.txt").write_text("the camera pans left")
    (tmp_path / "metadata.csv").write_text("file_name,text\na.mp4,the camera pans left\n")
    clips, said = clips_of([str(tmp_path / "*")])
    assert [clip.name for clip in clips] == ["a", "b"]
    assert said == [
        "left out, since they are no lists of clips that are there: 2 matches: "
        f"{tmp_path / 'a.txt'}, {tmp_path / 'metadata.csv'}"
    ]
    with pytest.raises(ReadError, match=r"a\.txt:1: names one clip, which is not there"):
        clips_of([str(tmp_path / "*.txt")])
    with pytest.raises(ReadError, match=r"a\.txt:1: names one clip, which is not there"):
        clips_of([str(tmp_path / "*.mp4"), str(tmp_path / "a.txt")])


def test_the_same_clip_given_twice_is_one(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    assert list(found(tmp_path, tmp_path / "a.mp4", f"{tmp_path}/./a.mp4")) == ["a"]


def test_lists_of_clips(tmp_path: Path) -> None:
    touch(tmp_path, "v/a.mp4", "v/b.mp4", "elsewhere.mp4")
    (tmp_path / "list.csv").write_text(f"name,video\n,v/a.mp4\nsecond,v/b.mp4\n,{tmp_path}/elsewhere.mp4\n")
    (tmp_path / "list.jsonl").write_text(
        '{"path": "v/a.mp4", "labels": []}\n\n{"video": "v/b.mp4", "name": "second"}\n'
    )
    touch(tmp_path, "#1.mp4")
    (tmp_path / "list.txt").write_text("# clips\n#1.mp4\nv/a.mp4\nabsent.0.mp4\nplain.0\n")
    assert found(tmp_path / "list.csv") == {
        "a": str(tmp_path / "v/a.mp4"),
        "second": str(tmp_path / "v/b.mp4"),
        "elsewhere": str(tmp_path / "elsewhere.mp4"),
    }
    (tmp_path / "sheet.csv").write_text("Video; Name\nv/a.mp4; first\n;\n")  # its names were lost
    assert list(found(tmp_path / "sheet.csv")) == ["first"]
    assert list(found(tmp_path / "list.jsonl")) == ["a", "second"]
    assert list(found(tmp_path / "list.txt")) == ["#1", "a", "absent.0", "plain.0"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_lists_as_excel_and_powershell_write_them(tmp_path: Path, encoding: str) -> None:
    touch(tmp_path, "v/é.mp4", "v/b.mp4")
    (tmp_path / "sheet.csv").write_bytes("video\tname\r\nv/é.mp4\tfirst\r\n".encode(encoding))
    (tmp_path / "list.txt").write_bytes("v/é.mp4\r\nv/b.mp4\r\n".encode(encoding))
    assert list(found(tmp_path / "sheet.csv")) == ["first"]
    assert list(found(tmp_path / "list.txt")) == ["é", "b"]


def test_bytes_that_are_no_text_are_no_list(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\0\xff\x01" * 9)
    with pytest.raises(ReadError, match="is no text; give a list"):
        found(tmp_path / "list.txt")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "clip,name\nx.mp4,x\n", "columns 'clip', 'name', expected video"),
        ("a.csv", "video\n", "names no clip"),
        ("a.csv", "video,name\n,x\n", r"a.csv:2: has no clip"),
        ("a.csv", 'video\na.mp4\n"b.mp4\nc.mp4\n', r"is no CSV \(unexpected end of data, line 4\); close what begins"),
        ("a.csv", 'video\n"' + "x" * 140_000, r"is no CSV \(field larger than"),
        ("a.jsonl", '{"video": "x"}\n{\n', r"a.jsonl:2: is no JSON"),
        ("a.jsonl", "[1]\n", "is no JSON object"),
        ("a.jsonl", '{"film": "x"}\n', r"a.jsonl:1: has no clip"),
        ("a.txt", "\n# nothing\n", "names no clip"),
        ("gt.txt", "# time x y z\n0.0 1 0 0 0 0 0 1\n", r"gt.txt:2: has rows of numbers .* cinetraj info shows a path"),
        ("kitti.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n", "may be a camera path; give the film"),
        ("a.txt", "x.mp4\n", "a.txt:1: names one clip, which is not there: .*x.mp4; give paths relative"),
        ("a.txt", "x.mp4\ny.mp4\n", "names 2 clips, none of which is there; the first is .*x.mp4; give paths rel"),
    ],
)
def test_a_bad_list_is_refused_with_its_line(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError, match=problem):
        found(tmp_path / name)


def test_equal_names_are_told_apart_and_it_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "x/pan.mp4", "y/pan.mp4", "y/pan.mov", "y/tilt.mp4")
    clips, said = clips_of([str(tmp_path)])
    assert [clip.name for clip in clips] == ["x-pan", "y-pan.mov", "y-pan.mp4", "tilt"]
    assert f"{tmp_path}/x/pan.mp4 becomes the run 'x-pan'" in said
    assert len(said) == 3
    touch(tmp_path, "p/y/pan.mp4", "q/y/pan.mp4")
    clips, _ = clips_of([str(tmp_path / "p"), str(tmp_path / "q")])
    assert len({clip.name for clip in clips}) == 2
    assert all(clip.name.startswith("y-pan.mp4-") for clip in clips)


def test_a_name_that_says_nothing_stands_behind_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "bear/video.mp4", "lady/Video.MP4", "room/rgb/frames/1.png", "pan.mp4")
    for text in ("bear/video.mp4", "bear"):  # alone as beside others, by its file as by its folder
        assert list(found(tmp_path / text)) == ["bear-video"]
    assert list(found(tmp_path)) == ["pan", "bear-video", "lady-Video"]
    assert list(found(tmp_path / "room")) == list(found(tmp_path / "room/rgb/frames/*.png")) == ["room-rgb-frames"]
    (tmp_path / "list.txt").write_text("bear/video.mp4\n")
    assert list(found(tmp_path / "list.txt")) == ["bear-video"]
    assert clips_of([str(tmp_path)])[1] == [
        f"{tmp_path} has 3 videos; images beside them were left out; to have them as clips give too: "
        f"{tmp_path}/room/rgb/frames"
    ]  # the rule is not said of each
    monkeypatch.chdir(tmp_path / "bear")
    assert list(found("video.mp4")) == list(found(".")) == ["video"]  # no folder was given
    assert list(found("../lady/Video.MP4")) == ["lady-Video"]
    monkeypatch.chdir(tmp_path / "room")
    assert told_name("../bear/../video.mp4") == f"{tmp_path.name}-video"


@pytest.mark.parametrize("name", ["Title [dQw4w9WgXcQ].mp4", "005_The [Matrix]", "v1.2 [a]"])
def test_a_clip_that_is_elsewhere_and_has_brackets_in_its_name_has_that_name(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "there.mp4")
    (tmp_path / "list.txt").write_text(f"there.mp4\n{name}\n")
    assert set(found(tmp_path / "list.txt")) == {"there", name.removesuffix(".mp4")}
    assert told_name(str(tmp_path / "frame_[0-9].png")) == tmp_path.name  # a pattern of images is their folder


def test_equal_names_behind_their_folders_get_the_next_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a/bear/video.mp4", "b/bear/video.mp4")
    assert list(found(tmp_path)) == ["a-bear-video", "b-bear-video"]


def test_names_that_the_user_gives_twice_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "a.csv").write_text("video,name\na.mp4,x\nb.mp4,x\n")
    with pytest.raises(CinetrajError, match=r"a\.mp4 and .*b\.mp4 are both given the name 'x'"):
        found(tmp_path / "a.csv")


@given(st.lists(st.text(st.characters(codec=None, exclude_characters="/\0"), min_size=1), min_size=1, max_size=8))
@example(["\ud800", "\udc80", "a" * 300 + "\ud800"])
def test_every_file_name_becomes_a_folder_name_of_its_own(names: list[str]) -> None:
    clips = [Clip(path=f"/videos/{k}/{name}.mp4", name=name) for k, name in enumerate(names)]
    kept, _ = distinct(clips)
    assert len({clip.name.casefold() for clip in kept}) == len(names)
    for clip in kept:
        assert os.path.basename(clip.name) == clip.name
        assert clip.name not in ("", ".", "..", "manifest.jsonl")
        assert not clip.name.startswith(".")
        assert clip.name.isprintable() or not any(ord(c) < 32 for c in clip.name)
        assert len(clip.name.encode("utf-8")) <= NAME_BYTES  # and it can be encoded at all


@given(st.text(min_size=1))
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


def test_ordinary_names_are_not_touched() -> None:
    for name in ("clip", "a.0", "ä ö'$x", "Pan_Left (1)", "日本"):
        assert safe_name(name) == name
    assert own_name("/x/a.b.mp4") == "a.b"


def test_one_path_stands_for_itself_and_not_for_its_letters(tmp_path: Path) -> None:
    """Of "/films" the first letter was the whole disk."""
    touch(tmp_path, "a.mp4", "b.mp4")
    assert clips_of(str(tmp_path)) == clips_of(tmp_path) == clips_of([tmp_path]) == clips_of([str(tmp_path)])
    assert len(clips_of(tmp_path)[0]) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a.mp4"], "of type str, expected sfm.batch.Clip; clips, said = sfm.batch.clips_of"),
        (([Clip(path="a.mp4", name="a")], []), "of type list, expected sfm.batch.Clip"),
        ([Clip(path="a.mp4", name="../a")], "named '../a', expected the name of a folder"),
        ([Clip(path="a.mp4", name="")], "named '', expected the name of a folder"),
        (
            [Clip(path="x/a.mp4", name="a"), Clip(path="y/a.mp4", name="a")],
            "2 clips are named 'a' .x/a.mp4 and y/a.mp4",
        ),
    ],
)
def test_what_cannot_be_the_clips_of_a_batch_is_refused(given: list[Clip], message: str) -> None:
    """Of two clips of one name one run was lost, and its outcome was the other's."""
    with pytest.raises(CinetrajError, match=message):
        require_clips(given)
