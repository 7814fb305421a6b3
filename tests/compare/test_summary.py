"""From clips to one number per metric."""

from dataclasses import replace

import numpy as np
import pytest
from paths import smooth

from compare import protocols
from compare.common import common_mean
from compare.scoring import score
from compare.uncertainty import paired


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


def test_the_order_of_the_clips_changes_no_interval_and_no_verdict() -> None:
    """The draws of the bootstrap went by the order of a mapping: the same clips had other 95 % after a sort."""
    names = "abcde"
    sides = [{name: smooth(seed + k) for k, name in enumerate(names)} for seed in (1, 11, 21)]
    turned = [{name: side[name] for name in reversed(names)} for side in sides]
    first, second = (score(sides[0], side, protocol="strict") for side in sides[1:])
    again, other = (score(turned[0], side, protocol="strict") for side in turned[1:])
    assert again.to_json()["summary"]["policies"] == first.to_json()["summary"]["policies"]
    assert paired(again, other, "CamMC") == paired(first, second, "CamMC")
    records = [each.record() for each in (first, again)]
    told = [common_mean(record, [record], "CamMC", "worst") for record in records]
    assert told[0] == told[1]
    assert told[0]["clips"] == len(names)
