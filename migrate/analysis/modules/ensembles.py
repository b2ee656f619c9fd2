"""Ensembles that a function of the project makes of a class: `ensemblize(MLP, 2)`.

    def ensemblize(cls, num):
        return nn.vmap(cls, {"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=num)

A condition of `setup` may choose between the class and an ensemble of it:

    mlp = MLP
    if self.ensemble:
        mlp = ensemblize(mlp, 2)
    self.value = mlp(self.widths)
"""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Lifted, Mixed, Value
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run

VMAP = "flax.linen.vmap"


def maker(facts: Facts, site: ast.Call) -> ast.FunctionDef | None:
    """The function that does nothing but lift the class which it is handed."""
    function = facts.scopes.function(site)
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    documented = ast.get_docstring(function, clean=False) is not None
    names = {arg.arg for arg in function.args.args}
    match function.body[documented:], site.args:
        case [ast.Return(value=value)], [ast.Name(id=name)] if value is site and name in names:
            return function if isinstance(facts.scopes.parent[function], ast.Module) else None
        case _:
            return None


def chosen(run: Run, value: Mixed, node: ast.Call) -> Lifted | None:
    """The ensemble, where a condition of `setup` on fields chooses between a class and an ensemble of it."""
    lifted = [part for part in value.parts if isinstance(part, Lifted) and part.transform == VMAP]
    classes = [part for part in value.parts if isinstance(part, Class)]
    if len(value.parts) != 2 or not lifted or not classes or lifted[0].cls != classes[0]:
        return None
    test = _test(run, node) if maker(run.facts, lifted[0].site) is not None else None
    if test is None or run.owner is None or init_text(run.facts, run.owner, test) is None:
        return None
    run.facts.ensembles[node] = test
    return lifted[0]


def _test(run: Run, node: ast.Call) -> ast.expr | None:
    """The condition behind a plain assignment, on which the name that is called holds the ensemble."""
    scopes, name = run.facts.scopes, node.func
    if not isinstance(name, ast.Name) or not in_setup(run, node):
        return None
    names = scopes.names(scopes.variable(name, name.id))
    match [scopes.parent[store] for store in names if not isinstance(store.ctx, ast.Load)]:
        case [ast.Assign(targets=[_]) as first, ast.Assign(targets=[_], value=made) as second]:
            around = scopes.parent[second]
        case _:
            return None
    setup = scopes.function(node)
    body = setup.body if isinstance(setup, ast.FunctionDef) else []
    ordered = first in body and around in body and body.index(first) < body.index(around)
    if not ordered or not isinstance(around, ast.If) or around.body != [second] or around.orelse:
        return None
    early = [use for use in names if use.lineno < second.lineno and isinstance(use.ctx, ast.Load)]
    fields = all(name == "self" or hasattr(builtins, name) for name in names_in(around.test))
    is_ensemble = isinstance(run.facts.values.get(made), Lifted)
    return around.test if is_ensemble and fields and not early else None


def is_made_elsewhere(facts: Facts, node: ast.Call, lifted: Value | None) -> bool:
    """Whether a layer is built by what a function of the project, or a condition, gave."""
    return isinstance(lifted, Lifted) and (node in facts.ensembles or maker(facts, lifted.site) is not None)
