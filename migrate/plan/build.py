"""From the facts of one module to what each of its components becomes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Mixed
from migrate.analysis.modules import is_module
from migrate.analysis.sites import Construct, Init, Site
from migrate.plan.blocked import Blocked
from migrate.plan.components import ComponentFacts, components
from migrate.plan.context import Plan
from migrate.plan.flows import rewrite_flows
from migrate.plan.library_name import check_library_name
from migrate.plan.lines import check_lines
from migrate.plan.naming import Naming
from migrate.plan.needs import needs
from migrate.plan.overwritten import check_overwritten
from migrate.plan.parameters import rewrite_parameters
from migrate.plan.references import check_references
from migrate.plan.results import rewrite_results
from migrate.plan.roles import roles
from migrate.result import Importer, Style
from rules import rewriters


@dataclass(frozen=True)
class Blocker:
    """One reason against a component."""

    node: ast.AST
    code: str
    message: str


@dataclass(frozen=True)
class Decision:
    """A component with its plan, or with what stands against one."""

    component: ComponentFacts
    plan: Plan | None
    blockers: tuple[Blocker, ...]


def decide(facts: Facts, style: Style, importers: Sequence[Importer] = ()) -> list[Decision]:
    """What becomes of every component of the module, which `importers` in other files may rely on."""
    decisions = [_decide(facts, component, style) for component in components(facts)]
    return [_unless_imported(facts, decision, importers) for decision in decisions]


def _unless_imported(facts: Facts, decision: Decision, importers: Sequence[Importer]) -> Decision:
    """A component whose functions or classes another file imports stays: that file would break."""
    if decision.plan is None:
        return decision
    changed: set[ast.AST] = {*decision.plan.edits.parameters, *decision.plan.edits.classes}
    changed |= {facts.scopes.function(node) for node in decision.component.nodes}
    names = {node.name for node in changed if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    module_level = {
        node.id
        for node in decision.component.nodes
        if isinstance(node, ast.Name) and facts.scopes.scope[node] is facts.scopes.tree
    }
    for importer in importers:
        used = (names | module_level) & set(importer.names) if importer.names else names | module_level
        if used:
            node = next((n for n in changed if getattr(n, "name", None) in used), facts.scopes.tree)
            what = f"`{min(used)}`" if importer.names else "this module"
            message = (
                f"{what} is imported by {importer.path}:{importer.line}; files are migrated one by one so far"
            )
            return Decision(decision.component, None, (Blocker(node, "LNX016", message),))
    return decision


def _decide(facts: Facts, component: ComponentFacts, style: Style) -> Decision:
    if component.escapes:
        blockers = tuple(Blocker(e.node, e.code, e.message) for e in component.escapes)
        return Decision(component, None, blockers)
    try:
        return Decision(component, _plan(facts, component, style), ())
    except Blocked as blocked:
        return Decision(component, None, (Blocker(blocked.node, blocked.code, blocked.message),))


def _plan(facts: Facts, component: ComponentFacts, style: Style) -> Plan:
    check_library_name(facts)
    known = roles(facts, component.nodes, style)
    naming = Naming(facts, known)
    naming.settle()
    plan = Plan(facts, component, style, known, naming, needs(facts, known, style))
    check_overwritten(plan)
    rewrite_parameters(plan)
    table = rewriters()
    for node in component.classes:
        if is_module(facts.classes[node]):
            table[type(facts.classes[node])].rewrite(plan, facts.classes[node])
    for site in sorted(component.sites, key=_order):
        if type(site) in table:
            table[type(site)].rewrite(plan, site)
    _check_constructions(plan)
    rewrite_flows(plan)
    rewrite_results(plan)
    check_references(plan)
    _check_classes(plan)
    check_lines(plan)
    return plan


def _check_classes(plan: Plan) -> None:
    """A class that changes may be built, renamed or extended; as a value it could be used anywhere."""
    classes = {plan.facts.classes[node] for node in plan.component.classes}
    for node, value in plan.facts.values.items():
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            parts = value.parts if isinstance(value, Mixed) else {value}
            if parts & classes and not _is_built(plan, node):
                raise Blocked(node, "LNX010", "a module class is used here as a value")


def _is_built(plan: Plan, node: ast.expr) -> bool:
    match plan.parent(node):
        case ast.Call(func=function):
            return function is node
        case ast.Assign(targets=[ast.Name()]) | ast.ClassDef():
            return True
        case _:
            return False


def _order(site: Site) -> tuple[bool, int, int]:
    """Constructions last, when it is known what `init` adds to them; otherwise as they stand."""
    return isinstance(site, Construct), site.node.lineno, site.node.col_offset


def _check_constructions(plan: Plan) -> None:
    """Every definition of the component must have been initialised where it is made."""
    known = {site.instance for site in plan.component.sites if isinstance(site, Init)}
    for site in plan.component.sites:
        if isinstance(site, Construct) and site.instance not in known:
            raise Blocked(site.node, "LNX006", "this definition has no `init` in the same scope")
