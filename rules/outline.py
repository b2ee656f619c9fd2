"""LNX006: what is shown of a definition is shown of its model."""

from __future__ import annotations

import ast

from migrate.analysis.sites import Outline
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.modules.construction import rngs, streams
from migrate.plan.modules.drawing import drawing
from migrate.plan.training.initialisation import called
from migrate.plan.training.outlines import class_of
from migrate.plan.training.samples import drop_dead_samples
from migrate.plan.training.whole_variables import has_others
from migrate.rewrite.edits import Piece, template
from rules.init_model import RULE

SITE = Outline
__all__ = ["RULE", "SITE", "rewrite"]


def rewrite(plan: Plan, site: Outline) -> None:
    """`nnx.tabulate(model, x)`, or the shapes of the parameters as a dict; a wrapped module shows itself."""
    if plan.bridged:
        return
    if not has_no_effect(plan.facts, site.init.key):
        message = "drawing this key has effects that would go with it: name it first"
        raise Blocked(site.init.key, "LNX006", message)
    if site.tabulates:
        _tabulate(plan, site)
    else:
        _shapes(plan, site)


def _made_for_it(plan: Plan, site: Outline) -> bool:
    """Whether the definition goes on by itself, so that no model is there to be shown."""
    return site.init.instance.site in plan.definitions.apart


def _tabulate(plan: Plan, site: Outline) -> None:
    model: Piece = site.definition
    if _made_for_it(plan, site):
        model = called(plan, site.init, site.definition)
    given: list[tuple[str | None, Piece]] = [(None, model), *((None, node) for node in site.init.inputs)]
    given += [(name, node) for name, node, _ in site.init.named]
    cls = class_of(site)
    if cls is not None and "__call__" in drawing(plan, cls):
        given.append(("rngs", _drawn(plan, site)))
    given += [(option.arg, option.value) for option in site.options]
    written = ", ".join("{}" if name is None else f"{name}={{}}" for name, _ in given)
    plan.edits.expressions[site.node] = template(f"nnx.tabulate({written})", *(piece for _, piece in given))


def _drawn(plan: Plan, site: Outline) -> Piece:
    """The random keys of a call: those that `init` is given beside the one for parameters."""
    key = site.init.key
    if not isinstance(key, ast.Dict):
        return rngs(plan, site.init)
    streams_of = [(k, v) for k, v in zip(key.keys, key.values, strict=True) if not _is_params(k)]
    if not streams_of:
        return streams(key)
    return streams(ast.Dict(keys=[k for k, _ in streams_of], values=[v for _, v in streams_of]))


def _is_params(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and key.value == "params"


def _shapes(plan: Plan, site: Outline) -> None:
    """A dict with Linen's names, as `init` would have given it."""
    whole = _whole(plan, site)
    if _made_for_it(plan, site):
        made = template("nnx.eval_shape(lambda: {})", called(plan, site.init, site.definition))
        shapes = template("nnx.to_pure_dict(nnx.state({}, nnx.Param))", made)
    else:
        drop_dead_samples(plan, site.init, [])
        state = template("nnx.state({}, nnx.Param)", site.definition)
        shapes = template("{}(nnx.to_pure_dict, {})", site.node.func, state)
    if whole is site.node:
        shapes = template('{"params": {}}', shapes)
    plan.edits.expressions[whole] = shapes


def _whole(plan: Plan, site: Outline) -> ast.expr:
    """The call, or the item of it with the parameters."""
    match plan.parent(site.node):
        case ast.Subscript(slice=ast.Constant(value="params")) as item:
            return item
    cls = class_of(site)
    if cls is not None and has_others(plan.facts, cls.node):
        message = "the shapes are read of variables that hold more than parameters"
        raise Blocked(site.node, "LNX006", message)
    return site.node
