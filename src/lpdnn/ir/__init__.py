"""Tensor types, operators' contract, graphs and what is legal in them."""

from lpdnn.ir.errors import LpdnnError
from lpdnn.ir.graph import Graph, GraphBuilder
from lpdnn.ir.layout import from_memory, same_bytes, to_memory
from lpdnn.ir.operator import Array, Cost, Node, Operator, Sample, Types
from lpdnn.ir.types import ELEMENT, LAYOUTS, TensorType
from lpdnn.ir.verify import verify

__all__ = [
    "ELEMENT",
    "LAYOUTS",
    "Array",
    "Cost",
    "Graph",
    "GraphBuilder",
    "LpdnnError",
    "Node",
    "Operator",
    "Sample",
    "TensorType",
    "Types",
    "from_memory",
    "same_bytes",
    "to_memory",
    "verify",
]
