"""Fields of a module that it calls: they must be functions, as a layer in their place would go unseen."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class, Const, Function, Length, Mixed, Partial, Symbol, Value
from migrate.analysis.modules.classes import (
    argument,
    default_of,
    field_names,
    fields,
    holds_module,
    holds_modules,
)
from migrate.analysis.modules.layers import shared
from migrate.analysis.modules.module_calls import PLAIN, is_layer
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import built, given
from migrate.plan.modules.module_fields import check_lists

Seen = set[tuple[ast.ClassDef, str]]


def check_called_fields(plan: Plan, site: Class) -> None:
    """Raise `Blocked` where a field that is called may be given a layer, or a function that builds one."""
    check_lists(plan, site, given(plan, site))
    _check_given_modules(plan, site)
    for name, call in plan.facts.called[site.node].items():
        if not _holds_functions(plan, site, name, set()):
            message = f"the field `{name}` is called, and what it is given may build layers"
            raise Blocked(call, "LNX111", message)


def _check_given_modules(plan: Plan, site: Class) -> None:
    """What callers elsewhere give for a field must not be a module of Linen, nor build layers."""
    if site.node not in plan.facts.unbuilt or built(plan, site):
        return
    for statement in fields(site):
        name = getattr(statement.target, "id", "")
        if (site.node, name) in plan.facts.class_fields:
            continue
        if holds_module(statement.annotation) or holds_modules(statement.annotation):
            continue
        named = [*ast.walk(statement.annotation)]
        modules = any(_word(node).endswith("Module") for node in named)
        unknown = default_of(statement) is None and not {"Callable", "callable"} & {*map(_word, named)}
        if modules or (unknown and name in plan.facts.called[site.node]):
            message = f"callers elsewhere may give a Linen module for the field `{name}`"
            raise Blocked(statement, "LNX111", message)


def _word(node: object) -> str:
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
            return word
        case _:
            return ""


def _holds_functions(plan: Plan, cls: Class, name: str, seen: Seen) -> bool:
    """Whether the default of a field and all that constructions give it are functions, or None."""
    if (cls.node, name) in seen:
        return True
    seen.add((cls.node, name))
    names = field_names(cls)
    declared = {s.target.id: s for s in fields(cls) if isinstance(s.target, ast.Name)}
    default = (default_of(declared[name]) or declared[name].value) if name in declared else None
    if any(isinstance(s := plan.site(build), Layer) and name in s.left_open for build in built(plan, cls)):
        return False
    values = [argument(build, names, name) for build in given(plan, cls)]
    return all(
        expression is None or _is_function(plan, expression, plan.facts.values.get(expression, UNKNOWN), seen)
        for expression in [default, *values]
    )


def _is_function(plan: Plan, node: ast.expr, value: Value, seen: Seen) -> bool:
    match value:
        case Const(None):
            return True
        case Symbol(name):
            return shared(name) is not None or (name.startswith(PLAIN) and not is_layer(value))
        case Partial(function):
            return _is_function(plan, node, function, seen)
        case Mixed(parts):
            return all(_is_function(plan, node, part, seen) for part in parts)
        case Function(body):
            inner = (plan.facts.values.get(part, UNKNOWN) for part in ast.walk(body))
            return not any(is_layer(part) for part in inner)
        case Length(size) if size.text.startswith("self.") and size.text[5:].isidentifier():
            owner = _class_around(plan, node)
            return owner is not None and _holds_functions(plan, owner, size.text[5:], seen)
        case _:
            return False


def _class_around(plan: Plan, node: ast.expr) -> Class | None:
    """The class in whose method an expression stands."""
    scopes = plan.facts.scopes
    found = [scope for scope in scopes.enclosing(scopes.scope[node]) if isinstance(scope, ast.ClassDef)]
    return plan.facts.classes.get(found[0]) if found else None
