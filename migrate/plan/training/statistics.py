"""Batch statistics leave no value behind: the model holds them, and a call in training mode moves them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, Sequence, State
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    ApplyGradients,
    Bind,
    CreateHolder,
    CreateState,
    ReplaceHolder,
    ReplaceStats,
)
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.parameters import pass_on, receivers
from migrate.plan.training.variable_dicts import variables_of
from migrate.rewrite.edits import Piece, Template, template

TAKING = (CreateState, CreateHolder, ApplyGradients, ReplaceStats, ReplaceHolder)
"""What a state is given its statistics by."""

APPLIED = (Apply, ApplyFunction, Bind)
MESSAGE = "the batch statistics are used as a value here"


def vanish(plan: Plan, node: ast.expr) -> None:
    """Take one mention of the statistics out of the statement that it stands in."""
    parent = plan.parent(node)
    match parent:
        case ast.Subscript(value=value) if value is node:
            return
        case ast.Dict() if isinstance(plan.site(plan.parent(parent)), APPLIED) or _is_named(plan, parent):
            return
        case ast.keyword() if isinstance(plan.site(plan.parent(parent)), TAKING):
            return
        case ast.IfExp() if isinstance(plan.facts.values.get(parent), VANISHING):
            return
        case ast.Tuple():
            _without(plan, parent)
            _without_choice(plan, parent)
            return
        case ast.Assign(targets=[ast.Name()]) if not isinstance(parent.value, ast.Call):
            plan.edits.statements[parent] = []
            return
    named = isinstance(node, ast.Name | ast.Subscript | ast.Attribute)
    if named and (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    raise Blocked(node, "LNX310", MESSAGE)


def _is_named(plan: Plan, node: ast.Dict) -> bool:
    """Whether a dict of variables is bound to a name that `apply` is given."""
    parent = plan.parent(node)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    return isinstance(target, ast.Name) and bool(variables_of(plan.facts, target))


def _without(plan: Plan, node: ast.Tuple) -> None:
    """A tuple without the statistics; what is left alone is no tuple any more."""
    if any(isinstance(element, ast.Starred) for element in node.elts):
        raise Blocked(node, "LNX310", MESSAGE)
    kept = kept_elements(plan, node)
    if not kept:
        raise Blocked(node, "LNX310", MESSAGE)
    if len(kept) == 1:
        only = kept[0]
        if isinstance(plan.facts.values.get(only), State) and isinstance(only, ast.Name):
            names = plan.names(only)
            plan.edits.expressions[only] = template("{}, {}", names.model, names.optimizer)
        plan.edits.expressions[node] = only
        return
    _write(plan, node, kept)


def _write(plan: Plan, node: ast.Tuple, elements: list[ast.expr]) -> None:
    parts: list[Piece] = []
    for element in elements:
        parts += [", ", element] if parts else [element]
    inner = isinstance(plan.parent(node), ast.Tuple | ast.Call | ast.keyword)
    plan.edits.expressions[node] = Template(("(", *parts, ")") if inner else tuple(parts))


def _without_choice(plan: Plan, node: ast.Tuple) -> None:
    """`outputs if train else (outputs, None)` chooses between two names of one thing."""
    choice = plan.parent(node)
    if isinstance(choice, ast.IfExp) and choice.test is not node:
        other = choice.orelse if choice.body is node else choice.body
        kept = kept_elements(plan, node)
        if isinstance(other, ast.Name) and len(kept) == 1 and ast.dump(kept[0]) == ast.dump(other):
            plan.edits.expressions[choice] = other


def spread(plan: Plan, node: ast.expr, value: Sequence) -> None:
    """`*aux` of a tuple with statistics: where one thing is left of it, there is no tuple any more."""
    left = [item for item in value.items if not isinstance(item, VANISHING)]
    star = plan.parent(node)
    display = plan.parent(star)
    if len(left) == len(value.items):
        return
    if not left or not isinstance(display, ast.Tuple) or display in plan.edits.expressions:
        raise Blocked(node, "LNX310", MESSAGE)
    if len(left) == 1:
        _write(plan, display, [node if element is star else element for element in display.elts])


def kept_elements(plan: Plan, node: ast.Tuple) -> list[ast.expr]:
    """The elements of a tuple that are no statistics."""
    return [e for e in node.elts if not isinstance(plan.facts.values.get(e), VANISHING)]


def vanishing_aux(plan: Plan, function: FunctionNode) -> bool:
    """Whether a loss function gives the statistics and nothing else beside its loss."""
    value = plan.facts.returns.get(function)
    return isinstance(value, Sequence) and len(value.items) == 2 and isinstance(value.items[1], VANISHING)
