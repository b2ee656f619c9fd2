"""From the facts of one module to what each of its components becomes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Lifted, Mixed, Symbol, Value
from migrate.analysis.modules.classes import is_of_class, is_static, methods
from migrate.analysis.modules.methods import is_module
from migrate.analysis.sites import (
    Apply,
    ApplyGradients,
    Construct,
    CreateState,
    Differentiate,
    Init,
    InitOptimizer,
    Layer,
    Parameter,
    Site,
    StateOfTree,
    UpdateModel,
)
from migrate.plan.blocked import Blocked
from migrate.plan.components import ComponentFacts, components, components_without_modules
from migrate.plan.context import Plan
from migrate.plan.flows.dispatch import rewrite_flows
from migrate.plan.functions.needs import needs
from migrate.plan.functions.parameters import rewrite_parameters
from migrate.plan.functions.partials import rewrite_partials
from migrate.plan.functions.references import check_references
from migrate.plan.functions.results import rewrite_results
from migrate.plan.functions.roles import roles
from migrate.plan.functions.visible import visible
from migrate.plan.lines import check_lines
from migrate.plan.modules.class_values import is_compared, stands_for_field
from migrate.plan.modules.ensembles import makers, rewrite_makers
from migrate.plan.modules.extended_layers import rewrite_extended
from migrate.plan.modules.partitions import check_partitions
from migrate.plan.modules.prepared import check_prepared, is_prepared
from migrate.plan.modules.twins import choice_is_built, chosen_options
from migrate.plan.naming.library_name import check_library_name
from migrate.plan.naming.names import Naming
from migrate.plan.overwritten import check_overwritten
from migrate.plan.training import holders, records, stats_states
from migrate.plan.training.definitions import definitions
from migrate.plan.training.made_definitions import check_made_definitions
from migrate.plan.training.members import check_members, rewrite_declarations, rewrite_empty_places
from migrate.plan.training.transformation_names import rewrite_transformations
from migrate.plan.training.transformations import transformations
from migrate.plan.training.whole_variables import check_whole_variables
from migrate.result import Importer, Options, Style
from migrate.rewrite.edits import held_nodes
from rules import record_class, rewriters, train_state_class

TRAINING = (CreateState, StateOfTree, ApplyGradients, InitOptimizer, UpdateModel, Differentiate)
"""Sites that make a component worth to be wrapped; one that only calls a model gains nothing by it."""


@dataclass(frozen=True)
class Blocker:
    """One reason against a component."""

    node: ast.AST
    code: str
    message: str


@dataclass(frozen=True)
class Decision:
    """A component with its plan, or with what stands against one; `wrapped` says why modules stay Linen."""

    component: ComponentFacts
    plan: Plan | None
    blockers: tuple[Blocker, ...]
    wrapped: tuple[Blocker, ...] = ()


def decide(facts: Facts, options: Options) -> list[Decision]:
    """What becomes of every component, given who else imports each file."""
    found = [decision for component in components(facts) for decision in _decide(facts, component, options)]
    return [_unless_imported(facts, decision, options.imported_by) for decision in found]


def _unless_imported(
    facts: Facts, decision: Decision, importers: Mapping[str, Sequence[Importer]]
) -> Decision:
    """A component that a file imports which is not among the sources stays: that file would break."""
    if decision.plan is None or not importers:
        return decision
    for path, names in visible(facts, decision.plan).items():
        for importer in importers.get(path, ()):
            reached = names if not importer.names else names.keys() & importer.names
            if reached and (importer.path, path) not in facts.imported:
                name = min(reached)
                what = f"`{name}`" if importer.names else "this module"
                message = (
                    f"{what} is imported by {importer.path}:{importer.line}, which is not among the files "
                    "that are migrated: name it too"
                )
                return Decision(decision.component, None, (Blocker(names[name], "LNX016", message),))
    return decision


def _decide(facts: Facts, component: ComponentFacts, options: Options) -> list[Decision]:
    """Migrate a component whole; where only modules stand against that, wrap them and migrate the rest."""
    whole = _attempt(facts, component, options.style, False)
    if whole.plan is not None or not options.bridge:
        return [whole]
    if _is_wrapped_already(facts, component):
        return []
    modules = [Blocker(e.node, e.code, e.message) for e in component.escapes if e.bridgeable]
    reasons = tuple(modules) or whole.blockers
    parts = [
        replace(_attempt(facts, part, options.style, True), wrapped=reasons)
        for part in components_without_modules(facts, component)
        if any(isinstance(site, TRAINING) for site in part.sites)
    ]
    if any(part.plan is not None for part in parts):
        return parts
    also = (blocker for part in parts for blocker in part.blockers)
    return [replace(whole, blockers=tuple(dict.fromkeys([*whole.blockers, *also])))]


def _is_wrapped_already(facts: Facts, component: ComponentFacts) -> bool:
    """Whether NNX code trains these modules: what still applies one of them needs no rewriting."""
    trains = any(isinstance(site, TRAINING) for site in component.sites)
    return not trains and any(site.node in facts.wrapped for site in component.sites)


def _attempt(facts: Facts, component: ComponentFacts, style: Style, bridged: bool) -> Decision:
    against = [e for e in component.escapes if not (bridged and e.bridgeable)]
    if against:
        return Decision(component, None, tuple(Blocker(e.node, e.code, e.message) for e in against))
    try:
        return Decision(component, _plan(facts, component, style, bridged), ())
    except Blocked as blocked:
        return Decision(component, None, (Blocker(blocked.node, blocked.code, blocked.message),))


def _plan(facts: Facts, component: ComponentFacts, style: Style, bridged: bool) -> Plan:
    check_library_name(facts, component.nodes)
    known = roles(facts, component.nodes, style)
    kept = definitions(facts, known, component.sites, bridged)
    taken = transformations(facts, component.sites)
    naming = Naming(facts, known, kept, taken)
    naming.settle()
    plan = Plan(facts, component, style, known, naming, needs(facts, known, style), kept, taken)
    check_partitions(plan)
    check_overwritten(plan)
    check_members(plan)
    check_whole_variables(plan)
    check_made_definitions(plan)
    rewrite_transformations(plan)
    rewrite_parameters(plan)
    table = rewriters()
    for cls in holders.classes(facts, component.nodes):
        train_state_class.rewrite(plan, cls)
    for cls in records.classes(facts, component.nodes):
        record_class.rewrite_class(plan, cls)
    gone = stats_states.classes(facts, component.sites)
    for cls in gone:
        stats_states.remove(plan, cls)
    for node in component.classes if not bridged else ():
        if is_module(facts.classes[node]):
            table[type(facts.classes[node])].rewrite(plan, facts.classes[node])
    for site in sorted(component.sites, key=_order):
        if type(site) in table and not (bridged and isinstance(site, (Construct, Layer))):
            table[type(site)].rewrite(plan, site)
    if not bridged:
        rewrite_extended(plan)
        rewrite_makers(plan)
        _check_constructions(plan)
        _check_classes(plan)
    rewrite_declarations(plan)
    rewrite_empty_places(plan)
    rewrite_flows(plan)
    rewrite_partials(plan)
    rewrite_results(plan)
    check_references(plan)
    for cls in gone:
        stats_states.check_mentions(plan, cls)
    check_lines(plan)
    _check_files(plan)
    return plan


def _check_files(plan: Plan) -> None:
    """What is written in one file cannot be taken from the text of another."""
    for target, held in held_nodes(plan.edits):
        if any(plan.facts.file(node) is not plan.facts.file(target) for node in held):
            raise Blocked(target, "LNX016", "the code for this place would have to come from another file")


def _check_classes(plan: Plan) -> None:
    """A class that changes may be built, renamed or extended; as a value it could be used anywhere."""
    classes = {plan.facts.classes[node] for node in plan.component.classes}
    classes = {cls for cls in classes if is_module(cls)}
    options = chosen_options(plan) | {site.args[0] for _, site in makers(plan)}
    options |= {chosen.plain for chosen in plan.facts.chosen_checkpoints.values()}
    for node, value in plan.facts.values.items():
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            parts = value.parts if isinstance(value, Mixed) else {value}
            scopes = {*plan.facts.scopes.enclosing(plan.facts.scopes.scope[node])}
            here = not scopes.isdisjoint(plan.component.classes)
            lifted = here and isinstance(plan.facts.values.get(plan.parent(node)), Lifted)
            if (
                parts & classes
                and node not in options
                and not lifted
                and not _is_built(plan, node)
                and not is_prepared(plan, node)
                and not stands_for_field(plan, node)
                and not is_compared(plan, node)
                and not _is_asked_for(plan, node)
                and not _names_method(plan, node)
                and not _calls_static(plan, node, value)
            ):
                raise Blocked(node, "LNX010", "a module class is used here as a value")
    check_prepared(plan, classes)


def _names_method(plan: Plan, node: ast.expr) -> bool:
    """The class in `apply(..., method=Net.encode)`, which becomes a call of that method."""
    keyword = plan.parent(plan.parent(node))
    if not isinstance(keyword, ast.keyword) or keyword.arg != "method":
        return False
    call = plan.site(plan.parent(keyword))
    return isinstance(call, Apply) and call.method is not None


def _calls_static(plan: Plan, node: ast.expr, value: Value) -> bool:
    """The class in `Net.initialize_carry(...)`, a static or class method, which goes on as it is.

    So does one that makes the first value of a parameter.
    """
    match plan.parent(node), value:
        case ast.Attribute(attr=name) as attribute, Class() as cls:
            method = methods(cls).get(name)
            called = plan.parent(attribute)
            initialises = isinstance(plan.site(called), Parameter)
            return (
                isinstance(called, ast.Call)
                and (called.func is attribute or initialises)
                and method is not None
                and (is_static(method) or is_of_class(method))
            )
        case _:
            return False


def _is_asked_for(plan: Plan, node: ast.expr) -> bool:
    """`isinstance(layer, Block)` of something that is known to be a layer."""
    above = plan.parent(node)
    call = plan.parent(above) if isinstance(above, ast.Tuple) else above
    if not isinstance(call, ast.Call) or len(call.args) != 2 or call.args[1] not in (node, above):
        return False
    asked = plan.facts.values.get(call.func) == Symbol("builtins.isinstance")
    return asked and bool(plan.instances(call.args[0]))


def _is_built(plan: Plan, node: ast.expr) -> bool:
    match plan.parent(node):
        case ast.Call(func=function) as call:
            one_of_several = isinstance(plan.facts.values.get(node), Mixed)
            return function is node and (not one_of_several or isinstance(plan.site(call), Construct | Layer))
        case ast.Assign(targets=[ast.Name()]) as statement:
            return not isinstance(plan.parent(statement), ast.ClassDef)
        case ast.ClassDef():
            return True
        case ast.IfExp(body=body, orelse=other) as choice if node in (body, other):
            return choice_is_built(plan, choice)
        case _:
            return False


def _order(site: Site) -> tuple[bool, int, int]:
    """Constructions last, when it is known what `init` adds to them; otherwise as they stand."""
    return isinstance(site, Construct), site.node.lineno, site.node.col_offset


def _check_constructions(plan: Plan) -> None:
    """Every definition of the component must have been initialised where it is made."""
    known = {site.instance for site in plan.component.sites if isinstance(site, Init)}
    for site in plan.component.sites:
        if (
            isinstance(site, Construct)
            and site.node not in plan.definitions.apart
            and site.instance not in known
        ):
            raise Blocked(site.node, "LNX006", "this definition has no `init` in the same scope")
