"""`isinstance(layer, nn.Dropout)` inside a module, where it is known which layers there may be."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    UNKNOWN,
    Class,
    Function,
    Instance,
    Length,
    Mixed,
    Partial,
    Sequence,
    Symbol,
    Value,
)
from migrate.analysis.modules.classes import lineage
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.optional_layers import alternatives
from migrate.analysis.run import Run

MODULE = "flax.linen.Module"


def decided(run: Run, test: ast.expr) -> bool | None:
    """What a test for a layer class gives; None for any other test, or where it depends on the turn."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = decided(run, test.operand)
        return None if inner is None else not inner
    found = _tested(run, test)
    if found is None:
        return None
    answers = {_is_one(value, found[1]) for value in found[0]}
    return answers.pop() if len(answers) == 1 else None


def names_class(run: Run, node: ast.expr) -> bool:
    """Whether a class stands in such a test, where it is only compared."""
    scopes = run.facts.scopes.parent
    above = scopes[node]
    call = scopes[above] if isinstance(above, ast.Tuple) else above
    if not isinstance(call, ast.Call) or len(call.args) != 2 or call.args[1] not in (node, above):
        return False
    return is_test(run, call)


def is_test(run: Run, call: ast.Call) -> bool:
    """Whether a call asks for the class of layers that are known."""
    plain = (
        run.owner is not None and len(call.args) == 2 and isinstance(call.args[0], ast.Name | ast.Attribute)
    )
    if not plain or run.facts.values.get(call.func) != Symbol("builtins.isinstance"):
        return False
    return _values(run.evaluate(call.args[0])) is not None


def narrowed(run: Run, test: ast.expr, held: bool) -> None:
    """Inside of a branch, a name denotes only those layers for which the test came out so."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return narrowed(run, test.operand, not held)
    found = _tested(run, test)
    if found is None or not isinstance(test, ast.Call) or not isinstance(test.args[0], ast.Name):
        return None
    left = [value for value in found[0] if _is_one(value, found[1]) is held]
    if left and len(left) < len(found[0]):
        run.frame.vars[test.args[0].id] = left[0] if len(left) == 1 else Mixed(frozenset(left))
    return None


def _tested(run: Run, test: ast.expr) -> tuple[list[Value], list[Value]] | None:
    """What is tested, and for which classes."""
    match test:
        case ast.Call(args=[value, classes], keywords=[]):
            if not isinstance(test, ast.Call) or not is_test(run, test):
                return None
            values, wanted = _values(run.evaluate(value)), run.facts.values.get(classes)
            each: list[Value] = [*wanted.items] if isinstance(wanted, Sequence) else [wanted or UNKNOWN]
            if values is None or not each or not all(map(_is_class, each)):
                return None
            return values, each
        case _:
            return None


def _values(value: Value | None) -> list[Value] | None:
    match value:
        case Instance() | Function() | Partial():
            return [value]
        case Symbol(name):
            return [value] if not name.rpartition(".")[2][:1].isupper() else None
        case Length(size) if size.text.startswith("self."):
            return None
        case Mixed():
            layers = alternatives(value)
            return [*layers] if layers is not None and len(layers) == len(value.parts) else None
        case _:
            return None


def _is_class(value: Value) -> bool:
    return isinstance(value, Class) or (
        isinstance(value, Symbol) and (value.name in LAYERS or value.name == MODULE)
    )


def _is_one(value: Value, classes: list[Value]) -> bool:
    if not isinstance(value, Instance):
        return False
    if Symbol(MODULE) in classes:
        return True
    own = lineage(value.cls) if isinstance(value.cls, Class) else [value.cls]
    return any(one in classes for one in own)
