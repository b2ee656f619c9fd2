"""`self.is_initializing()`: whether `init` runs the module, which nothing does in NNX."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Value
from migrate.analysis.run import Run
from migrate.analysis.sites import AskInitializing

SYMBOL = "linen2nnx.is_initializing"


def is_asked(run: Run, node: ast.Attribute) -> bool:
    """Whether a module asks for it, in the older way too: `init` alone may change parameters."""
    match run.facts.scopes.parent[node]:
        case ast.Call(func=function, args=[], keywords=[]) if function is node:
            return node.attr == "is_initializing" and run.owner is not None
        case ast.Call(func=function, args=[ast.Constant(value="params")], keywords=[]) if function is node:
            return node.attr == "is_mutable_collection" and run.owner is not None
        case _:
            return False


def asked(run: Run, given: Arguments) -> Value:
    """Such a call, which gives True or False."""
    assert run.owner is not None
    run.facts.site(AskInitializing(given.node, run.owner))
    return UNKNOWN
