"""Arrays in .npy files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import Array, LpdnnError

if TYPE_CHECKING:
    from pathlib import Path


def read_array(path: Path) -> Array:
    """Return the numbers in a .npy file."""
    try:
        # Mapped, so that a header that claims more than the file has is an error and not an allocation.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        message = f"{path}: there is no such file"
        raise LpdnnError(message) from error
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        message = f"{path}: not a .npy file that can be read"
        raise LpdnnError(message) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" or not array.size:
        message = f"{path}: not an array of numbers"
        raise LpdnnError(message)
    return array
