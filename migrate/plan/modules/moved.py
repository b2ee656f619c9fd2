"""Arguments of a construction that move to `__init__`, with what is local to the method exchanged."""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.kinds import Const, LayerField, Length, Partial, Symbol
from migrate.analysis.modules.class_tables import bound_to
from migrate.analysis.modules.hoisting import assigned_value, holes, spliced
from migrate.analysis.modules.layers import LAYERS, NORMS
from migrate.analysis.modules.mutable_stats import is_mode
from migrate.analysis.shapes.sizes import text_names
from migrate.analysis.sites import Layer, OwnVariable, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft
from migrate.plan.modules.helpers import refuse_helper
from migrate.plan.modules.layer_arguments import EXACT, may_be_half
from migrate.rewrite.edits import Piece, Template, template


def listed(pieces: list[Piece]) -> tuple[Piece, ...]:
    """The arguments with commas between them."""
    parts: list[Piece] = []
    for piece in pieces:
        parts += [", ", piece] if parts else [piece]
    return tuple(parts)


def known_early(plan: Plan, site: Layer) -> list[tuple[str, ast.expr]]:
    """The arguments that `__init__` can know; the rest belongs to the call."""
    if site.cls is not None:
        return []
    kind = LAYERS[site.layer]
    given = [(n, v) for n, v in site.given if n not in kind.late or not is_mode(plan.facts, v)]
    return [(n, v) for n, v in given if not is_late(plan, site, n, v) or n not in kind.late]


def is_late(plan: Plan, site: Layer, name: str, node: ast.expr) -> bool:
    """Whether a flag such as `deterministic=not train` is known only at the call."""
    if site.cls is not None or name not in LAYERS[site.layer].late or in_setup(plan, site.node):
        return False
    return not is_mode(plan.facts, node) and holes(plan.facts, site.owner, node) is None


def in_setup(plan: Plan, node: ast.AST) -> bool:
    """Whether a node stands in `setup`, whose statements move as they are."""
    function = plan.facts.scopes.function(node)
    return isinstance(function, ast.FunctionDef) and function.name == "setup"


def moved(plan: Plan, draft: Draft, site: Layer | Parameter | OwnVariable, node: ast.expr) -> Piece:
    """An argument of the construction, with what is local to the method exchanged."""
    value = plan.facts.values.get(node)
    if isinstance(value, Partial) and value.site in plan.facts.partials.get(site.node, ()):
        return partial_layer(plan, draft, site, value)
    if in_setup(plan, site.node) and in_setup(plan, node):
        return node
    inner = assigned_value(plan.facts, node) if isinstance(node, ast.Name) else None
    plain = isinstance(value, Const | Length) and not (inner is not None and _reads_linen(plan, inner))
    if inner is not None and not plain:
        return _written_out(plan, site, inner) or moved(plan, draft, site, inner)
    found = holes(plan.facts, site.owner, node)
    if found is not None:
        draft.edits |= found
        return node
    local = sorted(
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name)
        and (v := plan.facts.scopes.variable(n, n.id)) is not None
        and not isinstance(v.scope, ast.Module)
    )
    what = f"`{local[0]}`, which is" if local else "something that is"
    raise Blocked(site.node, "LNX111", f"a layer is built from {what} local to `__call__`")


def _written_out(plan: Plan, site: Layer | Parameter | OwnVariable, node: ast.expr) -> str | None:
    """What a name was given, as a text of its own where that means nothing in the method.

    The assignment stays there, and goes on to say what it says.
    """
    found = holes(plan.facts, site.owner, node) or {}
    known = {"self", *dir(builtins), *plan.facts.scopes.bound[plan.facts.scopes.module(node)]}
    if not any(text_names(text) - known for text in found.values()):
        return None
    if _reads_linen(plan, node):
        raise Blocked(site.node, "LNX111", "a layer is built from a value that is local to `__call__`")
    return spliced(plan.facts, node, found)


def _reads_linen(plan: Plan, node: ast.expr) -> bool:
    """Whether an expression names something of Linen, which is called otherwise in NNX."""
    values = [plan.facts.values.get(part) for part in ast.walk(node) if isinstance(part, ast.expr)]
    return any(isinstance(value, Symbol) and value.name.startswith("flax.") for value in values)


def partial_layer(plan: Plan, draft: Draft, site: Layer | Parameter | OwnVariable, value: Partial) -> Piece:
    """`partial(nnx.BatchNorm, momentum=0.9)`: what is known only at a call is given there.

    Where nothing else was given, the class itself is handed on.
    """
    call, layer = value.site, value.function
    assert call is not None and isinstance(layer, Symbol | LayerField)
    name = layer.name if isinstance(layer, Symbol) else layer.layer
    refuse_helper(call, name)
    kind = LAYERS[name]
    pieces: list[Piece] = [f"nnx.{kind.target}" if isinstance(layer, Symbol) else f"self.{layer.field}"]
    for keyword in call.keywords:
        if keyword.arg not in kind.kept and keyword.arg not in kind.first:
            raise Blocked(call, "LNX110", f"`{keyword.arg}` of this layer has no counterpart in NNX")
        if keyword.arg in kind.late and holes(plan.facts, site.owner, keyword.value) is None:
            continue
        pieces.append(template(f"{keyword.arg}={{}}", moved(plan, draft, site, keyword.value)))
        if keyword.arg == "dtype" and name in NORMS and may_be_half(plan, keyword.value):
            pieces.append(f"promote_dtype={EXACT}")
    return pieces[0] if len(pieces) == 1 else Template((call.func, "(", *listed(pieces), ")"))


def chosen_class(plan: Plan, draft: Draft, site: Layer) -> Piece:
    """What gives the class of a layer that is one of several."""
    node = site.node.func
    if not in_setup(plan, site.node):
        if isinstance(node, ast.Name) and bound_to(plan.facts, node) is not None:
            return node.id
        return template("({})" if isinstance(node, ast.IfExp) else "{}", moved(plan, draft, site, node))
    return template("({})", node) if isinstance(node, ast.IfExp) else node
