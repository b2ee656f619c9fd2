"""What each variable of a component stands for, and which variables are one object in NNX."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    BoundModel,
    Collected,
    Dict,
    Function,
    GivenLayer,
    Grads,
    Group,
    Holder,
    Instance,
    Length,
    Mixed,
    Optimizer,
    OptState,
    OptTree,
    Params,
    Partial,
    Pending,
    Record,
    SavedState,
    Sequence,
    State,
    Stats,
    Symbol,
    Thing,
    Tokens,
    Updates,
    Value,
    Variables,
    followed,
    tokens_of,
)
from migrate.analysis.program.parameters import all_parameters
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode, Variable
from migrate.analysis.run import is_definition
from migrate.analysis.sites import (
    ApplyGradients,
    ApplyUpdates,
    Layer,
    LoadState,
    ReadState,
    ReplaceStats,
    ReplaceTrees,
    SameTree,
    UpdateModel,
    ViewState,
)
from migrate.analysis.training.pullbacks import is_pullback
from migrate.analysis.training.snapshots import is_apart
from migrate.plan.blocked import Blocked
from migrate.plan.components import Union
from migrate.plan.functions.returns import WHOLE, dropped_positions, parameter_of
from migrate.plan.training.member_names import is_empty_place, is_member, is_set_to_none
from migrate.result import Style

Role = Literal["state", "holder", "model", "optimizer", "definition", "apply", "stats"]


@dataclass
class Roles:
    """Roles by variable, the nodes that name each, and the groups that become one pair of names."""

    role: dict[Variable, Role] = field(default_factory=dict)
    nodes: dict[Variable, list[ast.Name | ast.arg]] = field(default_factory=lambda: defaultdict(list))
    tokens: dict[Variable, Tokens] = field(default_factory=lambda: defaultdict(frozenset))
    groups: Union = field(default_factory=Union)


PLAIN = (Symbol, Function, Partial, Length, GivenLayer)


def role_of(value: Value) -> Role | None:
    """The role of a variable that holds `value`; None where its name stays as it is."""
    match value:
        case State():
            return "state"
        case Holder():
            return "holder"
        case Params() | Variables() | Group():
            return "model"
        case Optimizer():
            return "optimizer"
        case Instance():
            return "definition"
        case Mixed(parts) if all(isinstance(part, Instance) for part in parts):
            return "definition"
        case ApplyFn():
            return "apply"
        case Stats() | Updates():
            return "stats"
        case _:
            return None


def roles(facts: Facts, nodes: Iterable[ast.AST], style: Style) -> Roles:
    """The roles of all variables that the nodes name, checked to be used for nothing else."""
    found = Roles()
    for node in nodes:
        if isinstance(node, ast.Name):
            variable = facts.scopes.variable(node, node.id)
            if variable is None or _is_discarded(facts, variable, style) or _names_items(facts, variable):
                continue
            _add(found, variable, node, facts.values[node])
    touched = {facts.scopes.function(node) for node in nodes}
    for (function, name), value in facts.parameters.items():
        if followed(value) and function in touched | {v.scope for v in found.role}:
            _add(found, Variable(function, name), _parameter(function, name), value)
    _check_every_use(facts, found)
    _group(facts, found)
    if style == "stateful":
        _group_across_calls(facts, found)
    return found


def _names_items(facts: Facts, variable: Variable) -> bool:
    """Whether a loop binds the items of such a list to a name."""
    values = (facts.values.get(node, UNKNOWN) for node in facts.scopes.names(variable))
    return any(_is_layer_or_function(facts, value) for value in values)


def _is_layer_or_function(facts: Facts, value: Value) -> bool:
    """Whether a name inside a module is bound to the items of a list with layers and functions."""
    if not isinstance(value, Mixed):
        return False
    layers = [part for part in value.parts if isinstance(part, Instance)]
    others = value.parts - {*layers}
    known = all(isinstance(facts.sites.get(layer.site), Layer) for layer in layers)
    return known and bool(layers and others) and all(isinstance(part, PLAIN) for part in others)


def _is_discarded(facts: Facts, variable: Variable, style: Style) -> bool:
    """Whether a name that nothing reads may go on to be bound to whatever is given."""
    nodes = facts.scopes.names(variable)
    if any(isinstance(node.ctx, ast.Load) for node in nodes):
        return False
    if is_parameter(variable):
        return not followed(facts.parameters.get((variable.scope, variable.name), UNKNOWN))  # type: ignore[arg-type]
    by_name = variable.name.startswith("_") and style == "functional"
    return by_name or len({role_of(facts.values.get(node, UNKNOWN)) for node in nodes}) > 1


def _add(found: Roles, variable: Variable, node: ast.Name | ast.arg, value: Value) -> None:
    role = role_of(value)
    if role is None:
        if (
            not isinstance(value, (Grads, OptState, OptTree, Pending, SavedState, BoundModel))
            and followed(value)
            and not _stays(value)
        ):
            raise Blocked(node, "LNX204", f"`{variable.name}` is a train state or model on some paths only")
        return
    if {role, found.role.get(variable)} == {"model", "stats"}:
        found.role[variable] = role = "model"
    if found.role.setdefault(variable, role) != role:
        raise Blocked(
            node, "LNX204", f"`{variable.name}` stands for different things in one scope: use two names"
        )
    found.tokens[variable] |= tokens_of(value)
    found.nodes[variable].append(node)


def _stays(value: Value) -> bool:
    """Whether a name for the value stays as it is: of something that holds others, or of an object."""
    parts = value.parts if isinstance(value, Mixed) else {value}
    if isinstance(value, Partial):
        return is_definition(value)
    if is_pullback(value):
        return True
    return isinstance(value, (Sequence, Collected, Dict, Record)) or all(
        isinstance(part, Thing) for part in parts
    )


def _parameter(function: FunctionNode, name: str) -> ast.arg:
    return next(x for x in all_parameters(function) if x.arg == name)


def _check_every_use(facts: Facts, found: Roles) -> None:
    """Each node that names a followed variable must have been reached with that kind."""
    for variable in found.role:
        known = set(found.nodes[variable])
        for node in facts.scopes.names(variable):
            missing = found.role[variable] == "optimizer" and is_set_to_none(facts, node)
            if node not in known and not missing and not is_empty_place(facts, node):
                message = f"`{node.id}` is used here in a way that could not be followed"
                raise Blocked(node, "LNX015", message)
        shared = [s for s, names in facts.scopes.outer.items() if names.get(variable.name) is variable.scope]
        if shared:
            raise Blocked(shared[0], "LNX013", "a train state or model is shared by `global` or `nonlocal`")


def _group(facts: Facts, found: Roles) -> None:
    for variable in found.role:
        for node in found.nodes[variable]:
            statement = facts.scopes.statement(node) if not isinstance(node, ast.arg) else None
            if isinstance(statement, ast.Assign) and statement.targets == [node]:
                source = _same_object(facts, statement.value)
                by_itself = node in facts.scopes.members or (source and is_member(source))
                by_itself = by_itself or is_apart(facts, statement.value)
                if source is not None and source in found.role and not by_itself:
                    found.groups.join([source, variable])
            elif source := _updated(facts, statement, node):
                found.groups.join([source, variable])


def _updated(facts: Facts, statement: ast.AST | None, node: ast.AST) -> Variable | None:
    """What `updates, node = tx.update(...)` makes anew, or `rest, node = variables.pop("params")` takes."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=[_, target])], value=value) if target is node:
            site = facts.sites.get(value)
            if isinstance(site, SameTree):
                return _same_object(facts, site.tree)
            return _variable(facts, site.optimizer) if isinstance(site, UpdateModel) else None
        case _:
            return None


