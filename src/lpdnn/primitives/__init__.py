"""The contract between compiler and plugin: primitives, plugins and how they are found."""

from lpdnn.primitives.estimate import Estimate, at_rate, plain_operations
from lpdnn.primitives.plugin import Plugin, discover
from lpdnn.primitives.primitive import Primitive, Workspace, in_order

__all__ = [
    "Estimate",
    "Plugin",
    "Primitive",
    "Workspace",
    "at_rate",
    "discover",
    "in_order",
    "plain_operations",
]
