"""States that are created from a tree which nothing follows: `params=restore_checkpoint(folder, None)`.

The tree says nothing of the model, so that the state gets one of its own: the Linen module that `apply_fn`
belongs to, wrapped, with these numbers. Whether the tree is the parameters or a whole dict of variables is
what other states of the same module show.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, ApplyFn, Class, Instance, State, Token, Variables, tokens_of
from migrate.analysis.run import Run
from migrate.analysis.sites import CreateState, StateOfTree
from migrate.analysis.training import masks
from migrate.analysis.training.views import origins

MESSAGE = "a train state is created from a tree that cannot be followed, which only a wrapped module takes"


def created(run: Run, given: Arguments) -> State | None:
    """The state, where its model can be made of the definition and the tree."""
    node = given.node
    keywords = dict(given.keywords)
    expressions = {k.arg: k.value for k in node.keywords}
    apply_fn, tree = keywords["apply_fn"], expressions["params"]
    if not isinstance(apply_fn, ApplyFn) or keywords["params"] != UNKNOWN or not _is_plain(run, tree):
        return None
    known = {*_wholes(run, apply_fn.instances)}
    if len(known) != 1:
        return None
    token = Token(node, "loaded")
    state = State(frozenset({token}), known.pop())
    run.facts.origins[token] = run.facts.origins.get(token, frozenset()) | apply_fn.instances
    run.facts.links.add((token, token))
    run.facts.site(StateOfTree(node, tree, expressions["tx"], state.whole))
    masks.check(run, node, run.facts.values.get(expressions["tx"]), state)
    run.escape(node, "LNX001", MESSAGE, state, apply_fn, bridgeable=True)
    return state


def created_with_stats(run: Run, cls: Class, stats: str, given: Arguments) -> State | None:
    """The same for a class with statistics, of which other states are created from followed parameters."""
    node, keywords = given.node, dict(given.keywords)
    expressions = {k.arg: k.value for k in node.keywords}
    apply_fn, trees = keywords["apply_fn"], (expressions["params"], expressions[stats])
    unknown = keywords["params"] == keywords[stats] == UNKNOWN
    if not isinstance(apply_fn, ApplyFn) or not unknown or not all(_is_plain(run, tree) for tree in trees):
        return None
    sites = [s for s in run.facts.sites.values() if isinstance(s, CreateState) and s.cls == cls]
    known = (origins(run, tokens_of(run.facts.values[site.params])) for site in sites)
    if not any({i.cls for i in of} == {i.cls for i in apply_fn.instances} for of in known):
        return None
    token = Token(node, "loaded")
    state = State(frozenset({token}), False, cls=cls, stats=stats)
    run.facts.origins[token] = run.facts.origins.get(token, frozenset()) | apply_fn.instances
    run.facts.links.add((token, token))
    run.facts.site(StateOfTree(node, trees[0], expressions["tx"], whole=False, stats=trees[1]))
    masks.check(run, node, run.facts.values.get(expressions["tx"]), state)
    run.escape(node, "LNX001", MESSAGE, state, apply_fn, bridgeable=True)
    return state


def _wholes(run: Run, applied: frozenset[Instance]) -> Iterator[bool]:
    """Whether the states of these modules that are created from followed parameters hold all variables."""
    classes = {instance.cls for instance in applied}
    for site in run.facts.sites.values():
        if isinstance(site, CreateState) and site.group is None:
            params = run.facts.values.get(site.params)
            if params is not None and {i.cls for i in origins(run, tokens_of(params))} == classes:
                yield isinstance(params, Variables)


def _is_plain(run: Run, tree: ast.expr) -> bool:
    """Whether the tree is a name, or made on the spot, and the program does not change it afterwards."""
    while isinstance(tree, ast.Subscript):
        tree = tree.value
    if not isinstance(tree, ast.Name):
        return isinstance(tree, ast.Call)
    scopes = run.facts.scopes
    uses = (n for n in scopes.names(scopes.variable(tree, tree.id)) if n.lineno >= tree.lineno)
    return not any(n is not tree and _may_change(run, n) for n in uses)


def _may_change(run: Run, node: ast.expr) -> bool:
    """Whether an item of the tree is set here, or a method of it is called."""
    above = run.facts.scopes.parent[node]
    while isinstance(above, ast.Subscript) and above.value is node:
        if not isinstance(above.ctx, ast.Load):
            return True
        node, above = above, run.facts.scopes.parent[above]
    return isinstance(above, ast.Attribute | ast.AugAssign)
