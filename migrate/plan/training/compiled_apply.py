"""Calls through a definition whose `apply` was compiled: they go to a compiled function of the model."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import CompileApply
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import template


def compiled_name(plan: Plan, callee: ast.expr) -> str | None:
    """The function that `net.apply(...)` calls now, if that was compiled; None for any other callee."""
    match callee:
        case ast.Attribute(value=ast.Name(id=name) as node, attr="apply"):
            variable = plan.facts.scopes.variable(node, name)
            site = _compiled(plan, variable)
            return _name(plan, site) if site is not None and _is_behind(plan, callee, site) else None
        case _:
            return None


def _compiled(plan: Plan, variable: Variable | None) -> CompileApply | None:
    scopes = plan.facts.scopes
    sites = (s for s in plan.facts.sites.values() if isinstance(s, CompileApply))
    found = [s for s in sites if scopes.variable(s.definition, s.definition.id) == variable]
    if len(found) > 1:
        raise Blocked(found[1].node, "LNX013", "the `apply` of a module definition is set more than once")
    return found[0] if found else None


def _is_behind(plan: Plan, node: ast.expr, site: CompileApply) -> bool:
    """Whether a call runs after the statement: in the same block behind it, or in a function below it."""
    scopes = plan.facts.scopes
    begin = (site.statement.lineno, site.statement.col_offset)
    behind = (node.lineno, node.col_offset) > begin
    if not behind and scopes.function(node) is not scopes.function(site.statement):
        raise Blocked(node, "LNX013", "it cannot be told whether this `apply` is the compiled one")
    return behind


def _name(plan: Plan, site: CompileApply) -> str:
    name = f"{site.definition.id}_apply"
    if plan.facts.scopes.mentions(plan.facts.scopes.module(site.node), name):
        raise Blocked(site.node, "LNX018", f"the name `{name}` that the compiled call would get is taken")
    return name


def compile_call(plan: Plan, site: CompileApply) -> None:
    """`net_apply = jax.jit(lambda model, *args: model(*args))` in place of the statement."""
    block = plan.facts.scopes.block(site.statement)
    definition = plan.facts.scopes.variable(site.definition, site.definition.id)
    if definition is None or plan.facts.scopes.function(site.statement) is not definition.scope:
        raise Blocked(site.node, "LNX013", "the `apply` of a definition of another function is set")
    if block is not getattr(definition.scope, "body", None) and not isinstance(definition.scope, ast.Module):
        raise Blocked(site.node, "LNX013", "the `apply` of a module definition is set on some paths only")
    transform = "nnx.jit" if plan.style == "stateful" else site.transform
    text = f"{_name(plan, site)} = {{}}(lambda model, *args: model(*args))"
    plan.edits.statements[site.statement] = [template(text, transform)]
