"""`__call__` under `nn.scan`: one step of a loop over an axis of the inputs, with shared parameters.

@partial(nn.scan, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1)
@nn.compact
def __call__(self, carry, x): ...
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Class, Const, Dict, Partial, Sequence, Symbol, Value
from migrate.analysis.modules.classes import inputs_of
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, placeholder
from migrate.analysis.sites import Layer, Scan

SCAN = Symbol("flax.linen.scan")
AXES = {"in_axes", "out_axes"}


def scan_of(run: Run, method: ast.FunctionDef) -> Scan | None:
    """The scan in which a method is one step; its decorators have been evaluated."""
    if not method.decorator_list:
        return None
    outer = method.decorator_list[0]
    match run.facts.values.get(outer), outer:
        case Partial(function, (), keywords), ast.Call() as call if function == SCAN:
            return _read(run, method, call, dict(keywords))
        case _:
            return None


def _read(run: Run, method: ast.FunctionDef, call: ast.Call, keywords: dict[str, Value]) -> Scan | None:
    axes = [keywords.get(name, Const(0)) for name in ("in_axes", "out_axes")]
    numbers = [a.value for a in axes if isinstance(a, Const) and type(a.value) is int and a.value >= 0]
    shared = keywords.get("variable_broadcast") == Const("params")
    split = keywords.get("split_rngs", Dict((("params", Const(False)),)))
    plain = method.name == "__call__" and len(inputs_of(method)) > 1 and not _has_options(method)
    known = not keywords.keys() - {*AXES, "variable_broadcast", "split_rngs"}
    if not (known and shared and plain and len(numbers) == 2 and split == Dict((("params", Const(False)),))):
        blocked(run, call, "LNX130", "`nn.scan` is used in a form that has no rewriting")
        return None
    return Scan(call, method, numbers[0], numbers[1])


def _has_options(method: ast.FunctionDef) -> bool:
    arguments = method.args
    return bool(arguments.defaults or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)


def inputs(scan: Scan) -> dict[str, Value]:
    """What one step sees of the scanned inputs."""
    return {name: of_step(scan, name, None) for name in inputs_of(scan.method)[1:]}


def of_step(scan: Scan, name: str, rank: int | None) -> Array:
    """One step of an input with so many axes; else only the last axis is known, which is another one."""
    if rank is None or rank <= scan.in_axis:
        return Array(Shape((placeholder(name, 1),)))
    axes = [placeholder(name, index) for index in range(rank, 0, -1)]
    del axes[scan.in_axis]
    return Array(Shape((*axes,), True))


def given_back(scan: Scan, value: Value) -> Value:
    """What all steps give together: a carry keeps its shape, as `lax.scan` wants it."""
    match value:
        case Sequence((Array(), outputs)):
            carry = Array(Shape((placeholder(inputs_of(scan.method)[0], 1),)))
            return Sequence((carry, _collected(scan, outputs)))
        case _:
            return _collected(scan, value)


def _collected(scan: Scan, value: Value) -> Value:
    """Of each array the last axis, which is another one than that of the loop."""
    match value:
        case Array(shape) if shape.exact and len(shape.axes) <= scan.out_axis:
            return Array(Shape())
        case Array(shape):
            return Array(Shape((shape.axis(-1),)))
        case Sequence(items):
            return Sequence(tuple(_collected(scan, item) for item in items))
        case _:
            return value


def check_calls(run: Run, cls: Class, site: Layer, node: ast.Call) -> None:
    """NNX counts the arguments of a scan, which must all be there, by position."""
    scan = run.facts.scans.get(cls.node)
    if scan is not None and (node.keywords or len(node.args) != len(inputs_of(scan.method))):
        message = "a module whose `__call__` is scanned is called with keywords"
        blocked(run, site.node, "LNX130", message)
