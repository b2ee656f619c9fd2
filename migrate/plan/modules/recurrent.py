"""What becomes of layers that run a cell over a sequence, and of the carries of cells."""

from __future__ import annotations

import ast

from migrate.analysis.modules.layers import LAYERS, WRAPPERS
from migrate.analysis.sites import CellCarry, Layer, Site
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, Template, template


def is_wrapper(site: Site | None) -> bool:
    """Whether the layer only runs others, so that it is no part of the tree of parameters."""
    return isinstance(site, Layer) and site.layer in WRAPPERS


def wrapper(plan: Plan, site: Layer) -> Template:
    """`nnx.RNN(self.LSTMCell_0)`, made where it is called, or `nnx.RNN(nnx.LSTMCell(...))` in `setup`."""
    kind, given = LAYERS[site.layer], dict(site.given)
    pieces: list[Piece] = [given.pop(name) for name in kind.first if name in given]
    for name, node in given.items():
        if name not in kind.kept:
            raise Blocked(node, "LNX110", f"`{name}` of this layer has no counterpart in NNX")
        pieces.append(template(f"{name}={{}}", node))
    parts: list[Piece] = [f"nnx.{kind.target}("]
    for piece in pieces:
        parts += [piece] if len(parts) == 1 else [", ", piece]
    return Template((*parts, ")"))


def initial_carry(plan: Plan, site: CellCarry) -> None:
    """`cell.initialize_carry(shape, nnx.Rngs(key))`: zeros, whatever the key."""
    from migrate.plan.modules.construction import seed

    key, shape = site.node.args
    cell = site.node.func.value if isinstance(site.node.func, ast.Attribute) else None
    if isinstance(cell, ast.Call) and cell in plan.facts.detached:
        known = plan.facts.sites[plan.facts.detached[cell]]
        if not isinstance(known, Layer) or "{" in known.name or known.kept == "*":
            raise Blocked(cell, "LNX110", "a carry is asked of a cell that is made anew: keep one cell")
        plan.edits.expressions[cell] = f"self.{known.name}"
    call = template("{}({}, nnx.Rngs({}))", site.node.func, shape, seed(plan, key))
    plan.edits.expressions[site.node] = call
