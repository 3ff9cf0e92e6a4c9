"""Tensor types, operators' contract, graphs and what is legal in them."""

from lpdnn.ir.errors import LpdnnError
from lpdnn.ir.fixed import Rounding, fixed_point, rescale
from lpdnn.ir.graph import Graph, GraphBuilder
from lpdnn.ir.layout import from_memory, same_bytes, to_memory
from lpdnn.ir.operator import Array, Cost, Node, Operator, Sample, Types
from lpdnn.ir.quantization import QFormat, Quantization, ties_away
from lpdnn.ir.types import ELEMENT, LAYOUTS, RANGE, TensorType
from lpdnn.ir.verify import verify

__all__ = [
    "ELEMENT",
    "LAYOUTS",
    "RANGE",
    "Array",
    "Cost",
    "Graph",
    "GraphBuilder",
    "LpdnnError",
    "Node",
    "Operator",
    "QFormat",
    "Quantization",
    "Rounding",
    "Sample",
    "TensorType",
    "Types",
    "fixed_point",
    "from_memory",
    "rescale",
    "same_bytes",
    "ties_away",
    "to_memory",
    "verify",
]
