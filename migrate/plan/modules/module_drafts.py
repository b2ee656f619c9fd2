"""The draft of each module class of a component, made once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.backward_lists import LIST
from migrate.analysis.modules.classes import (
    base_of,
    field_names,
    methods,
    own_constants,
    own_fields,
    own_methods,
)
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.cells import declarations, early, make_in_setup
from migrate.plan.modules.changing_lists import changing_lists, run_along
from migrate.plan.modules.checkpoints import outer, outer_of
from migrate.plan.modules.derived_attributes import computed
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.drawing import drawing
from migrate.plan.modules.earlier_values import earlier_values
from migrate.plan.modules.field_checks import field_checks
from migrate.plan.modules.field_defaults import attribute_line
from migrate.plan.modules.guards import guard
from migrate.plan.modules.handed_layers import kept_inside
from migrate.plan.modules.inheritance import (
    base_line,
    check_inheritance,
    extends,
    inherited_lines,
    replaces_layers,
)
from migrate.plan.modules.known_behind import is_behind
from migrate.plan.modules.layer import construction, parameter
from migrate.plan.modules.layer_dicts import write_dicts
from migrate.plan.modules.layer_tuples import write_tuples
from migrate.plan.modules.lent_names import lent_fields, told
from migrate.plan.modules.listed_names import write_lists, write_quoted
from migrate.plan.modules.named_lists import named_list
from migrate.plan.modules.owned import USES, Owned, owned
from migrate.plan.modules.recurrent import is_wrapper, wrapper
from migrate.plan.modules.skeleton import Built, Skeleton
from migrate.plan.modules.twins import check_twins, originals
from migrate.rewrite.edits import Suite, template


def draft_of(plan: Plan, cls: Class) -> Draft:
    """The lines of `__init__` of a class; classes that build each other have none."""
    known = plan.drafts.get(cls.node)
    if known is not None:
        return known
    if cls.node in plan.drafting:
        raise Blocked(cls.node, "LNX113", "modules build each other")
    plan.drafting.add(cls.node)
    draft = _made(plan, cls)
    plan.drafts[cls.node] = draft
    plan.drafting.discard(cls.node)
    return draft


def _made(plan: Plan, cls: Class) -> Draft:
    draft = Draft(cls)
    _check_names(plan, cls)
    owns = {s.owner.node for s in plan.facts.sites.values() if isinstance(s, Owned)}
    check_inheritance(plan, cls, owns, bool(drawing(plan, cls)))
    base = base_of(cls)
    replaced = replaces_layers(cls, owns)
    inherited = field_names(base) if base is not None and not replaced else ()
    if base is not None:
        above = draft_of(plan, base)
        draft.base = above if extends(cls) else None
        if replaced:
            draft.lines += inherited_lines(cls)
        elif (line := base_line(plan, cls, above)) is not None:
            draft.lines.append(line)
    for statement in own_fields(cls):
        assert isinstance(statement.target, ast.Name)
        if statement.target.id in inherited or statement.target.id in lent_fields(plan, cls):
            continue
        draft.lines.append(attribute_line(plan, cls, statement))
    draft.lines += [(check, check) for check in field_checks(plan, cls) or ()]
    known = own_methods(cls)
    sites = [s for s in owned(plan, cls) if not isinstance(s, USES)]
    setup = known.get("setup")
    inside = {s.node: s for s in sites if setup is not None and s.node in set(ast.walk(setup))}
    twins = originals(plan, cls)
    if setup is not None:
        make_in_setup(plan, draft, setup)
        _setup(plan, draft, setup, [*inside.values()])
    check_twins(plan, draft, [s for s in sites if isinstance(s, Layer) and s.node in twins])
    others = [s for s in sites if s.node not in inside and s.node not in twins]
    for site in others:
        if isinstance(site, Layer) and is_wrapper(site):
            plan.edits.expressions[site.node] = wrapper(plan, site)
    built: list[Built] = [*(s for s in others if not is_wrapper(s)), *early(plan, cls, setup)]
    if built and "__call__" in known:
        draft.lines += Skeleton(plan, draft, built).written(known["__call__"].body)
    draft.lines += declarations(plan, cls)
    draft.lines[:] = [told(plan, cls, line) for line in draft.lines]
    return draft


def _setup(plan: Plan, draft: Draft, setup: ast.FunctionDef, sites: list[Layer | Parameter]) -> None:
    """The statements of `setup` as they are, with the new constructions in them."""
    computes = computed(plan, draft.cls)
    computing = {node for statement in computes.lines for node in ast.walk(statement)}
    for site in sites:
        made = construction(plan, draft, site) if isinstance(site, Layer) else parameter(plan, draft, site)
        if site.kept is None and site.node not in computing:
            raise Blocked(site.node, "LNX111", "a layer is made in `setup` and not kept as an attribute")
        plan.edits.expressions[site.node] = made
        draft.constructions.append(made)
    write_tuples(plan, sites)
    write_lists(plan, draft)
    write_dicts(plan, draft.cls)
    run_along(plan, draft, setup, sites)
    write_quoted(plan, sites)
    layers = [site for site in sites if isinstance(site, Layer) and site.explicit and site.kept == "*"]
    layers = [site for site in layers if site.node not in plan.facts.in_tuples]
    named = {outer(plan, site): site for site in layers if isinstance(plan.parent(site.node), ast.ListComp)}
    changing = changing_lists(plan, setup)
    for node in plan.facts.lists & set(ast.walk(setup)):
        if outer_of(plan, node) in named or plan.statement(node) in changing:
            continue
        statement = plan.statement(node)
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise Blocked(node, "LNX111", "a list of layers has two names")
        made = template("{} = nnx.List({})", statement.targets[0], _items(plan, node))
        plan.edits.statements[statement] = [made]
    documented = ast.get_docstring(setup, clean=False) is not None
    if outside := named.keys() - {*setup.body}:
        raise Blocked(outside.pop(), "LNX111", "a list of layers with names is made under a condition")
    if outside := changing.keys() - {*setup.body}:
        raise Blocked(
            outside.pop(), "LNX111", "a list of layers with changing sizes is made under a condition"
        )
    guarded = earlier_values(plan, setup, sites) | _guarded(plan, sites)
    if outside := guarded.keys() - {*setup.body}:
        raise Blocked(outside.pop(), "LNX111", "a layer is made under one condition and called under another")
    moved: list[Line] = [
        (named_list(plan, named[s]) if s in named else s, s if s in named else None) for s in setup.body
    ]
    if outside := changing.keys() & guarded.keys():
        raise Blocked(outside.pop(), "LNX111", "layers of a list are called under a condition")
    moved = [*_under_guards(plan, setup.body, moved, guarded)]
    moved = [one for line in moved for one in _instead(changing, line)]
    if own := {s: lines for s in setup.body if (lines := kept_inside(plan, s))}:
        if guarded or len(moved) != len(setup.body):
            raise Blocked(setup, "LNX111", "a layer that a module is handed is made under a condition")
        moved = [line for s, one in zip(setup.body, moved, strict=True) for line in (one, *own.get(s, ()))]
    moved = [one for line in moved for one in computes.instead(line)]
    draft.lines[:] = [*moved[:documented], *draft.lines, *moved[documented:]]


def _items(plan: Plan, node: ast.expr) -> ast.expr:
    """What goes into the new list: `list(...)` around it would only copy it once more."""
    copied = isinstance(node, ast.Call) and plan.facts.values.get(node.func) == Symbol(LIST)
    return node.args[0] if isinstance(node, ast.Call) and copied else node


def _instead(changing: dict[ast.stmt, list[Line]], line: Line) -> list[Line]:
    """The loop in place of a list whose sizes run along with it; any other line as it is."""
    return changing.get(line[0], [line]) if isinstance(line[0], ast.stmt) else [line]


def _guarded(plan: Plan, sites: list[Layer | Parameter]) -> dict[ast.stmt, str]:
    """The statements whose layers have parameters only under a condition."""
    layers = [site for site in sites if isinstance(site, Layer)]
    found: dict[ast.stmt, str | None] = {}
    for site in layers:
        test, statement = guard(plan, site), plan.statement(site.node)
        if test is not None and is_behind(plan, site, Size(test)):
            message = "whether this layer is there is known behind a loop of `setup` alone: build it there"
            raise Blocked(site.node, "LNX111", message)
        if found.setdefault(statement, test) != test:
            message = "of the layers that one statement makes, some are called under another condition"
            raise Blocked(site.node, "LNX111", message)
    return {statement: test for statement, test in found.items() if test is not None}


def _under_guards(
    plan: Plan, body: list[ast.stmt], lines: list[Line], guarded: dict[ast.stmt, str]
) -> Iterator[Line]:
    """The lines of `setup`, those with one condition side by side under it."""
    for test, group in groupby(zip(body, lines, strict=True), lambda pair: guarded.get(pair[0])):
        if test is None:
            yield from (line for _, line in group)
            continue
        made: list[Line] = []
        for statement, (piece, _) in group:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or piece is not statement:
                raise Blocked(statement, "LNX111", "layers of a list are called under a condition")
            plain = template("{} = {}", statement.targets[0], statement.value)
            made += [(line, statement) for line in plan.edits.statements.get(statement, [plain])]
        yield Suite(f"if {test}:", tuple(made)), None


def _check_names(plan: Plan, cls: Class) -> None:
    """Two constructions under one name are one layer only where just one of them is ever reached."""
    seen: dict[str, Layer | Parameter] = {}
    twins = originals(plan, cls)
    taken = {*methods(cls), *field_names(cls), *own_constants(cls)}
    for site in owned(plan, cls):
        if isinstance(site, USES) or is_wrapper(site) or site.node in twins:
            continue
        if site.name in taken and site.kept != "*":
            raise Blocked(site.node, "LNX111", f"`{site.name}` is a layer and something else of the class")
        other = seen.setdefault(site.name, site)
        if other is not site and not _exclusive(plan, other.node, site.node):
            raise Blocked(site.node, "LNX111", f"two layers are called `{site.name}`")


def _exclusive(plan: Plan, one: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes stand in different branches of one condition."""
    parent = plan.facts.scopes.parent
    chain = []
    node = one
    while node in parent:
        chain.append((parent[node], node))
        node = parent[node]
    branches = {above: below for above, below in chain if isinstance(above, ast.If | ast.IfExp)}
    node = other
    while node in parent:
        above = parent[node]
        if above in branches and isinstance(above, ast.If | ast.IfExp):
            first = above.body if isinstance(above, ast.If) else [above.body]
            return (branches[above] in first) != (node in first)
        node = above
    return False
