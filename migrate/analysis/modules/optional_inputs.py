"""Layers that read one input or another: `self.key(x if memory is None else memory)`.

Linen sizes such a layer by what reaches it in `init`: the optional input where it is given.
"""

from __future__ import annotations

from migrate.analysis.joining import join
from migrate.analysis.kinds import Array, Class, Value
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.program.parameters import optional_parameters
from migrate.analysis.shapes.sizes import Shape, Size, placeholder


def optional_inputs(cls: Class) -> frozenset[str]:
    """The parameters of `__call__` that are None where nothing is given for them."""
    call = signature(cls)
    return frozenset(optional_parameters(call)) if call is not None else frozenset()


def either(cls: Class, one: Value, other: Value) -> Value:
    """What reaches a layer at two calls; its last axis is that of the optional input where there is one."""
    both = join(one, other)
    if not (isinstance(one, Array) and isinstance(other, Array) and isinstance(both, Array)):
        return both
    if both.shape.axis(-1) is not None:
        return both
    for name in sorted(optional_inputs(cls)):
        for given, plain in ((one, other), (other, one)):
            size, rest = given.shape.axis(-1), plain.shape.axis(-1)
            if size == placeholder(name) and rest is not None:
                return Array(_with_last(both.shape, Size(_or(name, rest))))
            if size is not None and rest in {size, placeholder(name)} and size.text.startswith("("):
                return Array(_with_last(both.shape, size))
            if size is not None and rest is not None and size.text == _or(name, rest):
                return given
    return both


def _or(name: str, rest: Size) -> str:
    return f"({placeholder(name).text} or {rest.text})"


def _with_last(shape: Shape, size: Size) -> Shape:
    return Shape((*shape.axes[:-1], size), shape.exact)
