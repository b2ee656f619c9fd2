"""The options of `apply`: random keys, collections that may change, the method that is called."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrate.analysis.activation import Arguments
from migrate.analysis.ageing import has_stats, only, without_stats
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Class,
    Const,
    Dict,
    Instance,
    Sequence,
    Stats,
    Symbol,
    Tokens,
    Updates,
    Value,
    Variables,
    followed,
    tokens_of,
)
from migrate.analysis.modules.classes import methods
from migrate.analysis.program.scopes import FUNCTIONS
from migrate.analysis.run import Run
from migrate.analysis.training import views

OPTIONS = frozenset({"variables", "rngs", "mutable", "method", "capture_intermediates"})
"""What `apply` takes itself."""


@dataclass(frozen=True)
class Option:
    """What the options of one call ask for; statistics change `sometimes` where another call asks for it."""

    stats: bool = False
    sometimes: bool = False
    method: str | None = None
    kept: bool = False


def read(run: Run, given: Arguments, definition: ApplyFn, variables: Value) -> Option:
    """The options of one call; those without a rewriting are recorded."""
    stats, sometimes, method, kept = False, False, None, False
    for keyword, (_, value) in zip(given.node.keywords, given.keywords, strict=True):
        match keyword.arg:
            case "rngs" if not followed(value):
                pass
            case "mutable" if value == Const(False):
                sometimes = _asks_sometimes(keyword.value)
            case "mutable" if _of_stats(value):
                stats = True
            case "mutable" if _of_own_collections(value):
                kept = True
            case "method" if (found := _method(run, definition, keyword.value, value)) is not None:
                method = found
            case None if _only_inputs(run, keyword.value):
                pass
            case "rngs" | "mutable" | "method" | "capture_intermediates" | None:
                message = f"`apply` is called with `{keyword.arg or '**'}` in a way that has no rewriting yet"
                wrapped = keyword.arg in {"rngs", "method"}
                run.escape(given.node, "LNX310", message, definition, variables, bridgeable=wrapped)
            case _:
                pass
    return Option(stats, sometimes, method, kept)


def _only_inputs(run: Run, node: ast.expr) -> bool:
    """Whether `**kwargs` hands on what this call of the function was given, and no option of `apply`."""
    variable = run.facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None
    frame = next((f for f in run.frame.chain() if variable is not None and f.scope is variable.scope), None)
    if variable is None or frame is None or not isinstance(frame.scope, FUNCTIONS):
        return False
    kwarg, scopes = frame.scope.args.kwarg, run.facts.scopes
    spread = all(
        isinstance(above := scopes.parent[use], ast.keyword) and above.arg is None
        for use in scopes.names(variable)
        if isinstance(use, ast.Name)
    )
    known = kwarg is not None and kwarg.arg == variable.name and frame.spread is not None
    return known and spread and not (frame.spread or frozenset()) & OPTIONS


def _of_stats(value: Value) -> bool:
    return value in (Const("batch_stats"), Sequence((Const("batch_stats"),)))


def _asks_sometimes(node: ast.expr) -> bool:
    """`["batch_stats"] if train else False`, in a call that does not ask for the statistics."""
    if not isinstance(node, ast.IfExp):
        return False
    sides = {ast.unparse(side).replace("(", "[").replace(",)", "]") for side in (node.body, node.orelse)}
    return "False" in sides and bool(sides & {"'batch_stats'", "['batch_stats']"})


def _of_own_collections(value: Value) -> bool:
    """Whether what may change is named, and is neither parameters nor batch statistics."""
    names = value.items if isinstance(value, Sequence) else (value,)
    return bool(names) and all(
        isinstance(name, Const) and isinstance(name.value, str) and name.value not in views.OF_MODEL
        for name in names
    )


def _method(run: Run, definition: ApplyFn, node: ast.expr, value: Value) -> str | None:
    """The name of a method that every one of the definitions has itself."""
    classes = [instance.cls for instance in definition.instances]
    match node, value:
        case _, Const(str(name)):
            pass
        case ast.Attribute(value=owner, attr=name), _ if _is_one_of(run.facts.values.get(owner), classes):
            pass
        case _:
            return None
    own = all(isinstance(cls, Class) and name in methods(cls) for cls in classes)
    return name if own and name.isidentifier() else None


def _is_one_of(owner: Value | None, classes: list[Class | Symbol]) -> bool:
    """Whether a method is read from the one class of all definitions, or from a definition of that class."""
    cls = owner.cls if isinstance(owner, Instance) else owner
    nodes = {other.node if isinstance(other, Class) else None for other in classes}
    return isinstance(cls, Class) and nodes == {cls.node}


def names_method(run: Run, node: ast.Attribute) -> bool:
    """Whether an attribute of a definition stands where a call is told a method: `method=model.encode`."""
    parent = run.facts.scopes.parent.get(node)
    return isinstance(parent, ast.keyword) and parent.arg == "method"


def moved(run: Run, node: ast.Call, tokens: Tokens, variables: Value) -> Value:
    """A call that changes the batch statistics: what was read of them before is old from now on."""
    held = dict(variables.items).get("batch_stats") if isinstance(variables, Dict) else variables
    if not isinstance(held, Stats | Variables):
        run.escape(node, "LNX310", "`apply` changes statistics that it was not given", variables)
        return UNKNOWN
    if isinstance(held, Variables) and held.stale:
        message = "`apply` is called with statistics that another call has changed since"
        run.escape(node, "LNX011", message, variables)
    if any(tokens & frozen for frozen in run.frozen) and not _differentiated(run, tokens):
        message = "the statistics of a model of the enclosing scope change inside a traced function"
        run.escape(node, "LNX203", message, variables)
    run.age(tokens, stats=True)
    return Sequence((UNKNOWN, Updates(tokens)))


def _differentiated(run: Run, tokens: Tokens) -> bool:
    """Whether the model is what the loss around is differentiated by, which carries its statistics out."""
    return bool(run.differentiated and tokens <= run.differentiated[-1])


def check_times(run: Run, given: Arguments) -> None:
    """Statistics that go to a compiled function with a model must be of the same time as it."""
    values = (*given.args, *(value for _, value in given.keywords))
    stats = [tokens_of(only(value)) for value in values if has_stats(value)]
    owners = [tokens_of(without_stats(value)) for value in values]
    for held in stats:
        if any(held & owner and held != owner for owner in owners):
            message = "the batch statistics may be older or newer than the model that they are handed on with"
            run.escape(given.node, "LNX011", message, *values)
