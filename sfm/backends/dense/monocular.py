"""Depth that others give for single pictures: a network of the transformers library, or maps in a file."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final
from zipfile import BadZipFile, is_zipfile

import numpy as np
from jaxtyping import Float32, Int, UInt8

from sfm.backends.dense.prior_source import MAPS_SUFFIX, REMEDY, require_there
from trajectory.errors import CinetrajError

PICTURES_AT_ONCE = 4
OTHER_SHAPE = 0.04
"""Maps whose width over height differs by more (its log) are not of these pictures."""
METRIC_KINDS = ("depth_pro", "zoedepth", "glpn", "prompt_depth_anything")
"""Kinds of networks that give distances whatever their config says; the others say "metric" or give inverse ones."""
_PROBLEMS: dict[str, str] = {}
"""Networks of the hub that this process could not load: each clip of a batch would wait for the same answer of it."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ToldDepth:
    """What somebody else says of the depths of some frames.

    Attributes:
        nearness: inverse depths, up to a scale and a shift of each frame; NaN where nothing is said.
        said: where they come from and under what licence, for run.json.
    """

    nearness: Float32[np.ndarray, "k h w"]
    said: dict[str, str]


def told_depth(
    source: str, rgb: UInt8[np.ndarray, "k h w 3"], index: Int[np.ndarray, " k"], device: str, *, last: int = 0
) -> ToldDepth:
    """Depths of some frames of a clip.

    Args:
        source: an .npz whose array `depth` (n, h, w) has one map for each frame of the file, of numbers without an
            image too, NaN or 0 where unknown, or with an array `index` (n,) the frame number of each map; or a network
            for `transformers.AutoModelForDepthEstimation`: a folder, or a name on the hub.
        rgb: the frames.
        index: their numbers in the clip's file.
        device: where the network runs.
        last: number of the last frame: maps for the images alone would lie beside it, and not all keyframes show that.

    Raises:
        CinetrajError: it cannot be had, or is for another clip.
    """
    require_there(source)
    if source.endswith(MAPS_SUFFIX):
        return _from_file(Path(source), index, max(last, int(index.max())), rgb.shape[1:3])
    return _from_network(source, rgb, device)


def _from_file(path: Path, index: Int[np.ndarray, " k"], last: int, hw: tuple[int, ...]) -> ToldDepth:
    if not is_zipfile(path):
        raise CinetrajError(f"depth prior {path} is no {MAPS_SUFFIX} file of NumPy, or is cut short; {REMEDY}")
    try:
        with np.load(path, allow_pickle=False) as file:
            depth, numbered = np.asarray(file["depth"], np.float32), "index" in file
            number = np.asarray(file["index"], np.int64) if numbered else np.arange(len(depth))
    except (OSError, KeyError, ValueError, BadZipFile, zlib.error, EOFError) as problem:
        raise CinetrajError(
            f"depth prior {path} cannot be read ({type(problem).__name__}: {problem}); {REMEDY}"
        ) from None
    if depth.ndim != 3 or not depth.size:
        raise CinetrajError(f"depth prior {path} has `depth` of shape {depth.shape}, expected (frames, height, width)")
    if number.shape != (len(depth),) or (np.diff(number) <= 0).any():
        raise CinetrajError(f"depth prior {path} has an `index` that does not count its {len(depth)} maps upwards")
    if not numbered and len(depth) <= last:
        raise CinetrajError(
            f"depth prior {path} has {len(depth)} maps up to frame {len(depth) - 1}, and the clip has a frame {last}; "
            "give one map for each frame of the clip's file, of numbers without an image too, or an array `index` with "
            "the frame number of each map, counted from 0"
        )
    wide, given = hw[1] / hw[0], depth.shape[2] / depth.shape[1]
    if abs(np.log(given / wide)) > OTHER_SHAPE:
        raise CinetrajError(
            f"depth prior {path} has maps of {depth.shape[2]}x{depth.shape[1]}, another shape than the pictures, "
            f"{hw[1]}x{hw[0]}; give maps of whole frames"
        )
    place = np.searchsorted(number, index).clip(max=len(number) - 1)
    some = np.where((number[place] == index)[:, None, None], depth[place], np.nan)
    known = np.isfinite(some) & (some > 0)
    if not known.any():
        raise CinetrajError(
            f"depth prior {path} says nothing of the clip's keyframes (frames {', '.join(map(str, index[:4]))} and so "
            "on): it has no maps of them, or none above 0; number maps with an array `index`, counted from 0"
        )
    return ToldDepth(nearness=np.where(known, 1.0 / np.where(known, some, 1.0), np.nan), said={"source": str(path)})


