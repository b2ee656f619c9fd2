"""Layers that are there where an input is given: `if condition is not None`.

Linen decides it in `init`, by its sample. `__init__` is told the size of the input, or None in its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from migrate.analysis.kinds import Array, Class, Function, LayerField, Partial, Symbol, Value
from migrate.analysis.modules.classes import inputs_of, methods
from migrate.analysis.modules.hoisting import holes, spliced
from migrate.analysis.modules.layers import LAYERS, STATELESS
from migrate.analysis.program.scopes import TURNS
from migrate.analysis.shapes.sizes import placeholder

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts
    from migrate.analysis.run import Run

ASKED = re.compile(r"\b_axis_1_of_(\w+) is (?:not )?None\b")
"""The question whether an input is given, as it stands in `__init__`."""
OWN = frozenset({"linen2nnx.param", "linen2nnx.variable"})
LOOPS = (*TURNS, ast.AsyncFor, ast.Lambda)


def presence(facts: Facts, owner: Class, test: ast.expr) -> str | None:
    """A condition that asks whether inputs are given, as text for `__init__`; None for any other one."""
    known: dict[ast.expr, str] = {
        node: f"{placeholder(node.left.id).text} {'is' if isinstance(node.ops[0], ast.Is) else 'is not'} None"
        for node in ast.walk(test)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and _asks(facts, owner, node)
    }
    if not known:
        return None
    found = holes(facts, owner, test, known)
    return None if found is None else spliced(facts, test, found)


def at_call(facts: Facts, owner: Class, text: str) -> str | None:
    """A text of `__init__` as `__call__` can write it behind all that it does with its inputs."""
    names = asked([text])
    if not all(_stays_given(facts, owner, name) for name in names):
        return None
    return ASKED.sub(lambda match: match[0].replace(placeholder(match[1]).text, match[1]), text)


def asked(texts: Iterable[str]) -> set[str]:
    """The inputs of which texts for `__init__` ask whether they are given."""
    return {match[1] for text in texts for match in ASKED.finditer(text)}


def builds(run: Run, node: ast.If) -> bool:
    """Whether a condition has layers or parameters in its branches that keep something."""
    inside = (part for statement in (*node.body, *node.orelse) for part in ast.walk(statement))
    read = (part for part in inside if isinstance(part, ast.Name | ast.Attribute))
    return any(_keeps(run.evaluate(part)) for part in read if isinstance(part.ctx, ast.Load))


def _keeps(value: Value) -> bool:
    match value:
        case Symbol(name):
            return (name in LAYERS and name not in STATELESS) or name in OWN
        case Partial(function):
            return isinstance(function, Function) or _keeps(function)
        case Class() | LayerField():
            return True
        case _:
            return False


def _asks(facts: Facts, owner: Class, node: ast.Compare) -> bool:
    """Whether a comparison with None is one of an input as the caller gave it."""
    match node:
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]
        ):
            call = methods(owner).get("__call__")
            inside = call is not None and facts.scopes.function(node) is call and name in inputs_of(call)
            return inside and call is not None and _is_as_given(facts, call, node, name)
        case _:
            return False


def _is_as_given(facts: Facts, call: ast.FunctionDef, node: ast.Compare, name: str) -> bool:
    """Whether nothing has been put in place of an input before it is compared, unless it was given."""
    above: ast.AST = node
    around = []
    while above is not call:
        above = facts.scopes.parent[above]
        around.append(above)
    begin = (node.lineno, node.col_offset)
    before = [s for s in _stores(call, name) if (s.lineno, s.col_offset) < begin or _turns(around)]
    return all(_keeps_presence(facts, call, store) for store in before)


def _turns(around: list[ast.AST]) -> bool:
    return any(isinstance(above, LOOPS) for above in around)


def _stays_given(facts: Facts, owner: Class, name: str) -> bool:
    call = methods(owner).get("__call__")
    return call is not None and all(_keeps_presence(facts, call, store) for store in _stores(call, name))


def _stores(call: ast.FunctionDef, name: str) -> Iterator[ast.Name]:
    for node in ast.walk(call):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            yield node


def _keeps_presence(facts: Facts, call: ast.FunctionDef, store: ast.Name) -> bool:
    """`x = f(x)` in the body of `if x is not None`, which gives an array."""
    statement = facts.scopes.parent[store]
    if not isinstance(statement, ast.Assign) or not isinstance(facts.values.get(statement.value), Array):
        return False
    node: ast.AST = statement
    while node is not call:
        above = facts.scopes.parent[node]
        if isinstance(above, ast.If) and node in above.body and _says_given(above.test, store.id):
            return True
        node = above
    return False


def _says_given(test: ast.expr, name: str) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=found), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return found == name
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_says_given(value, name) for value in values)
        case _:
            return False
