"""ALIKED (Zhao et al. 2023): learned key points with deformable descriptors; its trained weights are required."""

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features._kornia import rgb_batch, unit
from sfm.features.types import Features
from sfm.features.weights import load, local_file

SUMMARIES = {
    "aliked-n16": "ALIKED (Zhao 2023), 16 sample positions a descriptor",
    "aliked-n16rot": "as aliked-n16, trained on turned pictures too",
    "aliked-n32": "ALIKED, 32 sample positions a descriptor",
    "aliked-t16": "ALIKED, a tiny network, 16 sample positions a descriptor",
}
URLS = (
    "https://huggingface.co/kornia/aliked/resolve/main/{}.pth",
    "https://github.com/Shiaoming/ALIKED/raw/main/models/{}.pth",
)
SHA256 = {  # the published files: n16 and n16rot have equal shapes, so only their content tells them apart
    "5be8704840ed662d9d8c561bf7279c222092674e7eb05fd0feab94899e9d82f2": "aliked-n16",
    "ddf3abbf38e86f6a74540d214e1a9712c54b2d8551abc864542199f2347d7332": "aliked-n16rot",
    "055283fd1624d3ab46a05c3b617b1a79a3f28d1f551737eef2d653e8c8232890": "aliked-n32",
    "56782336919db220144a884e710e2b6af13b3b8f8da15b915a239078ab471085": "aliked-t16",
}


def build(config: FeatureConfig, device: str) -> Extractor:
    """The network with its trained weights on `device`; the strongest maxima of its score map are the key points."""
    file = local_file(config.weights, (f"{config.name}.pth",))
    import torch
    from kornia.feature import ALIKED

    model = load(
        ALIKED(config.name, detection_threshold=0.0, max_num_keypoints=config.max_features),
        file,
        [url.format(config.name) for url in URLS],
        model_name=config.name,
        sha256_of_others={digest: name for digest, name in SHA256.items() if name != config.name},
    ).to(device)

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        model.dkd.top_k = model.dkd.n_limit = count
        with torch.inference_mode():
            found = model(rgb_batch(rgb, device))
        return [
            Features(
                xy_px=each.keypoints.float().cpu().numpy(),
                strength=each.keypoint_scores.float().cpu().numpy(),
                descriptors=unit(each.descriptors.float().cpu().numpy()),
            )
            for each in found
        ]

    return run


FEATURE = tuple(
    FeatureKind(name=name, summary=f"{summary}; trained weights", bytes_per_pixel=3000, build=build)
    for name, summary in SUMMARIES.items()
)
