"""Lists of layers that are copied or turned around: `list(reversed(blocks))`, `reversed(self.up)`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Collected, Repeated, Sequence, Symbol, Value
from migrate.analysis.modules.layer_lists import layers_in, may_be_turned
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run

REVERSED, LIST = "builtins.reversed", "builtins.list"
COUNTING = (Symbol("builtins.enumerate"), Symbol("builtins.zip"))


def ordered(run: Run, name: str, given: Arguments) -> Value | None:
    """The layers of a list in the order that `list` or `reversed` gives; None for anything else."""
    if run.owner is None or len(given.args) != 1 or given.keywords:
        return None
    if not (_is_kept_at_once if in_setup(run, given.node) else _is_run_over)(run, given.node):
        return None
    backwards = name == REVERSED
    match given.args[0]:
        case Repeated(backwards=before) as layers:
            return replace(layers, backwards=before != backwards)
        case Sequence(items) if any(map(layers_in, items)) and all(map(may_be_turned, items)):
            return Sequence(items[::-1] if backwards else items)
        case Collected(item) as layers if layers_in(item) and in_setup(run, given.node):
            return layers
        case _:
            return None


def _is_kept_at_once(run: Run, node: ast.Call) -> bool:
    """Whether an attribute takes the new list where `setup` makes it: what is appended later is not in it."""
    match within(run, node), run.facts.scopes.parent[around(run, node)]:
        case ast.Name(), ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"))]):
            return True
        case _:
            return False


def _is_run_over(run: Run, node: ast.Call) -> bool:
    """Whether a loop runs over the new list at once, so that nothing else can change it or use it up."""
    whole = around(run, node)
    above = run.facts.scopes.parent[whole]
    if isinstance(above, ast.Call) and run.facts.values.get(above.func) in COUNTING:
        whole, above = above, run.facts.scopes.parent[above]
    return isinstance(above, ast.For | ast.comprehension) and above.iter is whole


def within(run: Run, node: ast.expr) -> ast.expr:
    """The list inside of `list(reversed(...))`."""
    while isinstance(node, ast.Call) and _orders(run, node):
        node = node.args[0]
    return node


def around(run: Run, node: ast.expr) -> ast.expr:
    """The outermost `list(...)` or `reversed(...)` around a list."""
    above = run.facts.scopes.parent[node]
    while isinstance(above, ast.Call) and _orders(run, above) and above.args[0] is node:
        node, above = above, run.facts.scopes.parent[above]
    return node


def is_backwards(run: Run, node: ast.expr) -> bool:
    """Whether `list(reversed(...))` turns the list inside of it around."""
    turned = False
    while isinstance(node, ast.Call) and _orders(run, node):
        turned ^= run.facts.values[node.func] == Symbol(REVERSED)
        node = node.args[0]
    return turned


def _orders(run: Run, node: ast.Call) -> bool:
    callee = run.facts.values.get(node.func)
    return callee in {Symbol(REVERSED), Symbol(LIST)} and len(node.args) == 1 and not node.keywords
