"""The same names as `trajectory.description`, for imports by the name of the function."""

from trajectory.description import DescribeConfig, Description, Ground, describe

__all__ = ["DescribeConfig", "Description", "Ground", "describe"]
