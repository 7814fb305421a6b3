"""Tables for papers: what stands in them is what the leaderboard says, and LaTeX can set it."""

import re

import pytest
from paths import smooth

from compare.report.latex import escaped, to_latex
from compare.report.tables import leaderboard
from compare.scoring import Result, score


def results(*, sure: bool) -> list[Result]:
    """Two models on clips of their references; where it is sure, one is better on every one of eight."""
    names = "abcdefgh" if sure else "ab"
    references = {name: smooth(i) for i, name in enumerate(names)}
    near = {name: smooth(i) for i, name in enumerate(names)} if sure else {"a": smooth(7)}
    poor = {name: smooth(i + 20) for i, name in enumerate(names)}
    return [score(references, near, model="fine_tuned & 50 %"), score(references, poor, model="base")]


def cells(text: str, model: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(model)]
    return [cell.strip() for cell in line.rstrip("\\ ").split(" & ")]


def balanced(text: str) -> bool:
    return re.sub(r"\\[{}]", "", text).count("{") == re.sub(r"\\[{}]", "", text).count("}")


@pytest.mark.parametrize("sure", [True, False])
def test_a_table_for_each_protocol_has_a_cell_for_each_model_and_metric(sure: bool) -> None:
    found = results(sure=sure)
    text = to_latex(found)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 1
    assert balanced(text)
    head, *rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.split(r"(?<!\\)&", line)) for line in (head, *rows)} == {head.count(" & ") + 1}
    assert re.search(r"\\begin\{tabular\}\{lr(r+)\}", text)
    assert len(re.findall(r"\\begin\{tabular\}\{lr(r+)\}", text)[0]) == head.count(" & ") - 1
    base = leaderboard(found)[1]
    assert cells(text, "base")[1] == f"{base['ok']}/{base['all']}"
    assert f"{base['RotErr']:.4g}" in cells(text, "base")[2]


def test_only_what_is_decided_is_bold() -> None:
    sure = to_latex(results(sure=True))
    assert r"\textbf" in cells(sure, r"fine\_tuned \& 50 \%")[2]
    assert r"\textbf" not in cells(sure, "base")[2]
    assert r"\textbf" not in to_latex(results(sure=False))


def test_who_is_at_fault_and_what_is_missing_stands_in_the_caption() -> None:
    text = to_latex(results(sure=False))
    (caption,) = [line for line in text.splitlines() if r"\caption" in line]
    assert "no clip has a value for MotionRatio, ZoomErr" in caption
    assert "1 clip without a score by the fault of the model" in caption
    assert "too narrow" in caption


def test_several_protocols_have_labels_of_their_own() -> None:
    references = {"a": smooth(1), "b": smooth(2)}
    every = [score(references, references, protocol=name, model="m") for name in ("strict", "relative-mean")]
    labels = re.findall(r"\\label\{(.*?)\}", to_latex(every))
    assert len(set(labels)) == 2


def test_signs_are_set_as_they_are() -> None:
    assert escaped("a_b & 50 % of {x} #1 ~^\\") == (
        r"a\_b \& 50 \% of \{x\} \#1 \textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