def _from_network(source: str, rgb: UInt8[np.ndarray, "k h w 3"], device: str) -> ToldDepth:
    import torch

    processor, model = _loaded(source)
    model = model.to(device).eval()
    found: list[np.ndarray] = []
    with torch.inference_mode():
        for first in range(0, len(rgb), PICTURES_AT_ONCE):
            pictures = processor(images=list(rgb[first : first + PICTURES_AT_ONCE]), return_tensors="pt")
            depth = model(pixel_values=pictures["pixel_values"].to(device)).predicted_depth
            found.append(depth.float().cpu().numpy())
    values = np.concatenate(found)
    if _gives_distances(model.config):
        values = 1.0 / np.maximum(values, 1e-3)
    elif not np.isfinite(values).all():
        raise CinetrajError(f"depth prior {source} gives numbers that are not finite; {REMEDY}")
    return ToldDepth(nearness=values.astype(np.float32), said={"source": source, "licence": _licence(source)})


def _loaded(source: str) -> tuple[Any, Any]:
    """The network and what prepares its pictures."""
    for name in ("TRANSFORMERS_VERBOSITY", "HF_HUB_VERBOSITY"):
        os.environ.setdefault(name, "error")
    try:
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation
    except ImportError:
        raise CinetrajError(
            "a depth prior from a network needs the transformers library: pip install 'cinetraj[depth]'"
        ) from None
    here = Path(source).is_dir()
    if here or source not in _PROBLEMS:
        silent = not here and not _hub_answers()
        own: dict[str, Any] = {"local_files_only": True} if silent else {}  # else it asks again for minutes
        try:
            processor = AutoImageProcessor.from_pretrained(source, **own)
            return processor, AutoModelForDepthEstimation.from_pretrained(source, **own)
        except Exception as problem:  # the hub, the disk and the config of the model raise a dozen types
            _PROBLEMS[source] = _why(problem, silent=silent)
    raise CinetrajError(f"depth prior {source} {_PROBLEMS[source]}; {REMEDY}")


def _why(problem: Exception, *, silent: bool) -> str:
    """Why a network cannot be loaded: the library takes a hub that is out of reach for a name that nobody has."""
    if silent:
        return "is no folder here, and the hub cannot be reached to ask for a network of that name"
    first = str(problem).strip().splitlines()[0] if str(problem).strip() else ""
    return f"cannot be loaded ({type(problem).__name__}: {first})"


def _hub_answers() -> bool:
    """Whether anything, be it an error, comes back from the hub; not so where it is turned off."""
    from http.client import HTTPException
    from ssl import SSLError
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        with urlopen(constants.ENDPOINT, timeout=5.0):
            return True
    except HTTPError:
        return True
    except URLError as problem:  # a certificate that the library may trust, being told of others
        return isinstance(problem.reason, SSLError)
    except (OSError, HTTPException, ValueError):  # also what answers otherwise, and an address that is none
        return False


def _gives_distances(config: Any) -> bool:
    return config.model_type in METRIC_KINDS or getattr(config, "depth_estimation_type", "") == "metric"


def _licence(source: str) -> str:
    """As the model's card says it, the one beside a local model or that of the hub."""
    from huggingface_hub import ModelCard

    card = Path(source) / "README.md"
    try:
        found = ModelCard.load(card if Path(source).is_dir() else source)
    except Exception:  # no card, or no way to the hub: the weights came from its cache
        return "not said"
    return str(found.data.to_dict().get("license", "not said"))
