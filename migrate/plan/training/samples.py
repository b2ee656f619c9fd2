"""Sample inputs that were made for `init` alone go with it, but for what making them does beside."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.rewrite.edits import Piece, Template, gather


def check_effects(plan: Plan, site: Init, written: list[Piece]) -> bool:
    """Whether making a sample does more than give it; what is written makes it once, as `init` did."""
    places: list[ast.AST] = []
    for piece in written:
        gather(piece, places)
    active = [sample for sample in site.samples() if not has_no_effect(plan.facts, sample)]
    for sample in active:
        if places.count(sample) != 1 or not has_no_effect(plan.facts, site.key):
            message = "making this sample has effects, which would go or come twice: name it first"
            raise Blocked(sample, "LNX006", message)
    return bool(active)


def drop_dead_samples(plan: Plan, site: Init, written: list[Piece]) -> None:
    """Remove the assignment of each sample that nothing reads any more."""
    holes = {part for piece in written for part in _nodes(piece)}
    waiting = [node for node in site.samples() if isinstance(node, ast.Name)]
    for sample in waiting:
        assignment = _only_assignment(plan, sample) if sample not in holes else None
        if assignment is not None and assignment not in plan.edits.statements:
            plan.edits.statements[assignment] = []
            waiting += [node for node in ast.walk(assignment.value) if isinstance(node, ast.Name)]


def _nodes(piece: Piece) -> set[ast.AST]:
    if isinstance(piece, Template):
        return {node for part in piece.parts for node in _nodes(part)}
    return set(ast.walk(piece)) if isinstance(piece, ast.AST) else set()


def _only_assignment(plan: Plan, sample: ast.Name) -> ast.Assign | None:
    """The one assignment of a name that is read nowhere but at `sample`, if making it has no other effect."""
    scopes = plan.facts.scopes
    variable = scopes.variable(sample, sample.id)
    others = [node for node in scopes.names(variable) if node is not sample]
    if len(others) != 1 or not isinstance(others[0].ctx, ast.Store) or _may_be_imported(plan, variable):
        return None
    statement = scopes.statement(others[0])
    if not isinstance(statement, ast.Assign) or statement.targets != others:
        return None
    return statement if has_no_effect(plan.facts, statement.value) else None


def _may_be_imported(plan: Plan, variable: Variable | None) -> bool:
    """Whether other files may read a variable, which then stays."""
    if variable is None or not isinstance(variable.scope, ast.Module):
        return False
    path = plan.facts.file(variable.scope).path
    told = (node.value for node in ast.walk(variable.scope) if isinstance(node, ast.Constant))
    return any(imported == path for _, imported in plan.facts.imported) or variable.name in told
