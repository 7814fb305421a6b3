"""Pages are put together in one pass."""

import base64
import gzip
import json
import re

import numpy as np

from compare.report.assemble import assembled, asset, data_uri, embedded, numbers, packed


def test_data_cannot_end_its_element() -> None:
    text = embedded({"name": "</script><!-- é"})
    assert "</" not in text
    assert "<!--" not in text
    assert json.loads(text) == {"name": "</script><!-- é"}


def test_what_is_inserted_is_not_searched_for_places() -> None:
    parts = {"TITLE": "a", "STYLE": "/*DATA*/", "DATA": "/*SCRIPT*/", "SCRIPT": "run()"}
    page = assembled("run.html", parts)
    assert page.count("/*DATA*/") == 1
    assert "<style>/*DATA*/</style>" in page
    assert page.endswith("<script>run()</script>\n</body>\n</html>\n")


def test_each_template_has_the_places_that_its_page_fills() -> None:
    for name, places in (
        ("report.html", ["TITLE", "STYLE", "DATA", "PLOTLY", "SCRIPT"]),
        ("run.html", ["TITLE", "STYLE", "DATA", "SCRIPT"]),
        ("folder.html", ["STYLE", "DATA", "SCRIPT"]),
    ):
        assert re.findall(r"/\*(\w+)\*/", asset(name)) == places


def test_numbers_of_a_page_are_rounded_and_never_nan() -> None:
    found = numbers(np.array([[1.23456789, np.nan], [np.inf, -2.0]]), 3)
    assert found == [[1.235, None], [None, -2.0]]
    assert numbers(None) is None
    json.dumps(found, allow_nan=False)


def test_a_script_is_packed_and_the_same_each_time() -> None:
    script = "call('é');" * 1000
    assert gzip.decompress(base64.b64decode(packed(script))).decode() == script
    assert len(packed(script)) < len(script) / 3
    assert packed(script) == packed(script)


def test_a_file_is_its_own_address() -> None:
    assert data_uri(b"abc", "text/plain") == "data:text/plain;base64,YWJj"
