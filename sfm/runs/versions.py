"""Versions of what decides a result."""

from importlib import metadata

RECORDED_VERSIONS = ("cinetraj", "torch", "pycolmap", "opencv-python-headless", "kornia", "numpy", "scipy", "av")


def installed_versions() -> dict[str, str]:
    """Versions of what decides a result, as installed; absent packages are left out."""
    found: dict[str, str] = {}
    for name in RECORDED_VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
