"""Frames to a video file."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from sfm.video.opening import libav_name


def encode(
    rgb: UInt8[np.ndarray, "n h w 3"], path: str | Path, *, fps: float, crf: int = 18, keyframes: int = 60
) -> None:
    """H.264 in the container that the file name says. One thread, and loops that are the same on every processor: equal
    input gives equal files.

    yuv420p, which everything plays; yuv444p where a side is odd, since the former has none.

    The name appears only when the file is complete.
    """
    import av

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.part{path.suffix}")
    rate = Fraction(fps).limit_denominator(1001)
    try:
        with av.open(libav_name(partial), "w") as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.height, stream.width = (int(side) for side in rgb.shape[1:3])
            stream.pix_fmt = "yuv444p" if rgb.shape[1] % 2 or rgb.shape[2] % 2 else "yuv420p"
            stream.options = {"crf": str(crf), "preset": "veryfast", "g": str(keyframes)}
            stream.options |= {"x264-params": "cpu-independent=1"}  # else quick loops differ from call to call
            stream.codec_context.thread_count = 1
            for image in rgb:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(stream.encode())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
