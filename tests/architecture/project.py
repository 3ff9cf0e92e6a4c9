"""Where the project's files are, by kind."""

from __future__ import annotations

from pathlib import Path

from lpdnn.primitives import discover

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "lpdnn"
INCLUDE = PACKAGE / "runtime" / "include"
CORE = sorted((PACKAGE / "runtime" / "core").glob("*.c"))
PUBLIC_HEADERS = [INCLUDE / name for name in ("lpdnn_api.h", "lpdnn_blob.h", "lpdnn_dtypes.h")]
VANILLA = next(plugin for plugin in discover() if plugin.name == "cpu_vanilla")
KERNELS = sorted(VANILLA.kernels.glob("*.c"))
SUPPORT = VANILLA.folder / "support"
HEADERS = sorted([*INCLUDE.glob("*.h"), *SUPPORT.glob("*.h")])


def own_files(*suffixes: str, root: Path = ROOT) -> list[Path]:
    """Return every file of the project with one of these suffixes, not what is made or installed there."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix in suffixes and path.is_file() and _is_ours(path.relative_to(root).parts)
    )


def _is_ours(parts: tuple[str, ...]) -> bool:
    hidden = [name for name in parts if name.startswith(".") and name not in {".ci", ".clang-format"}]
    return not hidden and {"build", "__pycache__"}.isdisjoint(parts)
