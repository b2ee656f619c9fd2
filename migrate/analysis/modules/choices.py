"""An attribute that `setup` fills by a condition: which of its layers and functions a call reaches."""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.kinds import Class, Const, Function, GivenLayer, Instance, Mixed, Partial, Symbol, Value
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.layers import LAYERS, shared
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import text_names


def reached(run: Run, value: Value) -> list[Value] | None:
    """What a call of such an attribute may be a call of; None where that cannot be told."""
    if run.owner is None or not isinstance(value, Mixed):
        return None
    layers = [part for part in value.parts if isinstance(part, Instance)]
    others = value.parts - {*layers, Const(None)}
    if not layers or not all(_takes(run, other, layers) for other in others):
        return None
    left = [layer for layer in layers if not _excluded(run, layer)]
    ordered = sorted(left or layers, key=lambda layer: (layer.site.lineno, layer.site.col_offset))
    return [*ordered, *sorted(others, key=repr)]


def _takes(run: Run, value: Value, layers: list[Instance]) -> bool:
    """Whether a function can stand in place of layers: it is given what NNX adds to their calls as well."""
    if isinstance(value, GivenLayer):
        return value.cls is None and all(layer.cls == Symbol(value.layer) for layer in layers)
    if isinstance(value, Function):
        return value.node.args.kwarg is not None or not any(_is_given_more(layer) for layer in layers)
    return _is_function(value) and not any(_is_given_more(layer) for layer in layers)


def _is_function(value: Value) -> bool:
    """Whether this is a function of a library, which builds no layers."""
    match value:
        case Symbol(name):
            return not name.startswith("flax.") or shared(name) is not None
        case Partial(function):
            return _is_function(function)
        case _:
            return False


def or_functions(value: Value) -> list[Instance]:
    """The layers of `functions[name] if name else Identity()`; none where it may be anything else."""
    parts = value.parts if isinstance(value, Mixed) else frozenset()
    layers = [part for part in parts if isinstance(part, Instance)]
    if not all(_is_function(part) or isinstance(part, Function) for part in parts - {*layers}):
        return []
    return sorted(layers, key=lambda layer: (layer.site.lineno, layer.site.col_offset))


def _is_given_more(layer: Instance) -> bool:
    """Whether NNX adds to the calls of a layer; surely not where its `__call__` calls nothing."""
    if isinstance(layer.cls, Class):
        call = methods(layer.cls).get("__call__")
        return call is None or any(isinstance(node, ast.Call) for node in ast.walk(call))
    kind = LAYERS.get(layer.cls.name) if isinstance(layer.cls, Symbol) else None
    return kind is None or kind.draws or bool(kind.late)


def _excluded(run: Run, layer: Instance) -> bool:
    """Whether a layer was built where the opposite holds of what holds here."""
    built = run.facts.built_under.get(layer.site, ())
    return any(opposite(one, other) for one in run.tests for other in built if one and other)


def opposite(one: str, other: str) -> bool:
    """Whether two conditions that read nothing but fields are each what the other is not."""
    (a, held), (b, other_held) = as_test(one), as_test(other)
    return held != other_held and a == b and reads_fields(a)


def reads_fields(test: str) -> bool:
    """Whether a condition reads nothing but fields."""
    return text_names(test) <= {"self", *dir(builtins)}


def as_test(test: str) -> tuple[str, bool]:
    """A condition without `not` in front, in one way of writing it, and whether it has to hold."""
    body, held = ast.parse(test.strip(), mode="eval").body, True
    while isinstance(body, ast.UnaryOp) and isinstance(body.op, ast.Not):
        body, held = body.operand, not held
    return ast.unparse(body), held


def exclusive(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> str | None:
    """The condition that holds in one place and not in the other, which have all others in common."""
    if not one or not other or one[:-1] != other[:-1] or one[-1] is None or other[-1] is None:
        return None
    return one[-1] if opposite(one[-1], other[-1]) else None
