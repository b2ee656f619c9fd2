"""Module classes that are lifted where they stand: `@nn.remat` above `class Block(nn.Module)`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.lifted import PREFIXES
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run

DECORATORS = frozenset({"flax.linen.remat", "flax.linen.jit"})


def prefix_of(run: Run, cls: Class | None, node: ast.Call, plain: bool) -> str:
    """What Linen puts in front of the name of such a class; it has to be built under its own name."""
    marks = [_transform(run, decorator) for decorator in cls.node.decorator_list] if cls is not None else []
    found = "".join(PREFIXES[name] for name in marks if name is not None)
    if cls is not None and found and not plain:
        message = f"`{cls.node.name}`, lifted where it is defined, is handed on, chosen or lifted again"
        blocked(run, node, "LNX130", message)
    return found


def _transform(run: Run, decorator: ast.expr) -> str | None:
    """The transform of Linen in a decorator, bare or under `partial`."""
    bare = decorator.args[0] if isinstance(decorator, ast.Call) and decorator.args else decorator
    value = run.facts.values.get(bare)
    return value.name if isinstance(value, Symbol) and value.name in DECORATORS else None
