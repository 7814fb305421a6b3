"""Signed margins: positive is yes, 0 the threshold, None not known. What "not" and "and" make of them."""


def negated(margin: float | None) -> float | None:
    """No, as sure as it was yes."""
    return None if margin is None else -margin


def weakest(*margins: float | None) -> float | None:
    """All of them: the weakest decides. With an unknown part it is known only where another part says no already."""
    known = [margin for margin in margins if margin is not None]
    if not known or (len(known) < len(margins) and min(known) >= 0):
        return None
    return min(known)


def held_below(margin: float) -> float:
    """The margin less 1 while negative, else approaching 0 from below: rises with the margin and is always a no."""
    return margin - 1.0 if margin < 0 else -1.0 / (1.0 + margin)
