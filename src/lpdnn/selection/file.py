"""The selection file: JSON that people read, compare, edit and commit; read back, it is directives.

{
 "format": 1,
 "network": "lenet", "fingerprint": "5e1ec7ed", "target": "native",
 "nodes": {"conv1": "cpu_blas:im2row_openblas:nchw>nhwc"},
 "conversions": {"pool2@nchw": "cpu_vanilla:ref:nhwc>nchw"}
}
Nodes that are not listed are free. "conversions" says by whom a value is converted, where it is; which values
need to be follows from the nodes.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from lpdnn.ir import LpdnnError
from lpdnn.selection.costs import layer_key
from lpdnn.selection.directives import Directive, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph
    from lpdnn.selection.selection import Selection

FORMAT = 1


def fingerprint(graph: Graph) -> str:
    """Return what networks have in common whose nodes have the same names, operators and shapes."""
    digest = hashlib.sha256()
    for node in graph.nodes:
        key = layer_key(node.op, graph.input_types(node), graph.output_types(node))
        digest.update(f"{node.name}\0{key}\0{node.inputs}\n".encode())
    return digest.hexdigest()[:12]


def selection_text(selection: Selection, graph: Graph) -> str:
    """Return a selection as JSON, one node a line."""
    conversions = {
        f"{value}@{step.target}": str(step)
        for value, steps in selection.conversions.items()
        for step in steps
    }
    document = {
        "format": FORMAT,
        "network": selection.network,
        "fingerprint": fingerprint(graph),
        "target": selection.target,
        "objective": selection.objective,
        "nodes": {name: str(one) for name, one in selection.nodes.items()},
        "conversions": conversions,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def save_selection(selection: Selection, graph: Graph, path: Path) -> None:
    """Write the file, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(selection_text(selection, graph), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise LpdnnError(message) from error
    finally:
        partial.unlink(missing_ok=True)


def _strings(document: Any, part: str) -> dict[str, str]:
    found = document[part]
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        message = f"{part} are no names with texts"
        raise TypeError(message)
    return found


def _directive(name: str, text: str, path: Path) -> Directive:
    plugin, *parts = text.split(":")
    if not all((plugin, *parts)):
        message = f"{path}: {text!r}, for {name!r}, is not of the form PLUGIN:PRIMITIVE:LAYOUT"
        raise LpdnnError(message)
    return Directive(f"{path.name}: {name}={text}", name, plugin, tuple(parts), exact=True)


def load_selection(path: Path, graph: Graph) -> list[Directive]:
    """Return a selection file as directives; one that was made for another network is refused."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            message = (
                f"{path}: format {document['format']}, and this LPDNN reads {FORMAT}; run lpdnn select again"
            )
            raise LpdnnError(message)
        nodes, conversions = (
            _strings(document, "nodes"),
            _strings({"conversions": {}, **document}, "conversions"),
        )
        network, mark = document.get("network"), document.get("fingerprint")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise LpdnnError(message) from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = (
            f"{path} is not a selection, or damaged ({type(error).__name__}: {error}); run lpdnn select again"
        )
        raise LpdnnError(message) from error
    known = {node.name for node in graph.nodes}
    strangers = [name for name in nodes if name not in known]
    if strangers or (mark is not None and mark != fingerprint(graph)):
        why = f"it has {strangers[0]!r}; {nearest(strangers[0], known)}" if strangers else "its layers differ"
        message = (
            f"{path} was made for another network ({network!r}, and this is {graph.name!r}: {why}); "
            "run lpdnn select for this one"
        )
        raise LpdnnError(message)
    return [_directive(name, text, path) for name, text in (*nodes.items(), *conversions.items())]
