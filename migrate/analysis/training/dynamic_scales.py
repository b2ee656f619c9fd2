"""`flax.training.dynamic_scale`: gradients of a loss that is scaled, and what the program knows of the scale.

`DynamicScale.value_and_grad` differentiates trees: a function that is written into the file hands it models.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, Class, Const, Grad, Sequence, Symbol, Value
from migrate.analysis.program.names import canonical
from migrate.analysis.run import Run

CLASS = "flax.training.dynamic_scale.DynamicScale"
SCALE = Symbol(f"{CLASS}()")
GRADIENT = f"{CLASS}().value_and_grad"
OPTIONS = frozenset({"has_aux", "axis_name"})


def made(run: Run, given: Arguments) -> Value:
    """`DynamicScale()`."""
    lost(run, given)
    return SCALE


def gradient(run: Run, given: Arguments, keywords: dict[str, Value]) -> Value:
    """`dynamic_scale.value_and_grad(loss, has_aux=True)`, of the first argument of the loss."""
    aux = keywords.get("has_aux", Const(False))
    if len(given.args) != 1 or not set(keywords) <= OPTIONS or not isinstance(aux, Const):
        return lost(run, given)
    return Grad(given.args[0], given.node, (0,), bool(aux.value), True, scaled=True)


def shaped(has_aux: bool, grads: Value, aux: Value) -> Value:
    """The scale to go on with, whether all is finite, the loss and the gradients."""
    loss: Value = Sequence((UNKNOWN, aux)) if has_aux else UNKNOWN
    return Sequence((SCALE, UNKNOWN, loss, grads))


def field(run: Run, cls: Class, name: str) -> Value:
    """A field of a train state that its annotation says to be a scale; it may be None."""
    for statement in cls.node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=found), annotation=annotation) if found == name:
                return SCALE if _is_scale(run, annotation) else UNKNOWN
            case _:
                pass
    return UNKNOWN


def _is_scale(run: Run, annotation: ast.expr) -> bool:
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _is_scale(run, left)
        case ast.Subscript(value=outer, slice=inner):
            return ast.unparse(outer).rpartition(".")[2] == "Optional" and _is_scale(run, inner)
        case ast.Name() | ast.Attribute():
            first, _, rest = ast.unparse(annotation).partition(".")
            known = run.facts.file(annotation).imports.get(first)
            return known is not None and canonical(f"{known}.{rest}".rstrip(".")) == CLASS
        case _:
            return False
