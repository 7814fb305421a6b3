"""Trained weights: loaded strictly, never unpickled."""

import hashlib
import socket
import time
from pathlib import Path

import pytest

from sfm.config import FeatureConfig
from sfm.features import weights
from sfm.features.extract import build
from sfm.features.weights import downloaded, load
from trajectory.errors import CinetrajError


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("aliked-n16", "aliked-t16.pth", "those of aliked-t16, not of aliked-n16"),
        ("aliked-n16", "aliked-n16rot.pth", "those of aliked-n16rot, not of aliked-n16"),
        ("aliked-n32", "AffNet.pth", "do not fit aliked-n32"),
        ("aliked-t16", "mkd-cart-64.pth", "hold no table of tensors"),
        ("aliked-t16", "meta.json", "cannot be read as a PyTorch checkpoint"),
        ("aliked-t16", "nowhere.pth", "do not exist"),
        ("keynet-tfeat", "AffNet.pth", "give the folder"),
        ("keynet-hardnet", "", "does not hold checkpoint_liberty_with_aug.pth"),
    ],
)
def test_weights_of_another_model_are_refused_in_one_line(name: str, file: str, words: str, shared: Path) -> None:
    with pytest.raises(CinetrajError) as caught:
        build(FeatureConfig(name=name, weights=shared / "weights" / file))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_parameter_is_refused_and_inert_buffers_are_not_missed(shared: Path, tmp_path: Path) -> None:
    import torch

    state = torch.load(shared / "weights" / "aliked-t16.pth", weights_only=True)
    assert "dkd.hw_grid" not in state
    torch.save(state | {"extra": torch.zeros(1)}, tmp_path / "extra.pth")
    del state["score_head.0.weight"]
    torch.save(state, tmp_path / "short.pth")
    for file, words in (("short.pth", "1 tensors are missing"), ("extra.pth", "1 tensors are unknown")):
        with pytest.raises(CinetrajError, match=words):
            build(FeatureConfig(name="aliked-t16", weights=tmp_path / file))


def test_a_checkpoint_that_runs_code_is_refused(tmp_path: Path) -> None:
    import pickle

    class Bad:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"state_dict": Bad()}, protocol=2))
    with pytest.raises(CinetrajError, match="cannot be read"):
        build(FeatureConfig(name="aliked-t16", weights=tmp_path / "bad.pth"))
    assert not (tmp_path / "harm").exists()


def test_the_published_digests_are_those_of_the_files(shared: Path) -> None:
    from sfm.features.aliked import SHA256

    for digest, name in SHA256.items():
        assert hashlib.sha256((shared / "weights" / f"{name}.pth").read_bytes()).hexdigest() == digest


def test_a_file_is_downloaded_once_and_only_with_the_right_digest(tmp_path: Path, monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    published = tmp_path / "net.bin"
    published.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    absent = (tmp_path / "gone" / "net.bin").as_uri()
    file = downloaded((absent, published.as_uri()), digest, model_name="a network")
    assert file.read_bytes() == b"weights"
    published.unlink()
    assert downloaded((absent, published.as_uri()), digest, model_name="a network") == file
    file.write_bytes(b"half")  # is not taken for the file
    with pytest.raises(CinetrajError, match=r"a network could not be downloaded .* with --mask-weights") as caught:
        downloaded((absent,), digest, model_name="a network", option="--mask-weights")
    assert "\n" not in str(caught.value)


def loaded(urls: list[str], others: dict[str, str] | None = None) -> object:
    """A line with the values of the first of `urls`."""
    import torch

    return load(torch.nn.Linear(2, 1), None, urls, model_name="a line", sha256_of_others=others or {})


def test_a_bad_file_of_an_earlier_download_is_named_and_removing_it_helps(tmp_path: Path, monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    kept = tmp_path / "hub" / "checkpoints" / "net.pth"
    kept.parent.mkdir(parents=True)
    (tmp_path / "one").mkdir()
    published = tmp_path / "one" / "net.pth"
    torch.save(torch.nn.Linear(2, 1).state_dict(), published)

    urls = [published.as_uri()]
    kept.write_bytes(b"<html>sign in</html>")
    with pytest.raises(CinetrajError, match="cannot be read as a PyTorch checkpoint") as caught:
        loaded(urls)
    assert str(kept) in str(caught.value)
    assert "could not be downloaded" not in str(caught.value)
    torch.save(torch.nn.Linear(3, 1).state_dict(), kept)
    with pytest.raises(CinetrajError, match="do not fit a line") as caught:
        loaded(urls)
    assert str(kept) in str(caught.value)
    torch.save(torch.nn.Linear(2, 1).state_dict(), kept)
    with pytest.raises(CinetrajError, match="those of a curve"):
        loaded(urls, {hashlib.sha256(kept.read_bytes()).hexdigest(): "a curve"})
    kept.unlink()
    assert loaded(urls)


def test_what_a_mirror_gives_in_place_of_weights_does_not_stand_for_the_next_one(tmp_path: Path, monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "net.pth").write_bytes(b"<html>sign in</html>")
    torch.save(torch.nn.Linear(2, 1).state_dict(), tmp_path / "two" / "net.pth")
    urls = [(tmp_path / name / "net.pth").as_uri() for name in ("one", "two")]
    assert loaded(urls)


@pytest.mark.parametrize("checked", [False, True])
def test_a_hub_that_never_answers_is_given_up(checked: bool, tmp_path: Path, monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(weights, "PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = [f"http://127.0.0.1:{silent.getsockname()[1]}/net.pth"]
        began = time.monotonic()
        with pytest.raises(CinetrajError, match=r"could not be downloaded .*timed out"):
            _ = downloaded(urls, "0" * 64, model_name="a line") if checked else loaded(urls)
    assert time.monotonic() - began < 10
    assert socket.getdefaulttimeout() is None
