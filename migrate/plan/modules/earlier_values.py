"""`self.project = None` before a condition that makes it a layer: NNX takes the first value for all time.

An attribute that held something else can hold no layer afterwards, so that the first value is set where the
condition does not hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.guards import written


def earlier_values(
    plan: Plan, setup: ast.FunctionDef, sites: Sequence[Layer | Parameter]
) -> dict[ast.stmt, str]:
    """The statements of `setup` that set such an attribute, with the condition under which they remain."""
    made: dict[str, list[ast.stmt]] = {}
    for site in sites:
        if site.kept not in {None, "*"}:
            made.setdefault(str(site.kept), []).append(plan.statement(site.node))
    found: dict[ast.stmt, str] = {}
    for name, statements in made.items():
        first = min(statement.lineno for statement in statements)
        for statement in ast.walk(setup):
            other = isinstance(statement, ast.Assign) and statement not in statements
            if not other or not isinstance(statement, ast.Assign) or not _sets(statement, name):
                continue
            if statement.lineno < first and not _apart(plan, statement, statements):
                found[statement] = _unless(plan, setup, statement, statements)
    return found


def _sets(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(t, ast.Attribute) and t.attr == name for t in statement.targets)


def _apart(plan: Plan, statement: ast.stmt, others: Sequence[ast.stmt]) -> bool:
    """Whether a statement stands in another branch than all the others."""
    own = _branch(plan, statement)
    return all(
        any(own.get(node, held) != held for node, held in _branch(plan, other).items()) for other in others
    )


def _branch(plan: Plan, node: ast.AST) -> dict[ast.If, bool]:
    """The conditions around a statement, the inner ones first, and whether they hold there."""
    found: dict[ast.If, bool] = {}
    parent = plan.facts.scopes.parent
    while node in parent and not isinstance(node, ast.FunctionDef):
        above = parent[node]
        if isinstance(above, ast.If):
            found[above] = node in above.body
        node = above
    return found


def _unless(plan: Plan, setup: ast.FunctionDef, statement: ast.stmt, others: Sequence[ast.stmt]) -> str:
    """`not (self.wide)`: none of the others is reached."""
    if statement not in setup.body:
        raise Blocked(statement, "LNX111", "an attribute is set under a condition before it is a layer")
    return " and ".join(written((" and ".join(_tests(plan, other)), False)) for other in others)


def _tests(plan: Plan, statement: ast.stmt) -> Iterator[str]:
    conditions = [*reversed(_branch(plan, statement).items())]
    for node, held in conditions:
        test = plan.facts.tests.get(node)
        if test is None:
            raise Blocked(statement, "LNX111", "a layer takes the place of what an attribute held before")
        yield f"({test})" if held and len(conditions) > 1 else test if held else written((test, False))
    if not conditions:
        raise Blocked(statement, "LNX111", "a layer takes the place of what an attribute held before")
