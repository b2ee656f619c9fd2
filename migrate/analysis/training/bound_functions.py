"""`nn.apply(function, module)(variables)`: a function that gets the module with its variables in it.

A model of NNX has its parameters, so that the function takes it as it is, and its body stays. It is entered
with nothing known of the module; what it may do with it is checked where the call is rewritten.
"""

from __future__ import annotations

from migrate.analysis.activation import Arguments, enter_bound, given_back, lost
from migrate.analysis.kinds import (
    UNKNOWN,
    BoundFunction,
    Dict,
    Function,
    Instance,
    Params,
    Stats,
    Tokens,
    Value,
    Variables,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import ApplyFunction
from migrate.analysis.training.views import same_or_seen


def is_known(given: Arguments) -> bool:
    """Whether `nn.apply` gets a function of the project and a definition, and nothing else."""
    match given.args:
        case (Function(), Instance()):
            return not given.keywords
        case _:
            return False


def bind(given: Arguments) -> BoundFunction:
    """`nn.apply(function, module)`."""
    function, instance = given.args
    assert isinstance(function, Function) and isinstance(instance, Instance)
    return BoundFunction(function, frozenset({instance}), given.node)


def only_variables(given: Arguments) -> Tokens | None:
    """The model whose variables a call is given, and nothing else."""
    match given.args:
        case (Variables(tokens),) if not given.keywords:
            return tokens
        case (Dict((("params", Params(tokens)),)),) if not given.keywords:
            return tokens
        case (Dict((("params", Params(tokens)), ("batch_stats", Stats(stats, False)))),) if (
            stats == tokens and not given.keywords
        ):
            return tokens
        case _:
            return None


def call(run: Run, callee: BoundFunction, given: Arguments) -> Value:
    """The call with variables, which runs the function."""
    tokens = only_variables(given)
    if tokens is None or given.node.func is not callee.site:
        return lost(run, given, callee)
    if not same_or_seen(run, given.node, callee.instances, tokens):
        message = "a function is applied to one model with the parameters of another"
        run.escape(given.node, "LNX003", message, callee, *given.args)
    site = ApplyFunction(given.node, callee.site, given.node.args[0], callee.function.node, callee.instances)
    run.facts.site(site)
    with run.freezing(run.visible()):
        result = enter_bound(run, callee.function, given.node, [UNKNOWN])
    given_back(run, given.node, "nn.apply", result)
    return UNKNOWN
