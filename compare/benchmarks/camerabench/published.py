"""Published results on the 15 binary splits of CameraBench, average precision in percent.

Source: the benchmark's own table (leaderboard/table.html, "SfMs and VLMs performance on CameraBench") as it stands
since October 2025, and the paper (Lin et al. 2025, arXiv 2504.15376) for the two averages without columns.
"""

from dataclasses import dataclass

from compare.benchmarks.camerabench.labels import SPLITS


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One method. `percent` follows the order of `SPLITS`; empty where only the average is known."""

    name: str
    percent: tuple[float, ...]
    average: float
    note: str = ""

    def column(self, split: str) -> float | None:
        """The value of one split, or None where it was not published."""
        return self.percent[SPLITS.index(split)] if self.percent else None


_REVISED = "the table of April to August 2025 said {}"

PUBLISHED = (
    PublishedRow(
        name="COLMAP",
        percent=(36.2, 13.1, 11.9, 19.7, 34.1, 30.0, 13.9, 14.2, 43.9, 46.4, 28.3, 19.1, 42.1, 48.7, 7.5),
        average=27.3,
    ),
    PublishedRow(
        name="VGGSfM",
        percent=(56.6, 28.9, 28.7, 38.2, 48.9, 35.3, 21.7, 17.3, 60.9, 58.7, 46.6, 43.3, 61.4, 55.5, 16.7),
        average=41.3,
    ),
    PublishedRow(
        name="DUSt3R",
        percent=(70.3, 37.3, 41.7, 30.2, 41.5, 35.6, 18.2, 24.6, 59.4, 63.8, 32.9, 27.3, 61.0, 57.9, 42.6),
        average=43.0,
        note=_REVISED.format(37.0),
    ),
    PublishedRow(
        name="MASt3R",
        percent=(65.4, 34.3, 35.1, 59.6, 43.7, 38.1, 42.2, 46.6, 66.6, 58.0, 63.2, 40.3, 50.4, 53.5, 45.6),
        average=49.5,
        note=_REVISED.format(43.1),
    ),
    PublishedRow(
        name="CUT3R",
        percent=(88.0, 65.5, 38.7, 54.6, 42.5, 36.5, 15.9, 21.3, 59.1, 65.0, 65.0, 47.5, 60.7, 66.2, 37.6),
        average=50.9,
        note=_REVISED.format(42.7),
    ),
    PublishedRow(
        name="MegaSAM",
        percent=(87.0, 58.3, 43.0, 48.4, 59.1, 58.0, 11.1, 10.2, 77.9, 82.4, 75.6, 57.7, 67.4, 76.9, 60.1),
        average=58.2,
        note=_REVISED.format(50.1) + "; one focal length per clip, so its zoom is chance",
    ),
    PublishedRow(name="Qwen2.5-VL-7B SFT", percent=(), average=60.0),
    PublishedRow(name="Qwen2.5-VL-72B SFT", percent=(), average=62.8),
)
