"""The computer that LPDNN runs on."""

from lpdnn.targets._cpu import cpu_features, tiles_allowed
from lpdnn.targets.core import this_core
from lpdnn.targets.target import Target

_TILES = frozenset({"amx_tile", "amx_int8"})
_DENIED = frozenset() if tiles_allowed() else _TILES

TARGET = Target(
    name="native",
    summary="this computer, with every instruction that it has"
    + (", but for AMX, which its system does not let programs use" if _DENIED & cpu_features() else ""),
    compilers=("gcc", "clang", "cc"),
    flags=("-O3", "-march=native"),
    runs_here=True,
    denied=_DENIED,
    core=this_core(),
)
