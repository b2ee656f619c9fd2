"""Lists of layers that `setup` fills, and loops over several lists of layers side by side."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable

from migrate.analysis.activation import Arguments
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Collected,
    Const,
    Function,
    Instance,
    Length,
    Mixed,
    Partial,
    Repeated,
    Sequence,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.modules import collected
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.layers import shared
from migrate.analysis.modules.module_calls import PLAIN, is_layer
from migrate.analysis.modules.optional_layers import alternatives
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.program.scopes import TURNS
from migrate.analysis.run import Run
from migrate.analysis.shapes.indexing import literal_integer


def layers_in(value: Value | None) -> list[Instance] | None:
    """The layers that a value may be; None where it is something else, or nothing."""
    match value:
        case Instance():
            return [value]
        case Mixed(parts) if Const(None) not in parts:
            return alternatives(value)
        case _:
            return None


def fills(run: Run, items: Sequence | Collected, name: str, given: Arguments) -> bool:
    """Whether `layers.append(Block())` stands in `setup`, and the list holds nothing but layers."""
    known = list(items.items) if isinstance(items, Sequence) else [items.item] if items.item else []
    each = [*known, *given.args]
    return in_setup(run, given.node) and name == "append" and bool(given.args) and all(map(layers_in, each))


def filled(kind: Value, node: ast.expr) -> Repeated | Sequence | None:
    """What an attribute holds that is given such a list by its name."""
    if not isinstance(node, ast.Name):
        return None
    match kind:
        case Collected(item) if layers_in(item):
            assert item is not None
            return Repeated(item, node)
        case Sequence(items) if items and all(map(layers_in, items)):
            return kind
        case _:
            return None


def may_be_listed(value: Value) -> bool:
    """Whether something may stand in a list of layers: a layer, or a function that builds none by itself."""
    match value:
        case Instance() | Function():
            return True
        case Symbol(name):
            return shared(name) is not None or (name.startswith(PLAIN) and not is_layer(value))
        case Partial(function):
            return may_be_listed(function)
        case Length(size):
            return size.text.startswith("self.") and size.text[5:].isidentifier()
        case _:
            return False


def may_be_turned(value: Value) -> bool:
    """Whether a loop over a list may bind this: one layer, one of several, or a function."""
    return layers_in(value) is not None or may_be_listed(value)


def together(
    run: Run, node: ast.expr, turns: Callable[[Run, ast.expr], list[Value] | None]
) -> list[Value] | None:
    """What `zip(self.convs, self.norms, xs)` gives, turn by turn."""
    callee = run.facts.values.get(node.func) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or callee != Symbol("builtins.zip") or node.keywords:
        return None
    lists = [turns(run, arg) for arg in node.args]
    if not any(lists) or any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    if any(
        followed(run.facts.values.get(a, UNKNOWN)) for a, t in zip(node.args, lists, strict=True) if not t
    ):
        return None
    lengths = [len(t) for a, t in zip(node.args, lists, strict=True) if t and _has_length(run, a)]
    each = [t or [collected.element(run, arg)] for arg, t in zip(node.args, lists, strict=True)]
    count = min(lengths) if lengths else 2
    return [Sequence(tuple(items[min(turn, len(items) - 1)] for items in each)) for turn in range(count)]


def _has_length(run: Run, node: ast.expr) -> bool:
    return isinstance(run.facts.values.get(node), Sequence)


def item(run: Run, node: ast.Subscript, holder: Value, index: Value) -> Value | None:
    """`self.layers[i]`, `self.layers[1:]` of a list of layers inside a module; None for anything else."""
    if run.owner is None or not isinstance(holder, Repeated | Sequence):
        return None
    if isinstance(index, Length) and _is_alone(run, node) and not isinstance(node.slice, ast.Slice):
        message = "which layer of a list is called, and so has parameters, is a setting"
        blocked(run, node, "LNX111", message)
    if isinstance(holder, Repeated):
        return holder if isinstance(node.slice, ast.Slice) else holder.item
    if not holder.items or not all(map(layers_in, holder.items)):
        return None
    match index:
        case Const(int(at)) if -len(holder.items) <= at < len(holder.items):
            return holder.items[at]
        case _ if isinstance(node.slice, ast.Slice):
            return sliced(holder, node.slice)
        case _:
            return functools.reduce(join, holder.items)


def _is_alone(run: Run, node: ast.Subscript) -> bool:
    """Whether this one layer is all that a class reads of its list: the index does not run in a loop."""
    assert run.owner is not None
    named = node.value.attr if isinstance(node.value, ast.Attribute) else None
    every = [n for method in methods(run.owner).values() for n in ast.walk(method)]
    reads = [n for n in every if isinstance(n, ast.Attribute) and n.attr == named]
    loaded = [n for n in reads if isinstance(n.ctx, ast.Load)]
    return loaded == [node.value] and not run.facts.scopes.within(node, TURNS)


def sliced(holder: Sequence, part: ast.Slice) -> Sequence | None:
    """A slice of a tuple or list whose bounds are written out; None for any other."""
    bounds = [literal_integer(bound) for bound in (part.lower, part.upper, part.step)]
    given = [bound is not None for bound in (part.lower, part.upper, part.step)]
    if [bound is not None for bound in bounds] != given:
        return None
    return Sequence(holder.items[slice(*bounds)])
