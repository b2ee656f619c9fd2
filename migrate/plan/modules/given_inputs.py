"""Optional inputs of `__call__` that every caller gives under one condition on its fields, or not at all."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from migrate.analysis.kinds import Class, Const
from migrate.analysis.modules.classes import inputs_of, methods
from migrate.analysis.modules.hoisting import init_text, is_bound
from migrate.analysis.sites import Layer
from migrate.plan.context import Plan

Test = tuple[str, bool]
Condition = Callable[[Plan, Class, ast.If | ast.IfExp, bool], Test]


def given_if(
    plan: Plan, cls: Class, name: str, test: Condition, entered: tuple[ast.ClassDef, ...] = ()
) -> Test | None:
    """The condition, in the terms of a class, under which its `__call__` is given an input."""
    call = methods(cls).get("__call__")
    if call is None or name not in inputs_of(call) or cls.node in entered or _is_set(plan, call, name):
        return None
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.cls is not None]
    found: set[Test | None] = set()
    for site in (s for s in sites if s.cls is not None and s.cls.node is cls.node):
        for use in site.calls:
            node = argument_given(use, inputs_of(call), name)
            known = _condition(plan, site, node, test, (*entered, cls.node)) if node is not None else None
            found.add(_translated(plan, site, known) if known is not None else None)
    return found.pop() if len(found) == 1 else None


def _is_set(plan: Plan, call: ast.FunctionDef, name: str) -> bool:
    stores = (n for n in ast.walk(call) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    return any(node.id == name for node in stores)


def argument_given(call: ast.Call, names: list[str], name: str) -> ast.expr | None:
    """What a call gives for a parameter; None where it gives nothing, or that cannot be told."""
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return None
    given = dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    return given.get(name)


def _condition(
    plan: Plan, site: Layer, node: ast.expr, test: Condition, entered: tuple[ast.ClassDef, ...]
) -> Test | None:
    """When an argument is not None: a name that one condition binds, or an input of the caller itself."""
    if not isinstance(node, ast.Name):
        return None
    variable = plan.facts.scopes.variable(node, node.id)
    if variable is None or plan.facts.scopes.function(node) is not methods(site.owner).get("__call__"):
        return None
    if is_bound(plan.facts, variable):
        return given_if(plan, site.owner, node.id, test, entered)
    stores = [n for n in plan.facts.scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
    bound = [*_assignments(plan, stores)]
    match bound:
        case [(one, ast.If() as first, held), (_, second, other)] if (
            len(stores) == 2 and first is second and held != other
        ):
            nothing = plan.facts.values.get(one) == Const(None)
            both = [plan.facts.values.get(value) == Const(None) for value, _, _ in bound]
            return test(plan, site.owner, first, held != nothing) if sum(both) == 1 else None
        case _:
            return None


def _assignments(plan: Plan, stores: list[ast.Name]) -> Iterator[tuple[ast.expr, ast.AST, bool]]:
    """What plain assignments right in a condition give: the value, the condition, and in which branch."""
    for store in stores:
        statement = plan.parent(store)
        above = plan.parent(statement)
        if isinstance(statement, ast.Assign) and isinstance(above, ast.If):
            yield statement.value, above, statement in above.body


def _translated(plan: Plan, site: Layer, test: Test) -> Test | None:
    """A condition of the caller in the fields that it gives to a layer."""
    text, held = test
    given = [(field, init_text(plan.facts, site.owner, node)) for field, node in site.given]
    for field, written in sorted(given, key=lambda pair: -len(pair[1] or "")):
        if written is not None and "self." in written:
            text = re.sub(rf"(?<![\w.]){re.escape(written)}(?!\w)", f"\0{field}", text)
    return None if "self" in text or text.startswith("?") else (text.replace("\0", "self."), held)
