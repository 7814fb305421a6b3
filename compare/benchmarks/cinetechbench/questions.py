"""Answering CineTechBench's multiple-choice questions on camera movement from the camera path.

An option is a set of shot types ("Pan Left Shot", or several for a combination). It fits as well as its weakest type
is seen, less the strongest motion that it does not name: the answer is the option that fits best. The letter is found
from the option's words alone; neither the right answer nor the type of the clip is looked at.

A tracking shot follows a subject, which a path does not show: it is answered only by elimination, when the camera
moves and no other option fits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compare.benchmarks.camerabench.clips import NOT_ESTIMATED, Clip
from compare.benchmarks.camerabench.facts import motion_facts
from compare.benchmarks.camerabench.questions import MOTIONS, Facts, moving
from compare.benchmarks.cinetechbench.clips import Annotation
from trajectory.errors import CinetrajError
from trajectory.taxonomy import CINETECHBENCH, CINETECHBENCH_GROUPS, CINETECHBENCH_PRIMITIVES

_FACTS = {
    **{name: (primitive,) for name, primitive in CINETECHBENCH_PRIMITIVES.items()},
    "Crane Shot": ("Crane_Up", "Crane_Down", "Move_Up", "Move_Down"),
    "Tracking Shot": (),
}
TYPES: Mapping[str, tuple[str, ...]] = {name: _FACTS[name] for name in CINETECHBENCH}
"""The 15 types of the benchmark and the facts that speak for each; the strongest one counts."""

COVERED: Mapping[str, tuple[str, ...]] = {
    "Crane Shot": ("Move_In", "Move_Out", "Move_Right", "Move_Left", "Tilt_Up", "Tilt_Down"),
}
"""Motions that belong to a type beside the facts that speak for it: the benchmark's crane moves "vertically,
horizontally, or in complex patterns", and tilts to keep what it looks at."""

_PATTERNS = (
    (r"\bcran(?:e|ing)\b", "Crane Shot"),
    (r"\b(?:dolly|push|dollying)[ -]*in\b", "Dolly In Shot"),
    (r"\b(?:dolly|pull|dollying)[ -]*(?:out|back)\b", "Dolly Out Shot"),
    (r"\b(?:fixed|static)\b", "Fixed Shot"),
    (r"\bpan(?:ning)?[ -]*left\b", "Pan Left Shot"),
    (r"\bpan(?:ning)?[ -]*right\b", "Pan Right Shot"),
    (r"\broll(?:ing)?[ -]*clockwise\b", "Rolling Clockwise Shot"),
    (r"\broll(?:ing)?[ -]*(?:counter|anti)[ -]?clockwise\b", "Rolling Counterclockwise Shot"),
    (r"\btilt(?:ing)?[ -]*down\b", "Tilt Down Shot"),
    (r"\btilt(?:ing)?[ -]*up\b", "Tilt Up Shot"),
    (r"\btrack(?:ing)?\b", "Tracking Shot"),
    (r"\btruck(?:ing)?[ -]*left\b", "Trucking Left Shot"),
    (r"\btruck(?:ing)?[ -]*right\b", "Trucking Right Shot"),
    (r"\bzoom(?:ing)?[ -]*in\b", "Zoom In Shot"),
    (r"\bzoom(?:ing)?[ -]*out\b", "Zoom Out Shot"),
)
_ROTATION = ("Tilt Up Shot", "Tilt Down Shot", "Pan Left Shot", "Pan Right Shot")
_TRANSLATION = ("Dolly In Shot", "Dolly Out Shot", "Trucking Left Shot", "Trucking Right Shot", "Crane Shot")
GROUPS: Mapping[str, tuple[str, ...]] = {
    **CINETECHBENCH_GROUPS,
    "Translation": (*_TRANSLATION, "Tracking Shot"),
    "Rotation": (*_ROTATION, "Rolling Clockwise Shot", "Rolling Counterclockwise Shot"),
}
"""The groups of the authors' `video_qa_*.py`; they count the questions of kind "Single" only."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One question. `letter` is None where it failed, with the reason; `fit` by letter, None where not known."""

    annotation: Annotation
    options: Mapping[str, str]
    letter: str | None
    fit: Mapping[str, float | None]
    failure: str | None = None

    @property
    def correct(self) -> bool:
        """Whether the letter is the annotated one."""
        return self.letter is not None and self.letter == read_answer(self.annotation.answer or "", self.options)

    def to_json(self) -> dict[str, Any]:
        """The fields of the authors' results file, and the fit of every option."""
        return {
            "VideoFilename": self.annotation.video_name,
            "ID": self.annotation.id,
            "Original_Type": self.annotation.type,
            "Classification": self.annotation.kind,
            "Prompt": self.annotation.prompt,
            "GroundTruth": self.annotation.answer,
            "AnswerMapping": dict(self.options),
            "Pred": self.letter or "ERROR",
            "Status": "Completed" if self.letter else "Error",
            "failure": self.failure,
            "fit": dict(self.fit),
        }


def read_options(prompt: str) -> dict[str, str]:
    """The options of a question: lines "A. label", by letter.

    Raises:
        CinetrajError: fewer than two options, or a letter that occurs twice.
    """
    found = re.findall(r"^[ \t]*\(?([A-H])[.):][ \t]*(\S.*?)[ \t]*$", prompt, flags=re.MULTILINE)
    if len(found) < 2 or len({letter for letter, _ in found}) < len(found):
        raise CinetrajError(f"prompt {prompt[:60]!r} has options {[letter for letter, _ in found]}, expected A, B, ...")
    return dict(found)


