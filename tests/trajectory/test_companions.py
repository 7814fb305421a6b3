"""Files beside a path that are no paths."""

from pathlib import Path

import pytest
from turning import moving

from trajectory import io
from trajectory.companions import is_companion


def test_a_clip_may_be_called_after_intrinsics(tmp_path: Path) -> None:
    for name in ("a_intrinsics.txt", "b.txt", "b_intrinsics.txt", "pred_traj.txt", "pred_intrinsics.txt"):
        (tmp_path / name).touch()
    found = {path.name for path in tmp_path.iterdir() if is_companion(path)}
    assert found == {"b_intrinsics.txt", "pred_intrinsics.txt"}


@pytest.mark.parametrize(
    ("format", "name"), [("monst3r", "a.txt"), ("da3-streaming", "a.txt"), ("da3-streaming", "camera_poses.txt")]
)
def test_what_writers_put_beside_a_path_is_known(format: str, name: str, tmp_path: Path) -> None:
    io.write(moving(), tmp_path / name, format=format)
    assert {path.name for path in tmp_path.iterdir() if not is_companion(path)} == {name}
    assert len(list(tmp_path.iterdir())) == 2
