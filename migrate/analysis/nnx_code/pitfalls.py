"""Pitfalls: places in NNX code that raise or go wrong in silence, one class a kind."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from migrate.analysis.program.scopes import FunctionNode

Within = Literal["loop", "function"]


@dataclass(frozen=True)
class MissingWrt:
    """`nnx.Optimizer(model, tx)`; `plain` where it is given exactly these two, one by one."""

    node: ast.Call
    plain: bool


@dataclass(frozen=True)
class TreeGradient:
    """A gradient call whose target is a tree from `read`, while the loss calls that argument."""

    node: ast.Call
    target: ast.expr
    read: ast.Call | None
    loss: FunctionNode
    parameter: str | None


@dataclass(frozen=True)
class UpdateResult:
    """The result of `optimizer.update(...)` taken for a new state.

    `use` tells how: bound to the optimizer or model that was updated, bound to another of them, bound to a
    name that nothing reads, or used as a state further on.
    """

    node: ast.Call
    use: Literal["itself", "other", "unread", "state"]


@dataclass(frozen=True)
class FreshOptimizer:
    """An optimizer that is made anew for each update of an older model."""

    node: ast.Call
    within: Within


@dataclass(frozen=True)
class LostUpdate:
    """A function under plain `jax.jit` that updates `names`, its arguments, and does not return them.

    `whole` says that it returns nothing of what it updates.
    """

    node: ast.expr
    function: FunctionNode
    names: tuple[str, ...]
    whole: bool


Pitfall = MissingWrt | TreeGradient | UpdateResult | FreshOptimizer | LostUpdate
