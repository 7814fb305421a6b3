"""What a clip that the model did not deliver is charged: what its reference has, and no more."""

from dataclasses import replace

from compare.depth_scales import DepthScale
from compare.pair_scores import score_poses
from compare.protocols import Protocol
from compare.rows import ClipScores
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


def charged_for(
    row: ClipScores, reference: Trajectory, protocol: Protocol, depth_scale: DepthScale | None = None
) -> ClipScores:
    """The row of a failure of the model with what it is not charged for, and by how many points a sum is charged.

    A metric that the reference does not have against itself (the direction of travel of a tripod, the pitch without
    gravity) no model can have. A reference that cannot be compared with itself scores nobody: that is our failure.

    Args:
        row: of a clip without a score by the model's fault.
        reference: what it should have been.
        protocol: of the method "poses"; other methods have no worst value of a path, and leave the row as it is.
        depth_scale: metres per unit, as for the pair.
    """
    if protocol.method != "poses":
        return row
    try:
        found = score_poses(reference, reference, replace(protocol, draws=0), depth_scale=depth_scale)
    except CinetrajError as error:
        return replace(row, failed=str(error), fault="instrument")
    spared = tuple(name for name, score in found.dropped.items() if score.value is None)
    return replace(row, spared=spared, facts={**row.facts, "samples": found.facts["samples"]})
