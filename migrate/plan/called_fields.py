"""Fields of a module that it calls: they must be functions, as a layer in their place would go unseen."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class, Function, Partial, Symbol, Value
from migrate.analysis.layers import shared
from migrate.analysis.module_calls import PLAIN, is_layer
from migrate.analysis.modules import argument, field_names, fields
from migrate.analysis.sites import Construct, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def check_called_fields(plan: Plan, site: Class) -> None:
    """Raise `Blocked` where a field that is called may be given a layer, or a function that builds one."""
    names = field_names(site)
    defaults = {s.target.id: s.value for s in fields(site) if isinstance(s.target, ast.Name) and s.value}
    builds = [s.node for s in plan.component.sites if isinstance(s, Construct) and s.instance.cls == site]
    builds += [s.node for s in plan.component.sites if isinstance(s, Layer) and s.cls == site]
    for name, call in plan.facts.called[site.node].items():
        given = [argument(build, names, name) for build in builds]
        for expression in [defaults.get(name), *given]:
            if expression is not None and not _is_function(plan, plan.facts.values.get(expression, UNKNOWN)):
                message = f"the field `{name}` is called, and what it is given may build layers"
                raise Blocked(call, "LNX111", message)


def _is_function(plan: Plan, value: Value) -> bool:
    match value:
        case Symbol(name):
            return shared(name) is not None or (name.startswith(PLAIN) and not is_layer(value))
        case Partial(function):
            return _is_function(plan, function)
        case Function(node):
            inner = (plan.facts.values.get(part, UNKNOWN) for part in ast.walk(node))
            return not any(is_layer(part) for part in inner)
        case _:
            return False
