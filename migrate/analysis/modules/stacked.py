"""Module classes under `nn.scan`: layers that run one after the other, or one cell for each step.

    x, _ = nn.scan(Block, variable_axes={"params": 0}, split_rngs={"params": True}, length=3)()(x, None)
    carry, y = nn.scan(nn.LSTMCell, variable_broadcast="params", split_rngs={"params": False})(8)(carry, x)

Layers have parameters of their own along the first axis; the steps of a cell share one set of them.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Array, Const, Dict, Lifted, Sequence, Symbol, Value
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.mapped import Inputs, option, together, without
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape

SCAN = "flax.linen.scan"
BROADCAST = frozenset({Symbol("flax.linen.broadcast"), Symbol("flax.core.broadcast")})


def is_layered(facts: Facts, lifted: Lifted) -> bool:
    """Whether each step has parameters of its own."""
    return option(facts, lifted, "variable_axes") is not None


def against(run: Run, site: ast.Call, keywords: dict[str, Value]) -> str | None:
    """Why a `nn.scan` of a class has no rewriting."""
    split = keywords.get("split_rngs")
    drawn = split.get("params") if isinstance(split, Dict) else None
    if _axes(keywords.get("in_axes"), 1) is None or _output_axis(keywords.get("out_axes")) is None:
        return "along which axes this `nn.scan` takes its inputs and puts its results cannot be told"
    if keywords.get("variable_broadcast") == Const("params") and "variable_axes" not in keywords:
        shared = "it is not said whether the steps of this `nn.scan` draw their parameters once"
        return None if drawn == Const(False) else shared
    return _against_layers(run, site, keywords, drawn)


def _against_layers(run: Run, site: ast.Call, keywords: dict[str, Value], drawn: Value | None) -> str | None:
    axes = keywords.get("variable_axes")
    if not isinstance(axes, Dict) or axes.get("params") != Const(0) or "variable_broadcast" in keywords:
        return "the layers of this `nn.scan` do not keep their parameters along the first axis"
    if drawn != Const(True):
        return "the layers of this `nn.scan` do not draw parameters of their own"
    inputs = _axes(keywords.get("in_axes"), 1) or []
    if any(axis not in {0, None} for axis in inputs) or _output_axis(keywords.get("out_axes")) != 0:
        return "the layers of this `nn.scan` take their inputs, or give results, along another axis"
    length = next((k.value for k in site.keywords if k.arg == "length"), None)
    if run.owner is None or length is None or init_text(run.facts, run.owner, length) is None:
        return "how many layers this `nn.scan` makes is known only at the call"
    return None


def _output_axis(axis: Value | None) -> int | None:
    known = _axes(axis, 1)
    return known[0] if known is not None and not isinstance(axis, Sequence) else None


def _axes(axes: Value | None, count: int) -> list[int | None] | None:
    """The axis of each input behind the carry, None for one that all steps see; None if not known."""
    given = axes.items if isinstance(axes, Sequence) else (Const(0) if axes is None else axes,) * count
    found: list[int | None] = []
    for one in given:
        match one:
            case Const(int(axis)) if type(axis) is int and axis >= 0:
                found.append(axis)
            case Symbol() if one in BROADCAST:
                found.append(None)
            case _:
                return None
    return found


def input_axes(facts: Facts, lifted: Lifted, call: ast.Call) -> list[int | None] | None:
    """The axis of each argument behind the carry; None where the call cannot be taken apart."""
    plain = call.args and not call.keywords and not any(isinstance(arg, ast.Starred) for arg in call.args)
    known = _axes(option(facts, lifted, "in_axes"), len(call.args) - 1) if plain else None
    return known if known is not None and len(known) == len(call.args) - 1 else None


def output_axis(facts: Facts, lifted: Lifted) -> int:
    """The axis along which the results of the steps are put together."""
    return _output_axis(option(facts, lifted, "out_axes")) or 0


def seen(run: Run, lifted: Lifted, inputs: Inputs, node: ast.Call) -> Inputs | None:
    """The inputs of one step; None where they cannot be told."""
    axes = input_axes(run.facts, lifted, node)
    if axes is None or len(axes) != len(inputs) - 1:
        return None
    steps = zip(inputs[1:], axes, strict=True)
    return (inputs[0], *((name, v if axis is None else _step(v, axis)) for (name, v), axis in steps))


def _step(value: Value, axis: int) -> Value:
    """One entry of an input, whose last axis is another one; each step is given the same of nothing."""
    if value in {Const(None), Sequence(())}:
        return value
    if isinstance(value, Array) and not value.shape.exact:
        return Array(Shape((value.shape.axis(-1),)))
    return without(value, axis)


def steps_together(run: Run, lifted: Lifted, inputs: Inputs, result: Value) -> Value:
    """What all steps give: the carry, which keeps its shape, and the other results side by side."""
    match result:
        case _ if not inputs:
            return UNKNOWN
        case Sequence((_, outputs)):
            return Sequence((inputs[0][1], _results(outputs, output_axis(run.facts, lifted))))
        case _:
            return Sequence((inputs[0][1], UNKNOWN))


def _results(value: Value, at: int) -> Value:
    """The results of all steps, whose last axis stays the last one: the batch is in front of the time."""
    if isinstance(value, Sequence):
        return replace(value, items=tuple(_results(item, at) for item in value.items))
    if isinstance(value, Array) and not value.shape.exact:
        return Array(Shape((value.shape.axis(-1),)))
    return together(value, at)
