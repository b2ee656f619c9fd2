"""The arguments that a construction gains: input sizes and random streams."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class, Const, Symbol
from migrate.analysis.modules.classes import inputs_of, is_extended, lineage
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.names import canonical
from migrate.analysis.shapes.sizes import product
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.functions.roles import is_parameter
from migrate.plan.modules.given_samples import Sample, sample_of
from migrate.plan.modules.input_sizes import InputSize, input_sizes
from migrate.plan.modules.module_drafts import draft_of
from migrate.plan.modules.told_sizes import refused
from migrate.rewrite.edits import Piece, template

Arguments = list[tuple[str | None, Piece]]
FILLED = frozenset({"zeros", "ones", "empty", "full"})


def sizes(plan: Plan, site: Init) -> Arguments:
    """The input sizes at an `init` call, from its sample inputs."""
    cls = site.instance.cls
    if isinstance(cls, Symbol):
        return _of_layer(plan, site, cls)
    assert isinstance(cls, Class)
    call = signature(cls)
    if call is None:
        raise Blocked(site.node, "LNX111", f"`{cls.node.name}` has no `__call__` of its own")
    names = inputs_of(call)
    _check_ranks(plan, site, cls, names)
    draft = draft_of(plan, cls)
    arguments = input_sizes(plan, cls, draft).arguments
    if untold := [argument.argument for argument in arguments if argument.form == "told"]:
        raise refused(draft, untold[0])
    given = {argument.parameter: sample_of(plan, site, names, argument.parameter) for argument in arguments}
    return [
        (argument.argument, _size(plan, site, given[argument.parameter], argument))
        for argument in arguments
        if not (argument.optional and _is_missing(given[argument.parameter]))
    ]


def _is_missing(given: Sample | None) -> bool:
    return given is None or given.value == Const(None)


def _check_ranks(plan: Plan, site: Init, cls: Class, names: list[str]) -> None:
    """The classes that share a `__call__` are read once: with samples of one form."""
    if len(lineage(cls)) == 1 and not is_extended(cls, plan.facts.classes):
        return
    for one in lineage(cls):
        known = plan.facts.summaries[one.node].ranks if one.node in plan.facts.summaries else {}
        for name in names:
            given = site.sample(names, name)
            rank = given[1].rank if given is not None else None
            if rank is not None and known.get(name, rank) != rank:
                message = f"`{name}` has {rank} axes in this sample and another number elsewhere"
                raise Blocked(site.node, "LNX112", message)


def _of_layer(plan: Plan, site: Init, cls: Symbol) -> Arguments:
    """A single layer; only those that take the last axis of their input first, if anything."""
    kind = LAYERS[cls.name]
    first = Sample(site.inputs[0], site.shapes[0], UNKNOWN) if site.inputs else None
    if kind.first[:1] == ("in",) and kind.output != "cell":
        return [("in_features", _last_axis(plan, site, first))]
    if (
        "in" in kind.first
        or kind.helper is not None
        or "bias_shape" in kind.first
        or "general" in kind.first
        or kind.draws
        or kind.stats
        or not kind.leaves
    ):
        raise Blocked(site.node, "LNX110", f"`{cls.name.removeprefix('flax.')}` as a whole model")
    return []


def _size(plan: Plan, site: Init, given: Sample | None, argument: InputSize) -> Piece:
    form, rank = argument.form, argument.rank
    if form == "last":
        return _last_axis(plan, site, given)
    if given is None:
        raise Blocked(
            site.node, "LNX112", "`init` is called without a sample for an input whose size is needed"
        )
    sample, shape = given.node, given.shape
    if form == "first":
        return _first_axis(plan, site, given)
    axes = shape.axes[1:] if shape.exact else ()
    known = [axis.text for axis in axes if axis is not None and _has_one_value(plan, site, axis.names)]
    whole = shape.exact and len(known) == len(axes)
    named = _named(given)
    if form == "rest":
        total = product(axes)
        if named is not None and isinstance(sample, ast.Name) and _read_elsewhere(plan, sample):
            return template("{}[0].size", named)
        if whole and total is not None:
            return " * ".join(known) if all(text.isdigit() for text in known) and known else total.text
        return template("{}[0].size", named or _made_there(plan, given, "shape"))
    else:
        if named is not None and isinstance(sample, ast.Name) and _read_elsewhere(plan, sample):
            return template("{}.shape[1:]", named)
        if whole and len(known) == rank - 1:
            return f"({', '.join(known)}{',' if len(known) == 1 else ''})"
        return template("{}.shape[1:]", named or _made_there(plan, given, "shape"))


def _first_axis(plan: Plan, site: Init, given: Sample) -> Piece:
    sample, axes = given.node, given.shape.axes
    known = axes[0] if given.shape.exact and axes else None
    if known is not None and _has_one_value(plan, site, known.names):
        return known.text
    if isinstance(sample, ast.Name | ast.Attribute) and not given.path:
        return template("{}.shape[0]", sample)
    return template("{}.shape[0]", _made_there(plan, given, "first axis"))


def _last_axis(plan: Plan, site: Init, given: Sample | None) -> Piece:
    if given is None:
        raise Blocked(
            site.node, "LNX112", "`init` is called without a sample for an input whose size is needed"
        )
    sample, known = given.node, given.shape.axis(-1)
    if given.shape.rank == 0 or isinstance(given.value, Const):
        raise Blocked(sample, "LNX112", "this sample is a single number, which has no axes")
    named = _named(given)
    if isinstance(sample, ast.Name) and named is not None and _read_elsewhere(plan, sample):
        return template("{}.shape[-1]", named)
    if not given.path and (written := _written_axis(plan, sample)) is not None:
        return written
    if known is not None and _has_one_value(plan, site, known.names):
        return known.text
    return template("{}.shape[-1]", named or _made_there(plan, given, "last axis"))


def _made_there(plan: Plan, given: Sample, what: str) -> ast.expr:
    """A sample that is made where it is needed and told by nothing but its value (`space.sample()`)."""
    base = given.node
    while isinstance(base, ast.Subscript | ast.Attribute):
        base = base.value
    if given.path or has_no_effect(plan.facts, given.node) or not isinstance(base, ast.Call):
        raise Blocked(given.node, "LNX112", f"the {what} of this sample cannot be told from the code")
    return given.node


def _has_one_value(plan: Plan, site: Init, names: frozenset[str]) -> bool:
    """Whether each name is bound only once: the sample may have been made some lines before."""
    scopes = plan.facts.scopes
    for name in names:
        variable = scopes.variable(site.node, name)
        nodes = scopes.names(variable) if variable is not None else []
        stores = sum(isinstance(node.ctx, ast.Store) for node in nodes)
        if stores + (variable is not None and is_parameter(variable)) > 1:
            return False
    return True


def _written_axis(plan: Plan, sample: ast.expr) -> ast.expr | None:
    """The last axis of `jnp.zeros((1, n))`, as it is written there."""
    if not isinstance(sample, ast.Call) or not sample.args:
        return None
    symbol, shape = plan.facts.values.get(sample.func), sample.args[0]
    name = symbol.name if isinstance(symbol, Symbol) else ""
    if not name.startswith(("jax.numpy.", "numpy.")) or name.rpartition(".")[2] not in FILLED:
        return None
    last = shape.elts[-1] if isinstance(shape, (ast.Tuple, ast.List)) and shape.elts else None
    return None if isinstance(last, ast.Starred) else last


def _named(given: Sample) -> Piece | None:
    """What is cheap to write for a sample, with the same last axis."""
    named = _with_same_axis(given.node)
    return template(f"{{}}{given.path}", named) if named is not None and given.path else named


def _with_same_axis(sample: ast.expr) -> ast.expr | None:
    """What has the same last axis as the sample and is cheap to write: a name, an attribute, an item."""
    match sample:
        case ast.Name() | ast.Attribute():
            return sample
        case ast.Subscript(value=value, slice=ast.Constant(value=str())):
            return sample if _with_same_axis(value) is not None else None
        case ast.Subscript(value=value, slice=ast.Constant(value=int())):
            return sample if _with_same_axis(value) is not None else None
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _with_same_axis(value)
        case ast.Call(
            func=ast.Attribute(attr="asarray" | "array" | "ones_like" | "zeros_like"), args=[value]
        ):
            return _with_same_axis(value)
        case _:
            return None


def _read_elsewhere(plan: Plan, sample: ast.Name) -> bool:
    scopes = plan.facts.scopes
    variable = scopes.variable(sample, sample.id)
    others = (node for node in scopes.names(variable) if node is not sample)
    return any(isinstance(node.ctx, ast.Load) for node in others)


def rngs(plan: Plan, site: Init) -> Piece:
    """`nnx.Rngs(...)` from the key, or the dict of keys, that `init` was given."""
    if isinstance(site.key, ast.Dict):
        return streams(site.key)
    return template("nnx.Rngs({})", seed(plan, site.key))


def streams(keys: ast.expr) -> Piece:
    """`nnx.Rngs(params=..., dropout=...)`; a dict that does not name its streams plainly stays one."""
    written = keys.keys if isinstance(keys, ast.Dict) else []
    names = [k.value for k in written if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    if not isinstance(keys, ast.Dict) or not all(map(str.isidentifier, names)) or len(names) < len(written):
        return template("nnx.Rngs({})", keys)
    parts = [template(f"{name}={{}}", value) for name, value in zip(names, keys.values, strict=True)]
    return template("nnx.Rngs(" + ", ".join(["{}"] * len(parts)) + ")", *parts)


def seed(plan: Plan, key: ast.expr) -> ast.expr:
    """The seed itself where the key is made from one on the spot and it surely is a Python int."""
    match key:
        case ast.Call(func=function, args=[seed], keywords=[]):
            symbol = plan.facts.values.get(function)
            made = isinstance(symbol, Symbol) and canonical(symbol.name) == "jax.random.key"
            whole = isinstance(seed, ast.Constant) and type(seed.value) is int
            cast = isinstance(seed, ast.Call) and isinstance(seed.func, ast.Name) and seed.func.id == "int"
            return seed if made and (whole or cast) else key
        case _:
            return key
