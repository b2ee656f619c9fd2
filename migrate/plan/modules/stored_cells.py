"""New values of variables of collections: written in place where type and shape surely stay."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.sites import UseVariable
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, template

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
TIGHTER = (ast.Mult, ast.Div, ast.MatMult, ast.Pow)
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


def is_stored(plan: Plan, use: UseVariable) -> bool:
    """Whether a place gives a variable a new value."""
    return use.put is not None or isinstance(getattr(use.node, "ctx", None), ast.Store)


def store(plan: Plan, use: UseVariable) -> None:
    """A new value; `[...]` would keep the type and the shape that the variable has."""
    match plan.parent(use.node):
        case ast.Expr() as statement if use.put is not None:
            plan.edits.statements[statement] = [template(f"self.{use.name}.set_value({{}})", use.put)]
        case ast.Assign(targets=[_], value=value) as statement:
            if _keeps_form(plan, use, value):
                plan.edits.expressions[use.node] = f"self.{use.name}[...]"
            else:
                plan.edits.statements[statement] = [template(f"self.{use.name}.set_value({{}})", value)]
        case ast.AugAssign(op=ast.Add() | ast.Sub(), value=value) if _is_whole_number(value):
            plan.edits.expressions[use.node] = f"self.{use.name}[...]"
        case ast.AugAssign(op=op, value=value) as statement if type(op) in OPERATORS:
            text = f"self.{use.name}.set_value(self.{use.name}[...] {OPERATORS[type(op)]} {{}})"
            plan.edits.statements[statement] = [template(text, _operand(op, value))]
        case _:
            raise Blocked(use.node, "LNX312", "a variable of a collection is set in an unknown way")


def _operand(op: ast.operator, value: ast.expr) -> Piece:
    """What stands behind an operator, in parentheses where it binds less."""
    adds = isinstance(op, ast.Add) and isinstance(value, ast.BinOp) and isinstance(value.op, TIGHTER)
    return template("{}" if adds or isinstance(value, ATOMS) else "({})", value)


def _keeps_form(plan: Plan, use: UseVariable, value: ast.expr) -> bool:
    """Whether a new value surely has the type and the shape of the old one."""
    match _behind(plan, value):
        case ast.Call(func=function, args=[old, *_]):
            updated = plan.facts.values.get(function) == Symbol("jax.lax.dynamic_update_slice")
            return updated and _is_old(plan, use, old)
        case ast.BinOp(left=old, op=ast.Add() | ast.Sub(), right=number):
            return _is_old(plan, use, old) and _is_whole_number(_behind(plan, number))
        case _:
            return False


def _is_old(plan: Plan, use: UseVariable, node: ast.expr) -> bool:
    found = plan.site(_behind(plan, node))
    return isinstance(found, UseVariable) and (found.collection, found.name) == (use.collection, use.name)


def _is_whole_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int()):
            return True
        case ast.Subscript(
            value=ast.Attribute(attr="shape"), slice=ast.Constant(value=int()) | ast.UnaryOp()
        ):
            return True
        case _:
            return False


def _behind(plan: Plan, node: ast.expr) -> ast.expr:
    """What a name was given just before, in the same block."""
    if not isinstance(node, ast.Name):
        return node
    statement = plan.statement(node)
    block = block_of(plan, statement)
    for before in reversed(block[: block.index(statement)]):
        stores = [n for n in ast.walk(before) if isinstance(n, ast.Name) and n.id == node.id]
        if any(not isinstance(n.ctx, ast.Load) for n in stores):
            match before:
                case ast.Assign(targets=[ast.Name()], value=value):
                    return value
            break
    return node


def block_of(plan: Plan, statement: ast.stmt) -> list[ast.stmt]:
    """The statements among which one stands."""
    for _, value in ast.iter_fields(plan.parent(statement)):
        if isinstance(value, list) and statement in value:
            return value
    raise AssertionError(ast.dump(statement))
