"""One module a rule; `all_rules` finds them, no list is kept."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from migrate.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this package, by code."""
    modules = (importlib.import_module(f"rules.{m.name}") for m in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.RULE for m in modules), key=lambda rule: rule.code))
