"""Trees of a state that are read after its update, as in `where(is_finite, new, old)`.

A model of NNX shows the new numbers by then. What the tree was is kept in front of the update: where that
stands in the same block, on the way to the place that reads the tree.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder, OptState, Params, State, Variables
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import ApplyGradients
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece

OLD = "the old value is used here after the update; an NNX object would show the new one"


def is_kept(plan: Plan, node: ast.expr) -> bool:
    """Whether `node` reads an old tree of a state whose one update stands in front of it."""
    value = plan.facts.values.get(node)
    if node not in plan.facts.trees or not isinstance(value, Params | Variables | OptState):
        return False
    return value.stale and _update(plan, node) is not None


def kept_tree(plan: Plan, node: ast.expr) -> str:
    """The name under which the tree is kept; raises `Blocked` where that name is taken."""
    site = _update(plan, node)
    assert site is not None and isinstance(site.state, ast.Name)
    whole = isinstance(plan.facts.values[node], OptState)
    name = "old_opt_state" if whole else "old_params"
    scopes = plan.facts.scopes
    function = scopes.function(node)
    mentions = scopes.mentions(scopes.module(node), name)
    if any(function in scopes.enclosing(scopes.scope[n]) for n in mentions):
        raise Blocked(node, "LNX011", f"{OLD}, and `{name}` is taken")
    holder = isinstance(plan.facts.values[site.state], Holder)
    model = f"{site.state.id}.model" if holder else plan.model_of(site.state)
    tree = f"{plan.optimizer_of(site.state)}.opt_state" if whole else f"nnx.state({model}, nnx.Param)"
    line: Piece = f"{name} = nnx.clone({tree})"
    before = plan.edits.before[plan.statement(site.node)]
    if line not in before:
        before.insert(0, line)
    return name


def _update(plan: Plan, node: ast.expr) -> ApplyGradients | None:
    """The one update of the variable whose tree `node` reads, if it is passed on every way to `node`."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    variable = plan.facts.scopes.variable(node.value, node.value.id)
    sites = [s for s in plan.component.sites if isinstance(s, ApplyGradients) and _names(plan, s, variable)]
    if len(sites) != 1 or variable is None:
        return None
    site = sites[0]
    value = plan.facts.values[site.state]
    assert isinstance(value, State | Holder)
    passed = _is_passed(plan, plan.statement(site.node), node)
    return site if passed and not value.stale and not _is_bound_between(plan, site, node, variable) else None


def _names(plan: Plan, site: ApplyGradients, variable: Variable | None) -> bool:
    state = site.state
    return isinstance(state, ast.Name) and plan.facts.scopes.variable(state, state.id) == variable


def _is_passed(plan: Plan, update: ast.stmt, node: ast.expr) -> bool:
    """Whether the update stands in front of a statement around `node`, in the same block."""
    if plan.facts.scopes.function(update) is not plan.facts.scopes.function(node):
        return False
    parent = plan.parent(update)
    around: ast.AST = node
    while around in plan.facts.scopes.parent and plan.parent(around) is not parent:
        around = plan.parent(around)
    blocks = [block for _, block in ast.iter_fields(parent) if isinstance(block, list)]
    return any(
        update in block and around in block and block.index(update) < block.index(around) for block in blocks
    )


def _is_bound_between(plan: Plan, site: ApplyGradients, node: ast.expr, variable: Variable) -> bool:
    """Whether the variable gets another state between its update and the read."""
    begin, end = plan.statement(site.node).lineno, plan.statement(node).lineno
    names = plan.facts.scopes.names(variable)
    return any(begin <= n.lineno < end for n in names if not isinstance(n.ctx, ast.Load))
