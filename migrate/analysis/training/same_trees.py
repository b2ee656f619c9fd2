"""Calls that give a tree as it is: `freeze`, `unfreeze`, and what is taken out of a dict of variables.

NNX has no dict of variables, so that nothing is left of them.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, Const, Params, Sequence, Updates, Value, Variables
from migrate.analysis.program.scopes import Scopes
from migrate.analysis.run import Run
from migrate.analysis.sites import SameTree

SAME = frozenset(
    f"flax.core.{module}{name}"
    for module in ("", "frozen_dict.")
    for name in ("freeze", "unfreeze", "FrozenDict")
) | {"flax.linen.FrozenDict"}
POP = frozenset({"flax.core.pop", "flax.core.frozen_dict.pop"})
METHODS = frozenset({"unfreeze", "pop"})


def same(run: Run, given: Arguments) -> Value:
    """`unfreeze(params)`."""
    tree = given.args[0]
    if len(given.args) != 1 or given.keywords or not isinstance(tree, Params | Variables):
        return lost(run, given)
    run.facts.site(SameTree(given.node, given.node.args[0]))
    return tree


def rest_and_tree(scopes: Scopes, node: ast.expr) -> ast.Name | None:
    """The second name of `rest, params = variables.pop("params")`, as a frozen dict gives both."""
    match scopes.parent[node]:
        case ast.Assign(
            targets=[ast.Tuple(elts=[ast.Name(id=rest), ast.Name(id=name) as target])], value=value
        ) if value is node and rest != name and target not in scopes.members:
            return target
        case _:
            return None


def popped(run: Run, given: Arguments) -> Value:
    """`rest, params = flax.core.pop(variables, "params")`."""
    tree = given.args[0]
    if given.args[1:] != (Const("params"),) or given.keywords or not isinstance(tree, Variables):
        return lost(run, given)
    return _apart(run, tree, given.node, given.node.args[0])


def _apart(run: Run, tree: Variables, node: ast.Call, holder: ast.expr) -> Value:
    """The other collections and the parameters, bound to two names at once."""
    if rest_and_tree(run.facts.scopes, node) is None:
        run.escape(node, "LNX014", "a followed value is taken apart without a name for each part", tree)
        return UNKNOWN
    run.facts.site(SameTree(node, holder))
    stale = tree.stale
    return Sequence((Updates(tree.tokens, stale), replace(Params(tree.tokens), stale=stale)))


def call(run: Run, tree: Params | Variables, name: str, given: Arguments) -> Value:
    """`params.unfreeze()` and `variables.pop("params")`, which leaves the other collections."""
    node = given.node
    assert isinstance(node.func, ast.Attribute)
    if name == "unfreeze" and not node.args and not node.keywords:
        run.facts.site(SameTree(node, node.func.value))
        return tree
    holder = node.func.value
    pops = name == "pop" and given.args == (Const("params"),) and not given.keywords
    if not pops or not isinstance(tree, Variables) or not isinstance(holder, ast.Name | ast.Call):
        run.escape(node, "LNX014", f"`{name}` of a followed value has no rewriting", tree)
        return UNKNOWN
    if rest_and_tree(run.facts.scopes, node) is not None:
        return _apart(run, tree, node, holder)
    if isinstance(holder, ast.Name):
        if run.frame.vars.get(holder.id) != tree:
            run.escape(node, "LNX014", "parameters are taken out of a dict of another scope", tree)
            return UNKNOWN
        run.frame.vars[holder.id] = Updates(tree.tokens, tree.stale)
    run.facts.site(SameTree(node, holder))
    return replace(Params(tree.tokens), stale=tree.stale)
