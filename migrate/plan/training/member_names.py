"""Attributes that become models and optimizers: how they are written, and which names are free for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Thing
from migrate.analysis.program.scopes import Variable

PREFIX = "self."


def is_member(variable: Variable) -> bool:
    """Whether the variable is an attribute."""
    return variable.name.startswith(PREFIX)


def is_attribute(facts: Facts, node: ast.AST) -> bool:
    """Whether a node names an attribute."""
    return node in facts.scopes.members


def is_empty_place(facts: Facts, node: ast.Name) -> bool:
    """Whether an attribute is set to None here, to be filled later."""
    return is_attribute(facts, node) and is_set_to_none(facts, node)


def is_set_to_none(facts: Facts, node: ast.Name) -> bool:
    """Whether a name is set to None here, and nothing beside it."""
    statement = facts.scopes.parent[node]
    alone = isinstance(statement, ast.AnnAssign) or (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1
    )
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    return alone and isinstance(value, ast.Constant) and value.value is None


def written_at(facts: Facts, node: ast.Name, name: str) -> str:
    """A name of an attribute as it is written for the object that `node` names."""
    if node not in facts.scopes.members or not name.startswith(PREFIX):
        return name
    return f"{node.id.rpartition('.')[0]}.{name.removeprefix(PREFIX)}"


def family(facts: Facts, owner: ast.AST) -> list[ast.ClassDef]:
    """The classes that share the attributes of `owner`."""
    found: list[ast.ClassDef] = []
    for node, cls in facts.classes.items():
        bases: list[Class] = [cls]
        while bases:
            one = bases.pop()
            if one.node is owner:
                found.append(node)
                break
            bases += [base for base in one.bases if isinstance(base, Class)]
    return found


def other_use(facts: Facts, variable: Variable, name: str, replaced: set[int]) -> ast.AST | None:
    """A place where the objects have something else of this name."""
    attribute = name.removeprefix(PREFIX)
    for node, member in facts.scopes.members.items():
        if member.owner is variable.scope and member.attribute == attribute and id(node) not in replaced:
            return node
    classes = family(facts, variable.scope)
    for cls in classes:
        for statement in cls.body:
            if attribute in bound_names(statement):
                return statement
    for node in facts.values:
        if isinstance(node, ast.Attribute) and node.attr == attribute and _belongs(facts, node, classes):
            return node
    return None


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a class body binds or declares."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def _belongs(facts: Facts, node: ast.Attribute, classes: list[ast.ClassDef]) -> bool:
    held = facts.values.get(node.value)
    if isinstance(held, Thing):
        return held.cls.node in classes
    if not isinstance(node.value, ast.Name):
        return False
    variable = facts.scopes.variable(node.value, node.value.id)
    return variable is not None and facts.scopes.scope.get(variable.scope) in classes
