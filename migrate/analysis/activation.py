"""Entering the functions of the project, and giving up on what cannot be entered."""

from __future__ import annotations

import ast
from collections.abc import Sequence as Items
from contextlib import nullcontext
from dataclasses import dataclass, replace

from migrate.analysis.ageing import renamed
from migrate.analysis.decided import left_out
from migrate.analysis.frames import Frame, Variables, joined_return
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Const,
    Function,
    Length,
    Outputs,
    Record,
    Sequence,
    ShapeOf,
    Symbol,
    Token,
    Value,
    followed,
    tokens_of,
)
from migrate.analysis.modules.helper_sizes import afresh, brought_back, defaults, shares_sizes
from migrate.analysis.nnx_code import nnx_classes, nnx_contexts
from migrate.analysis.objects import heap
from migrate.analysis.program.parameters import all_parameters, positional_parameters
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.run import DEPTH, Run, callables_in
from migrate.analysis.sites import Binding
from migrate.analysis.training.copies import adopt, place
from migrate.analysis.training.made_definitions import all_made_by, made_by
from migrate.analysis.training.makers import made_again, of_this_call


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call: nodes and kinds, side by side."""

    node: ast.Call
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    sources: tuple[ast.Call, ...] = ()


def with_renamed(given: Arguments, names: dict[Token, Token]) -> Arguments:
    """The same arguments, which denote other tokens."""
    args = tuple(renamed(value, names) for value in given.args)
    keywords = tuple((name, renamed(value, names)) for name, value in given.keywords)
    return replace(given, args=args, keywords=keywords)


def lost(run: Run, given: Arguments, *callee: Value) -> Value:
    """A call of something that is not followed: followed arguments escape there."""
    message = f"a followed value is handed to `{_spelling(given.node.func)}`, which cannot be looked into"
    first = max(0, len(given.args) - len(given.node.args))
    for node, value in zip(given.node.args, given.args[first:], strict=False):
        run.escape(node, "LNX010", message, value)
    named = {keyword.arg or "**": keyword.value for keyword in given.node.keywords}
    for name, value in given.keywords:
        run.escape(named.get(name, given.node), "LNX010", message, value)
    run.escape(given.node, "LNX010", message, *given.args[:first])
    run.escape(given.node, "LNX299", "a followed value is called in a way that is not known", *callee)
    enter_callbacks(run, given)
    return UNKNOWN


STARTERS = frozenset(map(Symbol, ("absl.app.run", "fire.Fire", "typer.run")))
"""What runs a function of the program once, as the program would itself."""


def enter_callbacks(run: Run, given: Arguments) -> None:
    """Functions that are handed over are run as if nothing were known of their arguments."""
    values = (*given.args, *dict(given.keywords).values())
    starts = run.facts.values.get(given.node.func) in STARTERS
    if not starts and not _called_at_once(run, given):
        run.keep(*values)
    for value in values:
        for function, first in callables_in(value):
            if function.node not in run.active and len(run.active) < DEPTH:
                run.facts.references[function.node].add(given.node)
                traced = nullcontext() if starts else run.freezing(run.visible())
                with traced, nnx_contexts.repeated(run, given.node):
                    result = enter_unknown(run, function, first)
                if run.owner is None:
                    given_back(run, given.node, _spelling(given.node.func), result)


def given_back(run: Run, node: ast.AST, name: str, result: Value) -> None:
    """What a function gives that something unknown calls goes where nothing is known of it."""
    message = f"a followed value is given back by a function that `{name}` calls, which cannot be looked into"
    run.escape(node, "LNX206", message, result)


def _called_at_once(run: Run, given: Arguments) -> bool:
    """Whether a function that is handed over is called now and never again: `jax.vmap(f)(x)`."""
    above = run.facts.scopes.parent[given.node]
    callee = run.facts.values.get(given.node.func)
    immediate = isinstance(callee, Symbol) and callee.name.startswith(("jax.lax.", "jax.tree."))
    return immediate or (isinstance(above, ast.Call) and above.func is given.node)


def _spelling(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) < 40 else f"{text[:37]}..."


def enter(run: Run, function: Function, given: Arguments) -> Value:
    """Run a function of the project with the kinds of its arguments."""
    node = function.node
    run.facts.references[node].add(given.node)
    if node in run.active or len(run.active) > DEPTH:
        return lost(run, given)
    if run.facts.scopes.runs_later(node):
        run.keep(function)
        if any(followed(value) for value in (*given.args, *dict(given.keywords).values())):
            return lost(run, given)
    frame = Frame(node, function.frame)
    bound = _bind(run, function, given)
    if bound is None:
        return lost(run, given)
    for name, value in bound.items():
        known = run.facts.parameters.get((node, name))
        run.facts.parameters[node, name] = value if known is None else join(known, value)
    frame.vars |= bound
    frame.spread = _spread(node, given)
    before = heap.of(heap.frame_of(run.frame).vars)
    with afresh(run, node) if shares_sizes(run, node) else nullcontext():
        result = _body(run, function, frame)
    return result if frame in run.closures else _made_by_this_call(run, function, given, result, before)


def enter_bound(
    run: Run,
    function: Function,
    site: ast.expr,
    values: Items[Value],
    keywords: Items[tuple[str, Value]] = (),
) -> Value:
    """Run a function that `site` calls by itself, with kinds for its first parameters and for named ones."""
    node = function.node
    run.facts.references[node].add(site)
    names = [a.arg for a in positional_parameters(node)]
    if (
        node in run.active
        or len(run.active) > DEPTH
        or len(names) < len(values)
        or run.facts.scopes.runs_later(node)
    ):
        message = "a followed value is handed to a function that cannot be looked into here"
        run.escape(site, "LNX010", message, *values)
        return UNKNOWN
    frame = Frame(node, function.frame)
    bound: dict[str, Value] = {arg.arg: UNKNOWN for arg in all_parameters(node)}
    bound |= {name: value for name, value in keywords if name in bound}
    bound |= dict(zip(names, values, strict=False))
    for name, value in bound.items():
        known = run.facts.parameters.get((node, name))
        run.facts.parameters[node, name] = value if known is None else join(known, value)
    frame.vars |= bound
    return _body(run, function, frame)


def _made_by_this_call(
    run: Run, function: Function, given: Arguments, result: Value, before: Variables
) -> Value:
    """The result, with what the function initialised told apart from what other calls of it give."""
    scopes, variables = run.facts.scopes, heap.frame_of(run.frame).vars
    received = frozenset().union(*(tokens_of(v) for v in (*given.args, *dict(given.keywords).values())))
    kept = {name: v for name, v in heap.of(variables).items() if before.get(name) != v}
    names = {
        token: Token(given.node, f"{place(token.node)} {token.label}")
        for token in frozenset().union(tokens_of(result), *(tokens_of(v) for v in kept.values())) - received
        if token.node is not function.node and function.node in scopes.enclosing(scopes.scope[token.node])
    }
    adopt(run, names)
    for token in names.values():
        made = (made_by(i, function.node, given.node, scopes) for i in run.facts.origins[token])
        run.facts.origins[token] = frozenset(made)
    for name, value in kept.items():
        kept[name] = all_made_by(renamed(value, names), function.node, given.node, scopes)
    result = all_made_by(result, function.node, given.node, scopes)
    told = [of_this_call(value, function.node, given.node, scopes) for value in (result, *kept.values())]
    if told != [result, *kept.values()]:
        made_again(run, given.node)
    result = told[0]
    variables |= dict(zip(kept, told[1:], strict=True))
    return renamed(result, names) if names else result


def enter_unknown(run: Run, function: Function, first: Value | None = None) -> Value:
    """Run a function that may be called by others, knowing nothing of its arguments but perhaps the first."""
    frame = Frame(function.node, function.frame)
    frame.vars |= {arg.arg: UNKNOWN for arg in all_parameters(function.node)}
    frame.vars |= nnx_classes.parameters(run, function)
    if first is not None and (arguments := all_parameters(function.node)):
        frame.vars[arguments[0].arg] = first
    run.nnx.pending = run.nnx.compiled.get(function.node)
    return _body(run, function, frame, certain=False)


def _body(run: Run, function: Function, frame: Frame, certain: bool = True) -> Value:
    """Run a body; one that no followed value can reach gives the same result every time."""
    entry = heap.enter(frame, run.frame)
    frame.entry = dict(frame.vars)
    key = (function.node, function.frame, tuple(frame.vars.items()), run.nnx.key())
    if key in run.quiet:
        return run.quiet[key]
    quiet = run.owner is None and not any(followed(v) for f in frame.chain() for v in f.vars.values())
    models = len(run.facts.origins)
    surely = certain and heap.frame_of(run.frame) is run.frame
    result = _run_body(run, function, frame, None if surely else entry)
    if quiet and not followed(result) and models == len(run.facts.origins):
        run.quiet[key] = result
    return result


def _run_body(run: Run, function: Function, frame: Frame, entry: Variables | None) -> Value:
    node = function.node
    given = [frame.vars.get(arg.arg, UNKNOWN) for arg in all_parameters(node)]
    run.entered.add(node)
    run.active.append(node)
    with run.entering(frame), nnx_contexts.activation(run, node, frame):
        if isinstance(node, ast.Lambda):
            frame.returned = run.evaluate(node.body)
        else:
            run.execute(node.body)
    run.active.pop()
    heap.leave(frame, run.frame, entry)
    result = _result(run, node, joined_return(frame), given)
    run.facts.given_anew[node] |= tokens_of(result).difference(*map(tokens_of, given))
    known = run.facts.returns.get(node)
    run.facts.returns[node] = result if known is None else join(known, result)
    return result


def _bind(run: Run, function: Function, given: Arguments) -> dict[str, Value] | None:
    """Parameters to kinds; None where the call does not fit or spreads its arguments."""
    node, call_node = function.node, given.node
    spread = any(isinstance(a, ast.Starred) for a in call_node.args) or any(
        k.arg is None for k in call_node.keywords
    )
    positional = [a.arg for a in positional_parameters(node)]
    every = [a.arg for a in all_parameters(node)]
    bound: dict[str, Value] = dict.fromkeys(every, UNKNOWN)
    if spread:
        first = given.args[: max(0, len(given.args) - len(call_node.args))]
        others = (*given.args[len(first) :], *dict(given.keywords).values())
        bound |= dict(zip(positional, first, strict=False))
        return bound if not any(followed(v) for v in others) else None
    bound |= left_out(node)
    if shares_sizes(run, node):
        bound |= defaults(run, node)
    fits = len(given.args) <= len(positional) or node.args.vararg is not None
    overflow = [v for v in given.args[len(positional) :] if followed(v)]
    if not fits or overflow:
        return None
    for name, value in given.keywords:
        if name not in every:
            if node.args.kwarg is None or followed(value):
                return None
            continue
        bound[name] = value
    bound |= dict(zip(positional, given.args, strict=False))
    _record_binding(run, node, positional, given)
    if _is_method_of_owner(run, node) or shares_sizes(run, node):
        return bound
    return {n: _carried(v) for n, v in bound.items()}


def _spread(node: FunctionNode, given: Arguments) -> frozenset[str] | None:
    """The names that go into the `**` parameter; None where the call spreads a dict itself."""
    names = {keyword.arg for keyword in given.node.keywords} | {name for name, _ in given.keywords}
    known = {arg.arg for arg in all_parameters(node)}
    return None if names & {None, "**"} else frozenset(name for name in names if name) - known


def _result(run: Run, node: FunctionNode, result: Value, given: list[Value]) -> Value:
    if _is_method_of_owner(run, node):
        return result
    return brought_back(run, node, result, given) if shares_sizes(run, node) else _carried(result)


def _is_method_of_owner(run: Run, node: FunctionNode) -> bool:
    """Whether the function is a method of the module that is being read: sizes mean the same in it."""
    return run.owner is not None and node in run.owner.node.body


def _carried(value: Value, inside: bool = False) -> Value:
    """What goes over to another scope: not sizes, which are expressions of the scope that they come from."""
    match value:
        case Array() | Length() | ShapeOf() | Outputs():
            return UNKNOWN
        case Const(int()) if inside:
            return UNKNOWN
        case Sequence(items):
            return Sequence(tuple(_carried(item, inside=True) for item in items))
        case Record(cls, fields):
            return Record(cls, tuple((name, _carried(item, inside=True)) for name, item in fields))
        case _:
            return value


def _record_binding(run: Run, node: FunctionNode, positional: Items[str], given: Arguments) -> None:
    offset = len(given.args) - len(given.node.args)
    pairs = [
        (name, given.node.args[i - offset])
        for i, name in enumerate(positional[: len(given.args)])
        if i >= offset
    ]
    pairs += [(k.arg, k.value) for k in given.node.keywords if k.arg is not None]
    run.facts.bindings[given.node][node] = Binding(given.node, node, tuple(pairs))
