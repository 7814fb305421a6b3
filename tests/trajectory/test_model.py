"""What is no path is refused at the door, with what to do about it, and not read as another one."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from trajectory.errors import CinetrajError
from trajectory.frames import Sim3, anchor_to_first, inverse_poses, transform
from trajectory.model import Trajectory
from trajectory.resample import at_times

N = 4
POSES = np.tile(np.eye(4), (N, 1, 1))
K = np.tile(np.array([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]]), (N, 1, 1))

VARIANCES = np.tile(0.5 * np.eye(6), (N, 1, 1))


def path(**changes: Any) -> Trajectory:
    given: dict[str, Any] = {"world_from_cam": POSES, "time_s": np.arange(N) / 10, "valid": np.ones(N, bool)}
    return Trajectory(**{**given, **changes})


def at(row: int, column: int, value: float) -> np.ndarray:
    """The intrinsics with one number of each changed."""
    changed = K.copy()
    changed[:, row, column] = value
    return changed


REFUSED = [
    ({"world_from_cam": POSES[:, :3]}, "add the row 0 0 0 1"),
    (
        {"world_from_cam": POSES * (2, 2, 2, 1)},
        "columns deviate from orthonormal by 3, allowed 1e-06; divide a scale out",
    ),
    ({"world_from_cam": POSES.astype(complex)}, "complex128, expected an array of real numbers"),
    ({"time_s": ["0", "1", "2", "x"]}, "time_s is of type .U1, expected an array of real numbers"),
    ({"valid": np.array(["True", "False", "True", "True"])}, "valid is of type .U5, expected True or False"),
    ({"valid": np.arange(N)}, "valid is of type int64, expected True or False"),
    ({"valid": np.array([1.0, np.nan, 0.0, 1.0])}, "valid is of type float64, expected True or False"),
    ({"intrinsics_px": K.transpose(0, 2, 1)}, "transpose a K"),
    ({"intrinsics_px": at(2, 2, 7.0)}, "divide one by its last number"),
    ({"intrinsics_px": at(0, 0, np.inf)}, r"intrinsics_px\[0\] is"),
    ({"image_hw": 360}, "image_hw is 360, expected a height and a width"),
    ({"image_hw": (float("nan"), 640)}, "expected a height and a width"),
    ({"reason": "lost"}, "expected a tuple of 4 texts"),
    ({"focal_sigma_px": np.array([1.0, np.nan, -1.0, 1.0])}, "focal_sigma_px has a value below 0; NaN means unknown"),
    (
        {"pose_covariance": VARIANCES * [[[1]], [[1]], [[-1]], [[np.nan]]]},
        "variance of -0.5, expected",
    ),
    ({"distortion": np.array([0.1, np.nan, 0, 0])}, r"distortion is \[0.1, nan, 0.0, 0.0\], expected finite numbers"),
    ({"provenance": {"status": "ok"}}, "provenance is of type dict, expected trajectory.Provenance"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_is_no_path_is_refused_with_a_remedy(change: dict[str, Any], message: str) -> None:
    # The shapes and types are checked first where they are watched: `bare` is not.
    with pytest.raises(CinetrajError, match=message):
        bare(**change).__post_init__()


def test_what_rounding_leaves_of_a_variance_is_no_fault() -> None:
    rounded = VARIANCES - np.eye(6) * [[[0.5 + 1e-12]], [[0]], [[0]], [[np.nan]]]
    assert path(pose_covariance=rounded).pose_covariance is not None


def bare(**changes: Any) -> Trajectory:
    """A path as its constructor finds it, before it has looked at anything."""
    made = object.__new__(Trajectory)
    for name, value in {**{f: getattr(path(), f) for f in path().__dataclass_fields__}, **changes}.items():
        object.__setattr__(made, name, value)
    return made


def test_what_is_one_in_other_words_is_taken() -> None:
    made = bare(
        world_from_cam=POSES.tolist(), time_s=[0, 1, 2, 3], valid=np.array([1, 0, 1, 1]), reason=["", "x", "", ""]
    )
    made.__post_init__()
    assert made.valid.tolist() == [True, False, True, True]
    assert made.reason == ("", "x", "", "")
    assert path(intrinsics_px=at(0, 2, np.nan)).intrinsics_px is not None  # no principal point is known


def test_numbers_of_a_table_that_has_words_too_are_numbers() -> None:
    made = bare(
        time_s=[Fraction(k, 24) for k in range(N)],
        valid=np.array([True, np.False_, 1, 1.0], dtype=object),
        focal_sigma_px=np.array([1, 2.5, np.float32(3), np.nan], dtype=object),
    )
    made.__post_init__()
    np.testing.assert_array_equal(made.time_s, np.arange(N) / 24)
    assert made.valid.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(made.focal_sigma_px, [1.0, 2.5, 3.0, np.nan])
    with pytest.raises(CinetrajError, match="valid is of type object"):
        bare(valid=np.array([True, "yes", 1, 1], dtype=object)).__post_init__()


@pytest.mark.parametrize("of", [anchor_to_first, lambda x: at_times(x, np.zeros(1))])
def test_what_is_given_in_the_place_of_a_path_is_named(of: Any) -> None:
    with pytest.raises((CinetrajError, TypeError)):  # types are checked first where they are watched
        of("runs/clip")


def test_a_matrix_is_no_change_of_world_and_one_pose_no_path() -> None:
    with pytest.raises((CinetrajError, TypeError)):
        transform(path(), np.eye(4))  # pyright: ignore[reportArgumentType]
    with pytest.raises((CinetrajError, TypeError)):
        inverse_poses(np.eye(4))
    with pytest.raises(CinetrajError, match="not finite"):
        Sim3(scale=1.0, rotation=np.eye(3), translation=np.array([0.0, np.nan, 0.0]))
