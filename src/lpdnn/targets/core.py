"""What estimates must know of a processor core: how much it multiplies and moves in a second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Core:
    """A core: its clock in Hz, multiply-adds of floats that begin in a cycle, and what its caches give.

    Two units multiply and add, so that vectors of v floats do at most 2 v of the `lanes` in a cycle: a core
    that splits AVX-512 in halves has 16, and is as fast with AVX2. `levels` are caches and memory, the first
    the nearest: bytes that one holds, and bytes a second that one core reads from there.
    `models` are (vendor, family, first model, last model), as CPUs tell them. `measured` says whether the
    figures were measured, or come from what is published of clock and units.
    """

    name: str
    clock: float
    lanes: int
    levels: tuple[tuple[int, float], ...]
    models: tuple[tuple[str, int, int, int], ...] = ()
    measured: bool = False

    def rate(self, lanes: int) -> float:
        """Return the floating-point operations a second of multiply-adds of vectors of so many floats."""
        return 2 * self.clock * min(2 * lanes, self.lanes)

    def moving(self, size: int, held: int) -> float:
        """Return the seconds that so many bytes take, from the first level that holds `held` bytes."""
        speed = next((speed for holds, speed in self.levels if held <= holds), self.levels[-1][1])
        return size / speed

    def words(self) -> str:
        """Return in words what estimates are made for."""
        if self == ANY:
            return self.name
        how = "as measured" if self.measured else "by its clock and units"
        rates = f"{self.rate(8) / 1e9:.0f} GFLOP/s by AVX2, {self.rate(16) / 1e9:.0f} by AVX-512"
        return f"{self.name} ({how}: {rates})"


KIB, MIB, GIGA = 1 << 10, 1 << 20, 1e9
AMD, INTEL = "AuthenticAMD", "GenuineIntel"


def _levels(ghz: float, lanes: int, second: int, third: int) -> tuple[tuple[int, float], ...]:
    """Return levels by what is usual: 4 bytes a lane and cycle from the first, half as much from the second."""
    near = 4 * lanes * ghz * GIGA
    return (32 * KIB, near), (second, near / 2), (third, min(near / 2, 32 * GIGA)), (1 << 62, 16 * GIGA)


ANY = Core("an unknown core", 3.5e9, 16, _levels(3.5, 16, 512 * KIB, 8 * MIB))
"""What is assumed where nothing is known."""
CORES = (
    Core(
        "AMD Zen 4",
        3.69e9,
        16,
        ((32 * KIB, 220 * GIGA), (MIB, 110 * GIGA), (12 * MIB, 90 * GIGA), (1 << 62, 25 * GIGA)),
        ((AMD, 25, 0x10, 0x1F), (AMD, 25, 0x60, 0x7F), (AMD, 25, 0xA0, 0xAF)),
        measured=True,
    ),
    Core("AMD Zen", 3.2e9, 8, _levels(3.2, 8, 512 * KIB, 8 * MIB), ((AMD, 23, 0x00, 0x2F),)),
    Core("AMD Zen 2", 3.3e9, 16, _levels(3.3, 16, 512 * KIB, 16 * MIB), ((AMD, 23, 0x30, 0xFF),)),
    Core("AMD Zen 3", 3.5e9, 16, _levels(3.5, 16, 512 * KIB, 32 * MIB), ((AMD, 25, 0x00, 0xFF),)),
    Core("AMD Zen 5 with half of AVX-512", 4e9, 16, _levels(4, 16, MIB, 8 * MIB), ((AMD, 26, 0x20, 0x2F),)),
    Core("AMD Zen 5", 4e9, 32, _levels(4, 32, MIB, 32 * MIB), ((AMD, 26, 0x00, 0xFF),)),
    Core(
        "Intel Xeon with two units of AVX-512",
        2.7e9,
        32,
        _levels(2.7, 32, MIB, 16 * MIB),
        tuple((INTEL, 6, model, model) for model in (0x55, 0x6A, 0x6C, 0x8F, 0xCF, 0xAD, 0xAE)),
    ),
)
"""Cores that are known; the first that has a CPU's model is its.

Models are those of Linux's intel-family.h and of AMD's revision guides, units of the optimization manuals.
"""


def core_of(vendor: str, family: int, model: int) -> Core:
    """Return the core of a CPU, as far as it is known."""
    for core in CORES:
        if any(v == vendor and f == family and a <= model <= b for v, f, a, b in core.models):
            return core
    return ANY


@cache
def this_core() -> Core:
    """Return the core of the computer that this runs on, as Linux tells of it."""
    info = Path("/proc/cpuinfo")
    told: dict[str, str] = {}
    for line in info.read_text(errors="replace").splitlines() if info.exists() else ():
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    try:
        return core_of(told["vendor_id"], int(told["cpu family"]), int(told["model"]))
    except (KeyError, ValueError):
        return ANY
