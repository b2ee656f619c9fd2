"""The parameters of a function, as its header lists them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.program.scopes import FunctionNode


def positional_parameters(node: FunctionNode) -> list[ast.arg]:
    """The parameters that a call may give by their places."""
    return [*node.args.posonlyargs, *node.args.args]


def all_parameters(node: FunctionNode) -> list[ast.arg]:
    """Every parameter, starred ones too."""
    starred = [arg for arg in (node.args.vararg, node.args.kwarg) if arg is not None]
    return [*positional_parameters(node), *node.args.kwonlyargs, *starred]


def parameter_defaults(node: FunctionNode) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters that a call may leave out, each with its default."""
    behind = positional_parameters(node)[len(positional_parameters(node)) - len(node.args.defaults) :]
    yield from zip(behind, node.args.defaults, strict=True)
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            yield argument, default


def optional_parameters(node: FunctionNode) -> Iterator[str]:
    """The parameters that are None where a call does not give them."""
    for argument, default in parameter_defaults(node):
        if isinstance(default, ast.Constant) and default.value is None:
            yield argument.arg
