"""The computer that LPDNN runs on."""

from lpdnn.targets._cpu import cpu_features, tiles_allowed
from lpdnn.targets.core import this_core
from lpdnn.targets.target import Target

TARGET = Target(
    name="native",
    summary="this computer, with every instruction that it has",
    compilers=("gcc", "clang", "cc"),
    flags=("-O3", "-march=native"),
    runs_here=True,
    denied=frozenset() if tiles_allowed() else cpu_features() & {"amx_tile", "amx_int8"},
    core=this_core(),
)
