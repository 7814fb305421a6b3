"""The native file: lossless, deterministic, versioned, never unpickled; and run folders."""

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import read, write
from trajectory.model import Provenance, Trajectory

FIELDS = (
    "world_from_cam",
    "time_s",
    "valid",
    "intrinsics_px",
    "scene_depth",
    "focal_sigma_px",
    "pose_covariance",
    "distortion",
)
PLAIN = ("image_hw", "scale", "translation_bound", "reason", "time_source")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def full(seed: int, evidence: dict[str, Any]) -> Trajectory:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, 3] = rng.normal(0, 1, (n, 3)) * 10.0 ** rng.integers(-300, 99)
    valid = rng.random(n) < 0.6
    k = np.tile(np.diag([1e-300, 1e300, 1]), (n, 1, 1))
    k[~valid] = np.nan
    depth = rng.random(n) + 0.1
    depth[0] = np.nan
    root = rng.normal(0, 1, (n, 6, 6))
    return Trajectory(
        world_from_cam=poses,
        time_s=np.cumsum(rng.random(n) + 1e-9),
        valid=valid,
        image_hw=(7, 9),
        intrinsics_px=k,
        scale="bounded",
        translation_bound=float(rng.choice([0.0, 0.003, math.inf])),
        scene_depth=depth,
        reason=tuple("" if ok else "zu dunkel ☂\n" for ok in valid),
        focal_sigma_px=np.full(n, np.inf),
        pose_covariance=root @ root.transpose(0, 2, 1),
        distortion=rng.normal(0, 1, 5),
        time_source="assumed",
        provenance=Provenance(backend="auto", config={"a": (1, 2)}, versions={"x": "1"}, seed=3, evidence=evidence),
    )


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), evidence=st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_every_field_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, seed: int, evidence: dict[str, Any]
):
    before = full(seed, evidence)
    path = tmp_path_factory.mktemp("native") / "trajectory.npz"
    write(before, path, format="native")
    after = read(path)
    for name in FIELDS:
        assert getattr(after, name).tobytes() == getattr(before, name).tobytes(), name
    for name in PLAIN:
        assert getattr(after, name) == getattr(before, name), name
    assert before.provenance is not None
    assert after.provenance is not None
    assert dict(after.provenance.evidence) == evidence
    assert dict(after.provenance.config) == {"a": [1, 2]}
    assert (after.provenance.backend, after.provenance.seed) == ("auto", 3)
    data = path.read_bytes()
    write(after, path, format="native")
    assert path.read_bytes() == data


def test_what_is_not_known_stays_unknown(tmp_path: Path):
    write(
        Trajectory(world_from_cam=np.eye(4)[None], time_s=np.zeros(1), valid=np.ones(1, bool)),
        tmp_path / "t.npz",
        format="native",
    )
    after = read(tmp_path / "t.npz")
    assert all(
        getattr(after, name) is None for name in (*FIELDS[3:], "image_hw", "translation_bound", "reason", "provenance")
    )


def test_numpy_alone_can_open_it(tmp_path: Path):
    write(full(1, {}), tmp_path / "t.npz", format="native")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as arrays:
        header = json.loads(str(arrays["header"]))
        assert arrays["world_from_cam"].shape[1:] == (4, 4)
    assert header["format"] == "cinetraj"
    assert header["version"] == 1


def test_time_of_writing_is_not_in_the_file(tmp_path: Path):
    write(full(1, {}), tmp_path / "t.npz", format="native")
    with zipfile.ZipFile(tmp_path / "t.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def changed(tmp_path: Path, **arrays: Any) -> Path:
    path = tmp_path / "t.npz"
    write(full(1, {}), path, format="native")
    with np.load(path) as old:
        kept = {name: old[name] for name in old.files}
    np.savez(path, **{k: v for k, v in (kept | arrays).items() if v is not None})
    return path


def header(**fields: Any) -> np.ndarray:
    base = {"format": "cinetraj", "version": 1, "scale": "metric", "time_source": "index"}
    return np.array(json.dumps(base | fields))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"header": header(version=2)}, r"version 2, this cinetraj reads up to 1; pip install --upgrade"),
        ({"header": header(version="x")}, "its version is 'x'"),
        ({"header": header(format="other")}, "no native trajectory file"),
        ({"header": np.array("{")}, "header is no valid JSON"),
        ({"header": np.array("[" * 100_000)}, "header is no valid JSON"),
        ({"header": header(scale="huge")}, "scale is 'huge'"),
        ({"header": header(scale=["metric"])}, "scale is .*expected metric"),
        ({"header": header(image_hw="x")}, "image_hw is a text"),
        ({"header": header(image_hw=[0.5, 2])}, "image_hw is"),
        ({"header": header(reason=[1])}, "reason is no list of texts"),
        ({"header": header(reason=["a"])}, "reason has 1 entries"),
        ({"header": header(provenance=[])}, "provenance is a list"),
        ({"header": header(provenance={"seed": "x"})}, "provenance is malformed"),
        ({"time_s": None}, "lacks the array time_s"),
        ({"time_s": np.zeros(9)}, r"array 'world_from_cam' has type float64 and shape \(\d, 4, 4\)"),
        ({"valid": np.zeros(3)}, "array 'valid' has type float64"),
        ({"world_from_cam": np.zeros((2, 3))}, r"array 'world_from_cam' has type float64 and shape \(2, 3\)"),
        ({"translation_bound": np.zeros(3)}, "translation_bound is no number"),
    ],
)
def test_malformed_files_are_refused_with_the_reason(tmp_path: Path, arrays: dict[str, Any], said: str):
    path = changed(tmp_path, **arrays)
    with pytest.raises(ReadError, match=said) as caught:
        read(path, format="native")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pickles_are_never_opened(tmp_path: Path):
    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "exploded",))

    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([Bomb()], dtype=object), allow_pickle=True)
    path = tmp_path / "t.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("header", "world_from_cam", "time_s", "valid", "cam_c2w", "data", "inds", "extrinsic"):
            archive.writestr(f"{name}.npy", buffer.getvalue())
    for name in ("auto", "native", "megasam", "vipe", "vggt"):
        with pytest.raises(ReadError, match="no plain numbers"):
            read(path, format=name)
    assert not (tmp_path / "exploded").exists()


