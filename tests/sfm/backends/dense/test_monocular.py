"""Depth from elsewhere: files of maps, and networks of the transformers library with random weights."""

from pathlib import Path
from ssl import SSLError
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from sfm.backends.dense import monocular
from sfm.backends.dense.monocular import told_depth
from sfm.types import Frames
from sfm.video import reader
from sfm.video.reader import VideoWarning
from trajectory.errors import CinetrajError

RGB = np.random.default_rng(0).integers(0, 255, (5, 56, 84, 3), np.uint8)
INDEX = np.array([3, 4, 5, 6, 7])


def maps(folder: Path, depth: np.ndarray, name: str = "depth") -> str:
    np.savez(folder / "maps.npz", allow_pickle=False, **{name: depth})
    return str(folder / "maps.npz")


def test_a_file_gives_the_maps_of_the_frames_and_what_is_unknown(tmp_path):
    depth = np.arange(1.0, 11.0)[:, None, None] * np.ones((10, 4, 6))
    depth[4, 0, 0], depth[4, 0, 1] = 0.0, np.nan
    found = told_depth(maps(tmp_path, depth), RGB, INDEX, "cpu")
    assert found.nearness[0] == pytest.approx(0.25)
    assert np.isnan(found.nearness[1, 0, :2]).all()
    assert found.nearness[1, 1] == pytest.approx(0.2)
    assert found.said["source"].endswith("maps.npz")


@pytest.mark.parametrize(
    ("depth", "name", "said"),
    [
        (np.ones((5, 4, 6)), "depth", "has 5 maps up to frame 4, and the clip has a frame 7"),
        (np.ones((4, 6)), "depth", r"shape \(4, 6\), expected \(frames"),
        (np.ones((10, 4, 6)), "disparity", "array `depth`"),
    ],
)
def test_a_file_that_is_for_something_else_is_refused(tmp_path, depth, name, said):
    with pytest.raises(CinetrajError, match=said):
        told_depth(maps(tmp_path, depth, name), RGB, INDEX, "cpu")


def folder_with_a_hole(folder: Path) -> Frames:
    """shot.1001.png to shot.1010.png without 1004 and 1005: frames 0 to 9."""
    folder.mkdir()
    for number in (0, 1, 2, 5, 6, 7, 8, 9):
        Image.fromarray(RGB[number % 5]).save(folder / f"shot.{1001 + number}.png")
    with pytest.warns(VideoWarning, match="2 of 10 numbers have no image"):
        return reader.load(folder)


def test_maps_of_a_folder_with_a_hole_go_by_the_numbers_of_its_images(tmp_path):
    frames = folder_with_a_hole(tmp_path / "a")
    key = np.array([0, 2, 6, 9])
    every = np.arange(1.0, 11.0)[:, None, None] * np.ones((10, 4, 6))
    expected = 1 / (1.0 + key)
    found = told_depth(maps(tmp_path, every), frames.rgb[key], frames.index[key], "cpu", last=9)
    np.testing.assert_allclose(found.nearness[:, 0, 0], expected)
    there = np.array([0, 1, 2, 5, 6, 7, 8, 9])
    np.savez(tmp_path / "there.npz", depth=every[there], index=there)
    found = told_depth(str(tmp_path / "there.npz"), frames.rgb[key], frames.index[key], "cpu", last=9)
    np.testing.assert_allclose(found.nearness[:, 0, 0], expected)
    hole = told_depth(str(tmp_path / "there.npz"), frames.rgb[2:5], frames.index[2:5], "cpu", last=9)
    assert np.isnan(hole.nearness).all((1, 2)).tolist() == [False, True, True]
    with pytest.raises(CinetrajError, match=r"says nothing of the clip's keyframes \(frames 3, 4 and so on\)"):
        told_depth(str(tmp_path / "there.npz"), frames.rgb[3:5], frames.index[3:5], "cpu", last=9)


def test_numbered_maps_need_not_reach_to_the_end(tmp_path):
    np.savez(tmp_path / "some.npz", depth=np.full((2, 4, 6), 2.0), index=[3, 5])
    found = told_depth(str(tmp_path / "some.npz"), RGB, INDEX, "cpu", last=9)
    assert np.isnan(found.nearness).all((1, 2)).tolist() == [False, True, False, True, True]


@pytest.mark.parametrize("values", [np.nan, 0.0, -1.0])
def test_maps_that_say_nothing_are_refused(tmp_path, values):
    with pytest.raises(CinetrajError, match=r"says nothing of the clip's keyframes"):
        told_depth(maps(tmp_path, np.full((10, 4, 6), values)), RGB[:2], np.array([0, 6]), "cpu", last=9)


def test_maps_of_another_shape_are_refused(tmp_path):
    with pytest.raises(CinetrajError, match=r"maps of 9x4, another shape than the pictures"):
        told_depth(maps(tmp_path, np.ones((10, 4, 9))), RGB[:2], np.array([0, 6]), "cpu", last=9)


def test_maps_for_the_images_alone_are_refused_though_all_keyframes_have_one(tmp_path):
    with pytest.raises(CinetrajError, match=r"has 8 maps up to frame 7, and the clip has a frame 9.*`index`"):
        told_depth(maps(tmp_path, np.ones((8, 4, 6))), RGB[:2], np.array([0, 6]), "cpu", last=9)


