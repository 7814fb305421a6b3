"""How a film's pictures are to be turned and mirrored before they are shown: the display matrix of its container."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np


@final
@dataclass(frozen=True)
class Turn:
    """Display matrix as array moves: flip left-right first, then quarter turns counterclockwise."""

    quarters: int
    flip: bool

    def swap(self, hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width after the turn, and before it: the same exchange."""
        return (hw[1], hw[0]) if self.quarters % 2 else hw

    @property
    def rotation_deg(self) -> float:
        """The rotation, counterclockwise, that with a mirroring after it is the same: as PyAV writes a matrix."""
        return 90.0 * ((-self.quarters if self.flip else self.quarters) % 4)

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(rgb[:, ::-1] if self.flip else rgb, self.quarters))


def turn_of(frame: Any) -> Turn:
    """Quarter turns and flip of the display matrix (ISO 14496-12, 8.3.2): x' = a x + c y, y' = b x + d y."""
    matrix = _display_matrix(frame)
    if matrix is None:
        return Turn(0, False)
    a, b, c, d = matrix
    flip = a * d - b * c < 0
    if flip:  # undo the flip of x, which is applied first
        a, b = -a, -b
    angle_deg = np.degrees(np.arctan2(b, a))  # clockwise on a screen whose y points down
    return Turn(int(np.round(-angle_deg / 90.0)) % 4, bool(flip))


def _display_matrix(frame: Any) -> tuple[float, float, float, float] | None:
    side_data = frame.side_data.get("DISPLAYMATRIX")  # iterating gives entries in PyAV 18, names in 19
    if side_data is None:
        return None
    values = np.frombuffer(bytes(side_data), np.int32)[:9].astype(float)
    return values[0], values[1], values[3], values[4]
