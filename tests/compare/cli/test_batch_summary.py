"""What is said at the end of a batch."""

from compare.cli import _batch
from sfm.batch import Outcome


def outcome(name: str, status: str, how: str) -> Outcome:
    return Outcome(name=name, source=f"{name}.mp4", status=status, reason="blank", failure="", how=how)  # pyright: ignore


def test_failed_runs_that_were_kept_have_a_remedy() -> None:
    kept = [outcome("a", "failed", "kept"), outcome("b", "failed", "kept"), outcome("c", "ok", "kept")]
    assert _batch.summary(kept, 3, 1.0).splitlines()[-1] == (
        "2 failed runs kept from before; --retry-failed estimates them again"
    )
    new = [outcome("a", "failed", "computed"), outcome("c", "ok", "kept")]
    assert "--retry-failed" not in _batch.summary(new, 2, 1.0)
