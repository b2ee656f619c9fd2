"""Lists of layers whose sizes run along with the comprehension that builds them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Running
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Line
from migrate.rewrite.edits import Suite, template


def changing_lists(plan: Plan, setup: ast.FunctionDef) -> dict[ast.stmt, list[Line]]:
    """For the statements that build such lists: the loops in their place."""
    built = [node for node in plan.facts.lists & set(ast.walk(setup)) if isinstance(node, ast.ListComp)]
    return {
        plan.statement(node): [*_lines(plan, node, turns.running)]
        for node in built
        if (turns := plan.facts.loops.get(node)) is not None
    }


def _lines(plan: Plan, built: ast.ListComp, running: tuple[Running, ...]) -> Iterator[Line]:
    """`self.layers = nnx.List()`, and a loop that appends to it."""
    statement = plan.statement(built)
    assert isinstance(statement, ast.Assign)
    (turn,) = built.generators
    (target,) = statement.targets
    name = plan.facts.files.segment(target)
    yield f"{name} = nnx.List()", statement
    for each in running:
        yield f"{each.name} = {without_parentheses(each.start.text)}", None
    ends: list[Line] = [(f"{r.name} = {without_parentheses(r.end.text)}", None) for r in running]
    header = template("for {} in {}:", turn.target, turn.iter)
    yield Suite(header, ((template(f"{name}.append({{}})", built.elt), None), *ends)), None
