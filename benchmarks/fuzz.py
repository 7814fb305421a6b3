"""Files that nobody wrote: every reader and `estimate` on damaged inputs, for as long as one likes.

    python benchmarks/fuzz.py --seconds 600
    python benchmarks/fuzz.py --case 1234      # one case again, here, with its traceback

Each case has a number and is made from it alone. It runs in a process of its own, so that a hang or a death is a
finding too. Findings: exit code 70, no end after `LIMIT_S`, a death, more than 1 GiB; the exit code is 1 with any.
"""

import argparse
import contextlib
import io
import json
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

LIMIT_S = 60.0
MOST_BYTES = 2**30
CLIP_EVERY = 5
"""One case of so many is a clip, which takes as long as they do together."""
CLIPS = ("a.mp4", "a.mkv", "a.avi", "a.webm", "a.mov", "a.ts", "a.gif", "a.webp", "a.png", "a.tiff", "images")
CODECS = {".webm": "libvpx-vp9", ".avi": "mpeg4", ".gif": "gif"}


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """A file cut short, with other bytes, with a piece lost or twice, or with other digits."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if not out:
            break
        start, length = int(rng.integers(0, len(out))), int(rng.integers(1, 64))
        kind = int(rng.integers(0, 6))
        if kind == 0:
            del out[start:]
        elif kind == 1:
            for place in rng.integers(0, len(out), length % 8 + 1):
                out[place] = int(rng.integers(0, 256))
        elif kind == 2:
            del out[start : start + length]
        elif kind == 3:
            out[start:start] = out[start : start + length]
        elif kind == 4:  # headers hold what sizes and loops depend on
            out[int(rng.integers(0, min(len(out), 256)))] = int(rng.choice([0, 1, 127, 128, 255]))
        else:
            digits = [i for i, byte in enumerate(out) if 48 <= byte < 58] or [0]
            out[int(rng.choice(digits))] = int(rng.choice(list(b"0123456789-.e")))
    return bytes(out)


def make_trajectory(folder: Path, rng: np.random.Generator) -> tuple[str, Path]:
    """A format and a file of it."""
    from trajectory.errors import CinetrajError
    from trajectory.io import FORMATS, write
    from trajectory.model import Trajectory

    n = 9
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 2, 3] = np.arange(n) / 10
    whole = Trajectory(
        world_from_cam=poses,
        time_s=np.arange(n) / 1.0,
        valid=np.ones(n, bool),
        image_hw=(360, 640),
        intrinsics_px=np.tile([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]], (n, 1, 1)),
        scene_depth=np.ones(n),
        time_source="index",
    )
    for name in rng.permutation([name for name, each in FORMATS.items() if each.read and each.encode]).tolist():
        path = folder / str(FORMATS[name].target).replace("NAME", "clip")
        with contextlib.suppress(CinetrajError):  # some hold other paths only
            write(whole, path, format=name)
            return name, path
    raise AssertionError("no format can be written")


def make_clip(folder: Path, rng: np.random.Generator) -> Path:
    """A clip of ten frames that pan, in some container."""
    import av
    import cv2
    from PIL import Image

    coarse = np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8)
    wide = cv2.resize(coarse, (160, 96), interpolation=cv2.INTER_CUBIC)
    rgb = np.stack([wide[:, 4 * k : 4 * k + 96] for k in range(10)])
    path = folder / str(rng.choice(CLIPS))
    images = [Image.fromarray(image) for image in rgb]
    if path.suffix in (".webp", ".png", ".tiff"):
        images[0].save(path, save_all=True, append_images=images[1:], duration=40)
    elif not path.suffix:
        path.mkdir()
        for number, image in enumerate(images):
            image.save(path / f"{number:03d}.{rng.choice(['png', 'jpg'])}")
    else:
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream(CODECS.get(path.suffix, "libx264"), rate=25)
            stream.width, stream.height = rgb.shape[2], rgb.shape[1]
            stream.pix_fmt = "rgb8" if path.suffix == ".gif" else "yuv420p"
            for image in rgb:
                output.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
            output.mux(stream.encode(None))
    return path


def run_case(number: int) -> dict[str, Any]:
    """What became of one case: what it was, its exit codes, what was said where one is 70, the peak of the memory."""
    from compare.cli import entry

    rng = np.random.default_rng([17, number])
    with tempfile.TemporaryDirectory(prefix="cinetraj-fuzz-") as place:
        folder = Path(place) / "in"
        folder.mkdir()
        if number % CLIP_EVERY == 0:
            name, target = "estimate", make_clip(folder, rng)
            calls = [["estimate", str(target), "--out", f"{place}/out"]]
        else:
            name, target = make_trajectory(folder, rng)
            calls = [["info", str(target), "--format", name], ["info", str(target)], ["describe", str(target)]]
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        victim = files[int(rng.integers(0, len(files)))]
        victim.write_bytes(mutated(victim.read_bytes(), rng))
        codes: list[int] = []
        said = io.StringIO()
        for call in calls:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
                codes.append(entry.main([*call, "--traceback"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    text = said.getvalue() if entry.BUG in codes else ""
    return {"case": number, "what": f"{name} {target.name}", "codes": codes, "said": text[-4000:], "peak": peak}


def serve() -> None:
    """Cases by their numbers from standard input, their results to standard output."""
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run_case(int(line))), file=answers, flush=True)


def problem_of(result: dict[str, Any] | None, ended: bool) -> str:
    """What is wrong with a case, "" for nothing; None: no answer."""
    if result is None:
        return "died" if ended else f"no end after {LIMIT_S:g} s"
    if 70 in result["codes"]:
        return "exit code 70"
    return "more than 1 GiB" if result["peak"] > MOST_BYTES else ""


def answer(worker: subprocess.Popen[str], number: int) -> dict[str, Any] | None:
    """The worker's result for a case; None where it dies or does not end in time."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{number}\n")
    worker.stdin.flush()
    with selectors.DefaultSelector() as waiting:
        waiting.register(worker.stdout, selectors.EVENT_READ)
        line = worker.stdout.readline() if waiting.select(LIMIT_S) else ""
    return json.loads(line) if line else None


def fuzz(seconds: float, first: int) -> int:
    """Cases from `first` on until the time is over; how many had a problem."""
    command = [sys.executable, __file__, "--serve"]
    end = time.monotonic() + seconds
    worker: subprocess.Popen[str] | None = None
    number, found = first, 0
    while time.monotonic() < end:
        if worker is None:
            worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        result = answer(worker, number)
        if problem := problem_of(result, worker.poll() is not None):
            found += 1
            print(f"case {number}: {problem}", *([result["what"], result["said"]] if result else []), flush=True)
            worker.kill()
            worker.wait()
            worker = None
        number += 1
    if worker is not None:
        worker.kill()
        worker.wait()
    print(f"{number - first} cases ({first} to {number - 1}), {found} with a problem")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the readers and the estimate.")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="run this one only, in this process")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    if options.case is not None:
        result = run_case(options.case)
        print(result["said"], json.dumps({**result, "said": ""}))
        return int(problem_of(result, ended=False) != "")
    return int(fuzz(options.seconds, options.first) > 0)


if __name__ == "__main__":
    sys.exit(main())
