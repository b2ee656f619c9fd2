"""`(key, *learner.learn(loss))`: records that a star spreads into a tuple."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, Holder, Record, Sequence, Value, followed


def display(elements: list[ast.expr], kinds: list[Value]) -> Sequence | None:
    """The tuple, where all that is followed in it stays one value, so that no place shifts."""
    if not any(isinstance(element, ast.Starred) for element in elements):
        return None
    items: list[Value] = []
    for element, kind in zip(elements, kinds, strict=True):
        if not isinstance(element, ast.Starred):
            items.append(kind)
        elif isinstance(kind, Sequence):
            items += kind.items
        else:
            return None
    lasting = [isinstance(item, (Record, Holder, *VANISHING)) for item in items if followed(item)]
    return Sequence(tuple(items)) if lasting and all(lasting) else None
