"""Names in Markdown: what would be a sign of it is a letter."""

import re

_SIGNS = re.compile(r"[\\`*|<~]|(?<![^\W_])_|_(?![^\W_])")
"""Within a word an underscore is a letter already, and stays readable where a table is printed."""


def plain(text: str) -> str:
    """A name for a cell of a table or a line of a list, shown as it is: `a|b` would be two cells, `*a*` slanted."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))
