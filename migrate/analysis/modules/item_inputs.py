"""Inputs of a module that are tuples: after `obs, dones = x` each item has sizes of its own.

An item goes by the name that it is bound to. Whether the input is a tuple is known at the calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Array, Class, Value
from migrate.analysis.kinds import Sequence as Items
from migrate.analysis.modules import scanned
from migrate.analysis.modules.classes import inputs_of, lineage
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, placeholder
from migrate.analysis.sites import Layer


def unpacked(run: Run, elements: Sequence[ast.expr], kind: Value) -> Value:
    """The items of an input of which nothing is known yet; any other value as it is."""
    known = _input(run, kind)
    if known is None or any(isinstance(element, ast.Starred) for element in elements):
        return kind
    return Items(tuple(_item(run, known, at, element) for at, element in enumerate(elements)))


def whole(name: str, rank: int | None) -> Array:
    """An input, or the item of one, with so many axes."""
    if rank is None:
        return Array(Shape((), False, name))
    return Array(Shape(tuple(placeholder(name, index) for index in range(rank, 0, -1)), True))


def _input(run: Run, kind: Value) -> str | None:
    """The input, or the item of one, that a value is."""
    if run.owner is None or run.beside or not isinstance(kind, Array):
        return None
    known = [*_parameters(run.owner), *run.facts.items[run.owner.node]]
    return next((name for name in known if kind == _made(run, name, None)), None)


def _made(run: Run, name: str, rank: int | None) -> Array:
    """What `__call__` sees of an input or an item: one step of it where it is scanned."""
    assert run.owner is not None
    scan, items = run.facts.scans.get(run.owner.node), run.facts.items[run.owner.node]
    parameter = name
    while parameter in items:
        parameter = items[parameter][0]
    if scan is not None and parameter in inputs_of(scan.method)[1:]:
        return scanned.of_step(scan, name, rank)
    return whole(name, rank)


def _parameters(cls: Class) -> list[str]:
    method = signature(cls)
    return inputs_of(method) if method is not None else []


def _item(run: Run, parameter: str, at: int, element: ast.expr) -> Value:
    assert run.owner is not None
    known = run.facts.items[run.owner.node]
    for name in (getattr(element, "id", ""), f"{parameter}_{at}"):
        free = name and name not in _parameters(run.owner)
        if free and known.setdefault(name, (parameter, at)) == (parameter, at):
            return _made(run, name, run.ranks.get(name))
    return UNKNOWN


def items_of(facts: Facts, cls: Class) -> Mapping[str, tuple[str, int]]:
    """The items by their names: of which input, and where in it."""
    return next((facts.items[one.node] for one in lineage(cls) if facts.items.get(one.node)), {})


def with_items(facts: Facts, cls: Class, inputs: Mapping[str, Value]) -> dict[str, Value]:
    """What a call gives for each input, and for each item of one."""
    found = {**inputs}
    for name, (parameter, at) in items_of(facts, cls).items():
        match found.get(parameter):
            case Items(items) if at < len(items):
                found[name] = items[at]
    return found


def in_order(facts: Facts, cls: Class, parameters: Sequence[str]) -> Iterator[str]:
    """The inputs, each in front of its items."""
    for name in parameters:
        yield name
        items = items_of(facts, cls)
        own = sorted((n for n in items if items[n][0] == name), key=items.__getitem__)
        yield from in_order(facts, cls, own)


def written(facts: Facts, cls: Class, name: str) -> str:
    """An input as its callers would write it: `x[0]` for an item."""
    known = items_of(facts, cls).get(name)
    return f"{written(facts, cls, known[0])}[{known[1]}]" if known is not None else name


def learn_axes(run: Run, site: Layer, node: ast.Call) -> None:
    """`nn.GRUCell(features=x.shape[1])(carry, x)`: `x` has two axes, else this would not be its last one.

    With more of them the carry would change its shape, in Linen as well as in NNX.
    """
    match dict(site.given).get("features"), node:
        case (
            ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name) as array, attr="shape"),
                slice=ast.Constant(value=int(at)),
            ),
            ast.Call(func=made, args=[_, ast.Name(id=same)], keywords=[]),
        ) if name == same and made is site.node and at > 0:
            whole_input = _input(run, run.facts.values.get(array, UNKNOWN))
        case _:
            return
    if whole_input is not None:
        steps = 0 if _made(run, whole_input, None) == whole(whole_input, None) else 1
        run.learnt.setdefault(whole_input, at + 1 + steps)
