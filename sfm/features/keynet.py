"""Key.Net key points (Barroso-Laguna 2019) shaped by AffNet and turned by OriNet (Mishkin 2018), with HardNet
(Mishchuk 2017) or TFeat (Balntas 2016) descriptors; all trained weights are required."""

from pathlib import Path
from typing import Any

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features._kornia import from_lafs, gray_batch
from sfm.features.types import Features
from sfm.features.weights import load, local_file
from trajectory.errors import CinetrajError

LEAST_PX = 32
"""A side of the smallest picture: the detector halves it thrice, and then pads by two pixels of it."""
SUMMARIES = {
    "keynet-hardnet": "Key.Net key points (Barroso-Laguna 2019), HardNet descriptors (Mishchuk 2017)",
    "keynet-tfeat": "Key.Net key points, TFeat descriptors (Balntas 2016)",
}
PARTS = {  # part: file names in a weights folder, addresses
    "KeyNet": (
        ("keynet_pytorch.pth",),
        (
            "https://huggingface.co/kornia/keynet/resolve/main/keynet_pytorch.pth",
            "https://github.com/axelBarroso/Key.Net-Pytorch/raw/main/model/weights/keynet_pytorch.pth",
        ),
    ),
    "AffNet": (
        ("AffNet.pth",),
        (
            "https://huggingface.co/kornia/affnet/resolve/main/AffNet.pth",
            "https://github.com/ducha-aiki/affnet/raw/master/pretrained/AffNet.pth",
        ),
    ),
    "OriNet": (
        ("OriNet.pth",),
        (
            "https://huggingface.co/kornia/orinet/resolve/main/OriNet.pth",
            "https://github.com/ducha-aiki/affnet/raw/master/pretrained/OriNet.pth",
        ),
    ),
    "HardNet": (
        ("checkpoint_liberty_with_aug.pth",),
        (
            "https://huggingface.co/kornia/hardnet/resolve/main/checkpoint_liberty_with_aug.pth",
            "https://github.com/DagnyT/hardnet/raw/master/pretrained/train_liberty_with_aug/checkpoint_liberty_with_aug.pth",
        ),
    ),
    "TFeat": (
        ("tfeat-liberty.params",),
        (
            "https://huggingface.co/kornia/tfeat/resolve/main/tfeat-liberty.params",
            "https://github.com/vbalnt/tfeat/raw/master/pretrained-models/tfeat-liberty.params",
        ),
    ),
}


def build(config: FeatureConfig, device: str) -> Extractor:
    """Detector, shape, orientation and descriptor with their trained weights on `device`.

    kornia's detector takes one frame at a time; all patches of a frame go through the networks together.
    """
    folder = config.weights
    if folder is not None and Path(folder).is_file():
        raise CinetrajError(
            f"{config.name} needs several networks, but weights {folder} is one file; give the folder that holds them"
        )
    descriptor = "HardNet" if config.name == "keynet-hardnet" else "TFeat"
    wanted = ("KeyNet", "AffNet", "OriNet", descriptor)
    files = {part: local_file(folder, PARTS[part][0]) for part in wanted}
    import torch
    from kornia import feature

    empty = {
        "KeyNet": lambda: feature.KeyNetDetector(False, num_features=config.max_features).model,
        "AffNet": lambda: feature.LAFAffNetShapeEstimator(False, preserve_orientation=False),
        "OriNet": lambda: feature.OriNet(False),
        "HardNet": lambda: feature.HardNet(False),
        "TFeat": lambda: feature.TFeat(False),
    }
    nets: dict[str, Any] = {
        part: load(empty[part](), files[part], PARTS[part][1], model_name=part, sha256_of_others={}).to(device)
        for part in wanted
    }
    detector = feature.KeyNetDetector(
        False,
        num_features=config.max_features,
        aff_module=nets["AffNet"],
        ori_module=feature.LAFOrienter(angle_detector=nets["OriNet"]),
    )
    detector.model.load_state_dict(nets["KeyNet"].state_dict())
    local = feature.LocalFeature(detector, feature.LAFDescriptor(nets[descriptor], patch_size=32)).to(device).eval()

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        detector.num_features = count
        result = []
        with torch.inference_mode():
            for gray in gray_batch(rgb, device).split(1):
                lafs, strength, descriptors = local(gray)
                result.append(from_lafs(lafs[0], strength[0], descriptors[0]))
        return result

    return run


FEATURE = tuple(
    FeatureKind(
        name=name,
        summary=f"{summary}; trained weights",
        bytes_per_pixel=1500,
        build=build,
        least_px=LEAST_PX,
    )
    for name, summary in SUMMARIES.items()
)
