"""What the system says of processes and memory. Linux; elsewhere nothing is known and no memory limit holds."""

import os
import resource
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_GROUPS = Path("/sys/fs/cgroup")


def tree_memory(pid: int) -> tuple[int, list[int]]:
    """Resident bytes of a process and all its descendants, and their ids."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        own = int(entry.parent.name)
        parents[own], resident[own] = int(fields[1]), int(fields[21]) * _PAGE
    children: dict[int, list[int]] = {}
    for own, parent in parents.items():
        children.setdefault(parent, []).append(own)
    tree: list[int] = []
    waiting = [pid] if pid in parents else []
    while waiting:
        tree.append(waiting.pop())
        waiting += children.get(tree[-1], [])
    return sum(resident[own] for own in tree), tree


def total_memory() -> int | None:
    """Bytes of memory that this process and its children may use: of the machine, the container or a scheduler's job,
    or `ulimit -v`."""
    known: list[int] = []
    try:
        line = next(t for t in Path("/proc/meminfo").read_text().splitlines() if t.startswith("MemTotal:"))
        known.append(int(line.split()[1]) * 1024)
    except (OSError, StopIteration):
        return None
    known += group_limits()
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return min(known if limit == resource.RLIM_INFINITY else [*known, limit])


def group_limits(groups: Path = _GROUPS, own: Path = Path("/proc/self/cgroup")) -> list[int]:
    """Bytes that the control groups of this process allow, each of them and those above: a scheduler's job (SLURM) has
    one far below the root, a container often sees its own as the root."""
    known: list[int] = []
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = []
    for line in [*lines, "0::/", "0:memory:/"]:  # the last two: where the group is not seen, its root is
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        root, file = (groups / "memory", "memory.limit_in_bytes") if kinds else (groups, "memory.max")
        place = root / path.lstrip("/")
        for folder in (place, *place.parents) if ".." not in place.parts else ():
            if folder == groups.parent:
                break
            try:
                text = (folder / file).read_text().strip()
            except OSError:
                continue
            if text.isdecimal():
                known.append(int(text))
    return known


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
