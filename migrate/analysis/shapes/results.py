"""What modules give back: tuples of several lengths, and records that are read like tuples.

`ModelOutput` of transformers and `BaseOutput` of diffusers are such records: by its number an item is that
of the tuple of all fields that are not None.
"""

from __future__ import annotations

import ast
from itertools import takewhile

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Class, Const, Results, Sequence, Symbol, Value
from migrate.analysis.program.parameters import optional_parameters
from migrate.analysis.run import Run
from migrate.analysis.shapes.indexing import literal_integer
from migrate.analysis.shapes.sizes import Shape, placeholder

DECORATORS = frozenset({"flax.struct.dataclass", "dataclasses.dataclass"})
LIBRARIES = ("transformers.", "diffusers.")
NAMES = frozenset({"ModelOutput", "BaseOutput"})


def is_output_class(run: Run, cls: Class) -> bool:
    """Whether a class is a dataclass of results that are read by their numbers too."""
    decorators = [run.facts.values.get(decorator) for decorator in cls.node.decorator_list]
    plain = [isinstance(d, Symbol) and d.name in DECORATORS for d in decorators] == [True]
    body = all(isinstance(s, ast.AnnAssign) or _is_text(s) for s in cls.node.body)
    return plain and body and len(cls.bases) == 1 and _is_base(cls.bases[0])


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_base(base: Value) -> bool:
    match base:
        case Symbol(name):
            return name.startswith(LIBRARIES) and name.rpartition(".")[2] in NAMES
        case Class(node, _, (Symbol("collections.OrderedDict"),)):
            methods = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
            return node.name in NAMES and {"to_tuple", "__getitem__"} <= methods
        case _:
            return False


def created(run: Run, cls: Class, given: Arguments) -> Value:
    """`FlaxBaseModelOutput(last_hidden_state=x, ...)`."""
    targets = (s.target for s in cls.node.body if isinstance(s, ast.AnnAssign))
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    spread = any(isinstance(argument, ast.Starred) for argument in given.node.args)
    if spread or any(keyword.arg is None for keyword in given.node.keywords):
        return UNKNOWN
    bound = dict(zip(names, given.args, strict=False)) | dict(given.keywords)
    fields = tuple((name, bound.get(name, Const(None))) for name in names)
    return Results(_certain(run, given.node, [value for _, value in fields]), fields)


def _certain(run: Run, node: ast.Call, values: list[Value]) -> tuple[Value, ...]:
    """The first items that are surely not None."""
    function = run.facts.scopes.function(node)
    optional = {*optional_parameters(function)} if isinstance(function, ast.FunctionDef) else set()
    return tuple(takewhile(lambda v: isinstance(v, Array) and not _is_input(v.shape, optional), values))


def _is_input(shape: Shape, names: set[str]) -> bool:
    """Whether a shape may be that of an input as it was given."""
    count = len(shape.axes)
    own = any(shape.last(count) == tuple(placeholder(n, i) for i in range(count, 0, -1)) for n in names)
    return own if shape.exact else not count and shape.base in names


def is_filter(node: ast.Call) -> bool:
    """Whether a call is one of `tuple` with a generator."""
    return len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp)


def filtered(run: Run, node: ast.Call) -> Value:
    """`tuple(v for v in outputs if v is not None)`."""
    match node.args:
        case [
            ast.GeneratorExp(
                elt=ast.Name(id=given),
                generators=[
                    ast.comprehension(
                        target=ast.Name(id=bound),
                        iter=iterated,
                        ifs=[
                            ast.Compare(
                                left=ast.Name(id=tested),
                                ops=[ast.IsNot()],
                                comparators=[ast.Constant(value=None)],
                            )
                        ],
                    )
                ],
            )
        ] if given == bound == tested:
            found = run.facts.values.get(iterated)
            if not isinstance(found, Results | Sequence):
                return UNKNOWN
            return Results(_certain(run, node, [*found.items]))
        case _:
            return UNKNOWN


def subscript(found: Results, index: Value, node: ast.expr) -> Value:
    """`outputs[0]`, `outputs[1:]`."""
    match index, node:
        case Const(int(at)), _ if 0 <= at < len(found.items):
            return found.items[at]
        case Const(-1), _:
            return found.last
        case _, ast.Slice(upper=None, step=None, lower=lower) if (
            start := literal_integer(lower)
        ) is not None:
            return Results(found.items[start:]) if start >= 0 else UNKNOWN
        case _:
            return UNKNOWN


def attribute(found: Results, name: str) -> Value:
    """`outputs.last_hidden_state`."""
    return dict(found.fields).get(name, UNKNOWN)


def concatenated(left: Value, right: Value) -> Value:
    """`(x,) + outputs[1:]`."""
    match left, right:
        case Sequence(a), Sequence(b):
            return Sequence((*a, *b))
        case Sequence(a), Results(b):
            return Results((*a, *b))
        case Results(a), Sequence(b) if b:
            return Results(a, (), b[-1])
        case Sequence(a) | Results(a), _:
            return Results(a)
        case _:
            return UNKNOWN
