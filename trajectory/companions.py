"""Files that belong to a path beside them, and are no clips: the intrinsics that some formats keep apart."""

from pathlib import Path

ENDINGS = ("_intrinsics", "_intrinsic")
"""What MonST3R's and DA3-Streaming's writers put behind the name of a path for its intrinsics."""
OWNERS = {"intrinsic.txt": "camera_poses.txt"}
"""Names that DA3-Streaming itself gives to intrinsics and to their path."""


def is_companion(path: Path) -> bool:
    """Whether a text file has the intrinsics of a path that lies beside it, by both their names."""
    if path.suffix != ".txt":
        return False
    own = (path.stem.removesuffix(ending) for ending in ENDINGS if path.stem.endswith(ending))
    owners = [path.with_name(f"{stem}.txt") for stem in own]
    owners.append(path.with_name(OWNERS.get(path.name, path.name)))
    owners.append(path.with_name("traj".join(path.name.rsplit("intrinsics", 1))))
    return any(owner != path and owner.is_file() for owner in owners)
