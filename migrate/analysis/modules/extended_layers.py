"""Tables of embeddings that a class of the project extends: another size, or indices that are shifted.

    class Positions(nn.Embed):
        def setup(self):
            self.offset = 2
            shape = (self.num_embeddings + self.offset, self.features)
            self.embedding = self.param("embedding", self.embedding_init, shape, self.param_dtype)

        def __call__(self, positions):
            return super().__call__(positions + self.offset)

Inside of a module such a class is a layer of that kind, where `setup` spells the shape out in its call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Symbol, Value
from migrate.analysis.program.syntax import body_of
from migrate.analysis.sites import Layer

EMBED = "flax.linen.Embed"
FIELDS = frozenset({"num_embeddings", "features", "dtype", "param_dtype", "embedding_init", "embedding"})


def is_embedding(value: Value) -> bool:
    """Whether a class is a table of embeddings in the form that is known."""
    if not isinstance(value, Class) or value.bases != (Symbol(EMBED),) or value.node.keywords:
        return False
    if value.node.decorator_list or not isinstance(value.frame.scope, ast.Module):
        return False
    known: dict[str, ast.FunctionDef] = {}
    for statement in value.node.body:
        match statement:
            case ast.FunctionDef(name="setup" | "__call__" as name, decorator_list=[]):
                known[name] = statement
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                return False
    numbers = _set_up(known["setup"]) if "setup" in known else frozenset[str]()
    return numbers is not None and "__call__" in known and _looks_up(known["__call__"], numbers)


def _set_up(setup: ast.FunctionDef) -> frozenset[str] | None:
    """The whole numbers that `setup` sets; None where it does anything else but make the table."""
    numbers: set[str] = set()
    made = 0
    for statement in body_of(setup):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value):
                pass
            case _:
                return None
        if name == "embedding" and _makes_table(value, numbers):
            made += 1
        elif name not in FIELDS and isinstance(value, ast.Constant) and type(value.value) is int:
            numbers.add(name)
        else:
            return None
    return frozenset(numbers) if made == 1 and _takes_only(setup, 1) else None


def _makes_table(value: ast.expr, numbers: set[str]) -> bool:
    match value:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="self"), attr="param"),
            args=[
                ast.Constant(value="embedding"),
                ast.Attribute(value=ast.Name(id="self"), attr="embedding_init"),
                ast.Tuple(elts=[count, ast.Attribute(value=ast.Name(id="self"), attr="features")]),
                ast.Attribute(value=ast.Name(id="self"), attr="param_dtype"),
            ],
            keywords=[],
        ):
            return _is_number(count, {*numbers, "num_embeddings"})
        case _:
            return False


def _looks_up(call: ast.FunctionDef, numbers: frozenset[str]) -> bool:
    """`return super().__call__(positions + self.offset)`, and nothing else."""
    match body_of(call):
        case [
            ast.Return(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__call__"
                    ),
                    args=[given],
                    keywords=[],
                )
            )
        ]:
            return _takes_only(call, 2) and _is_shifted(given, call.args.args[1].arg, {*numbers})
        case _:
            return False


def _takes_only(method: ast.FunctionDef, count: int) -> bool:
    arguments = method.args
    others = (*arguments.posonlyargs, *arguments.kwonlyargs, *arguments.defaults)
    plain = len(arguments.args) == count and not others and arguments.vararg is arguments.kwarg is None
    return plain and arguments.args[0].arg == "self"


def _is_shifted(node: ast.expr, parameter: str, numbers: set[str]) -> bool:
    """Whether an expression is the parameter, with a number added to it or taken from it."""
    match node:
        case ast.Name(id=name):
            return name == parameter
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return _is_shifted(left, parameter, numbers) and _is_number(right, numbers)
        case _:
            return False


def _is_number(node: ast.expr, numbers: set[str]) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name in numbers
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return _is_number(left, numbers) and _is_number(right, numbers)
        case _:
            return False


def builders(facts: Facts, cls: Class) -> list[ast.ClassDef]:
    """The modules that build a class which extends a layer."""
    sites = [site for site in facts.sites.values() if isinstance(site, Layer) and site.extends == cls]
    return [*dict.fromkeys(site.owner.node for site in sites)]


def is_built(facts: Facts, node: ast.AST) -> bool:
    """Whether a class that extends a layer stands where a module builds one."""
    call = facts.scopes.parent.get(node)
    site = facts.sites.get(call) if isinstance(call, ast.Call) and call.func is node else None
    return isinstance(site, Layer) and site.extends is not None


def unread(facts: Facts, cls: Class) -> Iterator[ast.AST]:
    """Mentions of a class in code that was never reached, which may build one or extend it."""
    for file in facts.files.by_path.values():
        for node in ast.walk(file.tree):
            name = getattr(node, "id", "") or getattr(node, "attr", "")
            if name == cls.node.name and node not in facts.values:
                yield node
