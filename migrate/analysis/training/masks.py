"""Masks and labels over parameters: which of them are the same for a dict and for a state of NNX."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const, Function, Labels, Method, Transformation, Value, tokens_of
from migrate.analysis.program.scopes import FUNCTIONS
from migrate.analysis.run import Run

SHAPES = frozenset({"ndim", "shape", "size", "dtype"})


def only_shapes(value: Value) -> bool:
    """Whether a mask is `None`, or a function that maps the shapes of the leaves and nothing else."""
    match value:
        case Const(None) | Labels():
            return True
        case Function(ast.Lambda(args=arguments, body=body), _):
            return _maps_shapes(body, arguments)
        case Function(
            ast.FunctionDef(args=arguments, body=[*others, ast.Return(value=ast.expr() as body)]), _
        ):
            return not any(map(_says_something, others)) and _maps_shapes(body, arguments)
        case _:
            return False


def _says_something(statement: ast.stmt) -> bool:
    return not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def _maps_shapes(body: ast.expr, arguments: ast.arguments) -> bool:
    match body, arguments.args:
        case ast.Call(func=function, args=[ast.Lambda() as each, ast.Name(id=tree)], keywords=[]), [only]:
            maps = ast.unparse(function) in {"jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map"}
            return maps and tree == only.arg and _reads_shapes(each)
        case _:
            return False


def _reads_shapes(each: ast.Lambda) -> bool:
    """Whether a function of a leaf reads nothing of it but its shape."""
    return reads_shapes(each, *(arg.arg for arg in each.args.args))


def reads_shapes(function: ast.Lambda | ast.FunctionDef, *names: str) -> bool:
    """Whether a function reads nothing but shapes of these parameters."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    nodes = [node for part in body for node in ast.walk(part)]
    plain = {id(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr in SHAPES}
    reads = (n for n in nodes if isinstance(n, ast.Name) and n.id in names)
    inner = any(isinstance(n, FUNCTIONS) for n in nodes)
    return not inner and all(id(node) in plain for node in reads)


def check(run: Run, node: ast.AST, transformation: Value | None, *values: Value) -> None:
    """Refuse a transformation that would take a state for a dict."""
    tx = transformation.receiver if isinstance(transformation, Method) else transformation
    if isinstance(tx, Transformation):
        run.facts.links |= {(a, b) for a in tx.labelled for value in values for b in tokens_of(value)}
    if isinstance(tx, Transformation) and tx.masks:
        message = "the transformation is given a mask or labels that look into the dict of parameters"
        run.escape(node, "LNX034", message, *values)
