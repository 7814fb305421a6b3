# pyright: basic
# (matplotlib's fonts)
"""Fonts for what matplotlib's own has no letters for: names of clips in Chinese, Japanese or Korean."""

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NO_LETTERS = "LastResort"
"""Matplotlib's font of boxes for all characters."""
_REGULAR = ("normal", "regular", 400)


@contextmanager
def with_all_letters(figure: Any) -> Iterator[None]:
    """While a figure is drawn, its texts have fonts of this machine for the letters that theirs lack.

    Letters that no font has are boxes, without a warning for each of them: nobody can do anything about a clip's name.
    """
    texts = [text for text in _named(figure) if not text.get_text().isascii()]
    lacking = {text: _lacking(text) for text in texts}
    families = _families_with(set().union(*lacking.values()))
    for text, letters in lacking.items():
        if letters:
            text.set_fontfamily([*text.get_fontfamily(), *families])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def _named(figure: Any) -> Iterator[Any]:
    """The texts that may hold a name. Those of plain ticks, which are made as one looks for them, hold numbers."""
    from matplotlib.ticker import FixedLocator

    yield from figure.texts
    for axes in figure.axes:
        yield from (axes.title, *axes.texts)
        yield from () if axes.get_legend() is None else axes.get_legend().get_texts()
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            yield from axis.get_ticklabels() if isinstance(axis.get_major_locator(), FixedLocator) else ()


def _lacking(text: Any) -> set[str]:
    from matplotlib.font_manager import findfont

    return {letter for letter in _without(text.get_text(), findfont(text.get_fontproperties())) if letter.isprintable()}


def _families_with(letters: Collection[str]) -> list[str]:
    """Families that have the letters, one after another until all are there or no font has more."""
    from matplotlib.font_manager import fontManager

    found: list[str] = []
    if not letters:
        return found
    plain = [font for font in fontManager.ttflist if font.style == "normal" and font.weight in _REGULAR]
    for font in sorted(plain, key=lambda each: each.name):
        if _NO_LETTERS in Path(font.fname).name or font.name in found:
            continue
        still = _without(letters, font.fname)
        if len(still) < len(letters):
            found.append(font.name)
            letters = still
        if not letters:
            break
    return found


def _without(letters: Collection[str], file: str) -> set[str]:
    """Those that a font has no picture of; all where its file cannot be read."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(file)
    except (OSError, RuntimeError):  # removed since matplotlib listed it, or none that FreeType reads
        return set(letters)
    return {letter for letter in letters if not font.get_char_index(ord(letter))}
