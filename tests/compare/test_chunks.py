"""relative-mean: the published loops to 1e-9, and what chunks do."""

import numpy as np
import published_forms
import pytest
from paths import elsewhere, one, path, smooth

from compare import protocols
from compare.chunks import chunked
from trajectory.errors import CinetrajError


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("chunk", "angle"), [(None, None), (8, None), (7, "deg"), (40, "rad")])
def test_relative_mean_is_the_published_form(seed: int, chunk: int | None, angle: str | None) -> None:
    a, b = smooth(seed, 24), elsewhere(smooth(seed + 10, 24), seed)
    expected = published_forms.relative_mean(a.world_from_cam, b.world_from_cam, chunk or 0, angle == "deg")
    found = one(a, b, "relative-mean", chunk=chunk, angle=angle)
    assert found == {name: pytest.approx(value, abs=1e-9) for name, value in expected.items()}


def test_a_small_path_is_divided_by_its_own_extent_alone() -> None:
    a = smooth(3, 24)
    tiny = a.replace(world_from_cam=a.world_from_cam * np.array([[1, 1, 1, 1e-9]] * 3 + [[1, 1, 1, 1]]))
    assert one(a, tiny, "relative-mean")["TransErr"] == pytest.approx(0, abs=1e-9)


def test_each_chunk_starts_at_the_identity_and_reaches_one() -> None:
    poses = np.array(smooth(1, 10).world_from_cam)
    scored = np.ones(10, dtype=bool)
    scored[4] = False
    found = chunked(poses[None], scored[None], 4)[0]
    for start, first in ((0, 0), (4, 5), (8, 8)):
        part = found[start : start + 4]
        counted = scored[start : start + 4]
        np.testing.assert_array_equal(found[first], np.eye(4))
        assert np.linalg.norm(part[counted, :3, 3], axis=1).max() == pytest.approx(1)
    still = np.tile(np.eye(4), (6, 1, 1))
    np.testing.assert_array_equal(chunked(still[None], np.ones((1, 6), dtype=bool), 3)[0], still)


def test_drift_between_chunks_is_not_seen() -> None:
    u = np.linspace(0, 1, 40)[:, None]
    straight = path(u * [0, 0, 1.0], 0 * u * [1, 1, 1])
    bent = path(u * [0, 0, 1.0], u * [0, 0.5, 0])
    whole, parts = (one(straight, bent, "relative-mean", chunk=chunk)["RotErr"] for chunk in (None, 4))
    assert parts < whole / 5


def test_nonsense_is_refused() -> None:
    for chunk in (1, 0, -1):
        with pytest.raises(CinetrajError, match=f"--chunk is {chunk}, expected at least 2 frames; leave it out"):
            protocols.get("relative-mean").with_options(chunk=chunk)
    for name in ("worldscore", "navscore", "gauge-ate"):
        with pytest.raises(CinetrajError, match=f"--chunk does not exist in {name}"):
            protocols.get(name).with_options(chunk=8)
    with pytest.raises(CinetrajError, match="--angle does not exist in worldscore"):
        protocols.get("worldscore").with_options(angle="rad")


def test_a_protocol_says_that_it_scores_by_chunks() -> None:
    strict = protocols.get("strict").with_options(chunk=8, time="progress")
    assert strict.draws == 0
    assert "each path is scored by chunks of 8 frames (--chunk), so that there are no intervals" in strict.notes
    assert any(note.startswith("associated by --time progress") for note in strict.notes)
    assert protocols.get("relative-mean").with_options(chunk=8).notes[-1].endswith("of 8 frames (--chunk)")
