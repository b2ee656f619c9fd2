"""Lists of layers and functions that `setup` puts together for a `Sequential`, in a loop too.

layers = [nn.Conv(self.width, (3, 3))]
for _ in range(self.depth):
    layers += [Block(self.width), nn.relu]
self.net = nn.Sequential(layers)
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Repeated, Sequence, Symbol, Value
from migrate.analysis.modules.layer_lists import may_be_turned
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run

SEQUENTIAL = Symbol("flax.linen.Sequential")


def run_filling(run: Run, node: ast.For) -> bool:
    """Run a loop that does nothing but lengthen such a list; False where this is another loop."""
    if not in_setup(run, node) or node.orelse or not node.body:
        return False
    targets = [_lengthened(statement) for statement in node.body]
    name = targets[0]
    if name is None or any(target is None or target.id != name.id for target in targets):
        return False
    before = run.frame.vars.get(name.id)
    if not isinstance(before, Sequence) or not is_for_sequential(run, name) or _reads_turn(node):
        return False
    run.evaluate(node.iter)
    run.frame.vars[name.id] = Sequence(())
    run.execute(node.body)
    turn = run.frame.vars[name.id]
    assert isinstance(turn, Sequence)
    run.frame.vars[name.id] = Sequence((*before.items, Repeated(turn, name)))
    return True


def lengthens(run: Run, statement: ast.AugAssign, more: Value) -> bool:
    """`layers += [Block()]`, where the list only goes into a `Sequential`; it holds them afterwards."""
    return isinstance(more, Sequence) and _held(run, statement, more.items)


def appends(run: Run, name: str, given: Arguments) -> bool:
    """`layers.append(Block())` of such a list."""
    statement = run.facts.scopes.statement(given.node)
    return name == "append" and len(given.args) == 1 and _held(run, statement, given.args)


def _held(run: Run, statement: ast.stmt, more: tuple[Value, ...]) -> bool:
    name = _lengthened(statement)
    known = run.frame.vars.get(name.id) if name is not None else None
    if name is None or not in_setup(run, statement) or not is_for_sequential(run, name):
        return False
    if not isinstance(known, Sequence) or not all(map(may_be_turned, more)):
        return False
    run.frame.vars[name.id] = Sequence((*known.items, *more))
    return True


def is_for_sequential(run: Run, name: ast.Name) -> bool:
    """Whether a name of `setup` is bound to a list, lengthened, and read by one `nn.Sequential(layers)`."""
    scopes = run.facts.scopes
    names = scopes.names(scopes.variable(name, name.id))
    above = {one: scopes.parent[one] for one in names}
    lengthened = [one for one in names if _lengthened(scopes.statement(one)) is one]
    loads = [one for one in names if isinstance(one.ctx, ast.Load) and one not in lengthened]
    bound = [one for one in names if isinstance(above[one], ast.Assign)]
    if len(loads) != 1 or len(bound) != 1 or len(loads) + len(bound) + len(lengthened) != len(names):
        return False
    call, first = above[loads[0]], above[bound[0]]
    once = isinstance(first, ast.Assign) and isinstance(first.value, ast.List) and first.targets == bound
    plain = isinstance(call, ast.Call) and call.args == loads and not call.keywords
    return once and plain and isinstance(call, ast.Call) and run.evaluate(call.func) == SEQUENTIAL


def _lengthened(statement: ast.stmt) -> ast.Name | None:
    match statement:
        case ast.AugAssign(target=ast.Name() as name, op=ast.Add(), value=ast.List()):
            return name
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="append"), args=[_], keywords=[])
        ):
            return name
        case _:
            return None


def _reads_turn(node: ast.For) -> bool:
    """Whether what a turn builds depends on which turn it is."""
    bound = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return any(isinstance(n, ast.Name) and n.id in bound for s in node.body for n in ast.walk(s))
