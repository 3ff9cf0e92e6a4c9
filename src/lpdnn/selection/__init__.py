"""Who computes what."""

from lpdnn.selection.choose import Choice, candidates, choose

__all__ = ["Choice", "candidates", "choose"]
