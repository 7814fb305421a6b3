"""Rules of the house that no linter knows: short functions, few parameters, tests beside modules, our words."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES, MOST_PARAMETERS = 60, 7
EXCEPTIONS = {
    "compare/scoring.py:score": "public: its parameters are the options of a comparison, given by name",
    "sfm/synthetic/paths.py:camera_path": "the fields of a clip's specification that make its path, given by name",
    "sfm/video/trim.py:cut": "public: what to cut, and how to encode it, given by name",
}
OLD_WORDS = re.compile(r"\b(rungs?|climb\w*|ladder|settl\w*|hopeless|opened|grown)\b", re.IGNORECASE)
COVERED = {
    "sfm/backends/colmap": "tests/sfm/backends/test_backends.py",
    "sfm/backends/dense/running.py": "tests/sfm/backends/dense/test_memory.py",
    "sfm/batch/engines": "tests/sfm/batch/test_runner.py",
    "sfm/batch/object_log.py": "tests/sfm/batch/test_objects.py",
    "sfm/batch/reach.py": "tests/sfm/batch/test_objects.py",
    "sfm/config": "tests/sfm/test_config.py",
    "sfm/confidence/weights.py": "tests/sfm/confidence/test_confidence_posterior.py",
    "sfm/features/aliked.py": "tests/sfm/features/test_extract.py",
    "sfm/features/keynet.py": "tests/sfm/features/test_extract.py",
    "sfm/geometry/compiled": "tests/sfm/geometry/test_compiled.py",
    "sfm/processes/zlib_first.py": "tests/sfm/processes/test_isolated.py",
    "sfm/synthetic": "tests/sfm/synthetic/test_synthetic_clip.py",
    "sfm/tracking/klt.py": "tests/sfm/tracking/test_track.py",
    "compare/cli/cinetechbench.py": "tests/compare/cli/test_benchmark_commands.py",
    "compare/view": "tests/compare/view/test_recording.py",
    "compare/metrics/action_codes.py": "tests/compare/test_action_accuracy.py",
    "compare/metrics/evo_errors.py": "tests/compare/test_evo_scores.py",
    "compare/metrics/mind_errors.py": "tests/compare/test_mind.py",
    "compare/metrics/navigation_errors.py": "tests/compare/test_navigation.py",
}
"""Modules without a namesake among the tests, by file or room, and where they are tested instead."""


def modules(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def test_functions_are_short_and_take_few_parameters() -> None:
    over: set[str] = set()
    for path in modules("sfm", "compare"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                count = sum(argument.arg not in ("self", "cls") for argument in given)
                count += (node.args.vararg is not None) + (node.args.kwarg is not None)
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES or count > MOST_PARAMETERS:
                    over.add(f"{path.relative_to(ROOT)}:{node.name}")
    assert over == set(EXCEPTIONS)


def test_every_module_has_tests_beside_it() -> None:
    tests = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    alone: list[str] = []
    for path in modules("sfm", "compare"):
        stem, room = path.stem.rstrip("_"), path.parent.name
        if path.name.startswith("_") or {f"test_{stem}", f"test_{room}_{stem}", f"test_{stem}_command"} & tests:
            continue
        name = str(path.relative_to(ROOT))
        if not any(name == known or name.startswith(f"{known}/") for known in COVERED):
            alone.append(name)
    assert alone == []
    assert [place for place in COVERED.values() if not (ROOT / place).exists()] == []


def test_no_two_test_files_share_a_name() -> None:
    """pytest imports tests by their name alone: a second file of that name breaks the run of all."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_words_are_those_of_the_field() -> None:
    found: list[str] = []
    for path in [*modules("sfm", "compare", "trajectory"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if OLD_WORDS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []
