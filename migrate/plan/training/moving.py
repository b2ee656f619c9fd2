"""A definition in an attribute whose `init` stands in another method: the construction moves there."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import ApplyFn, Class, Symbol
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import Init
from migrate.plan.training.member_names import PREFIX, is_attribute, is_empty_place


def moves_to_init(facts: Facts, site: Init) -> bool:
    """Whether the object would make the same construction in the method that calls `init`."""
    definition = site.instance.site
    statement = facts.scopes.statement(definition)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name) or not is_attribute(facts, target):
        return False
    both = [facts.scopes.function(node) for node in (definition, site.node)]
    if not all(_is_method(facts, function) for function in both) or not target.id.startswith(PREFIX):
        return False
    variable = facts.scopes.members[target].variable
    return _is_only_applied(facts, variable, target, site) and _is_lasting(facts, definition)


def _is_method(facts: Facts, function: ast.AST) -> bool:
    """Whether the function is a method whose object is called `self`."""
    if not isinstance(function, ast.FunctionDef) or not function.args.args:
        return False
    return function.args.args[0].arg == "self" and isinstance(facts.scopes.scope[function], ast.ClassDef)


def _is_only_applied(facts: Facts, variable: Variable, target: ast.Name, site: Init) -> bool:
    """Whether the attribute is set once, initialised once, and otherwise only applied."""
    assert isinstance(site.init, ast.Attribute)
    for node in facts.scopes.names(variable):
        if isinstance(node.ctx, ast.Load):
            applied = isinstance(facts.values.get(facts.scopes.parent[node]), ApplyFn)
            if node is not site.init.value and not applied:
                return False
        elif node is not target and not is_empty_place(facts, node):
            return False
    return True


def _is_lasting(facts: Facts, definition: ast.Call) -> bool:
    """Whether its arguments are constants, names of the module, or attributes that are set only once."""
    return all(_lasts(facts, p) for p in (*definition.args, *(k.value for k in definition.keywords)))


def _lasts(facts: Facts, node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Name() if not is_attribute(facts, node):
            value = facts.values.get(node)
            return isinstance(value, (Symbol, Class)) and facts.scopes.variable(node, node.id) is not None
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _is_set_once(facts, node, name)
        case ast.Attribute():
            return isinstance(facts.values.get(node), Symbol)
        case ast.Tuple(elts=elements):
            return all(_lasts(facts, element) for element in elements)
        case _:
            return False


def _is_set_once(facts: Facts, node: ast.expr, name: str) -> bool:
    """Whether an attribute of the object is assigned in its constructor and nowhere else."""
    method = facts.scopes.function(node)
    stores = [
        other
        for file in facts.files.by_path.values()
        for other in file.attributes
        if other.attr == name and not isinstance(other.ctx, ast.Load)
    ]
    if len(stores) != 1 or not isinstance(method, ast.FunctionDef):
        return False
    place = facts.scopes.statement(stores[0])
    constructor = facts.scopes.function(place)
    direct = isinstance(place, (ast.Assign, ast.AnnAssign)) and place in getattr(constructor, "body", ())
    return getattr(constructor, "name", "") == "__init__" and direct
