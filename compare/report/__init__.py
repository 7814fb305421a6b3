"""Results as a page and as tables. Names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from compare.report.page import load as load
    from compare.report.page import render as render
    from compare.report.page import write as write

_NAMES = {
    "load": "compare.report.page",
    "write": "compare.report.page",
    "render": "compare.report.page",
}
__getattr__ = exporter(__name__, _NAMES, ())
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
