"""x86-64 computers with AMX (Intel Sapphire Rapids, and what followed)."""

from lpdnn.targets._cpu import cpu_features, tiles_allowed
from lpdnn.targets.target import Target
from lpdnn.targets.x86_64_avx512 import TARGET as AVX512

_EXTENSIONS = ("avx512vnni", "amx_tile", "amx_int8")

TARGET = Target(
    name="x86-64-amx",
    summary="x86-64 with AVX-512, VNNI, and AMX for 8-bit integers",
    compilers=AVX512.compilers,
    flags=(*AVX512.flags, *(f"-m{name.replace('_', '-')}" for name in _EXTENSIONS)),
    # /proc/cpuinfo writes one of them avx512_vnni
    runs_here=AVX512.runs_here and {"avx512_vnni", *_EXTENSIONS[1:]} <= cpu_features() and tiles_allowed(),
    declared=AVX512.declared | set(_EXTENSIONS),
)
