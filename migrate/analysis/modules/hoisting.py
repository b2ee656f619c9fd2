"""Expressions that mean the same in `__init__`: fields, sizes, and what stands at the top of the file."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from migrate.analysis.kinds import (
    Array,
    Class,
    Const,
    Function,
    GivenLayer,
    Length,
    Partial,
    Symbol,
    followed,
)
from migrate.analysis.modules.classes import field_names, is_static, methods, own_constants, self_names
from migrate.analysis.modules.layers import shared
from migrate.analysis.modules.one_shot import is_used_up
from migrate.analysis.program.scopes import Variable

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts

IMPURE = ("numpy.random.", "random.", "time.", "jax.random.", "os.", "datetime.")
NEVER = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def init_text(facts: Facts, owner: Class, node: ast.expr) -> str | None:
    """The text of an expression for `__init__`; None where it means something else there, or may."""
    found = holes(facts, owner, node)
    return None if found is None else spliced(facts, node, found)


def holes(
    facts: Facts, owner: Class, node: ast.expr, known: Mapping[ast.expr, str] | None = None
) -> dict[ast.expr, str] | None:
    """What to write in place of parts of the expression; None where it cannot move.

    `known` parts can, whatever they are.
    """
    found: dict[ast.expr, str] = dict(known or {})
    return found if _movable(facts, owner, node, node, found) else None


def _movable(facts: Facts, owner: Class, root: ast.expr, node: ast.AST, found: dict[ast.expr, str]) -> bool:
    if node in found:
        return True
    if isinstance(node, ast.expr):
        value = facts.values.get(node)
        if isinstance(value, Length) and not isinstance(node, ast.Starred):
            if not same(facts.files.segment(node), value.size.text):
                found[node] = value.size.text
            return True
        if isinstance(node, ast.Name):
            return _name(facts, owner, root, node, found)
        if isinstance(node, ast.Compare) and _asks_for_layer(facts, node):
            return True
        if isinstance(node, NEVER) or isinstance(value, GivenLayer):
            return False
        if value is not None and followed(value):
            return False
        if isinstance(node, ast.Attribute) and is_self(owner, node.value):
            static = {name for name, method in methods(owner).items() if is_static(method)}
            return node.attr in {*field_names(owner), *own_constants(owner), *static}
        if isinstance(node, ast.Call):
            callee = facts.values.get(node.func)
            if isinstance(callee, Symbol) and callee.name.startswith(IMPURE):
                return False
    return all(_movable(facts, owner, root, child, found) for child in ast.iter_child_nodes(node))


def _asks_for_layer(facts: Facts, node: ast.Compare) -> bool:
    """`self.table is None` of a layer that the module is handed or not, which `__init__` is told as well."""
    match node:
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return isinstance(facts.values.get(left), GivenLayer)
        case _:
            return False


def _name(facts: Facts, owner: Class, root: ast.expr, node: ast.Name, found: dict[ast.expr, str]) -> bool:
    if is_self(owner, node) or not isinstance(node.ctx, ast.Load):
        return not is_self(owner, node)
    variable = facts.scopes.variable(node, node.id)
    if variable is None or isinstance(variable.scope, ast.Module):
        return True
    if variable.scope in ast.walk(root):
        return True
    value = facts.values.get(node)
    if isinstance(value, Const) and isinstance(value.value, int | float | str | bool | None):
        found[node] = repr(value.value)
        return True
    return _assigned(facts, owner, root, node, found)


def _assigned(facts: Facts, owner: Class, root: ast.expr, node: ast.Name, found: dict[ast.expr, str]) -> bool:
    """A name that the method binds once, to something that `__init__` can make as well."""
    value = assigned_value(facts, node)
    if value is None and (chosen := _chosen(facts, owner, node)) is not None:
        found[node] = chosen
        return True
    text = init_text(facts, owner, value) if value is not None else None
    if value is None or text is None or is_used_up(facts, node, value):
        return False
    symbols = (facts.values.get(part) for part in ast.walk(value))
    if node is not root and any(isinstance(s, Symbol) and s.name.startswith("flax.") for s in symbols):
        return False
    found[node] = text
    return True


def assigned_value(facts: Facts, node: ast.Name) -> ast.expr | None:
    """What the only assignment of a local name gives it, if there is one in the same method."""
    variable = facts.scopes.variable(node, node.id)
    stores = [name for name in facts.scopes.names(variable) if not isinstance(name.ctx, ast.Load)]
    statement = facts.scopes.parent.get(stores[0]) if len(stores) == 1 else None
    if variable is None or not isinstance(statement, ast.Assign) or statement.targets != stores:
        return None
    if isinstance(facts.values.get(statement.value), Partial | Function | Array) or is_bound(facts, variable):
        return None
    same = facts.scopes.function(statement) is facts.scopes.function(node)
    return statement.value if same and variable.scope is facts.scopes.function(node) else None


def _chosen(facts: Facts, owner: Class, node: ast.Name) -> str | None:
    """What a name holds that just the two branches of one condition bind, as a choice."""
    variable = facts.scopes.variable(node, node.id)
    stores = [name for name in facts.scopes.names(variable) if not isinstance(name.ctx, ast.Load)]
    statements = [facts.scopes.parent.get(store) for store in stores]
    first = statements[0] if len(stores) > 1 else None
    choice = facts.scopes.parent.get(first) if first is not None else None
    if variable is None or not isinstance(choice, ast.If) or is_bound(facts, variable):
        return None
    function = facts.scopes.function(node)
    if function is not facts.scopes.function(choice) or variable.scope is not function:
        return None
    if node.lineno <= (choice.end_lineno or choice.lineno):
        return None
    blocks = [_bound_in(block, stores) for block in (choice.body, choice.orelse)]
    if sum(map(len, blocks)) < len(stores) or _changes(facts, variable):
        return None
    yes, no = (_made_by(facts, owner, block, variable) for block in blocks)
    test = _option(facts, owner, choice.test, {})
    return None if None in {yes, no, test} else f"({yes} if {test} else {no})"


def _changes(facts: Facts, variable: Variable) -> bool:
    """Whether something is set in what a name holds."""
    above = [facts.scopes.parent.get(name) for name in facts.scopes.names(variable)]
    return any(isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) for node in above)


def _made_by(facts: Facts, owner: Class, values: list[ast.expr], variable: Variable) -> str | None:
    """What a name holds behind several assignments, each of which may read the one before."""
    text: str | None = None
    for value in values:
        read = [name for name in facts.scopes.names(variable) if name in {*ast.walk(value)}]
        if read and text is None:
            return None
        text = _option(facts, owner, value, dict.fromkeys(read, text or ""))
        if text is None:
            return None
    return text


def _option(facts: Facts, owner: Class, node: ast.expr, read: dict[ast.expr, str]) -> str | None:
    """The text of one side of a choice; a function of Linen has the name that it has in NNX."""
    known = facts.values.get(node)
    if isinstance(known, Symbol) and (name := shared(known.name)) is not None:
        return f"nnx.{name}"
    symbols = (facts.values.get(part) for part in ast.walk(node) if isinstance(part, ast.expr))
    if any(isinstance(symbol, Symbol) and symbol.name.startswith("flax.") for symbol in symbols):
        return None
    found = holes(facts, owner, node, read)
    return None if found is None else spliced(facts, node, found)


def _bound_in(block: list[ast.stmt], stores: list[ast.Name]) -> list[ast.expr]:
    """What the plain assignments in a block give one of the names, in their order."""
    found: list[ast.expr] = []
    for statement in block:
        match statement:
            case ast.Assign(targets=[ast.Name() as target], value=value) if target in stores:
                found.append(value)
    return found


def is_bound(facts: Facts, variable: Variable) -> bool:
    """Whether the variable is a parameter of its function as well."""
    arguments = getattr(variable.scope, "args", None)
    every = [n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg)] if arguments is not None else []
    return variable.name in every


def is_self(owner: Class, node: ast.AST) -> bool:
    """Whether a node is the name of the instance in a method."""
    return isinstance(node, ast.Name) and node.id in self_names(owner)


def spliced(facts: Facts, node: ast.expr, found: dict[ast.expr, str]) -> str:
    """The source of a node with parts of it written anew, on one line."""
    text = facts.files.segment(node)
    formatted = any(isinstance(part, ast.JoinedStr) for part in ast.walk(node))
    quoted = formatted and any({"'", '"'} & set(new) for new in found.values())
    if "\n" in text or not text.isascii() or quoted:
        return ast.unparse(_copied(node, found))
    for part, new in sorted(found.items(), key=lambda item: item[0].col_offset, reverse=True):
        begin = part.col_offset - node.col_offset
        end = (part.end_col_offset or 0) - node.col_offset
        text = f"{text[:begin]}{_wrapped(part, node, new)}{text[end:]}"
    return text


def same(one: str, other: str) -> bool:
    """Whether two texts are one expression."""
    if one == other:
        return True
    try:
        return ast.dump(ast.parse(f"({one})", mode="eval")) == ast.dump(ast.parse(other, mode="eval"))
    except SyntaxError:
        return False


def _wrapped(part: ast.expr, whole: ast.expr, new: str) -> str:
    body = ast.parse(new, mode="eval").body
    plain = isinstance(body, (ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Call, ast.Tuple))
    return new if part is whole or plain or new.startswith("(") else f"({new})"


def _copied(node: ast.expr, found: dict[ast.expr, str]) -> ast.expr:
    """The node with exchanged parts, made of new nodes where something changes."""
    if node in found:
        return ast.parse(found[node], mode="eval").body
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr):
            fields[name] = _copied(value, found)
        elif isinstance(value, list):
            fields[name] = [_copied(v, found) if isinstance(v, ast.expr) else v for v in value]
        else:
            fields[name] = value
    made: ast.expr = type(node)(**fields)
    return made
