"""Who computes what: cost tables, the exact choice, and what it is compared with."""

from lpdnn.selection.budget import Fit, Footprint, front, within
from lpdnn.selection.candidates import candidates
from lpdnn.selection.choose import Objective, choose, fastest
from lpdnn.selection.costs import CostTable, Measurement, implementation_key, layer_key, load_costs
from lpdnn.selection.directives import Directive, parse
from lpdnn.selection.explain import Explanation, explain
from lpdnn.selection.explain_html import explanation_html
from lpdnn.selection.explain_text import explanation_text
from lpdnn.selection.file import load_selection, save_selection, selection_text
from lpdnn.selection.model import Model, model
from lpdnn.selection.selection import Conversion, Implementation, Proof, Selection
from lpdnn.selection.size import smallest

__all__ = [
    "Conversion",
    "CostTable",
    "Directive",
    "Explanation",
    "Fit",
    "Footprint",
    "Implementation",
    "Measurement",
    "Model",
    "Objective",
    "Proof",
    "Selection",
    "candidates",
    "choose",
    "explain",
    "explanation_html",
    "explanation_text",
    "fastest",
    "front",
    "implementation_key",
    "layer_key",
    "load_costs",
    "load_selection",
    "model",
    "parse",
    "save_selection",
    "selection_text",
    "smallest",
    "within",
]
