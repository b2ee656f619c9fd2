"""Variables of collections inside a module: `self.variable`, and every way to read or set them.

A variable may only be bound to a name of its own and be read or set through `.value`: whatever else
happens to it could not be seen.
"""

from __future__ import annotations

import ast
from keyword import iskeyword

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Cell, Const, Function, OwnCollection, Symbol, Value
from migrate.analysis.modules import tied
from migrate.analysis.modules.own_variables import LATER
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import filled
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import OwnVariable, UseVariable

OWN = frozenset({"params", "intermediates", "perturbations"})
"""Collections that have methods of their own."""


def declared(run: Run, given: Arguments) -> Value:
    """`self.variable(collection, name, init, *args)`."""
    node, owner = given.node, run.owner
    assert owner is not None
    names = _named(given)
    starred = any(isinstance(arg, ast.Starred) for arg in node.args)
    spread = starred or any(keyword.arg is None for keyword in node.keywords)
    if names is None or names[0] in OWN or spread or len(node.args) < 3:
        return _refused(run, node, "`self.variable` is called in a way that has no rewriting")
    target = _target(run, node)
    if target is None and not _is_read(run, node):
        return _refused(run, node, "a variable of a collection is not bound to a name of its own")
    named = tuple((k.arg, k.value) for k in node.keywords if k.arg is not None)
    kept = target.attr if isinstance(target, ast.Attribute) else None
    site = OwnVariable(
        node, *names, owner, node.args[2], tuple(node.args[3:]), named, target, kept, run.loops
    )
    run.facts.site(site)
    return Cell(*names, _initial(run, given))


def _refused(run: Run, node: ast.AST, message: str) -> Value:
    blocked(run, node, "LNX312", message)
    return UNKNOWN


def _named(given: Arguments) -> tuple[str, str] | None:
    """The collection and the name that stand first in a call, if both are plain names."""
    match given.args[:2]:
        case (Const(str(collection)), Const(str(name))) if _is_plain(collection) and _is_plain(name):
            return collection, name
        case _:
            return None


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name) and not name.startswith("__")


def _target(run: Run, node: ast.Call) -> ast.Name | ast.Attribute | None:
    """The one name, or the attribute that `setup` sets, to which a variable is bound."""
    match run.facts.scopes.parent[node]:
        case ast.Assign(targets=[ast.Name() as target]):
            variable = run.facts.scopes.variable(target, target.id)
            stores = [n for n in run.facts.scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
            return target if stores == [target] else None
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self")) as target]):
            function = run.facts.scopes.function(node)
            return target if isinstance(function, ast.FunctionDef) and function.name == "setup" else None
        case _:
            return None


def _is_read(run: Run, node: ast.Call) -> bool:
    """`self.variable(...).value` in a compact method: nothing else can come by the variable."""
    scopes = run.facts.scopes
    above, function = scopes.parent[node], scopes.function(node)
    called = isinstance(function, ast.FunctionDef) and function.name == "__call__"
    around: ast.AST = node
    while not isinstance(around, ast.stmt):
        around = scopes.parent[around]
        if isinstance(around, LATER):
            return False
    return called and isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load)


def _initial(run: Run, given: Arguments) -> Value:
    """What `init(*args)` gives."""
    init, body = given.args[2], given.node.args[2]
    if isinstance(body, ast.Lambda) and len(given.node.args) == 3 and not body.args.args:
        found = run.evaluate(body.body)
        return found if isinstance(found, Array) else Array(Shape())
    if isinstance(init, Symbol | Function):
        written = init.node if isinstance(init, Function) else given.node
        kept = run.facts.snapshot(written)
        found = run.invoke(init, Arguments(given.node, given.args[3:], given.keywords))
        run.facts.restore(written, kept)
        if isinstance(found, Array):
            return found
    shape = filled(given.args[3]) if len(given.args) > 3 else UNKNOWN
    return shape if isinstance(shape, Array) else Array(Shape())


def asked(run: Run, given: Arguments) -> Value:
    """`self.has_variable(collection, name)`."""
    names = _named(given) if len(given.args) == 2 and not given.keywords else None
    if names is None or names[0] in OWN or run.owner is None:
        return _refused(run, given.node, "`self.has_variable` is called in a way that has no rewriting")
    run.facts.site(UseVariable(given.node, *names, run.owner, asks=True))
    return UNKNOWN


def by_name(run: Run, given: Arguments, puts: bool) -> Value:
    """`self.get_variable(collection, name)`; or `put_variable` with a value behind them, as a statement."""
    node, names = given.node, _named(given)
    plain = len(node.args) == 2 + puts and not node.keywords
    plain &= not any(isinstance(arg, ast.Starred) for arg in node.args)
    stands = isinstance(run.facts.scopes.parent[node], ast.Expr) == puts
    if names is None or names[0] in OWN or run.owner is None or not plain or not stands:
        called = "put_variable" if puts else "get_variable"
        return _refused(run, node, f"`self.{called}` is called in a way that has no rewriting")
    run.facts.site(UseVariable(node, *names, run.owner, put=node.args[2] if puts else None))
    return _known(run, *names)


def _known(run: Run, collection: str, name: str) -> Value:
    """What is known of a variable that the module has declared."""
    sites = [site for site in run.facts.sites.values() if isinstance(site, OwnVariable)]
    own = [s for s in sites if s.owner == run.owner and (s.collection, s.name) == (collection, name)]
    cell = run.facts.values.get(own[0].node) if len(own) == 1 else None
    return cell.value if isinstance(cell, Cell) else Array(Shape())


def value(run: Run, node: ast.Attribute, cell: Cell) -> Value:
    """`variable.value`, read or set."""
    if node.attr != "value" or run.owner is None:
        return _refused(run, node, f"`.{node.attr}` of a variable of a collection has no rewriting")
    run.facts.site(UseVariable(node, cell.collection, cell.name, run.owner))
    return cell.value


def item(run: Run, node: ast.Subscript, holder: OwnCollection, index: Value) -> Value:
    """`self.variables[collection][name]`."""
    match holder, index:
        case OwnCollection(None), Const(str(collection)) if collection not in OWN or collection == "params":
            return OwnCollection(collection)
        case OwnCollection("params"), Const(str(name)) if (layer := tied.own(run, node, name)) is not None:
            return layer
        case OwnCollection("params"), _:
            return _refused(run, node, "`self.variables` is read in a way that has no rewriting")
        case OwnCollection(str(collection)), Const(str(name)) if _is_plain(name) and run.owner is not None:
            run.facts.site(UseVariable(node, collection, name, run.owner))
            return Array(Shape())
        case _:
            return _refused(run, node, "`self.variables` is read in a way that has no rewriting")


def check(run: Run, node: ast.expr, found: Value) -> None:
    """A variable may only be bound, or read by `.value`, and the collections only by their names."""
    parent = run.facts.scopes.parent[node]
    match found, parent:
        case OwnCollection(), ast.Subscript(value=inner) if inner is node:
            pass
        case Cell(), ast.Attribute(value=inner) if inner is node:
            pass
        case Cell(), ast.Assign(targets=[_]) if isinstance(run.facts.sites.get(node), OwnVariable):
            pass
        case ((Cell() | OwnCollection()), _):
            _refused(run, node, "a variable of a collection is handed on, which cannot be followed")
        case _:
            pass
