"""Tell what works here: versions, GPU, codecs, weights, compiled code, disk, and what the extras would add.

What needs nothing is looked at, and what is needed is tried: a clip is encoded and decoded, a loop compiled. Nothing is
downloaded. The exit code is 1 where something is broken that estimating needs, else 0.
"""

import importlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, final

from compare.cli import _report

State = Literal["ok", "absent", "broken"]
TESTED = ((3, 11),)
"""Pythons on which all tests ran."""
LOW_GIB = 1.0
"""So little room is soon filled: a run with its picture takes 100 KB, one with depths some megabytes."""
LOADED = ("numpy", "scipy", "cv2", "av", "torch", "kornia", "pycolmap", "numba", "sklearn", "matplotlib", "tyro")
"""Modules whose machine code may not fit this machine: they are imported."""
EXTRAS = {
    "report": ("plotly", "HTML reports (cinetraj report)"),
    "depth": ("transformers", "depth networks (--depth-prior NETWORK)"),
    "raft": ("torchvision", "RAFT flow (--dense.flow raft)"),
    "tables": ("pandas", "tables of many runs (compare.table, cinetraj table)"),
    "view": ("rerun-sdk", "the viewer (cinetraj view)"),
    "docs": ("mkdocs-material", "the docs site (make docs)"),
    "ray": ("ray", "clusters (--engine ray)"),
    "s3": ("s3fs", "runs in s3://"),
    "gcs": ("gcsfs", "runs in gs:// (not tested)"),
}
"""Extra -> a distribution that it brings, by the name that pip knows, and what it gives."""
WEIGHTS = {
    "checkpoints/xfeat.pt": "--features xfeat, --dense.flow xfeat",
    "checkpoints/aliked-n16.pth": "--features aliked-n16",
    "checkpoints/aliked-n16rot.pth": "--features aliked-n16rot",
    "checkpoints/keynet_pytorch.pth": "--features keynet-hardnet",
    "checkpoints/depth-save.pth": "--features disk",
    "checkpoints/dedode_detector_L_v2.pth": "--features dedode-b",
    "checkpoints/xfeat-lighterglue.pt": "--matcher lighterglue",
    "checkpoints/loftr_outdoor.ckpt": "--matcher loftr",
    "checkpoints/selfie_segmentation.tflite": "--mask person",
    "checkpoints/raft_large_C_T_SKHT_V2-ff5fadd5.pth": "--dense.flow raft",
}
DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "prores", "mjpeg")


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj doctor`."""

    json: bool = False
    """Print JSON: a list of {name, state, said, remedy, needed}."""


@final
@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: absent: not there, which is no fault.
        needed: estimates need it.
        remedy: what to do, "" where there is nothing to be done.
    """

    name: str
    state: State
    said: str
    remedy: str = ""
    needed: bool = True


def run(args: Args) -> int:
    """Print what was found; 1 where something needed is broken."""
    found = findings()
    if args.json:
        _report.print_json([asdict(each) for each in found])
    else:
        rows = [[each.name, each.state, each.said + (f"; {each.remedy}" if each.remedy else "")] for each in found]
        print(_report.table(rows))
        broken = [each.name for each in found if each.state == "broken" and each.needed]
        print(f"\nbroken: {', '.join(broken)}" if broken else "\nall that estimates need works here")
    return 1 if any(each.state == "broken" and each.needed for each in found) else 0


def findings() -> list[Finding]:
    """All that there is to tell; what fails in an unforeseen way is broken."""
    found: list[Finding] = []
    for name, look in LOOKS.items():
        try:
            found += look()
        except Exception as problem:  # the others are still worth telling
            words = " ".join(str(problem).split())[:200]
            found.append(Finding(name=name, state="broken", said=f"{type(problem).__name__}: {words}"))
    return found


def python() -> list[Finding]:
    """The interpreter, and whether it is one that was tested."""
    own = sys.version_info[:2]
    said = f"{sys.version.split()[0]} ({sys.executable})"
    state: State = "ok" if own >= min(TESTED) else "broken"
    tested = ", ".join(".".join(map(str, each)) for each in TESTED)
    return [
        Finding(name="python", state=state, said=said, remedy="" if own in TESTED else f"tested: {tested}"),
        Finding(name="cinetraj", state="ok", said=f"{metadata.version('cinetraj')} ({Path(__file__).parents[2]})"),
    ]


def libraries() -> list[Finding]:
    """What is required and not installed, and what is installed and cannot be loaded."""
    broken: list[Finding] = []
    for line in metadata.requires("cinetraj") or []:
        if "extra ==" in line:
            continue
        name = line.split(">")[0].split("=")[0].split("[")[0].strip()
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            remedy = f"pip install '{line}'"
            broken.append(Finding(name=name, state="broken", said="is not installed", remedy=remedy))
    versions: list[str] = []
    for name in LOADED:
        try:
            module = importlib.import_module(name)
            versions.append(f"{name} {getattr(module, '__version__', '')}".strip())
        except Exception as problem:  # a library that does not fit the machine may raise anything
            words = " ".join(str(problem).split())[:200]
            said = f"cannot be loaded ({type(problem).__name__}: {words})"
            broken.append(Finding(name=name, state="broken", said=said, remedy="install cinetraj anew"))
    return [Finding(name="libraries", state="ok", said=", ".join(versions)), *broken]


def gpu() -> list[Finding]:
    """The cards that torch sees."""
    import torch

    if not torch.cuda.is_available():
        said = "none that torch can use: all runs on the CPU"
        return [Finding(name="gpu", state="absent", said=said, needed=False)]
    cuda: Any = torch.cuda
    cards: list[Any] = [cuda.get_device_properties(k) for k in range(cuda.device_count())]
    said = ", ".join(f"{card.name} ({card.total_memory / 2**30:.0f} GiB)" for card in cards)
    return [Finding(name="gpu", state="ok", said=f"{said}; --device cuda", needed=False)]


def codecs() -> list[Finding]:
    """A clip that is written and read again, and which of the usual kinds can be read."""
    import av
    import numpy as np

    from sfm.video import reader
    from sfm.video.encode import encode

    with tempfile.TemporaryDirectory(prefix="cinetraj-") as folder:
        encode(np.full((3, 64, 96, 3), 90, np.uint8), Path(folder, "a.mp4"), fps=10.0)
        frames = len(reader.load(Path(folder, "a.mp4")))
    if frames != 3:
        return [Finding(name="video", state="broken", said=f"a clip of 3 frames was read as {frames}")]
    known = [name for name in DECODERS if name in av.codecs_available]
    missing = [name for name in DECODERS if name not in av.codecs_available]
    said = f"a clip was written and read; reads {', '.join(known)}"
    return [Finding(name="video", state="ok", said=said + (f", not {', '.join(missing)}" if missing else ""))]


def compiled_code() -> list[Finding]:
    """Whether the machine code of the inner loops is kept."""
    from sfm.geometry.compiled.jit import kept_in

    folder = kept_in()
    if folder is None:
        said = "no folder can keep it: every process compiles anew, some 20 s each"
        remedy = "set NUMBA_CACHE_DIR to a folder that can be written"
        return [Finding(name="compiled code", state="absent", said=said, remedy=remedy, needed=False)]
    return [Finding(name="compiled code", state="ok", said=f"kept in {folder}", needed=False)]


def weights() -> list[Finding]:
    """Trained weights that need no download any more. The default needs none."""
    import torch

    hub = Path(torch.hub.get_dir())
    found = [f"{file.rpartition('/')[2]} ({use})" for file, use in WEIGHTS.items() if (hub / file).is_file()]
    said = ", ".join(found) if found else "none; the default needs none, others are downloaded on first use"
    return [Finding(name="weights", state="ok" if found else "absent", said=f"in {hub}: {said}", needed=False)]


def disk() -> list[Finding]:
    """Room for runs and for what is written on the way."""
    found: list[Finding] = []
    for name, folder in (("disk, here", Path.cwd()), ("disk, temporary", Path(tempfile.gettempdir()))):
        free_gib = shutil.disk_usage(folder).free / 2**30
        state: State = "ok" if free_gib > LOW_GIB else "broken"
        remedy = "" if state == "ok" else "make room, or set TMPDIR" if "temp" in name else "make room"
        found.append(Finding(name=name, state=state, said=f"{free_gib:.1f} GiB free in {folder}", remedy=remedy))
    return found


def machine() -> list[Finding]:
    """Cores and memory."""
    from sfm.processes import system

    total = system.total_memory()
    memory = "memory not known" if total is None else f"{total / 2**30:.1f} GiB of memory"
    return [Finding(name="machine", state="ok", said=f"{system.cores()} cores, {memory}")]


def extras() -> list[Finding]:
    """What the extras give, and which are there."""
    found: list[Finding] = []
    for extra, (brought, use) in EXTRAS.items():
        try:
            version = metadata.version(brought)
        except metadata.PackageNotFoundError:
            remedy = f"pip install 'cinetraj[{extra}]'"
            found.append(Finding(name=f"extra {extra}", state="absent", said=use, remedy=remedy, needed=False))
            continue
        found.append(Finding(name=f"extra {extra}", state="ok", said=f"{use}: {brought} {version}", needed=False))
    return found


LOOKS: dict[str, Callable[[], list[Finding]]] = {
    "python": python,
    "libraries": libraries,
    "machine": machine,
    "gpu": gpu,
    "video": codecs,
    "compiled code": compiled_code,
    "weights": weights,
    "disk": disk,
    "extras": extras,
}
