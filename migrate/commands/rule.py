"""`linen2nnx rule`: the list of rules, or one rule's page."""

from __future__ import annotations

from migrate.commands.outcome import Outcome
from migrate.errors import UsageError
from migrate.report.rule_page import rule_list, rule_page, rules_page
from rules import all_rules


def rule(code: str | None, every_page: bool) -> Outcome:
    """Return the page of `code`, every page, or without either the list of all rules."""
    rules = all_rules()
    if every_page:
        return Outcome(out=rules_page(rules))
    if code is None:
        return Outcome(out=rule_list(rules))
    for each in rules:
        if each.code == code.upper():
            return Outcome(out=rule_page(each))
    raise UsageError(f"no rule {code}; `linen2nnx rule` lists them all")
