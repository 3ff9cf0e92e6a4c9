"""LPDNN turns a trained network into the smallest, fastest C program that runs it on a given device.

net = lpdnn.load("deploy.prototxt", "weights.caffemodel")
exe = lpdnn.build(net, target="native")
y = exe(x)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpdnn.bench import tune
    from lpdnn.compiler import build, generate, load, options, save, select, simplify, verify
    from lpdnn.ir import Graph, LpdnnError
    from lpdnn.passes.prune import prune
    from lpdnn.quantizer import explore, quantize
    from lpdnn.toolchain import Program

__all__ = [
    "Graph",
    "LpdnnError",
    "Program",
    "build",
    "explore",
    "generate",
    "load",
    "options",
    "prune",
    "quantize",
    "save",
    "select",
    "simplify",
    "tune",
    "verify",
]
_ELSEWHERE = {
    "explore": "lpdnn.quantizer",
    "prune": "lpdnn.passes.prune",
    "quantize": "lpdnn.quantizer",
    "tune": "lpdnn.bench",
}


def __getattr__(name: str) -> Any:
    """Load the compiler when it is first asked for, so that `lpdnn --help` need not wait for it."""
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "lpdnn.compiler")), name)
    message = f"module 'lpdnn' has no attribute {name!r}"
    raise AttributeError(message)
