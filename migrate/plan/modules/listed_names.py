"""Lists of layers with names of their own, written out or filled in a loop of `setup`.

Each layer becomes an attribute of its name, as in Linen's tree, and the list is made where it is read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.modules.named_lists import NamedList, named_lists
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Layer, Parameter, Running
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, texts_of
from migrate.plan.modules.own_attributes import attributes
from migrate.plan.modules.read_again import read_again
from migrate.plan.modules.reserved import RESERVED
from migrate.rewrite.edits import Piece, template


def lists_of(plan: Plan, cls: Class) -> list[NamedList]:
    """The lists of a class that became attributes of their layers' names."""
    return [one for one in named_lists(cls).values() if _is_named(plan, one.turn or one.first[0])]


def _is_named(plan: Plan, node: ast.Call) -> bool:
    site = plan.facts.sites.get(node)
    return isinstance(site, Layer) and site.explicit and site.kept == "*"


def write_lists(plan: Plan, draft: Draft) -> None:
    """`setattr(self, "0", Block(...))` in place of the statements that make such lists."""
    for one in lists_of(plan, draft.cls):
        _check_names(plan, draft.cls, one)
        plan.edits.statements[one.kept] = []
        plan.edits.statements[one.begun] = [template("setattr(self, {}, {})", _name(c), c) for c in one.first]
        if one.loop is not None and one.turn is not None:
            running = [r for r in _running(plan, one.loop) if _is_used(plan, one.turn, r)]
            begin: list[Piece] = [f"{r.name} = {r.start.text}" for r in running]
            ends: list[Piece] = [f"{r.name} = {r.end.text}" for r in running]
            draft.constructions += [*begin, *ends]
            plan.edits.before[one.loop] += begin
            turn = template("setattr(self, {}, {})", _name(one.turn), one.turn)
            plan.edits.statements[plan.statement(one.turn)] = [turn, *ends]


def write_quoted(plan: Plan, sites: Sequence[Layer | Parameter]) -> None:
    """`setattr(self, "0", ...)` for a layer with such a name that one attribute kept."""
    for site in sites:
        if not isinstance(site, Layer) or site.kept in {None, "*"} or site.name.isidentifier():
            continue
        statement = plan.statement(site.node)
        if not isinstance(statement, ast.Assign) or statement.value is not site.node:
            raise Blocked(site.node, "LNX111", "a layer in `setup` has another name than its attribute")
        plan.edits.statements[statement] = [template(f'setattr(self, "{site.name}", {{}})', site.node)]


def _running(plan: Plan, loop: ast.For) -> tuple[Running, ...]:
    return plan.facts.loops[loop].running if loop in plan.facts.loops else ()


def _is_used(plan: Plan, turn: ast.Call, running: Running) -> bool:
    name = re.compile(rf"\b{running.name}\b(?!=[^=])")
    return any(name.search(text) for text in texts_of(plan.edits.expressions[turn]))


def _check_names(plan: Plan, cls: Class, one: NamedList) -> None:
    """A layer may not take the name of anything else in the class."""
    for call in (*one.first, *([one.turn] if one.turn is not None else [])):
        site = plan.facts.sites[call]
        assert isinstance(site, Layer)
        if site.name in attributes(cls) - {one.attr} or site.name in RESERVED:
            raise Blocked(call, "LNX111", f"`{site.name}` is a layer and something else of the class")


def _name(call: ast.Call) -> ast.expr:
    return next(keyword.value for keyword in call.keywords if keyword.arg == "name")


def read_listed(plan: Plan, cls: Class) -> None:
    """Every read of such a list finds the layers by their names."""
    lists = {one.attr: _read(plan, cls, one) for one in lists_of(plan, cls)}
    for method in own_methods(cls).values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Load()) if attr in lists:
                    plan.edits.expressions[node] = lists[attr]


def _read(plan: Plan, cls: Class, one: NamedList) -> str:
    names = [read_again(plan, cls, _name(call)) for call in one.first]
    if one.loop is None or one.turn is None:
        if len(names) > 1:
            return f"[getattr(self, name) for name in ({', '.join(names)})]"
        return f"[getattr(self, {names[0]})]"
    name = read_again(plan, cls, _name(one.turn), names_in(one.loop.target))
    counted = f"getattr(self, {name}) for {_target(plan, one)}"
    turns = f"{counted} in {plan.facts.fillings[one.loop].iterated}"
    if not names:
        return f"[{turns}]"
    return f"[{', '.join(f'getattr(self, {name})' for name in names)}, *({turns})]"


def _target(plan: Plan, one: NamedList) -> str:
    """What the loop binds, as far as the names of the layers need it."""
    assert one.loop is not None and one.turn is not None
    used = names_in(_name(one.turn))
    match one.loop.target:
        case ast.Tuple(elts=[ast.Name(id=index), other]) if not used & names_in(other):
            return f"{index}, _"
        case target:
            return plan.facts.files.segment(target)
