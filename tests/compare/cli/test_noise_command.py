"""`cinetraj noise` with an estimator whose noise is known."""

import json
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
from paths import smooth

from compare.cli import _settings, noise
from sfm.types import Frames
from trajectory.errors import CinetrajError
from trajectory.frames import mirrored, time_reversed
from trajectory.model import Trajectory

TRUTH = smooth(1, 12)


def frames() -> Frames:
    rgb = np.zeros((12, 32, 48, 3), dtype=np.uint8)
    rgb[:, :, :24] = 200  # the left half is bright
    rgb += np.arange(12, dtype=np.uint8)[:, None, None, None] * 3
    return Frames(rgb=rgb, time_s=TRUTH.time_s, index=np.arange(12), source_hw=(32, 48), source="clip.mp4")


def seeing(clip: Frames) -> Trajectory:
    """A noiseless estimator of this one camera: it sees mirrors and reversal, as any would."""
    found = TRUTH
    if clip.rgb[0, 0, 0, 0] < clip.rgb[0, 0, -1, 0]:
        found = mirrored(found)
    if clip.rgb[0].mean() > clip.rgb[-1].mean():
        found = time_reversed(found)
    return found


def test_a_noiseless_estimator_has_no_floor() -> None:
    told: list[tuple[int, int]] = []
    floor, failed = noise.measure([frames], seeing, "strict", lambda done, total: told.append((done, total)))
    assert not failed
    assert floor.twins == 4
    for kind, medians in floor.by_kind.items():
        assert medians["RotErr"] == pytest.approx(0, abs=1e-9), kind
        assert medians["TransErr"] == pytest.approx(0, abs=1e-9), kind
    assert told[-1] == (5, 5)


def test_failed_estimates_are_told() -> None:
    def blind_to_mirrors(clip: Frames) -> Trajectory:
        if clip.rgb[0, 0, 0, 0] < clip.rgb[0, 0, -1, 0]:
            raise CinetrajError("estimation failed: too dark")
        return seeing(clip)

    floor, failed = noise.measure([frames], blind_to_mirrors, "strict", lambda done, total: None)
    assert floor.twins == 3
    assert failed == ["clip.mp4, mirrored: estimation failed: too dark"]


def test_the_floor_is_saved_once_per_protocol(tmp_path: Path) -> None:
    for protocol in ("strict", "cinetechbench-fixed", "strict"):
        noise.write(noise.measure([frames], seeing, protocol, lambda done, total: None)[0], tmp_path)
    saved = json.loads((tmp_path / "noise_floor.json").read_text())
    assert [floor["protocol"] for floor in saved] == ["cinetechbench-fixed", "strict"]


def test_a_clip_that_cannot_be_read_does_not_cost_the_others() -> None:
    def unreadable() -> Frames:
        raise CinetrajError("half.mp4: no video can be read from it")

    floor, failed = noise.measure([unreadable, frames, unreadable], seeing, "strict", lambda done, total: None)
    assert floor.twins == 4
    assert failed == ["half.mp4: no video can be read from it"] * 2
    with pytest.raises(CinetrajError, match=r"no twin could be scored: half\.mp4"):
        noise.measure([unreadable], seeing, "strict", lambda done, total: None)


def test_no_clip_is_bad_input() -> None:
    with pytest.raises(CinetrajError, match="no clip given"):
        noise.run(noise.Args(clips=()))


def test_clips_are_given_as_for_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A glob of several films was one clip that cannot be read, and a folder of them one without images."""
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    loaded: list[str] = []

    def load(path: str, config: object) -> Frames:
        loaded.append(Path(path).name)
        raise CinetrajError(f"{path}: empty")

    monkeypatch.setattr("sfm.video.reader.load", load)
    for given in ((str(tmp_path / "*.mp4"),), (str(tmp_path),), (str(tmp_path), str(tmp_path / "a.mp4"))):
        loaded.clear()
        with pytest.raises(CinetrajError, match="no twin could be scored"):
            noise.run(noise.Args(clips=given))
        assert loaded == ["a.mp4", "b.mp4"]
    with pytest.raises(CinetrajError, match=r"^\S+\*\.mov: matches no file; check the pattern$"):
        noise.run(noise.Args(clips=(str(tmp_path / "*.mov"),)))


@pytest.mark.parametrize("protocol", ["navscore", "ate-rpe", "mind-rpe", "strickt"])
def test_a_protocol_without_noise_is_refused_before_a_clip_is_read(protocol: str) -> None:
    with pytest.raises(CinetrajError, match=r"perhaps 'strict'|as --protocol strict"):
        noise.run(noise.Args(clips=("nowhere.mp4",), protocol=protocol))


def test_every_backend_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_settings, "backend_configs", lambda: {"auto": object, "foreign": object})
    form = noise.form()
    assert get_args(get_type_hints(form)["backend"]) == ("auto", "foreign")
    assert form(clips=("a.mp4",)).backend == noise.Args(clips=("a.mp4",)).backend == "auto"
