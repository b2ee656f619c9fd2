"""Parameters, arguments, targets and results that carry train states, models and definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import (
    ApplyFn,
    Grads,
    Instance,
    Method,
    OptState,
    Params,
    Path,
    State,
    Value,
    Variables,
    followed,
)
from migrate.analysis.scopes import FUNCTIONS, Variable
from migrate.analysis.sites import Apply, ApplyGradients, CreateState, Init, Layer, ParamsLeaf, ReadState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.needs import MODEL, OPTIMIZER, returned_in_place
from migrate.plan.positions import function_of
from migrate.plan.roles import is_parameter
from migrate.rewrite.edits import Piece, Template, template

TREES = (Params, Variables)


def rewrite_parameters(plan: Plan) -> None:
    """A state parameter becomes model and optimizer, or the one that is needed; definitions go."""
    for variable, role in plan.roles.role.items():
        if isinstance(variable.scope, FUNCTIONS) and is_parameter(variable):
            names = list(_new_parameters(plan, variable, role))
            plan.edits.parameters[variable.scope][variable.name] = tuple(names)
    for function, changed in plan.edits.parameters.items():
        written = [_bare(name) for names in changed.values() for name in names]
        if len(set(written)) < len(written):
            raise Blocked(
                function, "LNX018", "two parameters of this function would get one name: rename one"
            )


def _bare(piece: Piece) -> str:
    text = piece.parts[0] if isinstance(piece, Template) else piece
    return str(text).split(":")[0]


def _new_parameters(plan: Plan, variable: Variable, role: str) -> Iterator[Piece]:
    assert isinstance(variable.scope, FUNCTIONS)
    node = plan.roles.nodes[variable][-1]
    annotated = next((n for n in plan.roles.nodes[variable] if isinstance(n, ast.arg) and n.annotation), None)
    _check_default(plan, variable)
    if role in {"definition", "apply"}:
        return
    names = plan.naming.of(variable)
    value = plan.facts.parameters[variable.scope, variable.name]
    model = f"{names.model}: {plan.type_of(origins(plan, value))}" if annotated else names.model
    optimizer = f"{names.optimizer}: nnx.Optimizer" if annotated else names.optimizer
    if role == "model":
        yield model
        return
    needed = plan.needs[variable]
    if MODEL in needed or not needed:
        yield model
    if OPTIMIZER in needed:
        yield optimizer
    assert node is not None


def origins(plan: Plan, value: Value) -> frozenset[Instance]:
    """The definitions behind a followed value."""
    tokens = value.tokens if isinstance(value, (State, *TREES)) else frozenset()
    return frozenset().union(*(plan.facts.origins.get(t, frozenset()) for t in tokens))


def _check_default(plan: Plan, variable: Variable) -> None:
    assert isinstance(variable.scope, FUNCTIONS)
    a = variable.scope.args
    positional = [*a.posonlyargs, *a.args]
    with_default = {p.arg for p in positional[len(positional) - len(a.defaults) :]}
    with_default |= {p.arg for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None}
    if variable.name in with_default:
        raise Blocked(
            plan.roles.nodes[variable][0], "LNX005", "a train state or model parameter has a default"
        )


def rewrite_flows(plan: Plan) -> None:
    """Every other place where a followed value goes on as a value."""
    for node in plan.component.nodes:
        value = plan.facts.values[node]
        if isinstance(node, ast.expr) and not isinstance(value, (Grads, Method, Path)) and followed(value):
            if isinstance(getattr(node, "ctx", None), ast.Store):
                _target(plan, node, value)
            else:
                _flow(plan, node, value)


def _flow(plan: Plan, node: ast.expr, value: Value) -> None:
    match value:
        case State():
            _state(plan, node)
        case Params() | Variables():
            _tree(plan, node)
        case Instance() | ApplyFn():
            _definition(plan, node)
        case OptState() | _:
            pass


def _state(plan: Plan, node: ast.expr) -> None:
    parent = plan.parent(node)
    above = plan.site(parent)
    if isinstance(above, ReadState) or isinstance(plan.site(node), (CreateState, ApplyGradients)):
        return
    if isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), ApplyGradients):
        return
    if (parameters := _receivers(plan, node)) is not None:
        _argument(plan, node, parameters)
    elif isinstance(node, ast.Call):
        _result_of_call(plan, node, parent)
    elif isinstance(node, ast.Name):
        _named_state(plan, node, parent)
    elif not isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
        raise Blocked(
            node, "LNX010", "a train state is read in the middle of an expression: give it a name first"
        )


def _named_state(plan: Plan, node: ast.Name, parent: ast.AST) -> None:
    if plan.style == "stateful" and returned_in_place(plan.facts, node):
        return
    pair = template("{}, {}", plan.model_of(node), plan.optimizer_of(node))
    match parent:
        case ast.Return():
            plan.edits.expressions[node] = pair
        case ast.Tuple() | ast.List() | ast.Dict():
            plan.edits.expressions[node] = template("({})", pair)
        case ast.Assign(targets=[ast.Name() as target]):
            if plan.names(target) != plan.names(node):
                raise Blocked(node, "LNX018", "one train state has two names that would differ: use one")
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a train state is used as a value here")


def _result_of_call(plan: Plan, node: ast.Call, parent: ast.AST) -> None:
    if not isinstance(parent, (ast.Return, ast.Assign, ast.AnnAssign, ast.Tuple)):
        raise Blocked(
            node, "LNX010", "the train state that a call gives is used without a name: assign it first"
        )


def _receivers(plan: Plan, node: ast.expr) -> list[Variable] | None:
    """The parameters that receive an argument; None where the node is no argument of the project's calls."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or call not in plan.facts.bindings or node is call.func:
        return None
    return [
        Variable(function, name)
        for function, binding in plan.facts.bindings[call].items()
        for name, expression in binding.arguments
        if expression is node
    ]


