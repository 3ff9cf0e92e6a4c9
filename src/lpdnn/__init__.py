"""LPDNN turns a trained network into the smallest, fastest C program that runs it on a given device.

net = lpdnn.load("deploy.prototxt", "weights.caffemodel")
exe = lpdnn.build(net, target="native")
y = exe(x)
"""

from lpdnn.compiler import build, generate, load, simplify
from lpdnn.ir import Graph, LpdnnError
from lpdnn.toolchain import Program

__all__ = ["Graph", "LpdnnError", "Program", "build", "generate", "load", "simplify"]
