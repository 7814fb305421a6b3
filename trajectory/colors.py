"""The colours of all pictures."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that no kind of colour blindness confuses, by M. Okabe and K. Ito (2008); without their yellow, which is not
seen on white, and their black."""
ALONG, AGAINST = PALETTE[2], PALETTE[1]
"""Of what moves with the scene (green) and of what moves by itself (orange)."""


def color_of(number: int) -> str:
    """The colour of the line of that number; they come again after six."""
    return PALETTE[number % len(PALETTE)]
