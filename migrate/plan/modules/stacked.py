"""Module classes under `nn.scan`: `jax.lax.scan` over the layers that were made side by side.

    x, _ = jax.lax.scan(lambda x, block: block(x, None), x, self.ScanBlock_0)

The module goes in as data or is captured, so that this also works where a model is captured, as under a
gradient by inputs; the steps of `nnx.scan` would want to write it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from migrate.analysis.kinds import Const
from migrate.analysis.modules.stacked import input_axes, is_layered, output_axis
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.scanned_draws import SAME, drawn_apart
from migrate.rewrite.edits import Piece, Template

READS = (
    *(ast.Name, ast.Attribute, ast.Constant, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.BinOp, ast.Subscript),
    *(ast.expr_context, ast.unaryop, ast.boolop, ast.cmpop, ast.operator, ast.Slice, ast.Tuple),
)


def stacked_call(plan: Plan, site: Layer, call: ast.Call, draws: bool) -> Template:
    """The call of a scanned module, which gives the carry and the other results."""
    assert site.lifted is not None
    axes = input_axes(plan.facts, site.lifted, call)
    if axes is None:
        raise Blocked(call, "LNX130", "what the modules of this `nn.scan` are given cannot be told")
    same = [arg for arg, axis in zip(call.args[1:], axes, strict=True) if axis is None or _is_none(plan, arg)]
    for arg in same:
        _check_read(arg)
    steps = [arg for arg in call.args[1:] if arg not in same]
    if is_layered(plan.facts, site.lifted):
        return _over_layers(plan, site, call, steps, draws)
    if draws:
        raise Blocked(site.node, "LNX130", SAME)
    return _over_steps(plan, site, call, steps)


def _is_none(plan: Plan, arg: ast.expr) -> bool:
    return plan.facts.values.get(arg) == Const(None)


def _check_read(arg: ast.expr) -> None:
    """What all steps see is read inside of the loop, where nothing may be called."""
    if not all(isinstance(part, READS) for part in ast.walk(arg)):
        raise Blocked(arg, "LNX130", "what all steps of this `nn.scan` see is computed here: give it a name")


def _over_layers(plan: Plan, site: Layer, call: ast.Call, steps: list[ast.expr], draws: bool) -> Template:
    """`jax.lax.scan(lambda x, block: block(x, mask), x, self.blocks)`."""
    assert site.lifted is not None
    carry, member = _parameter(call, call.args[0], "carry"), _free(call, "block")
    items: list[Piece] = [*steps, *(["rngs"] if draws else [])]
    given: list[Piece] = [carry]
    if items:
        member = _free(call, "step")
    for arg in call.args[1:]:
        given += [", ", f"{member}[{steps.index(arg) + 1}]" if arg in steps else arg]
    own = f"{member}[0]" if items else member
    keys = f", rngs={member}[{len(items)}]" if draws else ""
    body = Template((f"lambda {carry}, {member}: {own}(", *given, f"{keys})"))
    over: list[Piece] = ["(", call.func] if items else [call.func]
    for item in items:
        over += [", ", item]
    parts = ["jax.lax.scan(", _checkpointed(site, body), ", ", call.args[0], ", ", *over, ")" * bool(items)]
    scan = Template((*parts, *_options(site), ")"))
    return drawn_apart(plan, site, call, scan) if draws else scan


def _over_steps(plan: Plan, site: Layer, call: ast.Call, steps: list[ast.expr]) -> Template:
    """`jax.lax.scan(lambda carry, x: self.cell(carry, x), carry, x)`, or `nnx.scan` along other axes."""
    assert site.lifted is not None
    outside = [arg for arg in (call.args[0], *steps) if not isinstance(arg, ast.Name)]
    carry = _parameter(call, call.args[0], "carry", outside)
    names = [_parameter(call, arg, f"x_{index}", outside) for index, arg in enumerate(steps)]
    axes = input_axes(plan.facts, site.lifted, call) or []
    given: list[Piece] = [carry]
    for arg in call.args[1:]:
        given += [", ", names[steps.index(arg)] if arg in steps else arg]
    start = f"lambda {', '.join([carry, *names])}: "
    body = _checkpointed(site, Template((start, call.func, "(", *given, ")")))
    taken = [axis for arg, axis in zip(call.args[1:], axes, strict=True) if arg in steps]
    out = output_axis(plan.facts, site.lifted)
    if not steps:
        return _repeated(site, call, carry, given)
    plain = taken == [0] and out == 0
    options = (
        "" if plain else f", in_axes=(nnx.Carry, {', '.join(map(str, taken))}), out_axes=(nnx.Carry, {out})"
    )
    parts: list[Piece] = ["nnx.scan(", body, options, *_options(site), ")(", call.args[0]]
    for step in steps:
        parts += [", ", step]
    return Template((*parts, ")"))


def _repeated(site: Layer, call: ast.Call, carry: str, given: list[Piece]) -> Template:
    """`jax.lax.scan(lambda x, _: self.block(x, None), x, length=3)`: the same layer again and again."""
    assert site.lifted is not None
    body = _checkpointed(site, Template((f"lambda {carry}, _: ", call.func, "(", *given, ")")))
    size = next((keyword.value for keyword in site.lifted.site.keywords if keyword.arg == "length"), None)
    if size is None or "_" in names_in(call):
        raise Blocked(call, "LNX130", "what the modules of this `nn.scan` are given cannot be told")
    return Template(("jax.lax.scan(", body, ", ", call.args[0], ", length=", size, *_options(site), ")"))


def _parameter(call: ast.Call, given: ast.expr, name: str, aside: Sequence[ast.expr] = ()) -> str:
    """What a step calls an input: as it is called outside, unless something else that it reads is."""
    others = [part for part in (call.func, *call.args) if part is not given and part not in aside]
    if isinstance(given, ast.Name) and given.id not in {name for part in others for name in names_in(part)}:
        return given.id
    return _free(call, name)


def _free(call: ast.Call, name: str) -> str:
    return f"the_{name}" if name in names_in(call) else name


def _checkpointed(site: Layer, body: Template) -> Template:
    """The step, under what was `nn.remat` in Linen."""
    inner = site.lifted.inner if site.lifted is not None else None
    if inner is None:
        return body
    parts: list[Piece] = ["jax.checkpoint(", body]
    for option in inner.site.keywords:
        if option.arg in {"policy", "prevent_cse"}:
            parts += [f", {option.arg}=", option.value]
    return Template((*parts, ")"))


def _options(site: Layer) -> list[Piece]:
    keywords = site.lifted.site.keywords if site.lifted is not None else []
    parts: list[Piece] = []
    for option in keywords:
        if option.arg in {"unroll", "reverse"}:
            parts += [f", {option.arg}=", option.value]
    return parts
