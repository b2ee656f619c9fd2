"""What came of each module, gathered into one result."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from migrate.analysis.facts import Facts
from migrate.analysis.interpreter import interpret
from migrate.plan import pitfalls
from migrate.plan.build import Decision, decide
from migrate.result import Component, Finding, Options, Result, SiteCount, Status
from migrate.rewrite.edits import Edits
from rules import rewriters, shared_function

SITE_NAMES = {
    "CreateState": "TrainState.create",
    "ApplyGradients": "apply_gradients",
    "Apply": "apply",
    "Init": "init",
    "Layer": "layer",
    "Differentiate": "grad",
    "Compile": "jit",
}


@dataclass
class Outcome:
    """The result while it grows, module by module."""

    options: Options
    changed: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    migrated: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, text: str, tree: ast.Module) -> None:
        """Migrate one module as far as its components allow."""
        facts = interpret(path, text, tree, self.options.style)
        decisions = decide(facts, self.options.style, self.options.imported_by.get(path, ()))
        edits = Edits()
        loose = [e for e in facts.escapes.values() if not (e.tokens or e.instances or e.owner)]
        self.findings += [_finding(facts, e.node, e.code, e.message, None) for e in loose]
        for number, decision in enumerate(decisions, 1):
            self._decided(facts, decision, f"{path}#{number}")
            if decision.plan is not None:
                edits.merge(decision.plan.edits)
        if not loose and all(decision.plan is not None for decision in decisions):
            shared_function.rewrite(facts, edits)
        self.findings += pitfalls.repair(facts, self.options, edits)
        if edits:
            self.changed[path] = written(tree, facts, edits)

    def result(self) -> Result:
        """Everything, in order."""
        sites = {name: SiteCount(self.found[name], self.migrated[name]) for name in sorted(self.found)}
        return Result(self.changed, tuple(sorted(self.findings)), tuple(self.components), sites)

    def _decided(self, facts: Facts, decision: Decision, name: str) -> None:
        component = decision.component
        kinds = Counter(SITE_NAMES.get(type(site).__name__, "") for site in component.sites)
        del kinds[""]
        self.found += kinds
        if decision.plan is not None:
            self.migrated += kinds
            found = [self._finding(facts, s.node, s, name) for s in component.sites if type(s) in rewriters()]
        else:
            found = [_finding(facts, b.node, b.code, b.message, name) for b in decision.blockers]
        self.findings += found
        status: Status = "migrated" if decision.plan is not None else "untouched"
        modules = tuple(node.name for node in component.classes)
        blockers = () if decision.plan is not None else tuple(found)
        line = min(f.line for f in found)
        self.components.append(Component(name, facts.path, line, status, "pair", modules, blockers))

    def _finding(self, facts: Facts, node: ast.AST, site: object, name: str) -> Finding:
        rule = rewriters()[type(site)].RULE
        made = _finding(facts, node, rule.code, rule.title, name)
        return Finding(made.path, made.line, made.column, made.code, made.message, "automatic", name)


def _finding(facts: Facts, node: ast.AST, code: str, message: str, component: str | None) -> Finding:
    line = getattr(node, "lineno", 1)
    column = facts.source.column(node) if isinstance(node, (ast.expr, ast.stmt)) else 1
    return Finding(facts.path, line, column, code, message, "manual", component)


def written(tree: ast.Module, facts: Facts, edits: Edits) -> str:
    """The new text of a module."""
    from migrate.rewrite.imports import settled
    from migrate.rewrite.writer import write

    return settled(write(facts.source, tree, edits, facts.scopes.parent), tree)
