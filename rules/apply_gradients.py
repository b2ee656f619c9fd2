"""LNX002: `state.apply_gradients` becomes `optimizer.update`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import followed
from migrate.analysis.sites import ApplyGradients
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.needs import returned_in_place
from migrate.rewrite.edits import template
from migrate.rule import Rule

SITE = ApplyGradients

RULE = Rule(
    code="LNX002",
    name="apply-gradients",
    title="`apply_gradients` can become `optimizer.update`",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: ApplyGradients) -> None:
    """A statement of its own: the update happens in place and gives nothing back."""
    model, optimizer = plan.model_of(site.state), plan.optimizer_of(site.state)
    update = template("{}.update({}, {})", optimizer, model, site.grads)
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            if plan.names(target) != plan.naming.of(_variable(plan, site)):
                raise Blocked(
                    site.node, "LNX018", f"`{target.id}` is one object with the state it is made from"
                )
            plan.edits.statements[statement] = [update]
        case ast.Return():
            result = [] if in_place(plan, site.node) else [template("return {}, {}", model, optimizer)]
            plan.edits.statements[statement] = [update, *result]
        case ast.Tuple() if isinstance(plan.parent(parent), ast.Return):
            _only_update(plan, site, parent)
            plan.edits.before[statement].append(update)
            if not in_place(plan, site.node):
                plan.edits.expressions[site.node] = template("({}, {})", model, optimizer)
        case _:
            raise Blocked(
                site.node, "LNX002", "`apply_gradients` is called inside an expression: make it an assignment"
            )


def in_place(plan: Plan, node: ast.expr) -> bool:
    """Whether the stateful style leaves this result out."""
    return plan.style == "stateful" and returned_in_place(plan.facts, node)


def _variable(plan: Plan, site: ApplyGradients):  # type: ignore[no-untyped-def]
    assert isinstance(site.state, ast.Name)
    return plan.facts.scopes.variable(site.state, site.state.id)


def _only_update(plan: Plan, site: ApplyGradients, result: ast.Tuple) -> None:
    """What is computed beside the update must not read the model: it would see the new weights."""
    for element in result.elts:
        if element is not site.node:
            for node in ast.walk(element):
                if (
                    followed(plan.facts.values.get(node, plan.facts.values[site.grads]))
                    and node in plan.facts.values
                ):
                    raise Blocked(
                        element, "LNX011", "the old state is read beside the update that replaces it"
                    )
