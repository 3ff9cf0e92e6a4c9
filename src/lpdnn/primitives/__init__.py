"""The contract between compiler and plugin: primitives, plugins and how they are found."""

from lpdnn.primitives.estimate import Estimate, at_rate, plain_operations
from lpdnn.primitives.library import Found, Library, over
from lpdnn.primitives.plugin import Plugin, discover
from lpdnn.primitives.primitive import (
    Accepts,
    Defines,
    Prepare,
    Primitive,
    Sharing,
    Workspace,
    in_order,
    of_types,
    on_threads,
)

__all__ = [
    "Accepts",
    "Defines",
    "Estimate",
    "Found",
    "Library",
    "Plugin",
    "Prepare",
    "Primitive",
    "Sharing",
    "Workspace",
    "at_rate",
    "discover",
    "in_order",
    "of_types",
    "on_threads",
    "over",
    "plain_operations",
]
