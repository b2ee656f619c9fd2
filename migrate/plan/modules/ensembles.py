"""Ensembles that a function of the project makes: it goes on making them, of NNX modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Function, Lifted
from migrate.analysis.modules.ensembles import maker
from migrate.analysis.program.parameters import all_parameters
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

MAKE = """\
def make(*args, rngs, **kwargs):
    members = nnx.vmap(lambda rngs: {cls}(*args, **kwargs, rngs=rngs))
    return nnx.split_rngs(splits={size})(members)(rngs)"""
TAKEN = frozenset({"args", "kwargs", "make", "members", "nnx", "rngs"})


def makers(plan: Plan) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """The functions that make ensembles of the component, with what lifts a class in each."""
    lifted = {s.lifted.site for s in plan.component.sites if isinstance(s, Layer) and s.lifted is not None}
    for site in lifted:
        made = maker(plan.facts, site)
        if made is not None:
            yield made, site


def rewrite_makers(plan: Plan) -> None:
    """`return nn.vmap(cls, ..., axis_size=num)` becomes a function that makes them side by side."""
    for made, site in makers(plan):
        size = next(keyword.value for keyword in site.keywords if keyword.arg == "axis_size")
        read = names_in(site.args[0]) | names_in(size)
        if read & TAKEN:
            message = f"`{min(read & TAKEN)}` would mean something else in what makes an ensemble"
            raise Blocked(made, "LNX130", message)
        cls, num = map(plan.facts.files.segment, (site.args[0], size))
        plan.edits.statements[plan.statement(site)] = [MAKE.format(cls=cls, size=num), "return make"]
        gone = {arg.arg for arg in all_parameters(made)} - read
        for call in _calls(plan, made, site):
            _check_call(plan, made, call, gone)
        for parameter in gone:
            plan.edits.parameters[made][parameter] = ()


def _calls(plan: Plan, made: ast.FunctionDef, site: ast.Call) -> Iterator[ast.Call]:
    """Every call of the function, which is nowhere else mentioned."""
    inside = {node for cls in plan.component.classes for node in ast.walk(cls)}
    for node, value in plan.facts.values.items():
        if not isinstance(value, Function) or value.node is not made or not isinstance(node, ast.expr):
            continue
        call = plan.parent(node)
        lifts = isinstance(call, ast.Call) and call.func is node and call in inside
        found = plan.facts.values.get(call)
        one = isinstance(found, Lifted) and found.site is site
        if not lifts or not one or not isinstance(call, ast.Call):
            message = f"`{made.name}` makes ensembles of modules, and is used otherwise here"
            raise Blocked(node, "LNX130", message)
        yield call


def _check_call(plan: Plan, made: ast.FunctionDef, call: ast.Call, gone: set[str]) -> None:
    names = [arg.arg for arg in made.args.args]
    given = {*names[: len(call.args)], *(keyword.arg for keyword in call.keywords)}
    if given - {*names} or given & gone or any(isinstance(arg, ast.Starred) for arg in call.args):
        message = f"`{made.name}` is given an option of `nn.vmap` that has no rewriting"
        raise Blocked(call, "LNX130", message)
