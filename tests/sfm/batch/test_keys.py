"""The address of a result: equal where the result is, and different where anything that decides it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from sfm.batch.keys import clip_digest, deciding, key_of, mask_digest, prior_digest, stamp
from sfm.config import DenseConfig, EstimateConfig, VideoConfig
from trajectory.errors import CinetrajError

CONFIG = EstimateConfig(backend="colmap-sift")


def test_only_what_decides_a_result_changes_its_options() -> None:
    one = deciding(CONFIG)
    assert deciding(replace(CONFIG, threads=3)) == one
    for other in (replace(CONFIG, seed=1), replace(CONFIG, video=VideoConfig(long_side=320))):
        assert deciding(other) != one
    assert deciding(replace(CONFIG, backend="auto")) != one


def test_files_that_are_asked_for_are_part_of_a_result_and_none_leave_keys_as_they_were() -> None:
    assert "save" not in deciding(CONFIG)
    asked = deciding(replace(CONFIG, save=("mask", "depth")))
    assert asked != deciding(CONFIG)
    assert asked == deciding(replace(CONFIG, save=("depth,mask",)))


def test_a_key_is_one_of_clip_options_and_versions() -> None:
    keys = {
        key_of(digest, options, versions)
        for digest in ("a", "b")
        for options in ({"seed": 0}, {"seed": 1})
        for versions in ({"numpy": "2"}, {"numpy": "3"})
    }
    assert len(keys) == 8
    assert key_of("a", {"x": 1, "y": 2}, {}) == key_of("a", {"y": 2, "x": 1}, {})


def test_the_digest_of_a_file_is_that_of_its_bytes_alone(tmp_path: Path) -> None:
    for name, data in (("a.mp4", b"same"), ("b.mp4", b"same"), ("c.mp4", b"other")):
        (tmp_path / name).write_bytes(data)
    one, two, three = (clip_digest(str(tmp_path / f"{name}.mp4")) for name in "abc")
    assert one == two != three


def test_a_folder_of_images_is_their_names_and_bytes_wherever_it_lies(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        for name, data in (("1.png", b"x"), ("2.png", b"y")):
            (tmp_path / folder / name).write_bytes(data)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    (tmp_path / "c" / "1.png").rename(tmp_path / "c" / "3.png")
    a, b, c = (clip_digest(str(tmp_path / name)) for name in "abc")
    assert a == b != c
    assert clip_digest(str(tmp_path / "b" / "*.png")) == b


def test_a_clip_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="no such file"):
        clip_digest(str(tmp_path / "absent.mp4"))
    assert stamp(str(tmp_path / "absent.mp4")) is None
    assert stamp(str(tmp_path)) is None


def test_the_stamp_of_a_file_changes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"short")
    before = stamp(str(path))
    assert before == stamp(str(path))
    path.write_bytes(b"longer than before")
    assert stamp(str(path)) != before


def test_a_mask_is_part_of_a_result_by_its_name_and_content(tmp_path: Path) -> None:
    assert not {"mask", "mask_weights"} & set(deciding(CONFIG))
    assert deciding(replace(CONFIG, mask="person")) != deciding(CONFIG) != deciding(replace(CONFIG, mask="m.mp4"))
    folder = tmp_path / "masks"
    folder.mkdir()
    for name, data in (("a.mp4", b"one"), ("b.mp4", b"two"), ("hood.png", b"three")):
        (folder / name).write_bytes(data)
    a, b = (mask_digest(f"clips/{name}.mov", str(folder), alone=False) for name in "ab")
    assert (a, b) == (clip_digest(str(folder / "a.mp4")), clip_digest(str(folder / "b.mp4")))
    (folder / "a.mp4").write_bytes(b"another")
    assert mask_digest("clips/a.mov", str(folder), alone=False) != a
    assert mask_digest("a.mov", None, alone=False) == mask_digest("a.mov", "person", alone=False) == ""
    image = str(folder / "hood.png")  # may serve all
    assert mask_digest("a.mov", image, alone=False) == mask_digest("b.mov", image, alone=True) == clip_digest(image)


def test_one_mask_for_several_clips_is_refused_with_what_to_give_instead(tmp_path: Path) -> None:
    film = tmp_path / "mask.mp4"
    film.write_bytes(b"film")
    assert mask_digest("a.mov", str(film), alone=True) == clip_digest(str(film))
    with pytest.raises(CinetrajError, match=r"mask of one clip; for several give a folder .*such as a\.mp4"):
        mask_digest("a.mov", str(film), alone=False)
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "b.png").write_bytes(b"image")
    with pytest.raises(CinetrajError, match=r"masks holds no mask of a; for several give a folder .*such as a\.mp4"):
        mask_digest("a.mov", str(tmp_path / "masks"), alone=False)
    with pytest.raises(CinetrajError, match="no such file"):
        mask_digest("a.mov", str(tmp_path / "absent.mp4"), alone=True)


def test_a_file_of_depths_is_part_of_what_is_asked_for_and_of_one_clip(tmp_path: Path) -> None:
    maps = tmp_path / "maps.npz"
    config = EstimateConfig(backend=DenseConfig(depth_prior=str(maps)))
    maps.write_bytes(b"one")
    first = prior_digest(config, alone=True)
    maps.write_bytes(b"two")
    assert prior_digest(config, alone=True) not in (first, "")
    assert prior_digest(CONFIG, alone=False) == ""
    assert prior_digest(EstimateConfig(backend=DenseConfig(depth_prior="hub/network")), alone=False) == ""
    with pytest.raises(CinetrajError, match="depths of one clip"):
        prior_digest(config, alone=False)
