"""Letters that matplotlib's own font lacks."""

import io
import warnings

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from trajectory.figure_files import write
from trajectory.glyphs import with_all_letters


def titled(title: str) -> Figure:
    figure = Figure(figsize=(2, 1), dpi=50)
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    figure.add_subplot().set_title("plain: \N{MINUS SIGN}3\N{DEGREE SIGN}")
    return figure


def families(figure: Figure) -> list[str]:
    text = figure._suptitle  # pyright: ignore
    return list(text.get_fontfamily())


def test_letters_that_another_font_has_are_drawn_in_it():
    figure = titled("\N{LATIN SMALL LETTER X WITH PALATAL HOOK}.mp4")  # in STIX, which comes with matplotlib
    before = families(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(figure, io.BytesIO(), "png")
    assert families(figure)[: len(before)] == before
    assert "STIXGeneral" in families(figure)
    plain = titled("plain")
    write(plain, io.BytesIO(), "png")
    assert families(plain) == before


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_name_that_no_font_has_letters_for_is_drawn_without_a_word(kind: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(titled("\u53c2\u8003 \U000e0041 \ue123.mp4"), io.BytesIO(), kind)


def test_wherever_a_name_stands_its_letters_are_found_and_ticks_are_not_made_for_it():
    letter = "\N{LATIN SMALL LETTER X WITH PALATAL HOOK}"
    figure = Figure(figsize=(2, 1), dpi=50)
    FigureCanvasAgg(figure)
    axes, other = figure.subplots(1, 2)
    axes.plot([0, 1], [0, 1], label=letter)
    texts = [axes.set_title(letter), axes.set_xlabel(letter), axes.set_ylabel(letter), axes.text(0, 0, letter)]
    texts += axes.legend().get_texts()
    axes.set_yticks([0, 1], [letter, letter])
    texts += axes.get_yticklabels()
    with with_all_letters(figure):
        assert all("STIXGeneral" in text.get_fontfamily() for text in texts)
        assert len(other.xaxis.majorTicks) == 1  # the one that matplotlib begins with
