"""Which methods a model can be called by as it is, without random keys."""

from __future__ import annotations

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.classes import methods
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import drawing
from migrate.plan.training.bridge import RESERVED


def has_method(plan: Plan, cls: Class | Symbol, method: str) -> bool:
    """Whether a model has the method; a wrapper hands on those that it has not itself."""
    if isinstance(cls, Symbol):
        return method == "__call__"
    reserved = method in RESERVED if plan.bridged else method in drawing(plan, cls)
    return method in methods(cls) and not reserved
