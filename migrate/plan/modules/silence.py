"""Calls that surely draw no random numbers: the flags that would allow it keep their defaults."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import inputs_of, methods
from migrate.analysis.modules.layers import LAYERS, SELF_CALLS
from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.sites import Layer, SubmoduleCall
from migrate.plan.context import Plan
from migrate.plan.modules.owned import owned

Known = Mapping[str, object]
UNKNOWN = object()


def is_silent(plan: Plan, site: Layer) -> bool:
    """Whether no call of a module of the project can draw, whatever its own caller asks for."""
    return bool(site.calls) and all(_draws_nothing(plan, site, call, {}, ()) for call in site.calls)


def _draws_nothing(plan: Plan, site: Layer, call: ast.Call, known: Known, above: tuple[ast.AST, ...]) -> bool:
    if site.cls is None:
        return not LAYERS[site.layer].draws or _deterministic(site, call, known)
    method = methods(site.cls).get("__call__")
    if method is None or method in above or _reaches_in(plan, site.cls):
        return False
    inner = _given(method, call, known)
    layers = [each for each in owned(plan, site.cls) if not isinstance(each, Layer) or each.calls]
    return inner is not None and all(
        isinstance(each, Layer)
        and plan.facts.scopes.function(use) is method
        and _draws_nothing(plan, each, use, inner, (*above, method))
        for each in layers
        if _may_draw(each)
        for use in getattr(each, "calls", (site.node,))
    )


def _reaches_in(plan: Plan, cls: Class) -> bool:
    """Whether a class calls a method of another module that draws, or a module that it is handed."""
    from migrate.plan.modules.drawing import method_draws

    uses = (use for use in plan.facts.sites.values() if isinstance(use, SubmoduleCall))
    return any(use.owner.node is cls.node and method_draws(plan, use) for use in uses)


def _may_draw(site: Any) -> bool:
    """Whether a layer or key of a module has to be looked at: parameters draw nothing at a call."""
    if isinstance(site, Layer):
        return site.cls is not None or LAYERS[site.layer].draws
    return type(site).__name__ == "DrawKey"


def _given(method: ast.FunctionDef, call: ast.Call, known: Known) -> Known | None:
    """What a call gives the parameters of a method, where it is a constant; None if it cannot be told."""
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return None
    names = inputs_of(method)
    found: dict[str, object] = {**_defaults(method)}
    found |= {name: _constant(node, known) for name, node in zip(names, call.args, strict=False)}
    found |= {k.arg: _constant(k.value, known) for k in call.keywords if k.arg is not None}
    stored = {n.id for n in ast.walk(method) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {name: value for name, value in found.items() if name not in stored}


def _defaults(method: ast.FunctionDef) -> dict[str, object]:
    return {argument.arg: _constant(default, {}) for argument, default in parameter_defaults(method)}


def _constant(node: ast.expr, known: Known) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return known.get(name, UNKNOWN)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _constant(operand, known)
            return UNKNOWN if inner is UNKNOWN else not inner
        case _:
            return UNKNOWN


def _deterministic(site: Layer, call: ast.Call, known: Known) -> bool:
    """Whether the flag of a layer is set, at its construction or at the call."""
    names = SELF_CALLS if site.layer == "flax.linen.SelfAttention" else LAYERS[site.layer].calls
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return False
    given = [k.value for k in call.keywords if k.arg == "deterministic"]
    given += [node for name, node in zip(names, call.args[1:], strict=False) if name == "deterministic"]
    given += [node for name, node in site.given if name == "deterministic"]
    return bool(given) and _constant(given[0], known) is True
