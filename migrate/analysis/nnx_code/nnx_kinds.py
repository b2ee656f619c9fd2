"""The kinds of values in code that is already NNX, where objects have an identity.

A `Mark` names one object. A context is a loop or a compiled function that is running: a value that was
made in its current turn carries the node of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.analysis.kinds import Class, Value
    from migrate.analysis.nnx_code.pitfalls import TreeGradient


@dataclass(frozen=True)
class Mark:
    """One object: the call that made it, or the parameter that a compiled function received it by."""

    node: ast.AST
    label: str = ""


Marks = frozenset[Mark]
Contexts = frozenset[ast.AST]


@dataclass(frozen=True)
class NnxModel:
    """A module; `born` are the contexts in whose current turn it was made."""

    marks: Marks
    born: Contexts = frozenset()


@dataclass(frozen=True)
class NnxOptimizer:
    """An optimizer; in the current turn of each of `renewed` it was made for a model that is older."""

    marks: Marks
    renewed: Contexts = frozenset()
    sites: frozenset[ast.Call] = frozenset()


@dataclass(frozen=True)
class NnxTree:
    """A tree taken from modules; `read` is the call that took it, `target` the gradient call it went to."""

    marks: Marks
    born: Contexts = frozenset()
    read: ast.Call | None = None
    target: ast.Call | None = None


@dataclass(frozen=True)
class NnxArgument:
    """What a function compiled by `jax.jit` receives when nothing more is known of it."""

    marks: Marks


@dataclass(frozen=True)
class NnxGrads:
    """Gradients from a transform of `nnx`."""

    marks: Marks


@dataclass(frozen=True)
class NnxUpdates:
    """What `optimizer.update(...)` gives back: the updates, or None before Flax 0.12.7."""

    site: ast.Call


@dataclass(frozen=True)
class NnxTransform:
    """`nnx.grad(function)` or `nnx.value_and_grad(function)`; `argnum` is None where it cannot be told."""

    function: Value
    argnum: int | None
    has_aux: bool
    with_value: bool


@dataclass(frozen=True)
class NnxCompiled:
    """`nnx.jit(function)`, where arguments are updated in place; `site` is the call or decorator."""

    function: Value
    site: ast.expr


@dataclass(frozen=True)
class NnxSelf:
    """`self` in a method of a class of the project; `marks` where a compiled method received it."""

    cls: Class
    marks: Marks = frozenset()


MARKED = (NnxModel, NnxOptimizer, NnxTree, NnxArgument, NnxGrads, NnxSelf)


@dataclass(frozen=True)
class Context:
    """A loop or compiled function that is running."""

    node: ast.AST
    loop: bool


@dataclass
class Tracking:
    """What a run knows of NNX objects beside the kinds of values.

    `compiled` maps functions to the decorator or call that compiles them, `plain` are those of `jax.jit`,
    `pending` is the one that applies to the next function entered, `mutated` are the objects that some
    update has changed, `updates` the calls that did it, `targets` the gradient calls that got a tree.
    """

    contexts: list[Context] = field(default_factory=list)
    compiled: dict[ast.AST, ast.expr] = field(default_factory=dict)
    plain: set[ast.expr] = field(default_factory=set)
    pending: ast.expr | None = None
    mutated: set[Mark] = field(default_factory=set)
    updates: set[ast.Call] = field(default_factory=set)
    targets: dict[ast.Call, TreeGradient] = field(default_factory=dict)
    members: dict[tuple[ast.ClassDef, str], Value] = field(default_factory=dict)

    def key(self) -> tuple[object, ...]:
        """What the outcome of running a function may depend on beside its arguments."""
        return (self.pending, *(context.node for context in self.contexts))


def joined(left: Value, right: Value) -> Value | None:
    """The kind that covers two of these; None where they are of different kinds or none of these."""
    match left, right:
        case NnxModel(), NnxModel():
            return NnxModel(left.marks | right.marks, left.born & right.born)
        case NnxOptimizer(), NnxOptimizer():
            sites = left.sites | right.sites
            return NnxOptimizer(left.marks | right.marks, left.renewed & right.renewed, sites)
        case NnxTree(), NnxTree():
            read = left.read if left.read is right.read else None
            target = left.target if left.target is right.target else None
            return NnxTree(left.marks | right.marks, left.born & right.born, read, target)
        case NnxGrads(), NnxGrads():
            return NnxGrads(left.marks | right.marks)
        case NnxSelf(), NnxSelf() if left.cls == right.cls:
            return NnxSelf(left.cls, left.marks | right.marks)
        case ((NnxModel() | NnxOptimizer() | NnxTree() | NnxArgument()), NnxArgument()):
            return NnxArgument(left.marks | right.marks)
        case NnxArgument(), (NnxModel() | NnxOptimizer() | NnxTree()):
            return NnxArgument(left.marks | right.marks)
        case _:
            return None


def aged(value: Value, node: ast.AST | None) -> Value:
    """The value when a new turn of the context `node` begins, or of any context where it is None."""
    match value:
        case NnxModel(born=known) | NnxTree(born=known):
            kept = known - {node} if node is not None else frozenset()
            return replace(value, born=kept) if kept != known else value
        case NnxOptimizer(renewed=known):
            kept = known - {node} if node is not None else frozenset()
            return replace(value, renewed=kept) if kept != known else value
        case _:
            return value
