"""Who computes what: cost tables, the exact choice, and what it is compared with."""

from lpdnn.selection.candidates import candidates
from lpdnn.selection.choose import choose, fastest
from lpdnn.selection.costs import CostTable, Measurement, implementation_key, layer_key, load_costs
from lpdnn.selection.directives import Directive, parse
from lpdnn.selection.model import Model, model
from lpdnn.selection.selection import Conversion, Implementation, Proof, Selection

__all__ = [
    "Conversion",
    "CostTable",
    "Directive",
    "Implementation",
    "Measurement",
    "Model",
    "Proof",
    "Selection",
    "candidates",
    "choose",
    "fastest",
    "implementation_key",
    "layer_key",
    "load_costs",
    "model",
    "parse",
]
