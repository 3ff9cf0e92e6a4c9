"""Results in files: whole or not at all."""

from __future__ import annotations

import json
import math
import os
import zipfile
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lpdnn.ir import Array


SYSTEM = ("/dev/", "/proc/")
"""What is here, such as /dev/stdout, must be written to, never replaced."""


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes its place when it is complete; pipes and devices get all of it at once."""
    final = path.resolve()
    if str(path.absolute()).startswith(SYSTEM) or (final.exists() and not final.is_file()):
        buffer = BytesIO()
        yield buffer
        with path.open("ab") as device:
            device.write(buffer.getvalue())
        return
    partial = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path | None, report: Any) -> None:
    """Write a report, where one is wanted; JSON has no infinity and no NaN, so they become null."""
    if path is not None:
        with whole(path) as file:
            file.write((json.dumps(_finite(report), indent=1, allow_nan=False) + "\n").encode())


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an array as .npy; several, or where the name says so, as .npz."""
    import numpy as np

    from lpdnn.ir import LpdnnError

    if len(arrays) > 1 and path.suffix != ".npz":
        message = (
            f"{path}: there are {len(arrays)} outputs ({', '.join(arrays)}); give a name that ends in .npz"
        )
        raise LpdnnError(message)
    with whole(path) as file:
        if path.suffix != ".npz":
            np.lib.format.write_array(file, next(iter(arrays.values())))
            return
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array)
