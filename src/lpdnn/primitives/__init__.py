"""The contract between compiler and plugin: primitives, plugins and how they are found."""

from lpdnn.primitives.library import Found, Library, over
from lpdnn.primitives.plugin import Plugin, discover
from lpdnn.primitives.primitive import Primitive, Workspace, in_order

__all__ = ["Found", "Library", "Plugin", "Primitive", "Workspace", "discover", "in_order", "over"]
