"""Names are shown as they are."""

import pytest

from compare.markdown import plain


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("gen_720p_005 (v1.2) [a]", "gen_720p_005 (v1.2) [a]"),
        ("a|b", r"a\|b"),
        ("*best*", r"\*best\*"),
        ("_x_y_", r"\_x_y\_"),
        ("__init__", r"\_\_init\_\_"),
        ("<b>\n`c`", r"\<b> \`c\`"),
        ("~old~", r"\~old\~"),
    ],
)
def test_signs_are_letters(name: str, written: str) -> None:
    assert plain(name) == written
