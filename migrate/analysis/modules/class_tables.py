"""Expressions that give one of several layer classes: a table, a choice, or a function of the project.

`{"layer": nn.LayerNorm, "rms": nn.RMSNorm}[self.norm]`, `NORMS[self.norm]`, `get_norm(self.norm)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Function, Symbol
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.hoisting import is_bound
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.scopes import Variable

Found = list[ast.expr]


def options(facts: Facts, node: ast.expr) -> Found | None:
    """The classes from which an expression takes one, as they are written; None where they are not known."""
    match node:
        case ast.Name() if (value := bound_to(facts, node)) is not None:
            return options(facts, value)
        case ast.IfExp(body=body, orelse=orelse):
            return _together(facts, [body, orelse])
        case ast.Subscript(value=table):
            display = table if isinstance(table, ast.Dict) else _table(facts, table)
            return _together(facts, display.values) if display is not None else None
        case ast.Call(func=function) if (called := _function(facts, function)) is not None:
            return _together(facts, [*_returned(facts, called)])
        case _:
            return [node] if is_class(facts, node) else None


def is_class(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression is the name of a layer class, or of a module class of the project."""
    match facts.values.get(node):
        case Symbol(name):
            return name in LAYERS and isinstance(node, ast.Name | ast.Attribute)
        case Class() as cls:
            return is_module(cls) and isinstance(node, ast.Name)
        case _:
            return False


def bound_to(facts: Facts, node: ast.Name) -> ast.expr | None:
    """What the one assignment of a local name gives it, where the name is only called."""
    variable = facts.scopes.variable(node, node.id)
    names = facts.scopes.names(variable)
    stores = [name for name in names if not isinstance(name.ctx, ast.Load)]
    statement = facts.scopes.parent.get(stores[0]) if len(stores) == 1 else None
    if variable is None or not isinstance(statement, ast.Assign) or statement.targets != stores:
        return None
    if variable.scope is not facts.scopes.function(node) or is_bound(facts, variable):
        return None
    called = all(_is_called(facts, name) for name in names if name is not stores[0])
    return statement.value if called else None


def names_option(facts: Facts, node: ast.expr) -> bool:
    """Whether a layer class stands where it is one of those that an expression chooses from."""
    parent = facts.scopes.parent
    above = parent[node]
    while isinstance(above, ast.Dict | ast.IfExp | ast.Subscript):
        if not _hands_on(above, node):
            return False
        node, above = above, parent[above]
    match above:
        case ast.Call(func=function):
            return function is node
        case ast.Assign(targets=[ast.Name() as target]):
            names = facts.scopes.names(facts.scopes.variable(target, target.id))
            return len(names) > 1 and all(name is target or _is_called(facts, name) for name in names)
        case ast.Return():
            return _is_plain_function(facts, facts.scopes.function(above))
        case _:
            return False


def origins(facts: Facts, node: ast.expr) -> Iterator[Variable | ast.FunctionDef]:
    """The tables and functions at the top of a file from which an expression takes a class."""
    match node:
        case ast.Name() if (value := bound_to(facts, node)) is not None:
            yield from origins(facts, value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (one for side in (body, orelse) for one in origins(facts, side))
        case ast.Subscript(value=ast.Name() as table) if (
            variable := facts.scopes.variable(table, table.id)
        ) is not None:
            yield variable
        case ast.Call(func=function) if (called := _function(facts, function)) is not None:
            yield called
            yield from (one for value in _returned(facts, called) for one in origins(facts, value))
        case _:
            pass


def _hands_on(above: ast.Dict | ast.IfExp | ast.Subscript, node: ast.expr) -> bool:
    match above:
        case ast.Dict(values=values):
            return node in values
        case ast.IfExp(body=body, orelse=orelse):
            return node in (body, orelse)
        case ast.Subscript(value=value):
            return value is node and isinstance(node, ast.Dict)


def _together(facts: Facts, nodes: list[ast.expr]) -> Found | None:
    found: Found = []
    for node in nodes:
        if (more := options(facts, node)) is None:
            return None
        found += more
    return found or None


def _table(facts: Facts, node: ast.expr) -> ast.Dict | None:
    """The display that a name at the top of the file holds, which is bound there once."""
    variable = facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None
    if variable is None or not isinstance(variable.scope, ast.Module):
        return None
    stores = [name for name in facts.scopes.names(variable) if not isinstance(name.ctx, ast.Load)]
    statement = facts.scopes.parent.get(stores[0]) if len(stores) == 1 else None
    match statement:
        case ast.Assign(value=ast.Dict() as display) | ast.AnnAssign(value=ast.Dict() as display):
            return display if statement in variable.scope.body else None
        case _:
            return None


def _function(facts: Facts, node: ast.expr) -> ast.FunctionDef | None:
    value = facts.values.get(node)
    body = value.node if isinstance(value, Function) else None
    return body if isinstance(body, ast.FunctionDef) and _is_plain_function(facts, body) else None


def _is_plain_function(facts: Facts, node: ast.AST) -> bool:
    """Whether this is a function at the top of a file, without decorators."""
    top = isinstance(facts.scopes.parent.get(node), ast.Module)
    return top and isinstance(node, ast.FunctionDef) and not node.decorator_list


def _returned(facts: Facts, body: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(body):
        if isinstance(node, ast.Return) and node.value is not None and facts.scopes.function(node) is body:
            yield node.value


def _is_called(facts: Facts, name: ast.Name) -> bool:
    above = facts.scopes.parent[name]
    return isinstance(above, ast.Call) and above.func is name
