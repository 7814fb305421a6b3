"""Counts in words."""


def counted(count: int, noun: str) -> str:
    """As "1 trajectory", "3 trajectories", "1 row", "2 rows"."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"
