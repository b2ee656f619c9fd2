"""Lists of layers whose sizes run along with the comprehension or loop that builds them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Layer, Parameter, Running
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.known_behind import check_start
from migrate.rewrite.edits import Suite, template


def changing_lists(plan: Plan, setup: ast.FunctionDef) -> dict[ast.stmt, list[Line]]:
    """For the statements that build such lists: the loops in their place."""
    built = [node for node in plan.facts.lists & set(ast.walk(setup)) if isinstance(node, ast.ListComp)]
    return {
        plan.statement(node): [*_lines(plan, node, turns.running)]
        for node in built
        if (turns := plan.facts.loops.get(node)) is not None
    }


def run_along(plan: Plan, draft: Draft, setup: ast.FunctionDef, sites: Iterable[Layer | Parameter]) -> None:
    """Add the running sizes to the loops of `setup` that append to such lists."""
    for site in sites:
        loop = plan.parent(plan.statement(site.node))
        if (
            not isinstance(site, Layer)
            or site.explicit
            or not isinstance(loop, ast.For)
            or loop not in setup.body
        ):
            continue
        turns = plan.facts.loops.get(loop)
        for each in turns.running if turns is not None and turns.built is site.node else ():
            check_start(plan, site, each.start, loop)
            begin = f"{each.name} = {without_parentheses(each.start.text)}"
            end = f"{each.name} = {without_parentheses(each.end.text)}"
            statement = plan.statement(site.node)
            assert isinstance(statement, ast.Expr)
            draft.constructions += [begin, end]
            plan.edits.before[loop].append(begin)
            plan.edits.statements[statement] = [template("{}", statement.value), end]


def _lines(plan: Plan, built: ast.ListComp, running: tuple[Running, ...]) -> Iterator[Line]:
    """`self.layers = nnx.List()`, and a loop that appends to it."""
    statement = plan.statement(built)
    assert isinstance(statement, ast.Assign)
    (turn,) = built.generators
    site = plan.site(built.elt)
    if isinstance(site, Layer):
        for each in running:
            check_start(plan, site, each.start, statement)
    (target,) = statement.targets
    name = plan.facts.files.segment(target)
    yield f"{name} = nnx.List()", statement
    for each in running:
        yield f"{each.name} = {without_parentheses(each.start.text)}", None
    ends: list[Line] = [(f"{r.name} = {without_parentheses(r.end.text)}", None) for r in running]
    header = template("for {} in {}:", turn.target, turn.iter)
    yield Suite(header, ((template(f"{name}.append({{}})", built.elt), None), *ends)), None
