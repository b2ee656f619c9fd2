"""Parameters that carry train states, models and definitions, and the arguments that go with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import UNKNOWN, Group, Instance, Params, State, Value, Variables, followed
from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.needs import MODEL, OPTIMIZER
from migrate.plan.functions.roles import is_parameter
from migrate.plan.training.carried import unpack
from migrate.plan.training.carries import carried
from migrate.plan.training.groups import type_of
from migrate.rewrite.edits import Piece, Template, template

TREES = (Params, Variables, Group)


def rewrite_parameters(plan: Plan) -> None:
    """A state parameter becomes model and optimizer, or the one that is needed; definitions go."""
    loops = carried(plan.facts)
    for variable, role in plan.roles.role.items():
        if variable in loops and role == "state":
            unpack(plan, variable, loops[variable])
            continue
        kept = variable in plan.definitions.kept or role == "holder"
        if is_parameter(variable) and not _receives(plan, variable):
            message = f"`{variable.name}` is a parameter and later holds a train state or model: rename one"
            raise Blocked(variable.scope, "LNX005", message)
        if isinstance(variable.scope, FUNCTIONS) and is_parameter(variable) and not kept:
            names = list(_new_parameters(plan, variable, role))
            plan.edits.parameters[variable.scope][variable.name] = tuple(names)
        elif kept and role == "definition" and not plan.bridged:
            _annotate_definition(plan, variable)
    for function, changed in plan.edits.parameters.items():
        written = [_bare(name) for names in changed.values() for name in names]
        if len(set(written)) < len(written):
            raise Blocked(
                function, "LNX018", "two parameters of this function would get one name: rename one"
            )


def _receives(plan: Plan, variable: Variable) -> bool:
    """Whether the parameter itself is given what its name stands for."""
    assert isinstance(variable.scope, FUNCTIONS)
    return followed(plan.facts.parameters.get((variable.scope, variable.name), UNKNOWN))


def _annotate_definition(plan: Plan, variable: Variable) -> None:
    """A parameter for a Linen module takes a class, or a partial call of one, from now on."""
    for node in plan.roles.nodes[variable]:
        if isinstance(node, ast.arg) and node.annotation is not None:
            plan.edits.expressions[node.annotation] = "type[nnx.Module]"


def _bare(piece: Piece) -> str:
    text = piece.parts[0] if isinstance(piece, Template) else piece
    return str(text).split(":")[0]


def _new_parameters(plan: Plan, variable: Variable, role: str) -> Iterator[Piece]:
    assert isinstance(variable.scope, FUNCTIONS)
    node = plan.roles.nodes[variable][-1]
    annotated = next((n for n in plan.roles.nodes[variable] if isinstance(n, ast.arg) and n.annotation), None)
    _check_default(plan, variable)
    if role in {"definition", "apply", "stats"}:
        return
    names = plan.naming.of(variable)
    value = plan.facts.parameters[variable.scope, variable.name]
    model = f"{names.model}: {_type(plan, value, node)}" if annotated else names.model
    optimizer = f"{names.optimizer}: nnx.Optimizer" if annotated else names.optimizer
    if role == "model":
        yield model
        return
    if role == "optimizer":
        yield optimizer
        return
    needed = plan.needs[variable]
    if MODEL in needed or not needed:
        yield model
    if OPTIMIZER in needed:
        yield optimizer


def _type(plan: Plan, value: Value, node: ast.AST) -> str:
    """The NNX type of a model, or of several that are trained as one."""
    group = value.group if isinstance(value, State) else value
    if isinstance(group, Group):
        return type_of(plan, group, node)
    return plan.type_of(origins(plan, value), node)


def origins(plan: Plan, value: Value) -> frozenset[Instance]:
    """The definitions behind a followed value."""
    tokens = value.tokens if isinstance(value, (State, *TREES)) else frozenset()
    return frozenset().union(*(plan.facts.origins.get(t, frozenset()) for t in tokens))


def _check_default(plan: Plan, variable: Variable) -> None:
    assert isinstance(variable.scope, FUNCTIONS)
    if any(argument.arg == variable.name for argument, _ in parameter_defaults(variable.scope)):
        raise Blocked(
            plan.roles.nodes[variable][0], "LNX005", "a train state or model parameter has a default"
        )


def receivers(plan: Plan, node: ast.expr) -> list[Variable] | None:
    """The parameters that receive an argument; None where the node is no argument of the project's calls."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    received = plan.facts.received(call)
    if not isinstance(call, ast.Call) or not received or node is call.func:
        return None
    return [
        Variable(function, name)
        for function, binding in received.items()
        for name, expression in binding.arguments
        if expression is node
    ]


def pass_on(plan: Plan, node: ast.expr, parameters: list[Variable]) -> None:
    """An argument becomes what its parameter became."""
    holders = {p for p in parameters if plan.roles.role.get(p) == "holder"}
    kept = [parameter in plan.definitions.kept | holders for parameter in parameters]
    if any(kept):
        if not all(kept):
            raise Blocked(node, "LNX005", "only some of the functions called here need the definition")
        return
    parent = plan.parent(node)
    keyword = isinstance(parent, ast.keyword)
    call = plan.parent(parent) if keyword else parent
    assert isinstance(call, ast.Call)
    loops = carried(plan.facts).keys() & {p for p in parameters if plan.roles.role.get(p) == "state"}
    if loops:
        if loops != {*parameters}:
            raise Blocked(node, "LNX202", "the body of a loop and another function are called at one place")
        pair = template("({}, {})", plan.model_of(node), plan.optimizer_of(node))
        name = parent.arg if isinstance(parent, ast.keyword) else None
        plan.edits.arguments[call][node] = ((name, pair),)
        return
    forms = {_form(plan, parameter) for parameter in parameters}
    if not keyword:
        forms = {tuple((part, "") for part, _ in form) for form in forms}
    if len(forms) != 1:
        raise Blocked(
            node, "LNX005", "functions that need different parts of a state are called at one place"
        )
    pieces: list[tuple[str | None, Piece]] = []
    for part, written in forms.pop():
        piece = plan.model_of(node) if part == MODEL else plan.optimizer_of(node)
        pieces.append((written if keyword else None, piece))
    plan.edits.arguments[call][node] = tuple(pieces)


def _form(plan: Plan, parameter: Variable) -> tuple[tuple[str, str], ...]:
    role = plan.roles.role.get(parameter)
    if role is None:
        raise Blocked(parameter.scope, "LNX005", f"`{parameter.name}` is not always the same kind of value")
    if role in {"definition", "apply", "stats"}:
        return ()
    names = plan.naming.of(parameter)
    if role == "model":
        return ((MODEL, names.model),)
    if role == "optimizer":
        return ((OPTIMIZER, names.optimizer),)
    needed = plan.needs[parameter] or {MODEL}
    every = ((MODEL, names.model), (OPTIMIZER, names.optimizer))
    return tuple((part, name) for part, name in every if part in needed)
