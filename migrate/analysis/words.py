"""What a followed value is called in messages."""

from __future__ import annotations

from migrate.analysis.kinds import (
    ApplyFn,
    BoundFunction,
    BoundModel,
    Dict,
    Grads,
    Group,
    Holder,
    Instance,
    Method,
    Optimizer,
    OptState,
    Params,
    Partial,
    Path,
    Pending,
    Record,
    Sequence,
    State,
    Stats,
    Thing,
    Updates,
    Value,
    Variables,
    followed,
)


def described(value: Value) -> str:
    """A noun with its article; of a tuple or dict, what it holds."""
    match value:
        case State() | Holder():
            return "a train state"
        case Params():
            return "a tree of parameters"
        case Group():
            return "the parameters of several models"
        case Variables():
            return "a dict of variables"
        case Path():
            return "a part of the parameters"
        case Stats() | Updates():
            return "the batch statistics"
        case Pending():
            return "the updates of an optimizer"
        case OptState() | Optimizer():
            return "an optimizer state"
        case Grads():
            return "a tree of gradients"
        case Instance():
            return "a module definition"
        case ApplyFn() | BoundFunction():
            return "an apply function"
        case BoundModel():
            return "a module with its variables bound to it"
        case Method(receiver, _):
            return f"a method of {described(receiver)}"
        case Sequence(items):
            return f"a tuple with {_first(items)}"
        case Record(fields=fields):
            return f"a record with {_first(tuple(item for _, item in fields))}"
        case Dict(items):
            return f"a dict with {_first(tuple(item for _, item in items))}"
        case Thing():
            return "an object that holds a train state or model"
        case Partial():
            return "a partial call with a train state or model in it"
        case _:
            return "a value that is a train state or model on some paths only"


def _first(items: tuple[Value, ...]) -> str:
    return next((described(item) for item in items if followed(item)), "nothing that is followed")
