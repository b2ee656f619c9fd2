"""Kinds of values as updates age them, as copies rename them, and without what has no value in NNX."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migrate.analysis.kinds import (
    OF_STATS,
    TIMELESS,
    TOKENED,
    UNKNOWN,
    VANISHING,
    Dict,
    Group,
    Holder,
    Method,
    Mixed,
    Partial,
    Record,
    Sequence,
    State,
    Token,
    Tokens,
    Value,
    followed,
    tokens_of,
)


def mapped(value: Value, change: Any) -> Value:
    """The value with `change` applied to each part that denotes tokens."""
    match value:
        case Group(shape=shape):
            group: Group = change(value)
            return replace(group, shape=mapped(shape, change))
        case State(group=Group() as held):
            state: State = change(value)
            return replace(state, group=mapped(held, change))  # type: ignore[arg-type]
        case _ if isinstance(value, TOKENED):
            result: Value = change(value)
            return result
        case Holder(fields=fields):
            changed = change(value)
            return replace(changed, fields=tuple((name, mapped(field, change)) for name, field in fields))  # type: ignore[no-any-return]
        case Sequence(items):
            return Sequence(tuple(mapped(item, change) for item in items))
        case Dict(items):
            return Dict(tuple((k, mapped(item, change)) for k, item in items))
        case Record(cls, items):
            return Record(cls, tuple((k, mapped(item, change)) for k, item in items))
        case Mixed(parts):
            return Mixed(frozenset(mapped(part, change) for part in parts))
        case Partial(function, args, keywords):
            return Partial(
                function,
                tuple(mapped(v, change) for v in args),
                tuple((k, mapped(v, change)) for k, v in keywords),
                value.site,
            )
        case Method(receiver, name):
            return Method(mapped(receiver, change), name)
        case _:
            return value


def aged(value: Value, tokens: Tokens, stats: bool = False) -> Value:
    """The value after an update of `tokens`: what denotes one of them is stale from now on.

    An optimizer leaves the batch statistics as they are, and a call in training mode all but these.
    """

    def change(part: Any) -> Value:
        if stats and isinstance(part, State | Holder):
            return replace(part, moved=part.moved or (part.stats is not None and bool(part.tokens & tokens)))
        spared = not isinstance(part, OF_STATS) if stats else isinstance(part, VANISHING)
        hit = not isinstance(part, TIMELESS) and not spared and part.tokens & tokens
        aged_part: Value = replace(part, stale=True) if hit else part
        return aged_part

    return mapped(value, change) if tokens_of(value) & tokens else value


def renamed(value: Value, names: dict[Token, Token], fresh: bool = False) -> Value:
    """The value with tokens exchanged; `fresh` also forgets that it was stale."""

    def change(part: Any) -> Value:
        tokens = frozenset(names.get(token, token) for token in part.tokens)
        extra = {"stale": False} if fresh and not isinstance(part, TIMELESS) else {}
        changed: Value = replace(part, tokens=tokens, **extra)
        return changed

    return mapped(value, change)


def only_stats(value: Value) -> bool:
    """Whether all that is followed in a value are batch statistics."""
    if isinstance(value, Sequence):
        return all(only_stats(item) for item in value.items)
    return isinstance(value, VANISHING) or not followed(value)


def without_stats(value: Value) -> Value:
    """The value without its batch statistics, which an NNX program does not hand on."""
    if isinstance(value, Sequence):
        return Sequence(tuple(without_stats(item) for item in value.items))
    return UNKNOWN if isinstance(value, VANISHING) else value


def has_stats(value: Value) -> bool:
    """Whether batch statistics are a value or an item of it."""
    if isinstance(value, Sequence):
        return any(has_stats(item) for item in value.items)
    return isinstance(value, VANISHING)


def only(value: Value) -> Value:
    """The batch statistics of a value."""
    if isinstance(value, Sequence):
        return Sequence(tuple(only(item) for item in value.items))
    return value if isinstance(value, VANISHING) else UNKNOWN


def without_time(value: Value) -> Value:
    """The value with batch statistics of which it is not known when they were read."""
    if isinstance(value, Sequence):
        return Sequence(tuple(without_time(item) for item in value.items))
    return replace(value, stale=True) if isinstance(value, VANISHING) else value
