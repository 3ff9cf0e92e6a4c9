"""One trained parameter as a file stores it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array


@dataclass(frozen=True, slots=True)
class Blob:
    """A shape, and the values when they are asked for, as float32.

    A legacy shape is num, channels, height, width: what has fewer axes got leading ones.
    """

    shape: tuple[int, ...]
    legacy: bool
    load: Callable[[], Array]
