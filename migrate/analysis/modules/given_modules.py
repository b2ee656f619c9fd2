"""Modules of the project that another module is handed: `Layers(bias=self.bias)` calls `self.bias(x)`."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, GivenLayer, Value
from migrate.analysis.modules.building import read_with
from migrate.analysis.modules.classes import field_names, inputs_of
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.summaries import applied
from migrate.analysis.run import Run
from migrate.analysis.sites import SubmoduleCall


def call(run: Run, held: GivenLayer, cls: Class, given: Arguments) -> Value:
    """Such a module is called; its fields are known as far as they are fields of the one that calls it."""
    assert run.owner is not None
    message = "a followed value is handed to a module that another one keeps"
    run.escape(given.node, "LNX010", message, *given.args, *(value for _, value in given.keywords))
    inputs = _inputs(run, cls, given)
    name = f"`{held.field}`, which another module keeps,"
    if inputs is None or cls.node in run.reading:
        blocked(run, given.node, "LNX111", f"{name} is called in a way that is not known")
        return UNKNOWN
    read_with(run, cls, inputs, given.node)
    if cls.node in run.facts.scans:
        blocked(run, given.node, "LNX111", f"{name} runs under `nn.scan`")
    run.facts.site(SubmoduleCall(given.node, cls, "__call__", run.owner))
    known = run.facts.handed_fields.get((run.owner.node, held.field), {})
    return applied(run, cls, {**dict.fromkeys(field_names(cls)), **known}, inputs)


def _inputs(run: Run, cls: Class, given: Arguments) -> dict[str, Value] | None:
    """The arguments by the names of the parameters; None where they do not fit."""
    method = signature(cls)
    names = inputs_of(method) if method is not None else []
    plain = not any(isinstance(arg, ast.Starred) for arg in given.node.args)
    if not plain or len(given.args) > len(names) or any(name not in names for name, _ in given.keywords):
        return None
    return {**dict(zip(names, given.args, strict=False)), **dict(given.keywords)}
