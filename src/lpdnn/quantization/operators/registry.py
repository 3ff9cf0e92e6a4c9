"""How a node of each operator becomes integers, by the operator's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.quantization.lowering import Lower

LOWERED: dict[str, Lower] = {}


def lowers(*names: str) -> Callable[[Lower], Lower]:
    """Mark the function that lowers nodes of operators; it raises StaysRealError for what it cannot."""

    def mark(function: Lower) -> Lower:
        LOWERED.update(dict.fromkeys(names, function))
        return function

    return mark
