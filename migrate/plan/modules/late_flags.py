"""Flags that a partial call of a layer class gives, which become keywords of every call on the way."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, LayerField, Partial
from migrate.analysis.modules.hoisting import holes
from migrate.analysis.modules.mutable_stats import is_mode
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.owned import owned
from migrate.rewrite.edits import Piece


def handed_flags(plan: Plan, cls: Class) -> frozenset[str]:
    """The flags that `__call__` of a class has to be given for the layers in its fields."""
    found: frozenset[str] = frozenset()
    for site in owned(plan, cls):
        if not isinstance(site, Layer):
            continue
        if site.through is not None:
            found |= site.through.late
        for _, node in site.given:
            value = plan.facts.values.get(node)
            if isinstance(value, LayerField):
                found |= value.late
        if found:
            _check_methods(plan, site)
    return found


def _check_methods(plan: Plan, site: Layer) -> None:
    for call in site.calls:
        method = plan.facts.scopes.function(call)
        if not isinstance(method, ast.FunctionDef) or method.name != "__call__":
            raise Blocked(call, "LNX111", "a layer from a field is called outside of `__call__`")


def late_flags(plan: Plan, site: Layer) -> list[tuple[str, Piece]]:
    """What a call of one layer or module has to be given."""
    flags: dict[str, Piece] = {}
    if site.through is not None:
        flags |= {name: name for name in sorted(site.through.late)}
    if site.cls is None:
        return [*flags.items()]
    wanted = handed_flags(plan, site.cls)
    for _, node in site.given:
        for name, piece in _from_argument(plan, site, node):
            if name in wanted:
                if name in flags and _text(plan, flags[name]) != _text(plan, piece):
                    raise Blocked(node, "LNX111", f"two partial calls give different values of `{name}`")
                flags[name] = piece
    if missing := wanted - flags.keys():
        raise Blocked(site.node, "LNX111", f"it is not known what `{min(missing)}` is for this module")
    return [*flags.items()]


def _text(plan: Plan, piece: Piece) -> str:
    return plan.facts.files.segment(piece) if isinstance(piece, ast.expr) else str(piece)


def _from_argument(plan: Plan, site: Layer, node: ast.expr) -> list[tuple[str, Piece]]:
    value = plan.facts.values.get(node)
    if isinstance(value, LayerField):
        return [(name, name) for name in sorted(value.late)]
    if not isinstance(value, Partial) or value.site is None:
        return []
    own = [k for k in value.site.keywords if not is_mode(plan.facts, k.value)]
    late = [k for k in own if holes(plan.facts, site.owner, k.value) is None]
    for keyword in late:
        _check_parameter(plan, keyword.value)
    return [(k.arg, k.value) for k in late if k.arg is not None]


def _check_parameter(plan: Plan, node: ast.expr) -> None:
    """The flag is evaluated at the calls now: its names must not be bound in between."""
    scopes = plan.facts.scopes
    for part in ast.walk(node):
        variable = scopes.variable(part, part.id) if isinstance(part, ast.Name) else None
        if any(not isinstance(n.ctx, ast.Load) for n in scopes.names(variable)):
            name = getattr(part, "id", "")
            raise Blocked(node, "LNX111", f"`{name}` may change between a layer and its call")
