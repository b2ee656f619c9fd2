"""`use_running_average=not self.is_mutable_collection("batch_stats")` goes: the norm holds the flag itself.

A model of NNX takes the statistics of the batch from its construction on. A call that may not change them is
one of a view of the model; callers outside of the sources are told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class, LayerField, Partial, Symbol, Value
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.mutable_stats import FLAG, is_mode
from migrate.analysis.sites import ApplyFunction, AskMutable, Bind, CompileApply, Construct, Layer, Outline
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.held import held_by
from migrate.plan.modules.moved import is_late

NORM = "flax.linen.BatchNorm"
MORE = "`self.is_mutable_collection` is more than the flag of a norm: make it an argument"

UNTOLD = "whether the statistics may change in this call cannot be told"


def asking(plan: Plan) -> list[AskMutable]:
    """Where the modules of the component ask whether their statistics may change."""
    return [site for site in plan.component.sites if isinstance(site, AskMutable)]


def rewrite_mutable_stats(plan: Plan, cls: Class) -> None:
    """Every question of the class goes, with the names that hold the answer."""
    own = [site.node for site in asking(plan) if site.owner.node is cls.node]
    for node in own:
        _leave_out(plan, node)
    if own:
        _check_callers(plan)
        _check_lifted(plan, cls)
        _check_fixed(plan, own[0])


def _leave_out(plan: Plan, node: ast.expr) -> None:
    """Leave out what is given an answer, which may be nothing but the flag of a norm."""
    match plan.parent(node):
        case ast.UnaryOp(op=ast.Not()) as opposite:
            _leave_out(plan, opposite)
        case ast.Assign(targets=[ast.Name() as name]) as statement:
            plan.edits.statements[statement] = []
            for read in _reads(plan, name):
                _leave_out(plan, read)
        case ast.keyword(arg=arg) as keyword if arg == FLAG and is_mode(plan.facts, node):
            call = plan.parent(keyword)
            assert isinstance(call, ast.Call)
            _check_norm(plan, call)
            plan.edits.arguments[call][node] = ()
        case _:
            raise Blocked(node, "LNX311", MORE)


def _reads(plan: Plan, name: ast.Name) -> list[ast.Name]:
    """Where a name is read that is bound only once, in the method that binds it."""
    scopes = plan.facts.scopes
    variable = scopes.variable(name, name.id)
    names = scopes.names(variable)
    own = all(scopes.function(each) is scopes.function(name) for each in names)
    if not own or [each for each in names if not isinstance(each.ctx, ast.Load)] != [name]:
        raise Blocked(name, "LNX311", MORE)
    return [each for each in names if each is not name]


def _check_norm(plan: Plan, call: ast.Call) -> None:
    """The flag is one of a norm that is built here, called here, or built by a partial call."""
    layers = [site for site in plan.facts.sites.values() if isinstance(site, Layer)]
    built = [site for site in layers if site.node is call]
    called = [site for site in layers if call in site.calls]
    known = (
        _is_partial_norm(plan.facts.values.get(call))
        or any(_is_norm(site) for site in built)
        or (bool(called) and all(_is_norm(site) for site in called))
    )
    if not known:
        raise Blocked(call, "LNX311", MORE)


def _is_norm(site: Layer) -> bool:
    return site.cls is None and site.extends is None and site.layer == NORM


def _is_partial_norm(value: Value | None) -> bool:
    match value:
        case Partial(Symbol(name)):
            return name == NORM
        case Partial(LayerField(layer=name, cls=None)):
            return name == NORM
        case _:
            return False


def _check_callers(plan: Plan) -> None:
    """Calls of `apply` tell what may change; whatever else runs a model does not."""
    for site in plan.component.sites:
        if isinstance(site, ApplyFunction | Bind | CompileApply | Outline):
            raise Blocked(site.node, "LNX310", UNTOLD)


def _check_lifted(plan: Plan, cls: Class) -> None:
    """Under a transform of Linen, what may change is a question of the transform as well."""
    layers = [site for site in plan.facts.sites.values() if isinstance(site, Layer)]
    for site in layers:
        held = held_by(plan, site.cls.node) if site.lifted is not None and site.cls is not None else set()
        if cls.node in held:
            raise Blocked(site.node, "LNX311", "a module under a transform asks what `apply` may change")
    if any(cls.node in held_by(plan, node) for node in plan.facts.scans):
        raise Blocked(cls.node, "LNX311", "a module under a transform asks what `apply` may change")


def _check_fixed(plan: Plan, node: ast.expr) -> None:
    """Callers elsewhere set the flags of all layers at once, also of those that were built with one."""
    if any(isinstance(site, Construct) for site in plan.component.sites):
        return
    for site in plan.component.sites:
        if isinstance(site, Layer) and site.cls is None and any(_fixed(plan, site)):
            raise Blocked(node, "LNX311", "another layer is built with a flag that `train` would change")


def _fixed(plan: Plan, site: Layer) -> Iterator[bool]:
    """For each flag that a layer is built with: whether it is told then."""
    for name, node in site.given:
        if name in LAYERS[site.layer].late:
            yield not is_mode(plan.facts, node) and not is_late(plan, site, name, node)


def told_of_modes(plan: Plan, cls: Class) -> str:
    """What callers have to do that gave `mutable`, or did not."""
    held = held_by(plan, cls.node)
    if not any(site.owner.node in held for site in asking(plan)):
        return ""
    return "; `model.eval()` stands for an `apply` without `mutable`, and `model.train()` for one with it"
