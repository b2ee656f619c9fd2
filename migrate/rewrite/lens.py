"""Where each child of an `ast` node stands in the libcst node of the same source.

The analysis works on `ast`, which is ten times cheaper to make; edits are made on libcst, which keeps
every blank and comment. Both are trees of one text, so a child is found by walking down both at once,
and only the way to an edited node is ever walked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import libcst as cst

from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.program.scopes import FunctionNode

Path = tuple[str | int, ...]


def get(node: Any, path: Path) -> Any:
    """What stands at `path` below a libcst node."""
    for step in path:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def put(node: Any, path: Path, value: Any) -> Any:
    """The libcst node with `value` at `path`; what is not on the way is shared."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = [*node]
        items[step] = put(items[step], rest, value)
        return tuple(items) if isinstance(node, tuple) else items
    return node.with_changes(**{step: put(getattr(node, step), rest, value)})


def expressions(node: ast.AST, tree: Any) -> Iterator[tuple[ast.AST, Path]]:
    """The expressions right below an expression or statement, each with its path in `tree`."""
    match node:
        case ast.Attribute(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
            yield value, ("value",)
        case ast.Subscript(value=value, slice=index):
            yield value, ("value",)
            yield from _index(index, tree)
        case ast.Call():
            yield from _call(node, tree)
        case ast.BinOp(left=left, right=right):
            yield left, ("left",)
            yield right, ("right",)
        case ast.BoolOp(values=values):
            yield from _nested(values, tree)
        case ast.UnaryOp(operand=operand):
            yield operand, ("expression",)
        case ast.Compare(left=left, comparators=comparators):
            yield left, ("left",)
            for i, part in enumerate(comparators):
                yield part, ("comparisons", i, "comparator")
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from ((test, ("test",)), (body, ("body",)), (orelse, ("orelse",)))
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            for i, element in enumerate(elements):
                yield _unstarred(element), ("elements", i, "value")
        case ast.Dict(keys=keys, values=values):
            for i, (key, value) in enumerate(zip(keys, values, strict=True)):
                if key is not None:
                    yield key, ("elements", i, "key")
                yield value, ("elements", i, "value")
        case ast.Lambda(body=body):
            yield body, ("body",)
            yield from _defaults(node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            yield node.elt, ("elt",)
            yield from _generators(node.generators)
        case ast.DictComp(key=key, value=value):
            yield from ((key, ("key",)), (value, ("value",)))
            yield from _generators(node.generators)
        case ast.JoinedStr():
            yield from _format(node, tree)
        case ast.Await(value=value):
            yield value, ("expression",)
        case ast.Yield(value=ast.expr() as value):
            yield value, ("value",)
        case ast.YieldFrom(value=value):
            yield value, ("value", "item")
        case _:
            yield from _of_statement(node, tree)


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _index(index: ast.expr, tree: cst.Subscript) -> Iterator[tuple[ast.AST, Path]]:
    several = isinstance(index, ast.Tuple) and len(tree.slice) > 1
    parts = index.elts if several and isinstance(index, ast.Tuple) else [index]
    for i, part in enumerate(parts):
        path: Path = ("slice", i, "slice")
        if isinstance(part, ast.Slice):
            for name in ("lower", "upper", "step"):
                bound = getattr(part, name)
                if bound is not None:
                    yield bound, (*path, name)
        else:
            yield _unstarred(part), (*path, "value")


def _call(node: ast.Call, tree: cst.Call) -> Iterator[tuple[ast.AST, Path]]:
    yield node.func, ("func",)
    for position, argument in zip(argument_positions(node, tree), given(node), strict=True):
        yield _unstarred(argument), ("args", position, "value")


def given(node: ast.Call) -> list[ast.expr]:
    """The argument expressions of a call: the positional ones, then the keywords."""
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def argument_positions(node: ast.Call, tree: cst.Call) -> list[int]:
    """The place of each of `given(node)` in the libcst call, where both kinds may be mixed."""
    positional = [i for i, arg in enumerate(tree.args) if arg.keyword is None and arg.star != "**"]
    named = [i for i, arg in enumerate(tree.args) if arg.keyword is not None or arg.star == "**"]
    return [*positional, *named]


def _nested(values: list[ast.expr], tree: cst.BaseExpression) -> Iterator[tuple[ast.AST, Path]]:
    """`a and b and c` is one flat node in `ast` and nested to the left in libcst."""
    path: Path = ()
    for value in reversed(values[1:]):
        yield value, (*path, "right")
        path = (*path, "left")
    yield values[0], path


def _generators(generators: list[ast.comprehension]) -> Iterator[tuple[ast.AST, Path]]:
    path: Path = ("for_in",)
    for generator in generators:
        yield generator.target, (*path, "target")
        yield generator.iter, (*path, "iter")
        for i, test in enumerate(generator.ifs):
            yield test, (*path, "ifs", i, "test")
        path = (*path, "inner_for_in")


def _format(node: ast.JoinedStr, tree: cst.BaseExpression) -> Iterator[tuple[ast.AST, Path]]:
    yield from zip(_format_holes(node), _format_paths(tree, ()), strict=True)


def _format_holes(node: ast.JoinedStr) -> list[ast.expr]:
    """The expressions of an f-string, each before those of its own format."""
    holes: list[ast.expr] = []
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            holes.append(value.value)
            holes += _format_holes(value.format_spec) if isinstance(value.format_spec, ast.JoinedStr) else []
    return holes


def _format_paths(tree: Any, path: Path) -> list[Path]:
    if isinstance(tree, cst.ConcatenatedString):
        return [*_format_paths(tree.left, (*path, "left")), *_format_paths(tree.right, (*path, "right"))]
    if not isinstance(tree, cst.FormattedString):
        return []
    return _part_paths(tree.parts, (*path, "parts"))


def _part_paths(parts: Any, path: Path) -> list[Path]:
    paths: list[Path] = []
    for i, part in enumerate(parts):
        if isinstance(part, cst.FormattedStringExpression):
            paths.append((*path, i, "expression"))
            paths += _part_paths(part.format_spec or (), (*path, i, "format_spec"))
    return paths


def _of_statement(node: ast.AST, tree: Any) -> Iterator[tuple[ast.AST, Path]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for i, target in enumerate(targets):
                yield target, ("targets", i, "target")
            yield value, ("value",)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            yield from ((target, ("target",)), (annotation, ("annotation", "annotation")))
            if value is not None:
                yield value, ("value",)
        case ast.AugAssign(target=target, value=value):
            yield from ((target, ("target",)), (value, ("value",)))
        case ast.Expr(value=value):
            yield value, ("value",)
        case ast.Return(value=ast.expr() as value):
            yield value, ("value",)
        case ast.Assert(test=test, msg=msg):
            yield test, ("test",)
            if msg is not None:
                yield msg, ("msg",)
        case ast.Raise(exc=exc, cause=cause):
            if exc is not None:
                yield exc, ("exc",)
            if cause is not None:
                yield cause, ("cause", "item")
        case ast.Delete(targets=targets):
            for i, target in enumerate(targets):
                yield target, ("target",) if len(targets) == 1 else ("target", "elements", i, "value")
        case ast.If(test=test) | ast.While(test=test):
            yield test, ("test",)
        case ast.Match(subject=subject, cases=cases):
            yield subject, ("subject",)
            for i, case in enumerate(cases):
                if case.guard is not None:
                    yield case.guard, ("cases", i, "guard")
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            for i, handler in enumerate(handlers):
                if handler.type is not None:
                    yield handler.type, ("handlers", i, "type")
        case ast.For(target=target, iter=iterated) | ast.AsyncFor(target=target, iter=iterated):
            yield from ((target, ("target",)), (iterated, ("iter",)))
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for i, item in enumerate(items):
                yield item.context_expr, ("items", i, "item")
                if item.optional_vars is not None:
                    yield item.optional_vars, ("items", i, "asname", "name")
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _function(node)
        case ast.ClassDef(bases=bases, decorator_list=decorators, keywords=keywords):
            for i, keyword in enumerate(keywords):
                yield keyword.value, ("keywords", i, "value")
            for i, base in enumerate(bases):
                yield base, ("bases", i, "value")
            for i, decorator in enumerate(decorators):
                yield decorator, ("decorators", i, "decorator")
        case _:
            return


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.AST, Path]]:
    for i, decorator in enumerate(node.decorator_list):
        yield decorator, ("decorators", i, "decorator")
    if node.returns is not None:
        yield node.returns, ("returns", "annotation")
    for argument, path in _parameters(node):
        if argument.annotation is not None:
            yield argument.annotation, (*path, "annotation", "annotation")
    yield from _defaults(node)


def _defaults(node: FunctionNode) -> Iterator[tuple[ast.AST, Path]]:
    defaults = dict(parameter_defaults(node))
    for argument, path in _parameters(node):
        if argument in defaults:
            yield defaults[argument], (*path, "default")


def _parameters(node: FunctionNode) -> Iterator[tuple[ast.arg, Path]]:
    groups = (
        ("posonly_params", node.args.posonlyargs),
        ("params", node.args.args),
        ("kwonly_params", node.args.kwonlyargs),
    )
    for name, arguments in groups:
        for i, argument in enumerate(arguments):
            yield argument, ("params", name, i)


def blocks(node: ast.AST, tree: Any) -> Iterator[tuple[list[ast.stmt], Path]]:
    """The blocks of statements right below a statement, each with the path of its suite."""
    match node:
        case ast.If(body=body, orelse=orelse):
            yield body, ("body",)
            yield from _orelse(orelse, tree)
        case (
            ast.For(body=body, orelse=orelse)
            | ast.While(body=body, orelse=orelse)
            | ast.AsyncFor(body=body, orelse=orelse)
        ):
            yield body, ("body",)
            if orelse:
                yield orelse, ("orelse", "body")
        case ast.Try() | ast.TryStar():
            yield node.body, ("body",)
            for i, handler in enumerate(node.handlers):
                yield handler.body, ("handlers", i, "body")
            if node.orelse:
                yield node.orelse, ("orelse", "body")
            if node.finalbody:
                yield node.finalbody, ("finalbody", "body")
        case ast.Match(cases=cases):
            for i, case in enumerate(cases):
                yield case.body, ("cases", i, "body")
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body) | ast.ClassDef(body=body):
            yield body, ("body",)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            yield body, ("body",)
        case _:
            return


def _orelse(orelse: list[ast.stmt], tree: Any) -> Iterator[tuple[list[ast.stmt], Path]]:
    if not orelse:
        return
    if isinstance(tree.orelse, cst.If):
        yield orelse, ("orelse",)
    else:
        yield orelse, ("orelse", "body")
