"""Layers of one class that is checkpointed if a field says so.

    block = Block
    if self.remat:
        block = nn.remat(block, static_argnums=(2,))
    ...
    x = block(self.size, name="block")(x)

The parameters are the same, so that one layer is made, and its calls are checkpointed or not.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Lifted, Mixed
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.program.scopes import Variable
from migrate.analysis.run import Run
from migrate.analysis.sites import ChosenCheckpoint

REMAT = "flax.linen.remat"


def chosen(run: Run, value: Mixed, node: ast.Call) -> Lifted | None:
    """The class under its checkpoint, where a condition on fields says that it is, or is not, under one."""
    lifted = [part for part in value.parts if isinstance(part, Lifted) and part.transform == REMAT]
    classes = [part for part in value.parts if isinstance(part, Class)]
    if len(value.parts) != 2 or not lifted or not classes or lifted[0].cls != classes[0]:
        return None
    variable = run.facts.scopes.variable(node.func, node.func.id) if isinstance(node.func, ast.Name) else None
    found = _choice(run, variable, lifted[0]) if variable is not None else None
    if found is None or run.owner is None or init_text(run.facts, run.owner, found.test) is None:
        return None
    run.facts.chosen_checkpoints[node] = found
    return lifted[0]


def needs_name(run: Run, node: ast.Call, explicit: bool) -> bool:
    """Whether Linen would call such a layer otherwise if it is checkpointed."""
    return node in run.facts.chosen_checkpoints and not explicit and not in_setup(run, node)


def _choice(run: Run, variable: Variable, lifted: Lifted) -> ChosenCheckpoint | None:
    """What gives a name such a class, if the name is only called."""
    scopes = run.facts.scopes
    names = scopes.names(variable)
    stores = [name for name in names if not isinstance(name.ctx, ast.Load)]
    inner = lifted.site.args[0]
    calls = [(name, scopes.parent[name]) for name in names if name not in (*stores, inner)]
    if any(not isinstance(call, ast.Call) or call.func is not name for name, call in calls):
        return None
    match [scopes.parent[store] for store in stores]:
        case [ast.Assign(targets=[_], value=ast.IfExp(test=test, body=yes, orelse=no)) as only]:
            found = _of(lifted.site, test, yes, no, (only,))
        case [ast.Assign(targets=[_]) as first, ast.Assign(targets=[_]) as second]:
            found = _by_statements(scopes.parent[second], first, second, lifted.site)
        case _:
            return None
    if found is None or not isinstance(run.facts.values.get(found.plain), Class):
        return None
    function = scopes.function(lifted.site)
    body = function.body if isinstance(function, ast.FunctionDef) else []
    same = inner in names or ast.dump(inner) == ast.dump(found.plain)
    return found if same and all(statement in body for statement in found.statements) else None


def _by_statements(
    around: ast.AST, first: ast.Assign, second: ast.Assign, made: ast.Call
) -> ChosenCheckpoint | None:
    """A class that a condition puts under a checkpoint, or both branches of one."""
    match around:
        case ast.If(test=test, body=[yes], orelse=[]) if yes is second:
            return _of(made, test, second.value, first.value, (first, around))
        case ast.If(test=test, body=[yes], orelse=[no]) if yes is first and no is second:
            return _of(made, test, first.value, second.value, (around,))
        case _:
            return None


def _of(
    made: ast.Call, test: ast.expr, yes: ast.expr, no: ast.expr, statements: tuple[ast.stmt, ...]
) -> ChosenCheckpoint | None:
    """One of the two is the class under its checkpoint, the other one the class."""
    if made not in (yes, no):
        return None
    return ChosenCheckpoint(no if yes is made else yes, test, yes is made, statements)
