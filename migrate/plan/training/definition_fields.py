"""What a field of a definition was given gets a name, where no model is there to be asked for it."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import followed
from migrate.analysis.sites import ReadField
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.functions.roles import is_parameter
from migrate.plan.naming.names import PATTERNS


def write_given(plan: Plan, site: ReadField, given: ast.expr) -> None:
    """`action_scale` for `actor.action_scale`, as the construction is given it by that name."""
    if isinstance(given, ast.Name) and _means_the_same(plan, site, given):
        plan.edits.expressions[site.node] = given.id
        return
    if given not in plan.edits.expressions:
        name = _name(plan, site, given)
        plan.edits.before[plan.statement(given)].append(f"{name} = {plan.facts.files.segment(given)}")
        plan.edits.expressions[given] = name
    plan.edits.expressions[site.node] = plan.edits.expressions[given]


def _means_the_same(plan: Plan, site: ReadField, given: ast.Name) -> bool:
    """Whether a name is bound once, and seen from where the field is read."""
    scopes = plan.facts.scopes
    variable = scopes.variable(given, given.id)
    if variable is None or scopes.variable(site.node, given.id) != variable:
        return False
    stores = [node for node in scopes.names(variable) if not isinstance(node.ctx, ast.Load)]
    return len(stores) + is_parameter(variable) == 1


def _name(plan: Plan, site: ReadField, given: ast.expr) -> str:
    """The field's own name, or one with the definition's before it, that the file does not use."""
    _check_order(plan, given)
    scopes, field = plan.facts.scopes, site.node.attr
    variables = [v for v, role in plan.roles.role.items() if role in PATTERNS]
    models = {name for v in variables for name in (plan.naming.of(v).model, plan.naming.of(v).optimizer)}
    assert isinstance(site.node.value, ast.Name)
    for name in (field, f"{site.node.value.id}_{field}"):
        mentions = scopes.mentions(scopes.module(given), name)
        found = [scopes.variable(node, name) for node in mentions]
        if name not in models and all(v is not None and isinstance(v.scope, ast.ClassDef) for v in found):
            return name
    message = f"what `{site.node.value.id}.{field}` was given needs a name: give it one"
    raise Blocked(site.node, "LNX299", message)


def _check_order(plan: Plan, given: ast.expr) -> None:
    """The argument is made as it stands, and before those that stand left of it."""
    call = plan.parent(given)
    call = plan.parent(call) if isinstance(call, ast.keyword) else call
    assert isinstance(call, ast.Call)
    every = [*call.args, *(keyword.value for keyword in call.keywords)]
    earlier = every[: every.index(given)]
    ordered = has_no_effect(plan.facts, given) or all(has_no_effect(plan.facts, one) for one in earlier)
    values = (plan.facts.values.get(node) for node in ast.walk(given))
    if not ordered or any(value is not None and followed(value) for value in values):
        raise Blocked(given, "LNX299", "what is given here is read again: give it a name first")
