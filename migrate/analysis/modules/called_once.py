"""Methods that build layers and are called once on the way through `__call__`.

`@nn.compact` stands above one of them or above `__call__`: layers are named as if they stood at the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import base_of, is_extended, methods
from migrate.analysis.program.scopes import COMPREHENSIONS

STOPS = (
    *(ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match, ast.BoolOp, ast.IfExp),
    *(*COMPREHENSIONS, ast.Lambda, ast.FunctionDef),
)
"""What a call may stand in, beside `for`, so that it is made several times, or perhaps not."""


def calls_of(facts: Facts, owner: Class, method: ast.FunctionDef) -> tuple[ast.Call, ...]:
    """The calls on the way from `__call__` to a method that is reached once; none for any other method."""
    name, start = method.name, methods(owner).get("__call__")
    if base_of(owner) is not None or is_extended(owner, facts.classes) or start is None:
        return ()
    if len([m for m in methods(owner).values() if is_compact(m)]) != 1:
        return ()
    mentions = [n for n in ast.walk(owner.node) if isinstance(n, ast.Attribute) and n.attr == name]
    call = facts.scopes.parent[mentions[0]] if len(mentions) == 1 else None
    known = methods(owner).get(name) is method
    if not known or not isinstance(call, ast.Call) or call.func is not mentions[0]:
        return ()
    around = facts.scopes.function(call)
    if not isinstance(around, ast.FunctionDef) or around is method or stops(facts, around, call):
        return ()
    if not _is_of_instance(around, mentions[0]) or not _is_plain(method):
        return ()
    if around is start:
        return (call,)
    outer = calls_of(facts, owner, around) if around in owner.node.body else ()
    return (call, *outer) if outer else ()


def stops(facts: Facts, method: ast.FunctionDef, node: ast.AST, *more: type[ast.AST]) -> bool:
    """Whether a node is perhaps not reached, or more than once; `more` are other things it may stand in."""
    while node is not method:
        if isinstance(node, (*STOPS, ast.For, *more)):
            return True
        node = facts.scopes.parent[node]
    return False


def called_methods(facts: Facts, owner: Class) -> Iterator[tuple[ast.Call, ast.FunctionDef]]:
    """The calls of such methods."""
    for method in methods(owner).values():
        if method.name not in {"setup", "__call__"} and (calls := calls_of(facts, owner, method)):
            yield calls[0], method


def _is_of_instance(around: ast.FunctionDef, node: ast.Attribute) -> bool:
    """Whether a method is read from the instance, which the method around calls `self` all the way."""
    named = [n for n in ast.walk(around) if isinstance(n, ast.Name) and n.id == "self"]
    known = [a.arg for a in around.args.args[:1]] == ["self"]
    return known and node.value in named and all(isinstance(n.ctx, ast.Load) for n in named)


def _is_plain(method: ast.FunctionDef) -> bool:
    """Whether a method is called as it stands: below nothing, or what is about Linen alone."""
    named = [a.arg for a in method.args.args[:1]] == ["self"]
    return named and all(_word(decorator) in {"compact", "nowrap"} for decorator in method.decorator_list)


def is_compact(method: ast.FunctionDef) -> bool:
    """Whether a method builds the layers that it calls."""
    return any(_word(decorator) == "compact" for decorator in method.decorator_list)


def _word(decorator: ast.expr) -> str:
    """The last word of a decorator; what it denotes is looked at where it is rewritten."""
    return ast.unparse(decorator).rpartition(".")[2]