def test_a_header_that_promises_too_much_takes_no_memory(tmp_path: Path):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 4, 4)})
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("cam_c2w.npy", buffer.getvalue())
    with pytest.raises(ReadError, match="the file holds fewer"):
        read(tmp_path / "t.npz")


def test_a_provenance_that_is_no_json_is_refused_by_place(tmp_path: Path):
    bad = full(1, {}).replace(provenance=Provenance(evidence={"a": [1, {"b": Path("x")}]}))
    with pytest.raises(CinetrajError, match=r"provenance.evidence.a\[1\].b is a"):
        write(bad, tmp_path / "t.npz", format="native")
    assert not any(tmp_path.iterdir())


def test_numpy_values_in_a_provenance_become_plain_ones(tmp_path: Path):
    given = full(1, {"noise_px": np.float32(0.5), "hw": np.array([3, 4]), "ok": np.bool_(True)})
    write(given, tmp_path / "t.npz", format="native")
    after = read(tmp_path / "t.npz").provenance
    assert after is not None
    assert dict(after.evidence) == {"noise_px": 0.5, "hw": [3, 4], "ok": True}


def test_a_run_folder_reads_as_its_trajectory(tmp_path: Path):
    run = tmp_path / "clip"
    write(full(1, {}), run / "trajectory.npz", format="native")
    write(full(1, {}), run / "trajectory_tum.txt", format="tum")
    (run / "run.json").write_text('{"status": "ok"}')
    np.testing.assert_array_equal(read(run).time_s, full(1, {}).time_s)
    np.testing.assert_array_equal(read(run, format="native").time_s, full(1, {}).time_s)


def test_a_failed_run_and_a_run_of_several_shots_say_so(tmp_path: Path):
    failed = tmp_path / "failed"
    failed.mkdir()
    (failed / "run.json").write_text('{"status": "failed", "reason": "one frame only"}')
    with pytest.raises(ReadError, match="status failed, one frame only; mend what the reason names"):
        read(failed)
    long = "give the part of it that shows a scene (--video.start-s, --video.stop-s); " * 20
    (failed / "run.json").write_text(json.dumps({"status": "failed", "reason": long}))
    with pytest.raises(ReadError, match=r"--video.stop-s\); .* \.\.\.; mend what the reason names"):
        read(failed)
    (failed / "run.json").write_text('{"status": "ok"}')  # its file was removed
    with pytest.raises(ReadError, match="estimate the clip again"):
        read(failed)
    shots = tmp_path / "shots"
    for name in ("shot-000", "shot-001"):
        write(full(1, {}), shots / name / "trajectory.npz", format="native")
    (shots / "run.json").write_text('{"status": "ok", "shots": []}')
    with pytest.raises(ReadError, match=r"holds 2 trajectories, one per shot; name one, as .*shot-000"):
        read(shots)
    assert len(read(shots / "shot-001")) == len(full(1, {}))


def test_a_file_is_taken_hold_of_once_for_all_its_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "trajectory.npz"
    write(full(0, {}), file, format="native")
    held: list[object] = []
    own = zipfile.ZipFile.__init__

    def counted(self: zipfile.ZipFile, *args: Any, **kwargs: Any) -> None:
        held.append(args[0])
        own(self, *args, **kwargs)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    read(file, format="native")
    assert len(held) == 1
    read(file)  # once more to see what it is
    assert len(held) == 3
