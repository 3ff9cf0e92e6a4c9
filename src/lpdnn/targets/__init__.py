"""Targets: one folder = one board."""

from lpdnn.targets.core import Core
from lpdnn.targets.target import Target, discover, find

__all__ = ["Core", "Target", "discover", "find"]
