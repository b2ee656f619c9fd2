"""`outputs if train else (outputs, None)`: one line of `apply` that gives statistics when it is told to.

Where it gives none, the program writes None in their place, so that both cases have one form. A model of NNX
gives the outputs alone either way: that None goes as the statistics do.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Const, Outputs, Sequence, Updates, Value
from migrate.analysis.run import Run


def display(run: Run, elements: list[ast.expr], kinds: list[Value]) -> Sequence | None:
    """The tuple of outputs and the None that stands for statistics."""
    match kinds:
        case [Outputs(tokens), Const(None)]:
            updates = Updates(tokens)
            run.facts.values[elements[1]] = updates
            return Sequence((UNKNOWN, updates))
        case _:
            return None
