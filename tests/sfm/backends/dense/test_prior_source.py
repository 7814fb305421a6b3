"""What `--depth-prior` names: paths that are not there are told from names on the hub."""

from pathlib import Path

import pytest

from sfm.backends.dense.prior_source import require_there
from trajectory.errors import CinetrajError


@pytest.mark.parametrize(
    "source", ["./net", "../net", "/no/net", "~/net", "a/b/net", "here/net", "net/", "C:\\net", "maps.npz"]
)
def test_a_path_that_is_not_there_is_no_name_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CinetrajError, match="no such file or folder; give a model"):
        require_there(source)


def test_names_folders_and_files_of_maps_are_left_to_their_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.v2").mkdir()
    for name in ("maps.npz", "maps.npy"):
        Path(name).write_bytes(b"")
    for source in ("owner/network", "network", "net.v2", str(tmp_path / "net.v2"), "maps.npz"):
        require_there(source)
    with pytest.raises(CinetrajError, match=r"maps\.npy is a file, and no \.npz"):
        require_there("maps.npy")
