"""`nn.Sequential` and lists of layers inside a module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Chain, Instance, Repeated, Sequence, Symbol, Value
from migrate.analysis.modules import (
    backward_lists,
    filled_sequences,
    layer_dicts,
    layer_lists,
    named_lists,
)
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import Layer

COUNT = Array(Shape((), True))
"""The number of a turn: one number, whatever it is."""

Invoke = Callable[[Run, Value, Arguments], Value]


def chain(run: Run, given: Arguments) -> Value:
    """`nn.Sequential([...])`: what it calls, in order."""
    items = given.args[0] if len(given.args) == 1 else dict(given.keywords).get("layers", UNKNOWN)
    written = given.node.args[0] if given.node.args else UNKNOWN
    filled = isinstance(written, ast.Name) and filled_sequences.is_for_sequential(run, written)
    listed = isinstance(written, ast.List | ast.Tuple) or (filled and in_setup(run, given.node))
    if not isinstance(items, Sequence) or given.keywords or not listed:
        blocked(run, given.node, "LNX111", "the layers of this `Sequential` are not written out in a list")
        return UNKNOWN
    for item in flat(items.items):
        if isinstance(item, Instance):
            _keep(run, given.node, item)
    return Chain(items.items, given.node)


def flat(items: tuple[Value, ...]) -> Iterator[Value]:
    """The items, those of each turn among them."""
    for item in items:
        if isinstance(item, Repeated) and isinstance(item.item, Sequence):
            yield from item.item.items
        else:
            yield item


def _keep(run: Run, node: ast.Call, item: Instance) -> None:
    """A layer in a sequence is called by it, with nothing but its input."""
    site = run.facts.sites.get(item.site)
    if not isinstance(site, Layer) or site.explicit:
        blocked(run, node, "LNX111", "a layer of this `Sequential` has a name of its own")
        return
    if site.cls is None and LAYERS[site.layer].late:
        given = {name for name, _ in site.given}
        if LAYERS[site.layer].late - given:
            blocked(run, node, "LNX111", "a layer of this `Sequential` would need a flag at its call")
    if site.lifted is not None:
        message = "a layer of this `Sequential` is under a transform: call it by itself"
        blocked(run, node, "LNX130", message)
    run.facts.sites[item.site] = replace(site, kept="*")


def call(run: Run, items: tuple[Value, ...], given: Arguments, invoke: Invoke) -> Value:
    """One after the other, from the first input to the last result."""
    if len(given.args) != 1 or given.keywords:
        blocked(run, given.node, "LNX111", "a `Sequential` is called with more than its input")
        return UNKNOWN
    value = given.args[0]
    for item in items:
        if isinstance(item, Repeated) and isinstance(item.item, Sequence):
            after = call(run, item.item.items, replace(given, args=(value,)), invoke)
            value = _turns(run, value, after, given)
        else:
            value = invoke(run, item, Arguments(given.node, (value,), ()))
    return value


def _turns(run: Run, before: Value, after: Value, given: Arguments) -> Value:
    """What any number of turns leaves, none among them: the size may not change."""
    if before == after:
        return before
    axes = [value.shape.axis(-1) if isinstance(value, Array) else None for value in (before, after)]
    if axes[0] is None or axes[0] != axes[1]:
        message = "a loop that fills this `Sequential` may change the size of its input"
        blocked(run, given.node, "LNX112", message)
        return UNKNOWN
    return Array(Shape((axes[0],)))


def is_repeated(run: Run, node: ast.AST) -> bool:
    """Whether a construction is the item of a comprehension that `setup` keeps as an attribute."""
    comprehension = run.facts.scopes.parent[node]
    return isinstance(comprehension, ast.ListComp) and _is_kept(run, comprehension)


def _is_kept(run: Run, node: ast.ListComp) -> bool:
    function = run.facts.scopes.function(node)
    parent = run.facts.scopes.parent[node]
    kept = isinstance(parent, ast.Assign) and len(parent.targets) == 1
    return kept and isinstance(function, ast.FunctionDef) and function.name == "setup"


def names_turns(run: Run, node: ast.AST, name: ast.expr) -> bool:
    """Whether names are made from what the comprehension counts, fields, and names of the file alone.

    Then the same comprehension finds the layers again in every method.
    """
    comprehension = run.facts.scopes.parent[node]
    assert isinstance(comprehension, ast.ListComp) and run.owner is not None
    turns = comprehension.generators
    if len(turns) > 1 or turns[0].ifs or init_text(run.facts, run.owner, turns[0].iter) is None:
        return False
    for part in (part for whole in (name, turns[0].iter) for part in ast.walk(whole)):
        variable = run.facts.scopes.variable(part, part.id) if isinstance(part, ast.Name) else None
        scope = variable.scope if variable is not None else comprehension
        if scope is not comprehension and not isinstance(scope, ast.Module) and not _is_self(part):
            return False
    return any(isinstance(part, ast.Name) for part in ast.walk(name))


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def repeated(run: Run, node: ast.expr, values: list[Value]) -> Value | None:
    """`[nn.Dense(n) for n in self.widths]` in `setup`."""
    if run.owner is None or not isinstance(node, ast.ListComp) or not _is_kept(run, node):
        return None
    if not values or not all(isinstance(v, Instance) and v == values[0] for v in values):
        return None
    item = values[0]
    assert isinstance(item, Instance)
    site = run.facts.sites.get(item.site)
    if not isinstance(site, Layer) or (site.explicit and not is_repeated(run, item.site)):
        return None
    run.facts.sites[item.site] = replace(site, kept="*")
    run.facts.lists.add(node)
    return Repeated(item, node)


def listed(run: Run, target: ast.Attribute, kind: Value) -> bool:
    """`self.blocks = [Block(1), Block(2)]` in `setup`; False where this is something else."""
    statement = run.facts.scopes.parent[target]
    value = statement.value if isinstance(statement, ast.Assign) else None
    if value is None:
        return False
    inner = backward_lists.within(run, value)
    if not isinstance(inner, ast.Name) and not isinstance(value, ast.List):
        return False
    if named_lists.kept_list(run, target.attr, statement):
        return True
    if isinstance(value, ast.List):
        items = kind.items if isinstance(kind, Sequence) else ()
        layers = [item for item in items if isinstance(item, Instance)]
        if not layers or not all(map(layer_lists.may_be_listed, items)):
            return False
        if any(layer.site not in value.elts for layer in layers):
            return False
    else:
        found = layer_lists.filled(kind, inner)
        if found is None:
            return False
        if isinstance(found, Repeated):
            found = replace(found, backwards=backward_lists.is_backwards(run, value))
        run.attributes[target.attr] = found
        each = found.items if isinstance(found, Sequence) else [found.item]
        layers = [layer for item in each for layer in layer_lists.layers_in(item) or ()]
    sites = [run.facts.sites.get(layer.site) for layer in layers]
    if not all(isinstance(site, Layer) and not site.explicit for site in sites):
        return False
    for site in sites:
        assert isinstance(site, Layer)
        run.facts.sites[site.node] = replace(site, kept="*")
    run.facts.lists.add(value)
    return True


def over_layers(run: Run, node: ast.expr) -> list[Value] | None:
    """What a loop over a list of layers binds, turn by turn; the list may be counted."""
    match run.facts.values.get(node):
        case _ if (inner := counted(run, node)) is not None:
            turns = over_layers(run, inner)
            return [Sequence((COUNT, item)) for item in turns] if turns is not None else None
        case _ if (turns := layer_lists.together(run, node, over_layers)) is not None:
            return turns
        case _ if (turns := layer_dicts.turns(run, node)) is not None:
            return turns
        case Repeated(item):
            return [item, item]
        case Sequence((*first, Repeated(item))):
            return [*first, item, item]
        case Sequence(items) if any(map(layer_lists.layers_in, items)):
            return [*items] if all(map(layer_lists.may_be_turned, items)) else None
        case _:
            return None


def repeated_in(run: Run, node: ast.expr) -> Repeated | None:
    """The layers that a loop goes through, if one comprehension has built them."""
    inner = counted(run, node)
    found = run.facts.values.get(inner if inner is not None else node)
    return found if isinstance(found, Repeated) else None


def counted(run: Run, node: ast.expr) -> ast.expr | None:
    """What `enumerate(...)` counts."""
    match node:
        case ast.Call(func=function, args=[inner], keywords=[]):
            return inner if run.facts.values.get(function) == Symbol("builtins.enumerate") else None
        case _:
            return None
