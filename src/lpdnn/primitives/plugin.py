"""Plugins: folders of primitives, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from lpdnn.primitives.library import Library
    from lpdnn.primitives.primitive import Primitive


@dataclass(frozen=True)
class Plugin:
    """A folder: the manifest in `__init__.py`, kernels in `kernels/`, what they share in `support/`.

    A package that offers one and cannot be loaded is here without primitives; `unavailable` says why.
    """

    name: str
    summary: str
    folder: Path
    primitives: tuple[Primitive, ...]
    c_standard: str
    unavailable: str = ""

    @property
    def kernels(self) -> Path:
        """The folder of kernel files."""
        return self.folder / "kernels"

    @property
    def support(self) -> Path:
        """The folder of what kernels share."""
        return self.folder / "support"

    @property
    def libraries(self) -> tuple[Library, ...]:
        """What its primitives are written over, each once."""
        return tuple(dict.fromkeys(p.library for p in self.primitives if p.library is not None))


def _plugin(name: str, module: ModuleType) -> Plugin:
    return Plugin(
        name,
        (module.__doc__ or "").partition("\n")[0],
        Path(str(module.__file__)).parent,
        tuple(module.PRIMITIVES),
        getattr(module, "C_STANDARD", "c89"),
    )


def _offered(entry: EntryPoint) -> Plugin:
    try:
        return _plugin(entry.name, entry.load())
    except Exception as error:  # noqa: BLE001  # a stranger's package may fail in any way
        reason = f"{entry.value} cannot be loaded: {type(error).__name__}: {error}"
        return Plugin(entry.name, "", Path(), (), "", reason)


@cache
def discover() -> tuple[Plugin, ...]:
    """Return the plugins in lpdnn.plugins, and those that packages offer as `lpdnn.plugins` entry points."""
    home = importlib.import_module("lpdnn.plugins")
    found = {
        info.name: _plugin(info.name, importlib.import_module(f"lpdnn.plugins.{info.name}"))
        for info in pkgutil.iter_modules(home.__path__)
    }
    for entry in entry_points(group="lpdnn.plugins"):
        if entry.name not in found:
            found[entry.name] = _offered(entry)
    return tuple(plugin for _, plugin in sorted(found.items()))