@pytest.mark.parametrize("index", [np.array([0, 2, 1]), np.arange(4)])
def test_an_index_that_does_not_count_the_maps_is_refused(tmp_path, index):
    np.savez(tmp_path / "maps.npz", depth=np.ones((3, 4, 6)), index=index)
    with pytest.raises(CinetrajError, match="does not count its 3 maps"):
        told_depth(str(tmp_path / "maps.npz"), RGB[:1], np.array([0]), "cpu")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CinetrajError, match=r"none\.npz: no such file .*give a model"):
        told_depth(str(tmp_path / "none.npz"), RGB, INDEX, "cpu")


def network(folder: Path, kind: str) -> str:
    """A Depth Anything of a few thousand random weights with the card and the preprocessing of a published one."""
    transformers = pytest.importorskip("transformers", reason="the extra `depth` is not installed")
    backbone = transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
    )
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
        depth_estimation_type=kind,
        max_depth=20,
    )
    transformers.DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    size = {"height": 56, "width": 56}
    transformers.DPTImageProcessor(size=size, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    return str(folder)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["relative", "metric"])
def test_a_network_gives_a_map_for_each_frame(tmp_path, kind):
    found = told_depth(network(tmp_path, kind), RGB, INDEX, "cpu")
    assert found.nearness.shape == (5, 56, 84)
    assert np.isfinite(found.nearness).all()
    assert (found.nearness >= (1 / 20 - 1e-6 if kind == "metric" else 0.0)).all()
    assert found.said == {"source": str(tmp_path), "licence": "apache-2.0"}
    again = told_depth(str(tmp_path), RGB, INDEX, "cpu")
    assert np.array_equal(found.nearness, again.nearness)


@pytest.mark.slow
def test_a_folder_without_a_network_is_refused_until_it_has_one(tmp_path):
    pytest.importorskip("transformers", reason="the extra `depth` is not installed")
    with pytest.raises(CinetrajError, match=r"cannot be loaded .*give a model of the transformers library"):
        told_depth(str(tmp_path), RGB, INDEX, "cpu")
    assert told_depth(network(tmp_path, "relative"), RGB, INDEX, "cpu").nearness.shape == (5, 56, 84)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_a_file_that_is_no_archive_or_is_cut_short_is_said_to_be(tmp_path, kept):
    path = Path(maps(tmp_path, np.ones((10, 40, 60))))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))] or b"depth of the clip")
    with pytest.raises(CinetrajError, match=r"is no \.npz file of NumPy, or is cut short; give a model"):
        told_depth(str(path), RGB, INDEX, "cpu")


def test_a_hub_out_of_reach_is_asked_for_a_network_once(monkeypatch):
    transformers = pytest.importorskip("transformers", reason="the extra `depth` is not installed")
    asked: list[tuple[str, dict[str, bool]]] = []

    def unreached(source, **options):
        asked.append((source, options))
        raise OSError("Can't load image processor")

    monkeypatch.setattr(transformers.AutoImageProcessor, "from_pretrained", unreached)
    monkeypatch.setattr(monocular, "_hub_answers", lambda: False)
    monkeypatch.setattr(monocular, "_PROBLEMS", {})
    for _ in range(2):
        with pytest.raises(CinetrajError, match="is no folder here, and the hub cannot be reached"):
            told_depth("owner/network", RGB, INDEX, "cpu")
    assert asked == [("owner/network", {"local_files_only": True})]  # else the library asks it for minutes


def test_a_hub_that_answers_is_asked_by_the_library(monkeypatch):
    transformers = pytest.importorskip("transformers", reason="the extra `depth` is not installed")
    asked: list[dict[str, bool]] = []

    def unknown(source, **options):
        asked.append(options)
        raise OSError(f"{source} is no model")

    monkeypatch.setattr(transformers.AutoImageProcessor, "from_pretrained", unknown)
    monkeypatch.setattr(monocular, "_hub_answers", lambda: True)
    monkeypatch.setattr(monocular, "_PROBLEMS", {})
    with pytest.raises(CinetrajError, match=r"cannot be loaded .*owner/network is no model"):
        told_depth("owner/network", RGB, INDEX, "cpu")
    assert asked == [{}]


@pytest.mark.parametrize(("reason", "answers"), [(SSLError("self-signed"), True), (TimeoutError(), False)])
def test_a_hub_whose_certificate_is_not_ours_to_judge_answers(monkeypatch, reason, answers):
    hub = pytest.importorskip("huggingface_hub", reason="the extra `depth` is not installed")

    def refused(*args, **options):
        raise URLError(reason)

    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("urllib.request.urlopen", refused)
    assert monocular._hub_answers() == answers


@pytest.mark.parametrize("address", ["a-mirror.example", "http://", "http://[x/"])
def test_an_address_that_is_none_is_a_hub_out_of_reach(monkeypatch, address):
    hub = pytest.importorskip("huggingface_hub", reason="the extra `depth` is not installed")
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.constants, "ENDPOINT", address)
    assert not monocular._hub_answers()
