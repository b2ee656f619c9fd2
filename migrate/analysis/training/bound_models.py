"""`model.bind(variables)`: a module that can be called, as a model of NNX can be anyway."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, BoundModel, Class, Instance, Method, Value
from migrate.analysis.modules.classes import methods
from migrate.analysis.run import Run
from migrate.analysis.sites import Bind
from migrate.analysis.training.bound_functions import only_variables
from migrate.analysis.training.views import same_or_seen


def bind(run: Run, instance: Instance, given: Arguments) -> Value:
    """The module with its variables, as long as they are not updated."""
    tokens = only_variables(given)
    if tokens is None:
        return lost(run, given, instance)
    if not same_or_seen(run, given.node, frozenset({instance}), tokens):
        message = "a module is bound to the parameters of another"
        run.escape(given.node, "LNX003", message, instance, *given.args)
    run.facts.site(Bind(given.node, given.node.args[0], frozenset({instance})))
    return BoundModel(tokens, False, frozenset({instance}), given.node)


def attribute(run: Run, node: ast.Attribute, model: BoundModel) -> Value:
    """A method of the module; its attributes are known to Linen only once it has been set up."""
    classes = [instance.cls for instance in model.instances]
    if all(isinstance(cls, Class) and node.attr in methods(cls) for cls in classes):
        return Method(model, node.attr)
    run.escape(node, "LNX299", f"`.{node.attr}` of a bound module is not one of its methods", model)
    return UNKNOWN


def called(run: Run, model: BoundModel, given: Arguments) -> Value:
    """A call of the module or of one of its methods: an `apply` of what it was bound to."""
    if model.stale:
        message = "this module was bound to the parameters from before the update"
        run.escape(given.node, "LNX011", message, model)
    inputs = (*given.args, *(value for _, value in given.keywords))
    run.escape(given.node, "LNX010", "a followed value is an input of a bound module", *inputs)
    return UNKNOWN
