"""Pitfalls in NNX code: what is said of each, and the edits for those that have a certain repair."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.program.source import File
from migrate.plan.lines import shared_lines
from migrate.result import Finding, Fix, Options
from migrate.rewrite.edits import Edits
from migrate.selection import is_selected
from migrate.suppressions import parse_suppressions
from rules import pitfall_rules


def repair(facts: Facts, file: File, options: Options, edits: Edits) -> list[Finding]:
    """Report every pitfall of a file and add the edits of those that can be repaired.

    Nothing is edited that a comment or the options silence: pitfalls, unlike components, stand alone.
    """
    here = [pitfall for pitfall in facts.pitfalls.values() if facts.file(pitfall.node) is file]
    if not here:
        return []
    suppressed = parse_suppressions(file.source.text)
    found = []
    for pitfall in here:
        rule = pitfall_rules()[type(pitfall)]
        wanted = is_selected(rule.RULE.code, options)
        wanted = wanted and not suppressed.covers(pitfall.node.lineno, rule.RULE.code)
        repairs = Edits()
        message, repaired = rule.report(facts, pitfall, repairs)
        repaired = repaired and not any(shared_lines(facts, repairs))
        if repaired and wanted:
            edits.merge(repairs)
        found.append(_finding(file, pitfall.node, rule.RULE.code, message, repaired))
    return found


def _finding(file: File, node: ast.expr, code: str, message: str, repaired: bool) -> Finding:
    fix: Fix = "automatic" if repaired else "manual"
    return Finding(file.path, node.lineno, file.source.column(node), code, message, fix)
