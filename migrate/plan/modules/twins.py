"""Layers of one of several classes, which one call builds: it is written alike for all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class, Dict, Function, Symbol
from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.class_tables import bound_to, is_class, names_option, options, origins
from migrate.analysis.modules.hoisting import holes, spliced
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.helpers import refuse_helper
from migrate.plan.modules.layer import construction
from migrate.plan.modules.moved import in_setup
from migrate.plan.modules.reserved import RESERVED
from migrate.rewrite.edits import template


def originals(plan: Plan, cls: Class) -> dict[ast.AST, ast.Call]:
    """The calls in a class that the twins stand for."""
    inside = set(ast.walk(cls.node))
    return {twin: node for node, twins in plan.facts.twins.items() if node in inside for twin in twins}


def check_twins(plan: Plan, draft: Draft, twins: list[Layer]) -> None:
    """Each class must take what the others take."""
    known = originals(plan, draft.cls)
    for site in twins:
        node = known[site.node]
        first = plan.facts.sites.get(node)
        if not isinstance(first, Layer):
            raise Blocked(node, "LNX111", "the class of a layer is decided by more than `setup`")
        if construction(plan, draft, site) != construction(plan, draft, first):
            message = f"`{_called(first)}` and `{_called(site)}` need different arguments here"
            raise Blocked(node, "LNX111", f"{message}: build each where it is chosen")
    _check_tables(plan, draft.cls)
    _check_numbers(plan, draft.cls)


def _called(site: Layer) -> str:
    return site.cls.node.name if site.cls is not None else site.layer.rpartition(".")[2]


def choice_is_built(plan: Plan, choice: ast.IfExp) -> bool:
    """`block = A if self.deep else B` in `setup`, where `block` is only called; or the choice itself is."""
    match plan.parent(choice):
        case ast.Call(func=function) as call if function is choice:
            return call in plan.facts.twins
        case ast.Assign(targets=[ast.Name(id=name) as target]) if in_setup(plan, choice):
            variable = plan.facts.scopes.variable(target, name)
            uses = [use for use in plan.facts.scopes.names(variable) if use is not target]
        case _:
            return False
    return all(plan.parent(use) in plan.facts.twins and _calls(plan.parent(use), use) for use in uses)


def _calls(call: ast.AST, name: ast.Name) -> bool:
    return isinstance(call, ast.Call) and call.func is name


def chosen_options(plan: Plan) -> set[ast.expr]:
    """The classes that the choices of the component name, as they are written."""
    return {one for call in _choices(plan) for one in options(plan.facts, call.func) or ()}


def rewrite_choices(plan: Plan, cls: Class) -> None:
    """The classes become those of NNX where they are chosen; a name that only chose is gone."""
    calls = [call for call in _choices(plan) if call in set(ast.walk(cls.node))]
    for call in calls:
        for one in options(plan.facts, call.func) or ():
            if (text := _new(plan, one)) is not None:
                plan.edits.expressions[one] = text
    for statement in {s for call in calls if (s := chosen_by(plan, call)) is not None}:
        if not in_setup(plan, statement) and not any(_is_named(plan, c, statement) for c in calls):
            plan.edits.statements[statement] = []


def changed_origins(plan: Plan) -> Iterator[ast.AST]:
    """The functions, and the names of tables, that give other classes than before."""
    for origin in {one for call in _choices(plan) for one in origins(plan.facts, call.func)}:
        if isinstance(origin, Variable):
            yield from (n for n in plan.facts.scopes.names(origin) if not isinstance(n.ctx, ast.Load))
        else:
            yield origin


def chosen_by(plan: Plan, call: ast.Call) -> ast.Assign | None:
    """The statement that gives the chosen class a name."""
    value = bound_to(plan.facts, call.func) if isinstance(call.func, ast.Name) else None
    statement = plan.parent(value) if value is not None else None
    return statement if isinstance(statement, ast.Assign) else None


def chosen_line(plan: Plan, draft: Draft, statement: ast.stmt) -> Line | None:
    """The line of `__init__` that repeats how `__call__` chooses a class; comments go along if it is gone."""
    calls = [call for call in _choices(plan) if chosen_by(plan, call) is statement]
    if not isinstance(statement, ast.Assign) or not calls:
        return None
    target, value = statement.targets[0], statement.value
    found = holes(plan.facts, draft.cls, value)
    name = plan.facts.files.segment(target)
    if found is None or name in RESERVED or name == "rngs" or "features" in name or "shape" in name:
        raise Blocked(statement, "LNX111", "a layer class is chosen by more than `__init__` knows")
    origin = None if any(_is_named(plan, call, statement) for call in calls) else statement
    if not found:
        return template("{} = {}", target, value), origin
    known = {one: text for one in options(plan.facts, value) or () if (text := _new(plan, one)) is not None}
    return f"{name} = {spliced(plan.facts, value, found | known)}", origin


def _new(plan: Plan, node: ast.expr) -> str | None:
    """A layer class under its name in NNX."""
    value = plan.facts.values.get(node)
    if not isinstance(value, Symbol):
        return None
    refuse_helper(node, value.name)
    return f"nnx.{LAYERS[value.name].target}"


def _is_named(plan: Plan, call: ast.Call, statement: ast.Assign) -> bool:
    """Whether `__call__` makes the name of a layer from the class that a statement has chosen."""
    site = plan.site(call)
    return chosen_by(plan, call) is statement and isinstance(site, Layer) and not site.explicit


def _choices(plan: Plan) -> Iterator[ast.Call]:
    for site in plan.component.sites:
        if isinstance(site, Layer) and site.node in plan.facts.twins:
            yield site.node


def _check_tables(plan: Plan, cls: Class) -> None:
    """All that reads a table or function of classes must be choices that are rewritten with it."""
    known = chosen_options(plan) | {chosen.plain for chosen in plan.facts.chosen_checkpoints.values()}
    for node in ast.walk(cls.node):
        named = isinstance(node, ast.expr) and is_class(plan.facts, node) and names_option(plan.facts, node)
        above = plan.parent(node) if named else None
        if named and node not in known and not (isinstance(above, ast.Call) and above.func is node):
            raise Blocked(node, "LNX111", "a layer class is used as a value inside a module")
    for site in plan.component.sites:
        if isinstance(site, Layer) and site.owner.node is cls.node and _is_taken(plan, site):
            message = "a layer class is taken from a table or function by a constant: write the class"
            raise Blocked(site.node, "LNX111", message)
    read = {part for call in _choices(plan) for part in _read_by(plan, call)}
    for origin in {one for call in _choices(plan) for one in origins(plan.facts, call.func)}:
        for name in _mentions(plan, origin):
            if name not in read and not _asks_for_key(plan, name):
                message = "a layer class is chosen from a table that is read elsewhere as well"
                raise Blocked(name, "LNX111", message)


def _is_taken(plan: Plan, site: Layer) -> bool:
    """Whether a class comes from a table or function that is not asked for one of several."""
    if written_at(plan.facts, site.node) in plan.facts.twins or site.lifted is not None:
        return False
    node = site.node.func
    value = bound_to(plan.facts, node) if isinstance(node, ast.Name) else node
    return value is not None and any(True for _ in origins(plan.facts, value))


def _read_by(plan: Plan, call: ast.Call) -> Iterator[ast.AST]:
    """All that stands in the choice of a class."""
    statement = chosen_by(plan, call)
    yield from ast.walk(statement.value if statement is not None else call.func)
    for origin in origins(plan.facts, call.func):
        if isinstance(origin, ast.FunctionDef):
            yield from ast.walk(origin)


def _mentions(plan: Plan, origin: Variable | ast.FunctionDef) -> Iterator[ast.AST]:
    """Wherever a table or function is read, also in other files."""
    if isinstance(origin, Variable):
        stores = [n for n in plan.facts.scopes.names(origin) if not isinstance(n.ctx, ast.Load)]
        held = {plan.facts.values.get(store) for store in stores}
        found = (n for n, value in plan.facts.values.items() if value in held and isinstance(value, Dict))
        yield from (n for n in found if isinstance(n, ast.Name | ast.Attribute) and n not in stores)
        yield from (n for n in plan.facts.scopes.names(origin) if n not in stores)
        return
    for node, value in plan.facts.values.items():
        named = isinstance(node, ast.Name | ast.Attribute)
        if named and isinstance(value, Function) and value.node is origin:
            yield node


def _asks_for_key(plan: Plan, name: ast.AST) -> bool:
    """`self.norm in NORMS`, which says nothing of the classes."""
    match plan.parent(name):
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[table]):
            return table is name
        case _:
            return False


def _check_numbers(plan: Plan, cls: Class) -> None:
    """Layers without a name are numbered by class: two choices, or a class besides, would share numbers."""
    sites = [s for s in plan.component.sites if isinstance(s, Layer) and s.owner.node is cls.node]
    twins = originals(plan, cls)
    stems: dict[str, set[str]] = {}
    for site in sites:
        if site.explicit or site.kept is not None:
            continue
        call = twins.get(site.node, site.node)
        stem = plan.facts.chosen.get(call)
        short = _called(site)
        if stem is not None and site.cls is None and LAYERS[site.layer].target != short:
            message = f"`nn.{short}`, which may be chosen, is called otherwise in NNX: give the layer a name"
            raise Blocked(call, "LNX111", message)
        if stem is not None and {*ast.walk(call.func)} & {*(options(plan.facts, call.func) or ())}:
            message = "a layer class is chosen where it is called: choose it in a line of its own"
            raise Blocked(call, "LNX111", message)
        stems.setdefault(short, set()).add(stem or short)
        if len(stems[short]) > 1:
            message = f"how many layers of `{short}` there are before this one depends on what is chosen"
            raise Blocked(call, "LNX111", message)