def read_answer(answer: str, options: Mapping[str, str]) -> str:
    """The letter of an annotated answer, as "B", "(B)" or "B. Pan Left Shot", or the words of an option.

    Raises:
        CinetrajError: it is none of the options.
    """
    found = re.match(r"\(?([A-Ha-h])(?!\w)", answer.strip())
    letters = [found[1].upper()] if found else [k for k, v in options.items() if v.lower() == answer.strip().lower()]
    if len(letters) != 1 or letters[0] not in options:
        raise CinetrajError(f"the annotated answer is {answer!r}, expected one of {', '.join(options)}")
    return letters[0]


def read_types(label: str) -> frozenset[str]:
    """The shot types that an option names; several for a combination, none where no word is known."""
    return frozenset(name for pattern, name in _PATTERNS if re.search(pattern, label.lower()))


def choose(options: Mapping[str, str], facts: Facts) -> tuple[str | None, dict[str, float | None]]:
    """The letter of the option that fits best, and the fit of each (None: not known). Equal fits: the first letter.

    Raises:
        CinetrajError: an option names no known shot type.
    """
    types = {letter: read_types(label) for letter, label in options.items()}
    for letter, named in types.items():
        if not named:
            raise CinetrajError(f"option {letter} is {options[letter]!r}, expected one of {', '.join(TYPES)}")
    fit = {letter: _fit(named, facts) for letter, named in types.items() if "Tracking Shot" not in named}
    rivals = [value for value in fit.values() if value is not None]
    for letter, named in types.items():
        if "Tracking Shot" in named:
            parts = [moving(facts), *(_margin(name, facts) for name in named - {"Tracking Shot"})]
            eliminated = -max(rivals) if rivals else 0.0
            fit[letter] = None if None in parts else min(eliminated, *(part for part in parts if part is not None))
    known = [(value, letter) for letter, value in fit.items() if value is not None]
    if not known:
        return None, fit
    best = max(value for value, _ in known)
    return min(letter for value, letter in known if value == best), {letter: fit[letter] for letter in options}


def answer_questions(annotations: Sequence[Annotation], clips: Mapping[str, Clip]) -> tuple[Answered, ...]:
    """Answer every annotation that has a question; a clip without a trajectory is a failed question.

    Raises:
        CinetrajError: no annotation has a question.
    """
    questions = [a for a in annotations if a.prompt and a.answer]
    if not questions:
        raise CinetrajError("no annotation has a QA with prompt and answer; give video_annotation.json")
    return tuple(_answer(annotation, clips.get(annotation.name)) for annotation in questions)


def summarise(answers: Sequence[Answered]) -> dict[str, Any]:
    """Accuracy by group over all questions; failed ones count as wrong.

    Each group has correct, answered, all, accuracy (over all) and accuracy_answered (over the answered ones, which is
    the published number). A group without questions is {"undefined": reason}.
    """
    single = [a for a in answers if a.annotation.kind == "Single"]
    groups = {
        "All": list(answers),
        "Single": single,
        "Combinational": [a for a in answers if a.annotation.kind == "Combinational"],
        **{name: [a for a in single if a.annotation.type in members] for name, members in GROUPS.items()},
    }
    failed = [a for a in answers if a.letter is None]
    return {
        "groups": {name: _accuracy(members) for name, members in groups.items()},
        "coverage": {"ok": len(answers) - len(failed), "all": len(answers)},
        "failed": {a.annotation.video_name: a.failure for a in failed},
    }


def as_markdown(summary: Mapping[str, Any]) -> str:
    """The summary as a table."""
    lines = ["| group | correct | all | failed | accuracy | of the answered |", "|---|---:|---:|---:|---:|---:|"]
    for name, group in summary["groups"].items():
        if "undefined" in group:
            lines.append(f"| {name} | 0 | 0 | 0 | – | – |")
            continue
        answered = group["accuracy_answered"]
        cells = [group["correct"], group["all"], group["all"] - group["answered"], f"{100 * group['accuracy']:.1f} %"]
        cells.append("–" if answered is None else f"{100 * answered:.1f} %")
        lines.append(f"| {name} | {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _answer(annotation: Annotation, clip: Clip | None) -> Answered:
    options: dict[str, str] = {}
    fit: dict[str, float | None] = {}
    try:
        options = read_options(annotation.prompt or "")
        read_answer(annotation.answer or "", options)  # refuses what would count as wrong whatever is answered
        if clip is None or clip.camera is None:
            failure = NOT_ESTIMATED if clip is None else clip.failure
            return Answered(annotation=annotation, options=options, letter=None, fit=fit, failure=failure)
        letter, fit = choose(options, motion_facts(clip.camera))
    except CinetrajError as error:
        return Answered(annotation=annotation, options=options, letter=None, fit=fit, failure=str(error))
    failure = None if letter else "no option can be judged from this trajectory"
    return Answered(annotation=annotation, options=options, letter=letter, fit=fit, failure=failure)


def _margin(name: str, facts: Facts) -> float | None:
    known = [value for fact in TYPES[name] if (value := facts.get(fact)) is not None]
    return max(known, default=None)


def _fit(named: frozenset[str], facts: Facts) -> float | None:
    parts = [_margin(name, facts) for name in named]
    if None in parts:
        return None
    covered = {fact for name in named for fact in (*TYPES[name], *COVERED.get(name, ()))}
    others = [value for motion in MOTIONS if motion not in covered and (value := facts.get(motion)) is not None]
    return min(part for part in parts if part is not None) - max(0.0, *others)


def _accuracy(answers: Sequence[Answered]) -> dict[str, Any]:
    if not answers:
        return {"undefined": "no questions in this group"}
    correct, answered = sum(a.correct for a in answers), sum(a.letter is not None for a in answers)
    return {
        "correct": correct,
        "answered": answered,
        "all": len(answers),
        "accuracy": correct / len(answers),
        "accuracy_answered": correct / answered if answered else None,
    }
