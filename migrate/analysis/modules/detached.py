"""`nn.LSTMCell(n, parent=None).initialize_carry(key, shape)`: a second cell that only makes the first carry.

It has no parameters, so that the cell of the module with the same fields gives the same.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const, Instance, Symbol
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer


def twin(run: Run, layer: str, node: ast.Call) -> Instance | None:
    """The cell of the module that is built with the same fields, where nothing but a carry is asked for."""
    above = run.facts.scopes.parent[node]
    parent = next((keyword.value for keyword in node.keywords if keyword.arg == "parent"), None)
    if parent is None or run.facts.values.get(parent) != Const(None) or run.owner is None:
        return None
    if not isinstance(above, ast.Attribute) or above.attr != "initialize_carry":
        return None
    given = _given(run, layer, node)
    layers = [site for site in run.facts.sites.values() if isinstance(site, Layer) and site.layer == layer]
    own = [site for site in layers if site.owner.node is run.owner.node]
    same = next((site for site in own if given is not None and given == _given(run, layer, site.node)), None)
    if same is None:
        return None
    run.facts.detached[node] = same.node
    return Instance(Symbol(layer), same.node)


def _given(run: Run, layer: str, node: ast.Call) -> dict[str, str] | None:
    """The fields of a cell as texts that mean the same in every method."""
    if layer not in LAYERS or LAYERS[layer].output != "cell" or run.owner is None:
        return None
    found = dict(zip(LAYERS[layer].positional, node.args, strict=False))
    found |= {k.arg: k.value for k in node.keywords if k.arg not in {None, "name", "parent"} and k.arg}
    texts = {name: init_text(run.facts, run.owner, value) for name, value in found.items()}
    known = {name: text for name, text in texts.items() if text is not None}
    return known if len(known) == len(found) else None
