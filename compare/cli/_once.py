"""What is said of many clips on the error stream: each reason once, with whom it met, and not a line for each."""

from collections.abc import Callable, Iterable, Mapping

FEW_LINES = 10
"""So many lines are read, whatever they are about."""


def tell(say: Callable[[str], None], notes: Mapping[str, Iterable[str]], *, of: int) -> None:
    """Say the notes of a few clips behind the name of each; of many each kind of note once, with how many it is about.

    Args:
        say: one line.
        notes: of each clip by its name.
        of: how many clips there are.
    """
    from compare.counts import counted, first_three
    from compare.notes import merged

    lines = [f"{name}: {text}" for name, texts in notes.items() for text in texts]
    if len(lines) <= FEW_LINES:
        for line in lines:
            say(line)
        return
    for text, names in merged(notes):
        whose = names[0] if len(names) == 1 else f"{len(names)} of {counted(of, 'path')} ({first_three(names)})"
        say(f"{whose}: {text}")
