"""Calls that give a tree as it is: `freeze`, `unfreeze`, and what is taken out of a dict of variables.

NNX has no dict of variables, so that nothing is left of them.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, Const, Params, Updates, Value, Variables
from migrate.analysis.run import Run
from migrate.analysis.sites import SameTree

SAME = frozenset(
    f"flax.core.{module}{name}"
    for module in ("", "frozen_dict.")
    for name in ("freeze", "unfreeze", "FrozenDict")
) | {"flax.linen.FrozenDict"}
METHODS = frozenset({"unfreeze", "pop"})


def same(run: Run, given: Arguments) -> Value:
    """`unfreeze(params)`."""
    tree = given.args[0]
    if len(given.args) != 1 or given.keywords or not isinstance(tree, Params | Variables):
        return lost(run, given)
    run.facts.site(SameTree(given.node, given.node.args[0]))
    return tree


def call(run: Run, tree: Params | Variables, name: str, given: Arguments) -> Value:
    """`params.unfreeze()` and `variables.pop("params")`, which leaves the other collections."""
    node = given.node
    assert isinstance(node.func, ast.Attribute)
    if name == "unfreeze" and not node.args and not node.keywords:
        run.facts.site(SameTree(node, node.func.value))
        return tree
    holder = node.func.value
    popped = name == "pop" and given.args == (Const("params"),) and not given.keywords
    if not popped or not isinstance(tree, Variables) or not isinstance(holder, ast.Name | ast.Call):
        run.escape(node, "LNX014", f"`{name}` of a followed value has no rewriting", tree)
        return UNKNOWN
    if isinstance(holder, ast.Name):
        if run.frame.vars.get(holder.id) != tree:
            run.escape(node, "LNX014", "parameters are taken out of a dict of another scope", tree)
            return UNKNOWN
        run.frame.vars[holder.id] = Updates(tree.tokens, tree.stale)
    run.facts.site(SameTree(node, holder))
    return replace(Params(tree.tokens), stale=tree.stale)
