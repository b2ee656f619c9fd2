"""Results of functions: annotations of what is returned, and what the stateful style no longer returns."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, Optimizer, Params, Sequence, State, Value, Variables, followed
from migrate.analysis.program.scopes import FunctionNode
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.parameters import origins
from migrate.plan.functions.returns import WHOLE, callee, dropped_positions, parameter_of
from migrate.plan.training.statistics import kept_elements
from migrate.rewrite.edits import Piece, Template, template


def rewrite_results(plan: Plan) -> None:
    """Return annotations, then the returns and calls that change in the stateful style."""
    for function, value in plan.facts.returns.items():
        if followed(value) and _belongs(plan, function) and not isinstance(function, ast.Lambda):
            if plan.style == "stateful" and dropped_positions(plan.facts, function):
                _drop_returns(plan, function)
            elif function.returns is not None:
                _annotate(plan, function.returns, value)
    if plan.style == "stateful":
        _drop_at_calls(plan)


def _belongs(plan: Plan, function: FunctionNode) -> bool:
    inside = {plan.facts.scopes.function(node) for node in plan.component.nodes}
    return function in inside


def _annotate(plan: Plan, annotation: ast.expr, value: Value) -> None:
    match annotation, value:
        case _, Sequence(items) if any(isinstance(item, VANISHING) for item in items):
            raise Blocked(annotation, "LNX310", "the batch statistics are named in an annotation")
        case _, State():
            plan.edits.expressions[annotation] = pair_type(plan, value, annotation)
        case _, Optimizer():
            plan.edits.expressions[annotation] = "nnx.Optimizer"
        case _, Params() | Variables():
            plan.edits.expressions[annotation] = plan.type_of(origins(plan, value), annotation)
        case ast.Subscript(slice=ast.Tuple(elts=parts)), Sequence(items) if len(parts) == len(items):
            for part, item in zip(parts, items, strict=True):
                if followed(item):
                    _annotate(plan, part, item)
        case _:
            pass


def pair_type(plan: Plan, value: Value, node: ast.AST) -> str:
    """The annotation of a model and its optimizer."""
    return f"tuple[{plan.type_of(origins(plan, value), node)}, nnx.Optimizer]"


def _drop_returns(plan: Plan, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    positions = dropped_positions(plan.facts, function)
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and plan.facts.scopes.function(node) is function:
            _drop_return(plan, function, node, positions)
    if function.returns is not None:
        _drop_annotation(plan, function.returns, positions)


def _drop_return(plan: Plan, function: ast.AST, node: ast.Return, positions: tuple[int, ...]) -> None:
    value = node.value
    if value is None:
        raise Blocked(node, "LNX005", "a train state is returned on some paths only")
    if callee(plan.facts, value) is not None and _same_drop(plan, value, positions):
        return
    if positions == (WHOLE,):
        if node not in plan.edits.statements:
            _drop_whole(plan, function, node)
        return
    if not isinstance(value, ast.Tuple):
        raise Blocked(
            node, "LNX005", "a result that holds a train state is returned without being taken apart"
        )
    if len(positions) == len(value.elts):
        _drop_whole(plan, function, node)
        return
    plan.edits.statements[node] = [_returned(plan, value, positions)]


def _drop_whole(plan: Plan, function: ast.AST, node: ast.Return) -> None:
    """Nothing is left to be returned."""
    last = isinstance(function, ast.FunctionDef) and function.body[-1] is node
    plan.edits.statements[node] = [] if last else ["return"]


def _same_drop(plan: Plan, value: ast.expr, positions: tuple[int, ...]) -> bool:
    inner = callee(plan.facts, value)
    return inner is not None and dropped_positions(plan.facts, inner) == positions


def _returned(plan: Plan, value: ast.Tuple, positions: tuple[int, ...]) -> Piece:
    left = kept_elements(plan, value)
    kept: list[Piece] = [e for i, e in enumerate(value.elts) if i not in positions and e in left]
    return Template(("return ", *_listed(kept)))


def _listed(pieces: list[Piece]) -> tuple[Piece, ...]:
    parts: list[Piece] = []
    for i, piece in enumerate(pieces):
        parts += [", ", piece] if i else [piece]
    return tuple(parts)


def _drop_annotation(plan: Plan, annotation: ast.expr, positions: tuple[int, ...]) -> None:
    if positions == (WHOLE,):
        plan.edits.expressions[annotation] = "None"
        return
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        kept: list[Piece] = [part for i, part in enumerate(annotation.slice.elts) if i not in positions]
        if not kept:
            plan.edits.expressions[annotation] = "None"
        elif len(kept) == 1:
            plan.edits.expressions[annotation] = kept[0]
        else:
            plan.edits.expressions[annotation] = Template((annotation.value, "[", *_listed(kept), "]"))


def _drop_at_calls(plan: Plan) -> None:
    for call in plan.facts.bindings:
        function = callee(plan.facts, call)
        if function is None or not _belongs(plan, function) or isinstance(function, ast.Lambda):
            continue
        positions = dropped_positions(plan.facts, function)
        if positions and followed(plan.facts.values.get(call, plan.facts.returns[function])):
            _drop_at_call(plan, call, function, positions)


def _goes_on(plan: Plan, node: ast.Return, positions: tuple[int, ...]) -> bool:
    """Whether the function that gives back what a call gives does so without the same items."""
    function = plan.facts.scopes.function(node)
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return dropped_positions(plan.facts, function) == positions


def _drop_at_call(plan: Plan, call: ast.Call, function: FunctionNode, positions: tuple[int, ...]) -> None:
    parent = plan.parent(call)
    match parent:
        case ast.Return() if _goes_on(plan, parent, positions):
            return
        case ast.Expr():
            return
        case ast.Assign(targets=[ast.Name() as target]) if positions == (WHOLE,):
            _check_same_object(plan, call, function, WHOLE, target)
            plan.edits.statements[parent] = [template("{}", call)]
        case ast.Assign(targets=[ast.Tuple(elts=elements) as bound]) if positions != (WHOLE,):
            for position in positions:
                _check_same_object(plan, call, function, position, elements[position])
            left = kept_elements(plan, bound)
            kept: list[Piece] = [e for i, e in enumerate(elements) if i not in positions and e in left]
            plan.edits.statements[parent] = (
                [Template((*_listed(kept), " = ", call))] if kept else [template("{}", call)]
            )
        case _:
            raise Blocked(call, "LNX005", "the result of a step that updates in place is used as a whole")


def _check_same_object(
    plan: Plan, call: ast.Call, function: FunctionNode, position: int, target: ast.expr
) -> None:
    """What was returned must be bound to the names of what was handed in."""
    name = parameter_of(plan.facts, function, position)
    argument = dict(plan.facts.bindings[call][function].arguments).get(name)
    if not isinstance(argument, ast.Name) or not isinstance(target, ast.Name):
        raise Blocked(call, "LNX005", "a train state is handed in or received without a name")
    if _variable(plan, target) not in plan.roles.role:
        raise Blocked(call, "LNX011", "a model that the step would change in place is discarded")
    if plan.naming.of(_variable(plan, argument)) != plan.naming.of(_variable(plan, target)):
        raise Blocked(call, "LNX011", "the old state keeps its name while the step would change it in place")


def _variable(plan: Plan, node: ast.Name):  # type: ignore[no-untyped-def]
    return plan.facts.scopes.variable(node, node.id)
