"""AdaLAM (Cavalli et al. 2020): matches that neighbours support by a local affine map; by kornia."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sfm.config import MatchConfig
from sfm.features.types import Features
from sfm.matching._matcher import Matcher, Setting
from trajectory.errors import CinetrajError


def match_adalam(
    features: Sequence[Features], pairs: np.ndarray, config: MatchConfig, setting: Setting
) -> list[np.ndarray]:
    """For each pair of frames the rows that match; it samples, so that the seed matters."""
    import torch

    tables = [torch.from_numpy(np.ascontiguousarray(each.descriptors)).to(setting.device) for each in features]
    result: list[np.ndarray] = []
    for i, j in pairs:
        result.append(_match_pair(features[i], features[j], (tables[i], tables[j]), config, setting))
        if setting.progress is not None:
            setting.progress(len(result))
    return result


def _match_pair(
    first: Features, second: Features, tables: tuple[Any, Any], config: MatchConfig, setting: Setting
) -> np.ndarray:
    """AdaLAM: matches supported by a local affine map; orientation and scale help where the features have them."""
    import torch
    from kornia.feature import laf_from_center_scale_ori
    from kornia.feature import match_adalam as by_kornia

    if min(len(first), len(second)) < 2:
        return np.zeros((0, 2), np.int64)
    need_mb = 24 * len(first) * len(second) / 2**20
    if need_mb > config.budget_mb:
        raise CinetrajError(
            f"AdaLAM needs the whole table of distances, {need_mb:.0f} MB, but budget_mb is {config.budget_mb};"
            " lower max_features, raise budget_mb, or choose the matcher smnn"
        )
    device = tables[0].device
    oriented = first.angle_deg is not None and second.angle_deg is not None
    sized = first.scale_px is not None and second.scale_px is not None

    def lafs(each: Features) -> Any:
        def tensor(values: np.ndarray) -> Any:
            return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)[None]

        scale = tensor(each.scale_px)[..., None, None] if sized and each.scale_px is not None else None
        angle = tensor(each.angle_deg)[..., None] if oriented and each.angle_deg is not None else None
        return laf_from_center_scale_ori(tensor(each.xy_px), scale, angle)

    options: Any = {"device": device}
    if not oriented:
        options["orientation_difference_threshold"] = None
    if not sized:
        options["scale_rate_threshold"] = None
    cuda = [device] if device.type == "cuda" else []
    with torch.inference_mode(), torch.random.fork_rng(cuda):
        torch.manual_seed(setting.seed)
        _, found = by_kornia(*tables, lafs(first), lafs(second), config=options, hw1=setting.hw, hw2=setting.hw)
    found = np.unique(found.cpu().numpy().astype(np.int64).reshape(-1, 2), axis=0)
    _, once = np.unique(found[:, 1], return_index=True)
    return found[np.sort(once)]


MATCHER = Matcher(name="adalam", summary="matches that neighbours support (AdaLAM, Cavalli 2020)", match=match_adalam)
