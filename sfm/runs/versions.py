"""Versions of what decides a result."""

from functools import cache
from importlib import metadata

RECORDED_VERSIONS = ("cinetraj", "torch", "pycolmap", "opencv-python-headless", "kornia", "numpy", "scipy", "av")


def installed_versions() -> dict[str, str]:
    """Versions of what decides a result, as installed; absent packages are left out."""
    return {name: version for name in RECORDED_VERSIONS if (version := _installed(name)) is not None}


@cache
def _installed(name: str) -> str | None:
    """Read once: what a process has imported stays as it is."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