def _argument(plan: Plan, node: ast.expr, parameters: list[Variable]) -> None:
    """An argument becomes what its parameter became."""
    parent = plan.parent(node)
    keyword = isinstance(parent, ast.keyword)
    call = plan.parent(parent) if keyword else parent
    assert isinstance(call, ast.Call)
    forms = {_form(plan, parameter) for parameter in parameters}
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
    if role in {"definition", "apply"}:
        return ()
    names = plan.naming.of(parameter)
    if role == "model":
        return ((MODEL, names.model),)
    needed = plan.needs[parameter] or {MODEL}
    every = ((MODEL, names.model), (OPTIMIZER, names.optimizer))
    return tuple((part, name) for part, name in every if part in needed)


def _tree(plan: Plan, node: ast.expr) -> None:
    """Parameters: the model, except where a function reads them as a tree."""
    parent = plan.parent(node)
    if node in plan.facts.trees:
        plan.edits.expressions[node] = template("nnx.state({}, nnx.Param)", plan.model_of(node))
        return
    if _belongs_to_site(plan, node, parent):
        return
    if (parameters := _receivers(plan, node)) is not None:
        _argument(plan, node, parameters)
        return
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) if not _gives_model(plan, node):
            if plan.names(target).model != plan.model_of(node):
                raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one model: use one")
            plan.edits.statements[parent] = []
        case ast.Assign() if _gives_model(plan, node):
            pass
        case ast.Return() if _gives_model(plan, node):
            pass
        case _:
            raise Blocked(node, "LNX014", "parameters are kept or handed on as a tree")


def _belongs_to_site(plan: Plan, node: ast.expr, parent: ast.AST) -> bool:
    above = plan.site(parent)
    match above:
        case Apply(variables=variables) if variables is node:
            return True
        case ParamsLeaf():
            return True
    if isinstance(parent, ast.keyword):
        return isinstance(plan.site(plan.parent(parent)), CreateState)
    if isinstance(parent, (ast.Dict, ast.Subscript)):
        outer = plan.facts.values.get(parent)
        return isinstance(outer, (*TREES, Path)) or isinstance(parent, ast.Dict)
    return isinstance(parent, ast.Attribute) and isinstance(plan.facts.values.get(parent), Method)


def _gives_model(plan: Plan, node: ast.expr) -> bool:
    """A call of a function of the project that gives back parameters: the model, after the rewrite."""
    return isinstance(node, ast.Call) and not isinstance(plan.site(node), Init)


def _definition(plan: Plan, node: ast.expr) -> None:
    parent = plan.parent(node)
    if any(isinstance(plan.site(instance.site), Layer) for instance in plan.instances(node)):
        _layer(node, parent)
        return
    if (parameters := _receivers(plan, node)) is not None:
        _argument(plan, node, parameters)
        return
    match parent:
        case ast.Attribute():
            return
        case ast.Call(func=function) if function is node:
            return
        case ast.keyword() if isinstance(plan.site(plan.parent(parent)), CreateState):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(node, ast.Call):
            return
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.facts.values[node], ApplyFn):
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a module definition or its apply function is used as a value")


def _layer(node: ast.expr, parent: ast.AST) -> None:
    """A layer inside a module may be called, or named to be called."""
    called = isinstance(parent, ast.Call) and parent.func is node
    named = isinstance(parent, ast.Assign) and parent.value is node
    if not called and not named:
        raise Blocked(node, "LNX111", "a layer is handed on as a value")


def _target(plan: Plan, node: ast.expr, value: Value) -> None:
    """A name that receives a state or a model."""
    if not isinstance(node, ast.Name) or not isinstance(value, (State, *TREES)):
        return
    parent, statement = plan.parent(node), plan.statement(node)
    if isinstance(value, TREES):
        plan.edits.expressions[node] = plan.names(node).model
        return
    names = plan.names(node)
    pair = template("{}, {}", names.model, names.optimizer)
    match parent:
        case ast.Assign(targets=[_]):
            plan.edits.expressions[node] = pair
        case ast.AnnAssign(value=ast.expr() as given):
            if statement not in plan.edits.statements:
                plan.edits.statements[statement] = [template("{} = {}", pair, given)]
        case ast.Tuple() | ast.List():
            plan.edits.expressions[node] = template("({})", pair)
        case _:
            raise Blocked(node, "LNX005", "a train state is bound in a way that has no rewriting yet")


def check_references(plan: Plan) -> None:
    """A function whose parameters change may only be called, compiled, differentiated or returned."""
    changed = {f for f, names in plan.edits.parameters.items() if any(v != (k,) for k, v in names.items())}
    for node, value in plan.facts.values.items():
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            continue
        if function_of(value) in changed and not _allowed(plan, node):
            raise Blocked(node, "LNX010", "a function that takes a train state is handed on as a value")


def _allowed(plan: Plan, node: ast.expr) -> bool:
    parent = plan.parent(node)
    match parent:
        case ast.Call(func=function) if function is node:
            return True
        case ast.Call(args=[first, *_]) if first is node:
            return function_of(plan.facts.values.get(parent)) is not None or _is_grad(plan, parent)
        case ast.Return() | ast.Assign():
            return True
        case _:
            return False


def _is_grad(plan: Plan, node: ast.Call) -> bool:
    name = getattr(plan.facts.values.get(node.func), "name", "")
    return name in {"jax.grad", "jax.value_and_grad", "functools.partial"}
