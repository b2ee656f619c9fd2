"""One module a rule; `all_rules` finds them, no list is kept."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from migrate.rule import Rule

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts
    from migrate.plan.context import Plan
    from migrate.rewrite.edits import Edits


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this package, by code."""
    modules = (importlib.import_module(f"rules.{m.name}") for m in pkgutil.iter_modules(__path__))
    return tuple(sorted({m.RULE for m in modules if hasattr(m, "RULE")}, key=lambda rule: rule.code))


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


class PitfallRule(Protocol):
    """A rule module about one pitfall in code that is already NNX."""

    RULE: Rule
    PITFALL: type

    def report(self, facts: Facts, pitfall: Any, edits: Edits) -> tuple[str, bool]:
        """The message, and whether edits that repair it were added."""


@cache
def pitfall_rules() -> dict[type, PitfallRule]:
    """The rule module for each type of pitfall."""
    modules: list[Any] = [importlib.import_module(f"rules.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return {module.PITFALL: module for module in modules if hasattr(module, "PITFALL")}
