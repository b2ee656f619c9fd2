"""What a call of an attribute gives that holds one of several layers, or a layer or a function."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable

from migrate.analysis.activation import Arguments
from migrate.analysis.joining import join
from migrate.analysis.kinds import Instance, Mixed, Value
from migrate.analysis.modules.branches import merged
from migrate.analysis.modules.choices import exclusive, reached
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.own_sizes import with_own
from migrate.analysis.run import Run

Invoke = Callable[[Run, Value, Arguments], Value]


def call(run: Run, value: Mixed, given: Arguments, invoke: Invoke) -> Value:
    """The result of one of them; where a condition decides between two, so does it of their results."""
    parts = reached(run, value)
    assert parts and run.owner is not None
    results = [invoke(run, part, given) for part in parts]
    if len(parts) == 2 and (test := _decides(run, parts[0], parts[1], given)) is not None:
        return merged(test, {"": results[0]}, {"": results[1]})[""]
    return with_own(run, parts, functools.reduce(join, results))


def _decides(run: Run, one: Value, other: Value, given: Arguments) -> str | None:
    """The condition on which the attribute holds the first of two, as far as it is known."""
    assert run.owner is not None
    tests = run.facts.built_under.get(one.site, ()) if isinstance(one, Instance) else ()
    if not tests or None in tests or not isinstance(given.node.func, ast.Attribute):
        return None
    if isinstance(other, Instance):
        return exclusive(tests, run.facts.built_under.get(other.site, ()))
    setup = methods(run.owner).get("setup")
    name = given.node.func.attr
    stores = [n for n in ast.walk(setup) if _sets(n, name)] if setup is not None else []
    if setup is None or len(stores) != 2 or stores[0] not in setup.body:
        return None
    return " and ".join(f"({test})" for test in tests if test)


def _sets(node: ast.AST, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) and target.attr == name for target in targets)
