"""Graph and chosen primitives -> plan: the order of the steps, and every byte of memory."""

from lpdnn.planning.check import check
from lpdnn.planning.contract import Buffer, Operand, Plan, Step, Tensor
from lpdnn.planning.footprint import footprint
from lpdnn.planning.layouts import lay_out
from lpdnn.planning.planner import plan
from lpdnn.planning.tensors import constants_in_memory

__all__ = [
    "Buffer",
    "Operand",
    "Plan",
    "Step",
    "Tensor",
    "check",
    "constants_in_memory",
    "footprint",
    "lay_out",
    "plan",
]
