"""LightGlue (Lindenberger et al. 2023) and LighterGlue (Potje et al. 2024): a transformer matches two sets of features.

Its weights belong to one kind of features; those are loaded strictly and for no other kind.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, final

import numpy as np

from sfm.config import MatchConfig
from sfm.features.types import Features
from sfm.features.weights import load, local_file
from sfm.matching._matcher import Matcher, Setting
from trajectory.errors import CinetrajError

LEAST_POINTS = 2
_OLD_NAME = re.compile(r"(self_attn|cross_attn)\.(\d+)\.")


@final
@dataclass(frozen=True, kw_only=True)
class Published:
    """Weights for one kind of features.

    Attributes:
        of_kornia: by which kornia knows the settings of this network.
        names: of the file in a weights folder.
        urls: where it is published.
    """

    of_kornia: str
    names: tuple[str, ...]
    urls: tuple[str, ...]


def _lightglue(name: str) -> Published:
    file = f"{name}_lightglue.pth"
    return Published(
        of_kornia=name,
        names=(file, f"{name}_lightglue_v0-1_arxiv.pth"),
        urls=(
            f"https://huggingface.co/kornia/lightglue/resolve/main/{file}",
            f"https://github.com/cvg/LightGlue/releases/download/v0.1_arxiv/{file}",
        ),
    )


LIGHTGLUE = MappingProxyType(
    {
        "aliked-n16": _lightglue("aliked"),
        "disk": _lightglue("disk"),
        "dedode-b": Published(
            of_kornia="dedodeb",
            names=("dedodeb_lightglue.pth",),
            urls=("https://huggingface.co/kornia/lightglue/resolve/main/dedodeb_lightglue.pth",),
        ),
    }
)
LIGHTERGLUE = MappingProxyType(
    {
        "xfeat": Published(
            of_kornia="xfeat",
            names=("xfeat-lighterglue.pt",),
            urls=(
                "https://huggingface.co/kornia/lightglue/resolve/main/xfeat-lighterglue.pt",
                "https://github.com/verlab/accelerated_features/raw/main/weights/xfeat-lighterglue.pt",
            ),
        )
    }
)


def match_by_network(
    features: Sequence[Features],
    pairs: np.ndarray,
    config: MatchConfig,
    setting: Setting,
    *,
    name: str,
    weights: MappingProxyType[str, Published],
) -> list[np.ndarray]:
    """For each pair of frames the rows that match.

    Args:
        features, pairs, config, setting: as `sfm.matching.match.match` takes them; the size of the frames is needed.
        name: of the matcher.
        weights: those that it has, by kind of features.
    """
    import torch

    if setting.hw is None:
        raise CinetrajError(f"{name} needs the size of the frames (hw of the setting)")
    net = network(weights[setting.features], setting, name)
    size = torch.tensor([setting.hw[::-1]], device=setting.device)
    inputs: list[dict[str, Any]] = []
    for each in features:
        xy, described = (np.ascontiguousarray(part, np.float32) for part in (each.xy_px, each.descriptors))
        tensors = (torch.from_numpy(part).to(setting.device)[None] for part in (xy, described))
        inputs.append({**dict(zip(("keypoints", "descriptors"), tensors, strict=True)), "image_size": size})
    result: list[np.ndarray] = []
    with torch.inference_mode():
        for i, j in pairs:
            if min(len(features[i]), len(features[j])) < LEAST_POINTS:
                result.append(np.zeros((0, 2), np.int64))
            else:
                result.append(net({"image0": inputs[i], "image1": inputs[j]})["matches"][0].cpu().numpy())
            if setting.progress is not None:
                setting.progress(len(result))
    return result


def network(published: Published, setting: Setting, name: str) -> Any:
    """kornia's network with the trained weights. Built without a name, since with one kornia loads them loosely."""
    file = local_file(setting.weights, published.names)
    from kornia.feature import LightGlue

    options = {key: value for key, value in LightGlue.features[published.of_kornia].items() if key != "weights"}
    net = LightGlue(None, **options)  # pyright: ignore[reportArgumentType]  (kornia's own default for "no weights")
    model_name = f"{name} for {setting.features}"
    net = load(net, file, published.urls, model_name=model_name, sha256_of_others={}, own_key=own_key)
    return net.to(setting.device)


def own_key(key: str) -> str | None:
    """kornia's name of a tensor from the published one; None for those of an extractor packed with the matcher."""
    if key.startswith("extractor."):
        return None
    return _OLD_NAME.sub(r"transformers.\2.\1.", key.removeprefix("matcher."), count=1)


MATCHER = (
    Matcher(
        name="lightglue",
        summary=f"LightGlue (Lindenberger 2023), for {', '.join(LIGHTGLUE)}; trained weights",
        match=partial(match_by_network, name="lightglue", weights=LIGHTGLUE),
        trained=True,
        features=tuple(LIGHTGLUE),
    ),
    Matcher(
        name="lighterglue",
        summary="LighterGlue (Potje 2024), a smaller LightGlue for xfeat; trained weights",
        match=partial(match_by_network, name="lighterglue", weights=LIGHTERGLUE),
        trained=True,
        features=tuple(LIGHTERGLUE),
    ),
)