def _group_across_calls(facts: Facts, found: Roles) -> None:
    """What a step updated in place and gave back is the object that it was handed."""
    for call, bindings in facts.bindings.items():
        for function, binding in bindings.items():
            target = facts.scopes.statement(call)
            if not isinstance(target, ast.Assign) or target.value is not call:
                continue
            for position in dropped_positions(facts, function):
                received = dict(binding.arguments).get(parameter_of(facts, function, position))
                bound = target.targets[0]
                if isinstance(bound, ast.Tuple) and position != WHOLE:
                    bound = bound.elts[position]
                pair = [_variable(facts, received), _variable(facts, bound)]
                if all(variable in found.role for variable in pair):
                    found.groups.join(pair)


def _variable(facts: Facts, node: ast.expr | None) -> Variable | None:
    return facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None


def _same_object(facts: Facts, value: ast.expr) -> Variable | None:
    site = facts.sites.get(value)
    if isinstance(site, ApplyGradients | ReplaceStats | ReplaceTrees) or (
        isinstance(site, LoadState) and site.in_place
    ):
        value = site.state
    elif isinstance(site, ApplyUpdates):
        value = site.params
    elif isinstance(site, ViewState):
        value = site.state if site.own else _bare(facts, site.params)
    elif isinstance(site, SameTree):
        return _same_object(facts, site.tree)
    return facts.scopes.variable(value, value.id) if isinstance(value, ast.Name) else None


def _bare(facts: Facts, node: ast.expr) -> ast.expr:
    """The state or model of which an expression reads the parameters."""
    site = facts.sites.get(node)
    return site.node.value if isinstance(site, ReadState) else node


def is_parameter(variable: Variable) -> bool:
    """Whether the variable is a parameter of a function."""
    scope = variable.scope
    if not isinstance(scope, FUNCTIONS):
        return False
    a = scope.args
    return any(x.arg == variable.name for x in (*a.posonlyargs, *a.args, *a.kwonlyargs))
