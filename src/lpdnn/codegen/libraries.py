"""What a program needs for the libraries that its kernels are written over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.codegen.units import KernelUnit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpdnn.primitives import Library, Plugin

HOSTED = Path(__file__).parent.parent / "runtime" / "hosted"
HEADER = "lpdnn_libraries.h"
OPENER = (HOSTED / "library.c", HOSTED / "lpdnn_library.h")
"""What opens shared objects."""

Uses = dict[tuple[str, str], tuple["Plugin", "Library"]]
"""Libraries by the names of the plugin and of the library."""


def uses(pairs: Iterable[tuple[Plugin, Library | None]]) -> Uses:
    """Return each library of some primitives once, in the order of names."""
    found = {
        (plugin.name, library.name): (plugin, library) for plugin, library in pairs if library is not None
    }
    return dict(sorted(found.items()))


def library_units(used: Uses) -> list[KernelUnit]:
    """Return the sources that bring the libraries to the kernels."""
    return [
        KernelUnit(
            f"{plugin.name}_{Path(source).stem}_{library.name}",
            plugin.support / source,
            plugin.name,
            plugin.c_standard,
            (f"LPDNN_LIBRARY={library.name}",),
        )
        for plugin, library in used.values()
        for source in library.sources
    ]


def opened(used: Uses) -> list[Library]:
    """Return the libraries that are opened at run time."""
    return list({library.name: library for _, library in used.values() if library.objects}.values())


def libraries_header(used: Uses) -> str:
    """Return lpdnn_libraries.h: where each shared object is, and the variable that says otherwise."""
    lines = [
        "/* Where the libraries that kernels open were found; the variable names another file. */",
        "#ifndef LPDNN_LIBRARIES_H\n#define LPDNN_LIBRARIES_H\n",
    ]
    for library in opened(used):
        paths = ", ".join(
            '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"' for path in library.paths()
        )
        lines.append(f'#define LPDNN_VARIABLE_{library.name} "{library.variable}"')
        lines.append(f"#define LPDNN_PATHS_{library.name} {paths}\n")
    return "\n".join([*lines, "#endif\n"])


def links(used: Uses) -> tuple[str, ...]:
    """Return what else the linker needs."""
    return tuple(dict.fromkeys(link for _, library in used.values() for link in library.links))


def includes(used: Uses) -> list[Path]:
    """Return the folders of the libraries' own headers."""
    places = [library.found() for library in opened(used)]
    return list(dict.fromkeys(folder for place in places if place for folder in place.includes))
