"""Conditional expressions on an attribute that is still None: `self.first if self.state is None else ...`.

Where nothing has filled the attribute yet, the side that reads it does not run. A method that has never run
that side is run once more with an object at any time, as others may call it again.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Function, Params, Stats, Thing, Token, Value, Variables, followed
from migrate.analysis.objects import resting, things
from migrate.analysis.run import Run


def taken(run: Run, node: ast.IfExp) -> ast.expr | None:
    """The side that runs where the attribute is empty; None where both may."""
    tested = _tested(run, node.test)
    empty = tested is not None and things.is_empty(run, tested[0])
    run.both_sides[node] = run.both_sides.get(node, False) or not empty
    if tested is None or not empty:
        return None
    return node.orelse if tested[1] else node.body


def _tested(run: Run, test: ast.expr) -> tuple[ast.Name, bool] | None:
    """The attribute that a condition is about, and whether it holds for one that is filled."""
    match test:
        case ast.Name() if test in run.facts.scopes.members:
            return test, True
        case ast.Compare(
            left=ast.Name() as name,
            ops=[ast.Is() | ast.IsNot() as how],
            comparators=[ast.Constant(value=None)],
        ) if name in run.facts.scopes.members:
            return name, isinstance(how, ast.IsNot)
        case _:
            return None


def hoped(run: Run, node: ast.IfExp, yes: Value, no: Value) -> Value | None:
    """The side that is known in a reading that does not follow the tested attribute yet.

    What is made of it may be what the attribute will hold, which the next reading follows then; if this
    is the last one, the escape stays.
    """
    test = node.test.left if isinstance(node.test, ast.Compare) else node.test
    known = [side for side in (yes, no) if isinstance(side, Params | Variables | Stats)]
    of_thing = isinstance(test, ast.Attribute) and isinstance(run.facts.values.get(test.value), Thing)
    if not of_thing or len(known) != 1 or UNKNOWN not in (yes, no):
        return None
    run.escape(node, "LNX204", "parameters are chosen by an attribute that is not known", *known)
    return known[0]


def settle(run: Run) -> None:
    """Run the other sides too; what no call can reach may not be there."""
    for node in [n for n, both in run.both_sides.items() if not both]:
        method = _method(run, node)
        if method is not None and not run.both_sides[node]:
            with run.entering(run.module_frames[run.facts.file(node).path]):
                resting.run_method(run, method)
    for node, both in run.both_sides.items():
        tested = _tested(run, node.test)
        if not both and tested is not None:
            token = Token(run.facts.scopes.members[tested[0]].owner, "object")
            message = "one side of this condition is never reached with what it would read"
            run.facts.escape(node, "LNX015", message, frozenset({token}))


def _method(run: Run, node: ast.AST) -> Function | None:
    """The method around, if it can be run with an object and nothing else that is followed."""
    for scope in run.facts.scopes.enclosing(run.facts.scopes.scope[node]):
        if isinstance(run.facts.scopes.scope.get(scope), ast.ClassDef):
            given = [value for (of, _), value in run.facts.parameters.items() if of is scope]
            alone = not any(followed(value) and not isinstance(value, Thing) for value in given)
            return run.definitions.get(scope) if alone else None
    return None
