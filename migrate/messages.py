"""What is said of a component: of each place that is rewritten, or of what stands against that."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.analysis.modules.methods import is_module
from migrate.analysis.sites import Construct, Init, ReadHolder, ReadState, Site
from migrate.plan.build import Decision
from migrate.plan.context import Plan
from migrate.plan.modules.callers import told_to_callers
from migrate.result import Finding
from migrate.rule import Rule
from rules import held_back, init_model, rewriters, state_signature

SEEDS = "NNX draws other initial numbers from the same key, see docs/seeds.md"


def finding(facts: Facts, node: ast.AST, code: str, message: str, component: str | None) -> Finding:
    """A finding at a node that has to be settled by hand."""
    file = facts.file(node)
    line = getattr(node, "lineno", 1)
    column = file.source.column(node) if isinstance(node, (ast.expr, ast.stmt)) else 1
    return Finding(file.path, line, column, code, message, "manual", component)


def automatic(facts: Facts, node: ast.AST, rule: Rule, component: str | None) -> Finding:
    """A finding at a node that a rule rewrites: its title."""
    message = rule.title[:1].lower() + rule.title[1:]
    return replace(finding(facts, node, rule.code, message, component), fix="automatic")


def rewrites(facts: Facts, plan: Plan, name: str) -> Iterator[Finding]:
    """What is said of each place that is rewritten."""
    table, component = rewriters(), plan.component
    classes = [facts.classes[node] for node in component.classes if is_module(facts.classes[node])]
    for site in (*component.sites, *classes):
        if type(site) in table and not _is_quiet(site):
            yield automatic(facts, site.node, table[type(site)].RULE, name)
    for node in state_signature.places(plan):
        yield automatic(facts, node, state_signature.RULE, name)


def _is_quiet(site: Site | Class) -> bool:
    """What other sites speak of already: the reads that a call is made of, and definitions of own classes."""
    if isinstance(site, Construct):
        return isinstance(site.instance.cls, Class)
    if isinstance(site, ReadHolder):
        return site.field not in {"step", "opt_state", "tx"}
    return isinstance(site, ReadState) and site.field in {"params", "apply_fn"}


def with_seeds_told(findings: Iterable[Finding], bridged: Collection[str]) -> list[Finding]:
    """The findings in order; the first `init` that NNX takes over says that its numbers are others."""
    ordered = sorted(findings)
    for place, each in enumerate(ordered):
        if each.code == init_model.RULE.code and each.fix == "automatic" and each.component not in bridged:
            ordered[place] = replace(each, message=f"{each.message}; {SEEDS}")
            break
    return ordered


def beside(facts: Facts, decision: Decision, plan: Plan, name: str) -> Iterator[Finding]:
    """What is said of a component that is rewritten: to the callers of its classes, of modules that stay."""
    for node, code, text in told_to_callers(plan):
        yield finding(facts, node, code, text, name)
    why = [finding(facts, b.node, b.code, b.message, name) for b in decision.wrapped]
    for each in (*why, *_wrapped_elsewhere(facts, decision, why, name)):
        yield replace(each, fix="bridge")


def _wrapped_elsewhere(
    facts: Facts, decision: Decision, why: Sequence[Finding], name: str
) -> Iterator[Finding]:
    """In each file with a module that is wrapped, and of which no reason speaks: because of which place."""
    inits = (facts.initialised[site.node] for site in decision.component.sites if isinstance(site, Init))
    classes = {i.cls.node: None for instances in inits for i in instances if isinstance(i.cls, Class)}
    return _in_other_files(facts, classes, why, name)


def reasons(facts: Facts, decision: Decision, name: str) -> list[Finding]:
    """What stands against a component."""
    return [finding(facts, b.node, b.code, b.message, name) for b in decision.blockers]


def held(facts: Facts, decision: Decision, found: Sequence[Finding], name: str) -> Iterator[Finding]:
    """In each file of a component that stays, and of which nothing is said yet: because of which place."""
    component = decision.component
    places: list[ast.AST] = [node for node in component.classes if is_module(facts.classes[node])]
    places += [site.node for site in component.sites]
    return _in_other_files(facts, places, found, name)


def of_silent_files(
    facts: Facts, staying: Iterable[ast.AST], findings: Iterable[Finding]
) -> Iterator[Finding]:
    """In each file with a module that stays Linen, and of which nothing is said: because of which place."""
    found = list(findings)
    heard = {each.path for each in found}
    silent = [node for node in staying if facts.file(node).path not in heard]
    return _in_other_files(facts, silent, sorted(f for f in found if f.fix == "bridge"), None)


def _in_other_files(
    facts: Facts, places: Iterable[ast.AST], reasons: Sequence[Finding], name: str | None
) -> Iterator[Finding]:
    """Once for each file with a place that stays, and of which no reason speaks: because of which place."""
    spoken = {each.path for each in reasons}
    for node in sorted(places, key=lambda node: getattr(node, "lineno", 1)):
        if reasons and (path := facts.file(node).path) not in spoken:
            spoken.add(path)
            yield held_by(facts, node, reasons[0], name)


def held_by(facts: Facts, node: ast.AST, reason: Finding, name: str | None) -> Finding:
    """What is said of a place that stays because of another one."""
    message = f"this stays as it is because of {reason.path}:{reason.line} ({reason.code})"
    return finding(facts, node, held_back.RULE.code, message, name)
