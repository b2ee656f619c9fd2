"""Train states that go round a loop of jax: one place of the carry, so that no position in it shifts."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import Variable
from migrate.analysis.program.syntax import body_of
from migrate.analysis.sites import Carry
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def unpack(plan: Plan, variable: Variable, site: Carry) -> None:
    """The parameter stays one; the body takes it apart in its first line."""
    body = site.body
    names = plan.naming.of(variable)
    if isinstance(body, ast.Lambda):
        raise Blocked(body, "LNX202", "a train state is the carry of a lambda: write a function")
    if variable.name in (names.model, names.optimizer):
        raise Blocked(body, "LNX018", f"`{variable.name}` would be a model and the carry that holds it")
    loops = {s.node for s in plan.facts.sites.values() if isinstance(s, Carry)}
    calls = {call for call, called in plan.facts.bindings.items() if body in called}
    if plan.facts.references[body] - loops - calls:
        raise Blocked(body, "LNX202", "the body of a loop is also used otherwise than by calls")
    first = body_of(body)
    if not first:
        raise Blocked(body, "LNX202", "the body of a loop has no statements")
    plan.edits.before[first[0]].insert(0, f"{names.model}, {names.optimizer} = {variable.name}")
    for node in plan.roles.nodes[variable]:
        if isinstance(node, ast.arg) and node.annotation is not None:
            plan.edits.expressions[node.annotation] = "tuple[nnx.Module, nnx.Optimizer]"


def is_initial(plan: Plan, node: ast.expr) -> bool:
    """Whether an expression is what a loop's carry begins as."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    site = plan.site(call)
    return isinstance(site, Carry) and site.init is node
