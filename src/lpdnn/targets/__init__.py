"""Targets: one folder = one board."""

from lpdnn.targets.target import Target, discover, find

__all__ = ["Target", "discover", "find"]
