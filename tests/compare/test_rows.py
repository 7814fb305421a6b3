"""The values that scoring makes, as JSON."""

import json

from compare.rows import ClipScores, Score


def test_a_row_is_numbers_reasons_or_its_failure() -> None:
    scores = {
        "RotErr": Score(name="RotErr", value=1.5, unit="deg"),
        "ZoomErr": Score(name="ZoomErr", value=None, unit="octave", undefined="the reference has no focal length"),
    }
    row = ClipScores(name="a", scores=scores).to_json()
    assert row == {"RotErr": 1.5, "ZoomErr": {"undefined": "the reference has no focal length"}}
    json.dumps(row, allow_nan=False)
    assert ClipScores(name="a", scores=scores, failed="generated: black").to_json() == {"failed": "generated: black"}
