"""People in frames, by MediaPipe's network for selfies (Apache 2.0, 0.25 MB): made for one person near the camera.

It finds walkers some way off as well, and now and then takes a dog or a cup for one; for exact masks give your own.
"""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from sfm.features.weights import downloaded, local_file
from trajectory.errors import CinetrajError

FILE = "selfie_segmentation.tflite"
URLS = (
    f"https://cdn.jsdelivr.net/npm/@mediapipe/selfie_segmentation@0.1.1675465747/{FILE}",
    f"https://unpkg.com/@mediapipe/selfie_segmentation@0.1.1675465747/{FILE}",
)
SHA256 = "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27"
SIDE_PX = 256
"""The network sees RGB in 0..1, squeezed to a square of this side, and gives the share of a person in each pixel."""
SURE = 0.5


def find(rgb: UInt8[np.ndarray, "n h w 3"], weights: Path | None = None) -> Bool[np.ndarray, "n h w"]:
    """The pixels of each frame that show a person.

    Args:
        rgb: frames.
        weights: file or folder of the network; None downloads it.

    Raises:
        CinetrajError: the weights are not there, or are not this network's.
    """
    file = local_file(weights, (FILE,), option="--mask-weights")
    if file is None:
        file = downloaded(URLS, SHA256, model_name="the network for people", option="--mask-weights")
    height, width = rgb.shape[1:3]
    try:
        network = cv2.dnn.readNetFromTFLite(str(file))
        found = np.zeros(rgb.shape[:3], bool)
        for number, image in enumerate(rgb):
            network.setInput(cv2.dnn.blobFromImage(image, 1.0 / 255.0, (SIDE_PX, SIDE_PX)))
            share = network.forward().reshape(SIDE_PX, SIDE_PX)
            found[number] = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR) > SURE
    except (cv2.error, ValueError) as problem:  # no such file format, or another network's sizes
        raise CinetrajError(f"weights {file} are not those of MediaPipe's {FILE}; give that file") from problem
    return found
