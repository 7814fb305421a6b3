"""The worker's side of the pycolmap backends: a database, a model, and the evidence for or against it.

Runs only under `sfm.processes.isolated`, since native code may abort. Pixel coordinates in the database follow
COLMAP (the centre of the first pixel is 0.5, 0.5) and are stretched to square pixels, so that one focal length holds.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pycolmap

import sfm.processes.zlib_first  # noqa: F401

FIRST_FOCAL = 1.2
"""Start of an unknown focal length over the longer side: COLMAP's default."""
STRICT_PX = 1.0
"""Inlier bound for telling a rotation or a plane from a scene in depth: at COLMAP's 4 px all small motion is flat."""
MOST_ANGLES = 2000
MOST_TRACKS = 400


def map_matches(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    """Model of given key points and matches. Arrays: xy_px (k 2) of all frames on end, count (n); pairs (p 2),
    match (m 2) of all pairs on end, match_count (p)."""
    started = perf_counter()
    n_frames = len(arrays["count"])
    xy = np.split((arrays["xy_px"] + 0.5) * (values["pixel_aspect"], 1.0), np.cumsum(arrays["count"])[:-1])
    matches = np.split(arrays["match"].astype(np.uint32), np.cumsum(arrays["match_count"])[:-1])
    camera = _camera(values)
    options = pycolmap.TwoViewGeometryOptions()
    options.min_num_inliers = values["min_matches"]
    options.compute_relative_pose = True
    options.ransac.max_error = values["max_error_px"]
    options.ransac.random_seed = values["seed"]

    def verify(row: int) -> Any:
        i, j = arrays["pairs"][row]
        return pycolmap.estimate_two_view_geometry(camera, xy[i], camera, xy[j], matches[row], options)

    with ThreadPoolExecutor(values["threads"]) as pool:
        geometries = list(pool.map(verify, range(len(matches))))
    database_path = folder / "database.db"
    with pycolmap.Database.open(database_path) as database:
        camera_id = database.write_camera(camera)
        sensor = pycolmap.sensor_t(pycolmap.SensorType.CAMERA, camera_id)
        rig = pycolmap.Rig()
        rig.add_ref_sensor(sensor)
        rig_id = database.write_rig(rig)
        image_ids = []
        for number in range(n_frames):
            image = pycolmap.Image(name=f"{number:06d}.png", camera_id=camera_id)
            image.image_id = database.write_image(image)
            frame = pycolmap.Frame()
            frame.rig_id = rig_id
            frame.add_data_id(image.data_id)
            database.write_frame(frame)
            database.write_keypoints(image.image_id, xy[number].astype(np.float32))
            image_ids.append(image.image_id)
        for (i, j), match, geometry in zip(arrays["pairs"], matches, geometries, strict=True):
            if len(geometry.inlier_matches) >= values["min_matches"]:
                database.write_matches(image_ids[i], image_ids[j], match)
                database.write_two_view_geometry(image_ids[i], image_ids[j], geometry)
    verified = perf_counter() - started
    return _map(folder, database_path, values, n_frames, {"verify": verified})


def map_images(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    """Stock COLMAP on the PNG files of `folder`/images: its features, matches and incremental mapper by default."""
    started = perf_counter()
    database_path = folder / "database.db"
    reader = pycolmap.ImageReaderOptions()
    if values["focal_px"] is not None:
        height, width = values["hw"]
        reader.camera_params = f"{values['focal_px']},{width * values['pixel_aspect'] / 2},{height / 2},0"
    if values["masked"]:
        reader.mask_path = folder / "masks"
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads = values["threads"]
    mode = pycolmap.CameraMode.SINGLE if values["single_camera"] else pycolmap.CameraMode.AUTO
    pycolmap.extract_features(
        database_path,
        folder / "images",
        camera_mode=mode,
        reader_options=reader,
        extraction_options=extraction,
        device=pycolmap.Device.cpu,
    )
    extracted = perf_counter() - started
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads = values["threads"]
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = values["seed"]
    pairing = pycolmap.SequentialPairingOptions()
    pairing.overlap = values["overlap"]
    pycolmap.match_sequential(
        database_path,
        matching_options=matching,
        pairing_options=pairing,
        verification_options=verification,
        device=pycolmap.Device.cpu,
    )
    seconds = {"features": extracted, "match": perf_counter() - started - extracted}
    return _map(folder, database_path, values, values["n_frames"], seconds)


def _camera(values: dict[str, Any]) -> Any:
    height, width = values["hw"]
    width *= values["pixel_aspect"]
    focal = values["focal_px"] or FIRST_FOCAL * max(height, width)
    camera = pycolmap.Camera(
        model="SIMPLE_PINHOLE", width=round(width), height=height, params=[focal, width / 2, height / 2]
    )
    camera.has_prior_focal_length = values["focal_px"] is not None
    return camera


def _map(folder: Path, database_path: Path, values: dict[str, Any], n_frames: int, seconds: dict[str, float]):
    started = perf_counter()
    output = folder / "model"
    output.mkdir()
    refine = values["focal_px"] is None or values["refine_focal"]
    images = folder / "images"
    images.mkdir(exist_ok=True)
    if values["mapper"] == "incremental":
        options: Any = pycolmap.IncrementalPipelineOptions()
        options.ba_refine_focal_length = refine
        options.mapper.abs_pose_refine_focal_length = refine
        if values["smallest_model"] is not None:
            options.min_model_size = values["smallest_model"]
        options.extract_colors = False
        run = pycolmap.incremental_mapping
    else:
        options = pycolmap.GlobalPipelineOptions()
        options.mapper.bundle_adjustment.refine_focal_length = refine
        run = pycolmap.global_mapping
    options.random_seed = values["seed"]
    options.num_threads = values["threads"]
    for name, value in values["mapper_options"].items():
        try:
            _set(options, name, value)
        except (AttributeError, TypeError) as problem:
            return {"bad_option": f"{name}={value!r}: {' '.join(str(problem).split())[:200]}"}, {}
    attempts = []
    for attempt in range(1 + values["retries"]):  # incremental mapping hangs on its start: a bad one shows in residuals
        options.random_seed = (values["seed"] + attempt) % 2**31  # pycolmap takes no larger one
        attempts.append(run(database_path, images, output, options))
        if not attempts[-1] or _rank(attempts[-1])[1] > -values["retry_above_px"]:
            break
    models = max(attempts, key=_rank)  # the first of equals
    seconds["map"] = perf_counter() - started
    statistics: dict[str, Any] = {"models": len(models), "attempts": len(attempts), "pairs": {}}
    arrays: dict[str, np.ndarray] = {}
    focal = values["focal_px"] or FIRST_FOCAL * max(values["hw"][0], values["hw"][1] * values["pixel_aspect"])
    if models:
        best = max(models.values(), key=lambda model: (model.num_reg_images(), model.num_points3D()))
        statistics["registered_by_model"] = sorted((m.num_reg_images() for m in models.values()), reverse=True)
        numbers, arrays = _read(best, n_frames)
        arrays["tracks_px"] = _tracks(best, n_frames, values["pixel_aspect"])
        arrays |= _points(best, values["pixel_aspect"])
        statistics |= numbers
        focal = numbers["focal_px"]
    started = perf_counter()
    statistics["pairs"] = _evidence(database_path, focal, values)
    seconds["evidence"] = perf_counter() - started
    return {"statistics": statistics, "seconds": seconds}, arrays


def _rank(models: dict[int, Any]) -> tuple[int, float]:
    """More frames first, then smaller residuals, of the largest model."""
    if not models:
        return 0, -np.inf
    best = max(models.values(), key=lambda model: (model.num_reg_images(), model.num_points3D()))
    return best.num_reg_images(), -float(best.compute_mean_reprojection_error())


def _kind(geometry: Any) -> str:
    return pycolmap.TwoViewGeometryConfiguration(int(geometry.config)).name


def _set(options: Any, name: str, value: Any) -> None:
    """Sets "mapper.filter_min_tri_angle" and its like; a name that does not exist is an error."""
    *path, last = name.split(".")
    for part in path:
        options = getattr(options, part)
    getattr(options, last)
    setattr(options, last, value)


def _read(model: Any, n_frames: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Poses, focal lengths, depths and quality of a model, by frame number; NaN rows where not registered."""
    cam_from_world = np.full((n_frames, 3, 4), np.nan)
    focal, depth, radial = np.full(n_frames, np.nan), np.full(n_frames, np.nan), np.full(n_frames, np.nan)
    place = {key: number for number, key in enumerate(model.points3D)}
    points = np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)
    seen = np.zeros(n_frames, np.int64)
    image_of: dict[int, int] = {}
    for image_id in model.reg_image_ids():
        image = model.image(image_id)
        number = int(Path(image.name).stem)
        image_of[image_id] = number
        pose: Any = image.cam_from_world() if callable(image.cam_from_world) else image.cam_from_world
        cam_from_world[number] = pose.matrix()
        camera = model.camera(image.camera_id)
        focal[number] = camera.mean_focal_length()
        radial[number] = camera.params[3] if len(camera.params) > 3 else 0.0
        rows = [place[p.point3D_id] for p in image.get_observation_points2D()]
        seen[number] = len(rows)
        z = points[rows] @ cam_from_world[number, 2, :3] + cam_from_world[number, 2, 3]
        if (z > 0).any():
            depth[number] = np.median(z[z > 0])
    rotation, shift = cam_from_world[:, :, :3], cam_from_world[:, :, 3]
    centres = -np.einsum("nji,nj->ni", rotation, shift)
    step = max(1, len(points) // MOST_ANGLES)
    angles = []
    for key in list(model.points3D)[::step]:
        point = model.point3D(key)
        rays = point.xyz - centres[sorted({image_of[e.image_id] for e in point.track.elements})]
        rays /= np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
        angles.append(np.degrees(np.arccos(np.clip((rays @ rays.T).min(), -1.0, 1.0))))
    numbers = {
        "registered": len(image_of),
        "points": len(points),
        "focal_px": float(np.nanmedian(focal)),
        "reprojection_px": float(model.compute_mean_reprojection_error()),
        "track_length": float(model.compute_mean_track_length()),
        "triangulation_deg": float(np.median(angles)) if angles else 0.0,
        "points_per_frame": float(np.median(seen[list(image_of.values())])) if image_of else 0.0,
    }
    return numbers, {"cam_from_world": cam_from_world, "focal_px": focal, "scene_depth": depth, "radial": radial}


def _tracks(model: Any, n_frames: int, pixel_aspect: float) -> np.ndarray:
    """Where the longest tracks lie in the frames, for pictures: m n 2, NaN where unseen."""
    longest = sorted(model.points3D.items(), key=lambda item: (-item[1].track.length(), item[0]))[:MOST_TRACKS]
    images = {key: model.image(key) for key in model.reg_image_ids()}
    tracks = np.full((len(longest), n_frames, 2), np.nan)
    for row, (_, point) in enumerate(longest):
        for element in point.track.elements:
            image = images[element.image_id]
            tracks[row, int(Path(image.name).stem)] = image.point2D(element.point2D_idx).xy
    return tracks / (pixel_aspect, 1.0) - 0.5


def _points(model: Any, pixel_aspect: float) -> dict[str, np.ndarray]:
    """All points, and the frames and pixels in which they were seen: a row for each sighting."""
    images = {key: model.image(key) for key in model.reg_image_ids()}
    frame_of = {key: int(Path(image.name).stem) for key, image in images.items()}
    xy_of = {key: np.array([p.xy for p in image.points2D], np.float64).reshape(-1, 2) for key, image in images.items()}
    points, sightings, places = [], [], []
    for number, key in enumerate(sorted(model.points3D)):
        point = model.point3D(key)
        points.append(point.xyz)
        for element in point.track.elements:
            sightings.append((number, frame_of[element.image_id]))
            places.append(xy_of[element.image_id][element.point2D_idx])
    xy_px = np.array(places, np.float64).reshape(-1, 2) / (pixel_aspect, 1.0) - 0.5
    return {
        "points": np.array(points, np.float64).reshape(-1, 3),
        "sighting": np.array(sightings, np.int64).reshape(-1, 2),
        "sighting_px": xy_px.astype(np.float32),
    }


def _evidence(database_path: Path, focal_px: float, values: dict[str, Any]) -> dict[str, Any]:
    """What the widest verified pair of each frame shows at a strict bound: depth, or merely a plane or a rotation."""
    with pycolmap.Database.open(database_path) as database:
        numbers = {image.image_id: int(Path(image.name).stem) for image in database.read_all_images()}
        xy = {image_id: np.asarray(database.read_keypoints(image_id))[:, :2] for image_id in numbers}
        stored = list(zip(*database.read_two_view_geometries(), strict=True))
    by_kind: dict[str, int] = {}
    widest: dict[int, tuple[int, int, int, Any]] = {}
    for pair_id, geometry in stored:
        kind = _kind(geometry)
        by_kind[kind] = by_kind.get(kind, 0) + 1
        if len(geometry.inlier_matches) < values["min_matches"]:
            continue
        first, second = (int(key) for key in pycolmap.pair_id_to_image_pair(pair_id))
        gap = abs(numbers[second] - numbers[first])
        start = min(numbers[first], numbers[second])
        if start not in widest or gap > widest[start][0]:
            widest[start] = (gap, first, second, geometry.inlier_matches)
    camera = _camera(values | {"focal_px": focal_px})
    options = pycolmap.TwoViewGeometryOptions()
    options.compute_relative_pose = True
    options.ransac.max_error = STRICT_PX
    options.ransac.random_seed = values["seed"]
    wide: dict[str, int] = {}
    moved = []
    for _, first, second, match in widest.values():
        a, b = xy[first], xy[second]
        geometry = pycolmap.estimate_calibrated_two_view_geometry(camera, a, camera, b, match, options)
        wide[_kind(geometry)] = wide.get(_kind(geometry), 0) + 1
        moved.append(np.median(np.linalg.norm(a[match[:, 0]] - b[match[:, 1]], axis=1)))
    return {
        "verified": len(stored),
        "by_kind": dict(sorted(by_kind.items())),
        "widest_by_kind": dict(sorted(wide.items())),
        "widest_moved_px": float(np.median(moved)) if moved else 0.0,
    }
