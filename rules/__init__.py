"""One module a rule; `all_rules` finds them, no list is kept."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from migrate.rule import Rule

if TYPE_CHECKING:
    from migrate.plan.context import Plan


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this package, by code."""
    modules = (importlib.import_module(f"rules.{m.name}") for m in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.RULE for m in modules if hasattr(m, "RULE")), key=lambda rule: rule.code))


class Rewriter(Protocol):
    """A rule module that rewrites sites of one type."""

    RULE: Rule
    SITE: type

    def rewrite(self, plan: Plan, site: Any) -> None:
        """Add the edits for one site to the plan, or raise `Blocked`."""


@cache
def rewriters() -> dict[type, Rewriter]:
    """The rule module for each type of site."""
    modules: list[Any] = [importlib.import_module(f"rules.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return {module.SITE: module for module in modules if hasattr(module, "SITE")}
