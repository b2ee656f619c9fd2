"""How two kinds of values become one that covers both, where control flow joins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migrate.analysis.closures import alike
from migrate.analysis.kinds import (
    TOKENED,
    UNKNOWN,
    ApplyFn,
    Array,
    Batched,
    Bound,
    BoundModel,
    Class,
    Collected,
    Const,
    Dict,
    Function,
    Grad,
    Grads,
    Group,
    Holder,
    Jit,
    Method,
    Mixed,
    Optimizer,
    OptTree,
    Outputs,
    Path,
    Pending,
    Record,
    Results,
    SavedState,
    Sequence,
    State,
    Symbol,
    Transformation,
    Updates,
    Value,
    followed,
)
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.nnx_code import nnx_kinds
from migrate.analysis.shapes.activations import is_activation
from migrate.analysis.shapes.sizes import joined


def join(left: Value, right: Value) -> Value:
    """The least kind that covers both."""
    if left == right:
        return left
    if isinstance(left, TOKENED) and type(left) is type(right):
        return _join_tokened(left, right)
    if (covering := nnx_kinds.joined(left, right)) is not None:
        return covering
    match left, right:
        case (Optimizer() as optimizer, Const(None)) | (Const(None), Optimizer() as optimizer):
            return optimizer
        case Holder(), Holder() if _alike(left, right):
            return _join_holders(left, right)
        case Method(a, name), Method(b, other) if name == other:
            return Method(join(a, b), name)
        case Bound(a, function), Bound(b, other) if function == other:
            return Bound(join(a, b), function)
        case (Outputs(), Sequence((_, Updates())) as given) | (Sequence((_, Updates())) as given, Outputs()):
            return given
        case ApplyFn(a), ApplyFn(b):
            return ApplyFn(a | b)
        case Transformation(a), Transformation(b):
            return Transformation(a | b, left.masks or right.masks, left.ordered or right.ordered)
        case Array(a), Array(b):
            return Array(joined(a, b))
        case Collected(a), Collected(b):
            return Collected(b if a is None else a if b is None else join(a, b))
        case (Collected(item), Sequence(items)) | (Sequence(items), Collected(item)) if not any(
            map(followed, items)
        ) or (item is not None and followed(item)):
            listed: Value = left if isinstance(left, Collected) else right
            for each in items:
                listed = join(listed, Collected(each))
            return listed
        case ((Sequence() | Results()), (Sequence() | Results())) if _are_results(left, right):
            return _join_results(left, right)
        case Sequence(a), Sequence(b) if len(a) == len(b):
            return Sequence(tuple(_join_items(x, y) for x, y in zip(a, b, strict=True)))
        case Record(cls, a), Record(other, b) if cls == other:
            return Record(cls, tuple((k, join(x, y)) for (k, x), (_, y) in zip(a, b, strict=True)))
        case Dict(a), Dict(b) if [k for k, _ in a] == [k for k, _ in b]:
            return Dict(tuple((k, join(x, y)) for (k, x), (_, y) in zip(a, b, strict=True)))
    if _callable(left) and alike(left, right):
        return right
    parts = _parts(left) | _parts(right)
    if any(followed(v) or _callable(v) for v in (left, right)) or all(map(is_activation, parts)):
        return Mixed(parts)
    return Mixed(parts) if all(isinstance(v, Symbol) and v.name in LAYERS for v in parts) else UNKNOWN


def _are_results(left: Value, right: Value) -> bool:
    """Whether these are plain tuples of different lengths, or records that are read like tuples."""
    sizes = {len(v.items) for v in (left, right) if isinstance(v, Sequence)}
    both = isinstance(left, Sequence) and isinstance(right, Sequence) and len(sizes) == 1
    return not (both or followed(left) or followed(right))


def _join_items(left: Value, right: Value) -> Value:
    """An item of a tuple that is None on some paths has the shape of what it is on the others."""
    match left, right:
        case (Const(None), Array() as array) | (Array() as array, Const(None)):
            return array
        case _:
            return join(left, right)


def _join_results(left: Value, right: Value) -> Results:
    assert isinstance(left, Sequence | Results) and isinstance(right, Sequence | Results)
    items = tuple(_join_items(a, b) for a, b in zip(left.items, right.items, strict=False))
    known = [dict(v.fields) for v in (left, right) if isinstance(v, Results) and v.fields]
    if len(known) < 2:
        last = _join_items(_last(left), _last(right))
        return Results(items, tuple(known[0].items()) if known else (), UNKNOWN if known else last)
    names = [name for name in known[0] if name in known[1]]
    return Results(items, tuple((name, join(known[0][name], known[1][name])) for name in names))


def _last(value: Sequence | Results) -> Value:
    if isinstance(value, Results):
        return value.last
    return value.items[-1] if value.items else UNKNOWN


def _alike(left: Holder, right: Holder) -> bool:
    names = [name for name, _ in left.fields] == [name for name, _ in right.fields]
    return names and (left.cls, left.whole, left.stats) == (right.cls, right.whole, right.stats)


def _join_holders(left: Holder, right: Holder) -> Holder:
    pairs = zip(left.fields, right.fields, strict=True)
    fields = tuple((name, join(one, other)) for (name, one), (_, other) in pairs)
    stale, moved = left.stale or right.stale, left.moved or right.moved
    return replace(left, tokens=left.tokens | right.tokens, stale=stale, fields=fields, moved=moved)


def _callable(value: Value) -> bool:
    return isinstance(value, (Function, Grad, Jit, Batched, Class, Mixed, Bound))


def _parts(value: Value) -> frozenset[Value]:
    return value.parts if isinstance(value, Mixed) else frozenset({value})


def _join_tokened(left: Value, right: Any) -> Value:
    assert isinstance(left, TOKENED)
    tokens = left.tokens | right.tokens
    if isinstance(left, Grads | SavedState):
        return replace(left, tokens=tokens, made=left.made | right.made)
    if isinstance(left, OptTree):
        return replace(left, tokens=tokens)
    if isinstance(left, State):
        if (left.whole, left.cls, left.stats) != (right.whole, right.cls, right.stats):
            return Mixed(frozenset({left, right}))
        if left.group is not None or right.group is not None:
            held = join(left.group, right.group) if left.group and right.group else None
            if not isinstance(held, Group):
                return Mixed(frozenset({left, right}))
            left = replace(left, group=held)
        left = replace(left, moved=left.moved or right.moved, view=left.view or right.view)
        left = replace(left, bare=left.bare or right.bare)
    if isinstance(left, Group):
        shape = join(left.shape, right.shape)
        if type(shape) is not type(left.shape):
            return Mixed(frozenset({left, right}))
        left = replace(left, shape=shape)
    if isinstance(left, Pending):
        same = left.application is right.application
        return replace(left, tokens=tokens) if same else Mixed(frozenset({left, right}))
    if isinstance(left, BoundModel) and left.site is not right.site:
        return Mixed(frozenset({left, right}))
    if isinstance(left, Optimizer):
        left = replace(left, makers=left.makers | right.makers)
    if isinstance(left, Path) and (left.root, left.keys) != (right.root, right.keys):
        return Mixed(frozenset({left, right}))
    return replace(left, tokens=tokens, stale=left.stale or right.stale)
