"""Modules under `nn.vmap`: ensembles, and one module that is called for each entry of its inputs."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrate.analysis.kinds import Const, Lifted
from migrate.analysis.modules.mapped import input_axes, is_shared, option
from migrate.analysis.modules.stacked import is_layered
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, Template, template


def made_side_by_side(plan: Plan, site: Layer, made: Piece, moved: Callable[[ast.expr], Piece]) -> Piece:
    """The members of an ensemble are made side by side, each from keys of its own; one layer as it is."""
    size = _count(plan, site)
    if size is None:
        return made
    return template("nnx.split_rngs(splits={})(nnx.vmap(lambda rngs: {}))(rngs)", moved(size), made)


def _count(plan: Plan, site: Layer) -> ast.expr | None:
    """How many members have parameters of their own."""
    match site.lifted:
        case Lifted(transform="flax.linen.vmap") as lifted if not is_shared(plan.facts, lifted):
            word = "axis_size"
        case Lifted(transform="flax.linen.scan") as lifted if is_layered(plan.facts, lifted):
            word = "length"
        case _:
            return None
    return next(keyword.value for keyword in lifted.site.keywords if keyword.arg == word)


def same_inputs(plan: Plan, site: Layer) -> bool:
    """Whether all members of an ensemble are given all of the inputs."""
    assert site.lifted is not None
    return option(plan.facts, site.lifted, "in_axes") == Const(None)


def options_of(plan: Plan, site: Layer) -> list[ast.keyword]:
    """The axes that `jax.vmap` has to be told, as it would take others."""
    assert site.lifted is not None
    keywords = [k for k in site.lifted.site.keywords if k.arg in {"in_axes", "out_axes"}]
    return [k for k in keywords if plan.facts.values.get(k.value) != Const(0)]


def mapped_call(plan: Plan, site: Layer, call: ast.Call, name: str) -> Template:
    """`jax.vmap(self.shared, in_axes=1)(x)`; the members of an ensemble are inputs as well."""
    assert site.lifted is not None
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        raise Blocked(call, "LNX130", "what the modules of this `nn.vmap` are given cannot be told")
    options = options_of(plan, site)
    if is_shared(plan.facts, site.lifted):
        parts: list[Piece] = ["jax.vmap(", call.func]
        for option_ in options:
            parts += [f", {option_.arg}=", option_.value]
        return Template((*parts, ")(", *_listed(call.args), ")"))
    given = option(plan.facts, site.lifted, "in_axes")
    axes = input_axes(given, len(call.args)) or []
    parts = [f"jax.vmap(lambda {name}, *inputs: {name}(*inputs)"]
    if any(axis != 0 for axis in axes):
        parts.append(f", in_axes=(0, {', '.join(map(repr, axes))})")
    for option_ in options:
        if option_.arg == "out_axes":
            parts += [", out_axes=", option_.value]
    return Template((*parts, ")(", *_listed([call.func, *call.args]), ")"))


def _listed(nodes: list[ast.expr]) -> list[Piece]:
    pieces: list[Piece] = []
    for node in nodes:
        pieces += [", ", node] if pieces else [node]
    return pieces
