"""From clips to one number per metric."""

from dataclasses import replace

import numpy as np
import pytest
from paths import smooth

from compare import protocols
from compare.scoring import score


@pytest.mark.parametrize("failures", ["worst", "drop"])
def test_rows_average_to_the_mean_that_is_told(failures: str) -> None:
    protocol = replace(protocols.get("strict"), failures=failures)
    lost = np.ones(40, dtype=bool)
    lost[25:] = False
    references = {"a": smooth(1), "b": smooth(2)}
    generated = {"a": smooth(3), "b": smooth(4).replace(valid=lost)}
    said = score(references, generated, protocol=protocol).to_json()
    for metric in ("RotErr", "TransErr", "CamMC"):
        assert np.mean([clip[metric] for clip in said["clips"].values()]) == pytest.approx(said["summary"][metric])
        both = said["summary"]["policies"]
        assert both["worst"][metric]["value"] > both["drop"][metric]["value"]


@pytest.mark.parametrize("protocol", ["cameractrl", "worldscore"])
def test_a_length_in_no_extent_has_no_worst_value(protocol: str) -> None:
    poses = smooth(2).world_from_cam.copy()
    poses[:, :3, 3] *= 50
    far = smooth(2).replace(world_from_cam=poses)
    lost = np.ones(40, dtype=bool)
    lost[25:] = False
    found = score({"a": far, "b": smooth(1)}, {"a": smooth(3).replace(valid=lost)}, protocol=protocol)
    both = found.to_json()["summary"]["policies"]
    assert both["worst"]["RotErr"]["value"] > both["drop"]["RotErr"]["value"]
    # two units are less than this clip is off: charged, a clip more that is missing would better the mean
    assert both["worst"]["TransErr"] == both["drop"]["TransErr"]
    assert found.clips["a"].charged["TransErr"].worst is None
