"""Recordings of the viewer, read back."""

from collections import defaultdict
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, dict[str, list[tuple[int | None, Any]]]]:
    """By entity and component: (frame, value) of each row, in order; what holds for all time has no frame."""
    import rerun

    found: dict[str, dict[str, list[tuple[int | None, Any]]]] = defaultdict(lambda: defaultdict(list))
    for chunk in rerun.chunk.RrdReader(path).stream().to_chunks():
        batch = chunk.to_record_batch()
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        frames = columns.get("frame", [None] * batch.num_rows)
        for name, values in columns.items():
            if ":" in name:
                rows = [(frame, value) for frame, value in zip(frames, values, strict=True) if value is not None]
                found[chunk.entity_path][name] += rows
    for components in found.values():
        for rows in components.values():
            rows.sort(key=lambda row: -1 if row[0] is None else row[0])
    return found


def views(path: Path) -> list[str]:
    """The kinds of views that the layout of a recording holds."""
    import rerun

    reader = rerun.chunk.RrdReader(path)
    chunks = reader.stream(store=reader.blueprints()[0]).to_chunks()
    found: list[str] = []
    for chunk in chunks:
        batch = chunk.to_record_batch()
        for name in batch.schema.names:
            if name.endswith("class_identifier"):
                found += [value[0] for value in batch.column(name).to_pylist() if value]
    return found
