"""A progress bar as a function of (done, all)."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def bar(title: str, unit: str, *, hidden: bool = False) -> Generator[Callable[[int, int], None]]:
    """Show a bar on the error stream while the block runs; nothing where it is not a terminal or `hidden`."""
    from tqdm import tqdm

    with tqdm(desc=title, unit=unit, disable=True if hidden else None) as shown:

        def update(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield update
