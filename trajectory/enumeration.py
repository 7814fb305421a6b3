"""Words in a row, as a sentence has them."""

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """As "a, b and c"; `last` stands before the last one."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
