"""Fields of definitions that are read outside of modules: `actor.action_scale`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.kinds import UNKNOWN, Class, Instance, Value, followed
from migrate.analysis.modules.classes import field_names
from migrate.analysis.run import Run
from migrate.analysis.sites import ReadField

PLAIN = frozenset({"int", "float", "bool", "str"})


def read(run: Run, node: ast.Attribute, instance: Instance) -> Value | None:
    """The value of a field that means the same in NNX, or of which it is known what it was given."""
    if run.owner is not None or not isinstance(instance.cls, Class):
        return None
    plain, given = _is_plain(instance.cls, node.attr), _given(run, node, instance, instance.cls)
    if not plain and given is None:
        return None
    run.facts.site(ReadField(node, replace(instance, made=()), plain, given))
    return run.facts.values.get(given, UNKNOWN) if given is not None else UNKNOWN


def _is_plain(cls: Class, name: str) -> bool:
    """Whether a class declares a field that is a number, a flag or a text."""
    declared = [s for s in cls.node.body if isinstance(s, ast.AnnAssign)]
    found = [s.annotation for s in declared if isinstance(s.target, ast.Name) and s.target.id == name]
    return len(found) == 1 and isinstance(found[0], ast.Name) and found[0].id in PLAIN


def _given(run: Run, node: ast.Attribute, instance: Instance, cls: Class) -> ast.expr | None:
    """The argument for the field in `actor = Actor(...)`, where nothing else is ever called `actor`."""
    call, scopes = instance.site, run.facts.scopes
    statement = scopes.statement(call)
    if not isinstance(statement, ast.Assign) or statement.value is not call or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if not isinstance(node.value, ast.Name) or not isinstance(target, ast.Name):
        return None
    variable = scopes.variable(node.value, node.value.id)
    stores = [name for name in scopes.names(variable) if not isinstance(name.ctx, ast.Load)]
    if variable is None or node.value in scopes.members or stores != [target]:
        return None
    found = _argument(call, cls, node.attr)
    return None if found is None or followed(run.facts.values.get(found, UNKNOWN)) else found


def _argument(call: ast.Call, cls: Class, name: str) -> ast.expr | None:
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    given = dict(zip(field_names(cls), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    return given.get(name)
