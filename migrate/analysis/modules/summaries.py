"""What a module of the project gives, in terms of the module that calls it."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Array, Class, Dict, Length, Results, Sequence, Value
from migrate.analysis.modules.classes import default_of, fields
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.item_inputs import with_items
from migrate.analysis.run import Run
from migrate.analysis.shapes.indexing import literal_integer
from migrate.analysis.shapes.sizes import (
    SYMBOLS,
    Shape,
    Size,
    alone,
    combined,
    placeholder,
    substituted,
    text_names,
)

MANY = 8
BUILTINS = frozenset({"len", "sum", "max", "min", "int", "abs", "round"})


CHANGED = ""
"""What stands for a setting that a module is given another value of."""


def applied(run: Run, cls: Class, given: dict[str, str | None], inputs: dict[str, Value]) -> Value:
    """The result of a call of a module that was built with the fields `given`."""
    summary = run.facts.summaries.get(cls.node)
    if summary is None:
        return UNKNOWN
    known = _fields(run, cls, given)
    inputs = with_items(run.facts, cls, inputs)
    for name, value in inputs.items():
        if isinstance(value, Array):
            count = value.shape.rank or max(MANY, len(value.shape.axes))
            for index in range(1, count + 1):
                axis = value.shape.axis(-index)
                if axis is not None:
                    known[placeholder(name, index).text] = axis.text
    for name, text in run.facts.finals[cls.node].items():
        if text and (exchanged := _size(Size(text), known)) is not None:
            known[name] = exchanged.text
    bases = {name: value.shape for name, value in inputs.items() if isinstance(value, Array)}
    return _exchanged(summary.result, known, bases)


def given_back(run: Run, cls: Class, given: dict[str, str | None], result: Value) -> Value:
    """What a method of a module gives that was built with the fields `given`."""
    return _exchanged(result, _fields(run, cls, given), {})


def _fields(run: Run, cls: Class, given: dict[str, str | None]) -> dict[str, str]:
    """The fields by what they were given, or by their defaults."""
    known = {f"self.{name}": text for name, text in given.items() if text is not None}
    for statement in fields(cls):
        name = getattr(statement.target, "id", "")
        default = default_of(statement)
        if name not in given and default is not None:
            text = init_text(run.facts, cls, default)
            if text is not None and not text_names(text) - BUILTINS:
                known[f"self.{name}"] = text
    return known


def _exchanged(value: Value, known: dict[str, str], bases: dict[str, Shape]) -> Value:
    match value:
        case Array(shape):
            return Array(_shape(shape, known, bases))
        case Length(size, scalar):
            new = _size(size, known)
            return Length(new, scalar) if new is not None else UNKNOWN
        case Sequence(items):
            return Sequence(tuple(_exchanged(item, known, bases) for item in items))
        case Results(items, fields, last):
            of_fields = tuple((name, _exchanged(item, known, bases)) for name, item in fields)
            each = tuple(_exchanged(item, known, bases) for item in items)
            return Results(each, of_fields, _exchanged(last, known, bases))
        case Dict(items):
            return Dict(tuple((key, _exchanged(item, known, bases)) for key, item in items))
        case _:
            return UNKNOWN


def _shape(shape: Shape, known: dict[str, str], bases: dict[str, Shape]) -> Shape:
    axes = tuple(_size(axis, known) if axis is not None else None for axis in shape.axes)
    if shape.exact or shape.base not in bases:
        return Shape(axes, shape.exact)
    outer = bases[shape.base]
    return outer.with_last(*axes) if axes else outer


def _size(size: Size, known: dict[str, str]) -> Size | None:
    """The size in the terms of the caller; None where a part of it is not known there."""
    tree = ast.parse(size.text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and known.get(ast.unparse(node)) == CHANGED:
            return None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            if f"self.{node.attr}" not in known:
                return None
        elif isinstance(node, ast.Name) and node.id not in {*known, "self", *BUILTINS}:
            return None
    given, exchanged = known.get(size.text, ""), _reduced(substituted(size.text, known))
    quoted = '"' in given and ast.unparse(ast.parse(given, mode="eval")) == exchanged
    return Size(given if quoted else exchanged)


def _reduced(text: str) -> str:
    """`(8, 4)[-1]` and arithmetic on numbers, worked out."""
    return ast.unparse(_Reduction().visit(ast.parse(text, mode="eval")))


def _is_read(node: ast.expr) -> bool:
    """Whether an expression only reads names and attributes."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_read(node.value))


class _Reduction(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Subscript(value=ast.Tuple(elts=items), slice=index) if items:
                at = literal_integer(index)
                if at is not None and -len(items) <= at < len(items):
                    return items[at]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Whether two numbers are equal, or a size and itself."""
        self.generic_visit(node)
        match node.left, node.ops, node.comparators:
            case ast.Constant(value=int(a)), [(ast.Eq() | ast.NotEq()) as op], [ast.Constant(value=int(b))]:
                return ast.Constant((a == b) == isinstance(op, ast.Eq))
            case left, [(ast.Eq() | ast.NotEq()) as op], [right] if ast.dump(left) == ast.dump(right):
                return ast.Constant(isinstance(op, ast.Eq)) if _is_read(left) else node
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """`a or True`, `a or False` of conditions."""
        self.generic_visit(node)
        decisive = isinstance(node.op, ast.Or)
        if any(isinstance(v, ast.Constant) and v.value is decisive for v in node.values):
            return ast.Constant(decisive)
        left = [v for v in node.values if not (isinstance(v, ast.Constant) and v.value is not decisive)]
        if not left:
            return ast.Constant(not decisive)
        return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        match node.test:
            case ast.Constant(value=held):
                return node.body if held else node.orelse
            case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=held)):
                return node.orelse if held else node.body
            case ast.Compare(
                left=ast.Constant(value=one),
                ops=[ast.Is() | ast.IsNot() as operator],
                comparators=[ast.Constant(value=None)],
            ):
                return node.body if (one is None) == isinstance(operator, ast.Is) else node.orelse
        return node.body if ast.dump(node.body) == ast.dump(node.orelse) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Of a size and itself, the larger one is that size."""
        self.generic_visit(node)
        return alone(node) if isinstance(node.func, ast.Name) and node.func.id == "max" else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """`-(-size // 1)`, which is the size."""
        self.generic_visit(node)
        match node:
            case ast.UnaryOp(
                op=ast.USub(),
                operand=ast.BinOp(
                    left=ast.UnaryOp(op=ast.USub(), operand=size),
                    op=ast.FloorDiv(),
                    right=ast.Constant(value=1),
                ),
            ):
                return size
            case _:
                return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        operator = SYMBOLS.get(type(node.op))
        match node.left, node.right:
            case ast.Constant(value=int()), ast.Constant(value=int()) if operator is not None:
                size = combined(Size(ast.unparse(node.left)), operator, Size(ast.unparse(node.right)))
                return ast.parse(size.text, mode="eval").body
        return node
