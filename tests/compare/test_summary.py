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
