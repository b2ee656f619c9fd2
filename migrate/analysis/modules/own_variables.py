"""`self.param` and `self.make_rng` inside a module."""

from __future__ import annotations

import ast
from keyword import iskeyword

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Const, Value
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import filled
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import DrawKey, Parameter, Sow

LATER = (ast.While, ast.Try, ast.TryStar, ast.Match, ast.Lambda, ast.FunctionDef, ast.For, ast.ListComp,
         ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)  # fmt: skip


def parameter(run: Run, given: Arguments) -> Value:
    """`self.param(name, init, shape, dtype)`: an array of that shape."""
    node, owner = given.node, run.owner
    assert owner is not None
    expressions = _expressions(run, node)
    if expressions is None:
        return UNKNOWN
    name, init, args = expressions
    text = _name(run, name)
    if text is None:
        blocked(run, node, "LNX111", "the name of a parameter is computed or is no identifier")
        return UNKNOWN
    _check_place(run, node, text)
    run.facts.site(Parameter(node, text, owner, init, args, loops=run.loops))
    shape = filled(run.facts.values.get(args[0], UNKNOWN)) if args else UNKNOWN
    if not args and isinstance(init, ast.Lambda):
        shape = run.evaluate(init.body)
    return shape if isinstance(shape, Array) else Array(Shape())


def _name(run: Run, node: ast.expr) -> str | None:
    """The name of a parameter: a literal, or an f-string that `__init__` can make as well."""
    match node:
        case ast.Constant(value=str(text)):
            plain = text.isidentifier() and not iskeyword(text) and not text.startswith("__")
            return text if plain else None
        case ast.JoinedStr() if run.owner is not None and "\\" not in ast.unparse(node):
            method = methods(run.owner).get("__call__")
            written = init_text(run.facts, run.owner, node)
            inside = run.facts.scopes.function(node) is method
            return written.strip("()")[2:-1] if written is not None and inside else None
        case _:
            return None


def _expressions(run: Run, node: ast.Call) -> tuple[ast.expr, ast.expr, tuple[ast.expr, ...]] | None:
    keywords = {k.arg: k.value for k in node.keywords}
    if any(isinstance(a, ast.Starred) for a in node.args) or keywords.keys() - {"name", "init_fn"}:
        blocked(run, node, "LNX311", "`self.param` is called with arguments that have no rewriting")
        return None
    args = list(node.args)
    name = args.pop(0) if args else keywords.get("name")
    init = args.pop(0) if args else keywords.get("init_fn")
    if name is None or init is None:
        blocked(run, node, "LNX311", "`self.param` is called without its name or initializer")
        return None
    return name, init, tuple(args)


def _check_place(run: Run, node: ast.Call, name: str) -> None:
    """A parameter must be there on every path, and only once."""
    assert run.owner is not None
    allowed = [m for n, m in methods(run.owner).items() if n in {"setup", "__call__"}]
    method = next((m for m in allowed if m is run.facts.scopes.function(node)), None)
    known = run.facts.sites.get(node)
    loops = [loop.node for loop in run.loops if "{" in name]
    above: ast.AST = node
    while method is not None and above is not method:
        above = run.facts.scopes.parent[above]
        if isinstance(above, LATER) and above is not method and above not in loops:
            method = None
    before = (known.name, known.loops) if isinstance(known, Parameter) and run.loops else (name, run.loops)
    if method is None or None in run.tests or before != (name, run.loops):
        blocked(run, node, "LNX111", "a parameter is made under a condition, in a loop or in a function")


def draw(run: Run, given: Arguments, asks: bool) -> Value:
    """`self.make_rng(name)`, a key of a stream that the caller hands over, or whether it does."""
    assert run.owner is not None
    node = given.node
    name = given.args[0] if len(given.args) == 1 and not given.keywords else UNKNOWN
    plain = isinstance(name, Const) and isinstance(name.value, str) and name.value.isidentifier()
    if not plain or name == Const("params") or not isinstance(name, Const):
        blocked(run, node, "LNX311", f"`{_drawn(asks)}` of this stream has no rewriting")
        return UNKNOWN
    method = run.facts.scopes.function(node)
    if not isinstance(method, ast.FunctionDef) or method.name != "__call__":
        blocked(run, node, "LNX311", f"`{_drawn(asks)}` is called outside of `__call__`")
    run.facts.site(DrawKey(node, name.value, run.owner, asks))
    return UNKNOWN


def _drawn(asks: bool) -> str:
    return "has_rng" if asks else "make_rng"


def sown(run: Run, given: Arguments) -> Value:
    """`self.sow("intermediates", name, value)`, as a statement of `__call__`."""
    node = given.node
    assert run.owner is not None
    method = run.facts.scopes.function(node)
    called = isinstance(method, ast.FunctionDef) and method.name == "__call__"
    match given.args[:2], run.facts.scopes.parent[node]:
        case (Const("intermediates"), Const(str(name))), ast.Expr() if (
            called and name.isidentifier() and len(node.args) == 3 and not node.keywords and not run.loops
        ):
            run.facts.site(Sow(node, name, run.owner))
        case _:
            blocked(run, node, "LNX311", "`self.sow` is called in a way that has no rewriting")
    return UNKNOWN
