"""What came of each component and module, gathered into one result."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrate.analysis.facts import Facts
from migrate.analysis.interpreter import Project, interpret, reinterpret
from migrate.analysis.kinds import Class
from migrate.analysis.modules.methods import is_module
from migrate.analysis.program.source import File
from migrate.analysis.sites import CreateHolder, CreateRecord, Init, Site
from migrate.messages import (
    automatic,
    beside,
    finding,
    held,
    held_by,
    of_silent_files,
    reasons,
    rewrites,
    with_seeds_told,
)
from migrate.plan import pitfalls
from migrate.plan.build import Decision, decide
from migrate.plan.components import ComponentFacts, first_line
from migrate.plan.dead_names import dead_assignments
from migrate.plan.functions.visible import Visible, visible, without_origin
from migrate.plan.path_map import path_map
from migrate.result import Component, Finding, Options, Result, SiteCount, Status
from migrate.rewrite.edits import Edits
from migrate.selection import is_selected
from migrate.suppressions import parse_suppressions
from rules import shared_function

SITE_NAMES = {
    "CreateState": "TrainState.create",
    "StateOfTree": "TrainState.create",
    "CreateHolder": "TrainState.create",
    "ApplyGradients": "apply_gradients",
    "InitOptimizer": "tx.init",
    "UpdateModel": "tx.update",
    "Apply": "apply",
    "Init": "init",
    "Layer": "layer",
    "Differentiate": "grad",
    "Compile": "jit",
}


@dataclass
class Outcome:
    """The result while it grows, component by component."""

    options: Options
    changed: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    migrated: Counter[str] = field(default_factory=Counter)
    visible: dict[str, set[str]] = field(default_factory=dict)

    def add(self, texts: Mapping[str, str]) -> None:
        """Migrate the modules of a project as far as their components allow."""
        trees = {path: ast.parse(text) for path, text in texts.items()}
        facts = interpret(Project(texts, trees, self.options.style, self.options.traced))
        decisions = self._decisions(facts)
        edits = Edits()
        loose = [e for e in facts.escapes.values() if not (e.tokens or e.instances or e.owners)]
        spoken = [finding(facts, e.node, e.code, e.message, None) for e in loose]
        self.findings += spoken
        rest = {facts.file(escape.node).path for escape in loose} | _with_modules(facts, decisions)
        migrated: set[str] = set()
        numbers: Counter[str] = Counter()
        for decision in decisions:
            files = _files(facts, decision)
            numbers[files[0]] += 1
            name = f"{files[0]}#{numbers[files[0]]}"
            if self._decided(facts, decision, name) and decision.plan is not None:
                edits.merge(decision.plan.edits)
                migrated.update(files)
            else:
                rest.update(files)
        against = min([*spoken, *(f for each in self.components for f in each.blockers)], default=None)
        for path, found in shared_function.occurrences(facts).items():
            leaves = shared_function.leaves_linen(facts, facts.files.by_path[path], found)
            if path in rest or (leaves and path not in migrated):
                continue
            if against is not None and path not in migrated:
                self.findings.append(held_by(facts, next(iter(found)), against, None))
            else:
                self._share(facts, found, edits)
        self.findings += of_silent_files(facts, _staying(facts, decisions), self.findings)
        for path, name in without_origin(facts):
            self.visible.setdefault(path, set()).add(name)
        for file in facts.files.by_path.values():
            self._finish(facts, file, edits)

    def _decisions(self, facts: Facts) -> list[Decision]:
        """What becomes of each component; train states that stay one value are functional in every style."""
        decisions = decide(facts, self.options)
        if self.options.style == "functional" or not any(map(_has_holder, decisions)):
            return decisions
        again = reinterpret(facts, "functional")
        functional = decide(again, replace(self.options, style="functional"))
        return [d for d in decisions if not _has_holder(d)] + [d for d in functional if _has_holder(d)]

    def _finish(self, facts: Facts, file: File, every: Edits) -> None:
        """Write one file: its part of the edits, and pitfalls."""
        edits = every.of_module(file.tree, facts.scopes.module)
        self.findings += pitfalls.repair(facts, file, self.options, edits)
        text = written(file, facts, edits) if edits else file.source.text
        if text != file.source.text:
            self.changed[file.path] = text

    def result(self) -> Result:
        """Everything, in order."""
        sites = {name: SiteCount(self.found[name], self.migrated[name]) for name in sorted(self.found)}
        shared = frozenset(self.visible)
        bridged = {each.id for each in self.components if each.status == "bridged"}
        findings = tuple(with_seeds_told(self.findings, bridged))
        return Result(self.changed, findings, tuple(self.components), sites, shared)

    def _decided(self, facts: Facts, decision: Decision, name: str) -> bool:
        """Record one component; whether it is migrated after all."""
        component = decision.component
        kinds = Counter(SITE_NAMES[type(site).__name__] for site in component.sites if _is_counted(site))
        kinds["nn.Module"] += sum(is_module(facts.classes[node]) for node in component.classes)
        self.found += kinds
        plan = decision.plan
        found = list(rewrites(facts, plan, name)) if plan is not None else reasons(facts, decision, name)
        migrated = plan is not None and self._may_rewrite(facts, found)
        if migrated and plan is not None:
            self.migrated += kinds
            found += beside(facts, decision, plan, name)
            self._show(visible(facts, plan))
        self.findings += found if migrated else [*found, *held(facts, decision, found, name)]
        bridged = migrated and plan is not None and plan.bridged
        status: Status = "bridged" if bridged else "migrated" if migrated else "untouched"
        form = "bridge" if bridged else "holder" if _has_holder(decision) else "pair"
        modules = _modules(facts, component) if bridged else tuple(node.name for node in component.classes)
        path = name.rpartition("#")[0]
        lines = [f.line for f in found if f.path == path]
        line = min(lines, default=first_line(component))
        blockers = () if migrated else tuple(found)
        paths = _paths(facts, component) if status == "migrated" else ()
        self.components.append(Component(name, path, line, status, form, modules, blockers, paths))
        return migrated

    def _show(self, exports: Visible) -> None:
        """Remember what other files could import and would find changed."""
        for place, names in exports.items():
            self.visible.setdefault(place, set()).update(names)

    def _share(self, facts: Facts, found: shared_function.Occurrences, edits: Edits) -> None:
        """Take the functions that both libraries export from `nnx`, each by itself."""
        for node, name in found.items():
            finding = automatic(facts, node, shared_function.RULE, None)
            self.findings.append(finding)
            if self._may_rewrite(facts, [finding]):
                shared_function.rewrite(edits, node, name)

    def _may_rewrite(self, facts: Facts, findings: list[Finding]) -> bool:
        """A component is migrated whole: one site that the user keeps keeps all of it."""
        texts = {f.path: facts.files.by_path[f.path].source.text for f in findings}
        kept = {path: parse_suppressions(text) for path, text in texts.items()}
        return not any(
            kept[f.path].covers(f.line, f.code) or not is_selected(f.code, self.options) for f in findings
        )


def _is_counted(site: Site) -> bool:
    return type(site).__name__ in SITE_NAMES


def _modules(facts: Facts, component: ComponentFacts) -> tuple[str, ...]:
    """The names of the modules that a component initialises."""
    inits = (facts.initialised[site.node] for site in component.sites if isinstance(site, Init))
    classes = (instance.cls for instances in inits for instance in instances)
    return tuple(sorted({cls.node.name if isinstance(cls, Class) else cls.name for cls in classes}))


def _paths(facts: Facts, component: ComponentFacts) -> tuple[tuple[str, str], ...]:
    """Where the variables of the models that a component initialises are found afterwards."""
    inits = (facts.initialised[site.node] for site in component.sites if isinstance(site, Init))
    classes = {
        instance.cls for instances in inits for instance in instances if isinstance(instance.cls, Class)
    }
    return tuple(sorted({pair for cls in classes for pair in path_map(facts, cls).items()}))


def _has_holder(decision: Decision) -> bool:
    return any(isinstance(site, CreateHolder | CreateRecord) for site in decision.component.sites)


def _with_modules(facts: Facts, decisions: Iterable[Decision]) -> set[str]:
    """The files with a Linen module that stays."""
    return {facts.file(node).path for node in _staying(facts, decisions)}


def _staying(facts: Facts, decisions: Iterable[Decision]) -> list[ast.ClassDef]:
    """The Linen modules that stay."""
    rewritten: set[ast.AST] = set()
    for decision in decisions:
        if decision.plan:
            whole = () if decision.plan.bridged else decision.component.classes
            rewritten |= {*decision.plan.edits.classes, *whole}
    return [node for node, cls in facts.classes.items() if is_module(cls) and node not in rewritten]


def _files(facts: Facts, decision: Decision) -> list[str]:
    """The files that a component touches, the one of its first line first."""
    component = decision.component
    nodes = [*(s.node for s in component.sites), *component.nodes, *component.classes]
    nodes += [e.node for e in component.escapes]
    return [*dict.fromkeys(facts.file(node).path for node in nodes)]


def written(file: File, facts: Facts, edits: Edits) -> str:
    """The new text of a module, without the local names that nothing reads any more."""
    from migrate.rewrite.alignment import realigned
    from migrate.rewrite.imports import settled
    from migrate.rewrite.layout import width_of
    from migrate.rewrite.writer import write

    before = file.source.text
    while True:
        text = settled(write(file.source, file.tree, edits, facts.scopes.parent), file.tree)
        dead = [s for s in dead_assignments(facts, file.tree, text) if s not in edits.statements]
        if not dead:
            return realigned(before, text, width_of(before))
        edits.statements |= {statement: [] for statement in dead}
