"""Module classes that extend plain classes as well: what these lend may only read what stays as it is."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import base_of, field_names, is_module, own_constants
from migrate.analysis.modules.mixins import is_mixin, lent_methods
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.reserved import RESERVED

LINEN = frozenset(
    (
        *("apply", "bind", "clone", "copy", "get_variable", "has_rng", "has_variable", "init"),
        *("init_with_output", "is_initializing", "is_mutable_collection", "lazy_init", "make_rng", "param"),
        *("module_paths", "parent", "path", "perturb", "put_variable", "sow", "tabulate", "unbind"),
        *("name", "scope", "variable", "variables"),
    )
)
"""What every Linen module has."""


def module_base(cls: Class) -> ast.expr | None:
    """The one base that is a module, where all others are such plain classes."""
    pairs = [*zip(cls.node.bases, cls.bases, strict=False)]
    found = [node for node, value in pairs if is_module(value)]
    others = [value for _, value in pairs if not is_module(value)]
    alone = len(found) == 1 and len(pairs) == len(cls.node.bases) and all(map(is_mixin, others))
    return found[0] if alone and (not others or base_of(cls) is None) else None


def check_lent_methods(plan: Plan, cls: Class) -> None:
    """A method that other classes have too is not rewritten: it reads fields, constants and its like."""
    lent = lent_methods(cls)
    known = {*field_names(cls), *own_constants(cls), *lent}
    if taken := lent.keys() & (RESERVED | LINEN):
        raise Blocked(cls.node, "LNX117", f"`{min(taken)}` is a method of modules, too")
    for method in (method for _, method in lent.values()):
        parent = plan.facts.scopes.parent
        for node in ast.walk(method):
            if not isinstance(node, ast.Name) or node.id != "self":
                continue
            above = parent[node]
            if not isinstance(above, ast.Attribute) or above.attr not in known:
                message = f"`{method.name}`, which `{cls.node.name}` takes over, does more than read fields"
                raise Blocked(node, "LNX117", message)
