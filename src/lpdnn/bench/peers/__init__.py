"""Other inference runtimes that a user may have installed: one file each, found by being there.

Each file says what it needs (PACKAGES, the distributions to install; READS, suffixes of model files) and has
`load(model, folder)`, which returns a function from an input [N,C,H,W] to the list of outputs in the model's
order, computed in fp32 by one thread. What it must convert first goes into `folder`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array

    Run = Callable[[Array], list[Array]]


class Peer(Protocol):
    """What a file in this folder has."""

    PACKAGES: tuple[str, ...]
    READS: tuple[str, ...]

    def load(self, model: Path, folder: Path) -> Run:
        """Return what runs a model."""
        ...


def names() -> list[str]:
    """Return the runtimes that are known."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__))


def find(name: str, model: Path) -> Peer:
    """Return a runtime that is installed and can read the model, or say what is missing."""
    if name not in names():
        message = f"there is no runtime {name!r} to compare with; there are {', '.join(names())}"
        raise LpdnnError(message)
    peer = cast("Peer", importlib.import_module(f"{__name__}.{name}"))
    if model.suffix not in peer.READS:
        message = f"{name} cannot read {model.name}: it takes {', '.join(peer.READS)} files"
        raise LpdnnError(message)
    for package in peer.PACKAGES:
        try:
            importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            message = f"{name} is not installed: pip install {' '.join(peer.PACKAGES)}"
            raise LpdnnError(message) from None
    return peer


def version(peer: Peer) -> str:
    """Return the version of what is installed."""
    return importlib.metadata.version(peer.PACKAGES[0])


def installed_bytes(peer: Peer) -> int:
    """Return the size of its first package, without what that depends on."""
    files = importlib.metadata.files(peer.PACKAGES[0]) or []
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.exists())
