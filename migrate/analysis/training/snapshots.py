"""Names that keep what a model or a train state was at one moment: `best = state.params`, `old = state`.

In NNX such a name would be one more name of the object. Where it is read after the object was updated, or
after the first name was given to another one, the project is read again with a copy at the assignment.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    Const,
    Grads,
    Holder,
    Optimizer,
    Params,
    State,
    Token,
    Tokens,
    Value,
    Variables,
    tokens_of,
)
from migrate.analysis.program.parameters import all_parameters
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.run import Run
from migrate.analysis.sites import (
    ApplyGradients,
    ParamsItem,
    ReadHolder,
    ReadState,
    RenewTree,
    ReplaceTrees,
    UpdateModel,
)
from migrate.analysis.training.copies import adopt

COPIED = (State, Params, Variables, Optimizer)
TIMELESS_FIELDS = frozenset({"apply_fn", "tx"})


def note(run: Run, statement: ast.Assign) -> None:
    """Remember the names that an assignment gives to a model which has one already."""
    for target, value in _pairs(statement):
        source = source_of(run.facts, value)
        variable = _local(run, target)
        known = run.facts.values.get(value)
        plain = not isinstance(known, State) or not (known.group or known.view or known.bare or known.moved)
        if source is None or variable in (None, source) or not isinstance(known, COPIED) or not plain:
            continue
        assert variable is not None
        run.facts.aliases[value] = (variable, source)
        run.frame.vars[_mark(variable)] = Const(False)


def _pairs(statement: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(
            targets
        ) == len(values):
            yield from zip(targets, values, strict=True)
        case ast.Assign(targets=[target], value=value):
            yield target, value
        case _:
            pass


def _local(run: Run, node: ast.expr) -> Variable | None:
    """The variable of the running function that a name binds."""
    scopes = run.facts.scopes
    if not isinstance(node, ast.Name) or node in scopes.members:
        return None
    variable = scopes.variable(node, node.id)
    here = variable is not None and variable.scope is run.frame.scope
    return variable if here and not isinstance(run.frame.scope, ast.ClassDef) else None


def source_of(facts: Facts, node: ast.expr) -> Variable | None:
    """The variable whose model or state an expression names: `state`, `state.params`."""
    while isinstance(site := facts.sites.get(node), ReadState | ParamsItem | ReadHolder):
        node = site.node.value
    if not isinstance(node, ast.Name) or node in facts.scopes.members:
        return None
    return facts.scopes.variable(node, node.id)


def copied(run: Run, node: ast.expr, value: Value) -> Value:
    """What a name is given in place of a model that has another name: a copy of it.

    What the same line has copied before is another object, which is told apart from the newest copy.
    """
    if not isinstance(value, COPIED):
        return value
    newest, before = Token(node, "snapshot"), Token(node, "earlier snapshot")
    run.rename({newest: before})
    adopt(run, {**dict.fromkeys(value.tokens, newest), newest: before})
    return replace(value, tokens=frozenset({newest}), stale=False)


def notice(run: Run, node: ast.Name, value: Value) -> None:
    """Ask for a copy where a name is read that should have kept what it was given."""
    facts = run.facts
    above = facts.scopes.parent[node]
    if not facts.aliases or not isinstance(value, (*COPIED, Holder)):
        return
    if isinstance(above, ast.Attribute) and above.attr in TIMELESS_FIELDS:
        return
    variable = facts.scopes.variable(node, node.id)
    if variable is None:
        return
    if value.stale:
        _ask(facts, variable)
    elif _is_parted(run, variable):
        facts.snapshots |= {v: t for v, (t, _) in facts.aliases.items() if t == variable}


def _ask(facts: Facts, variable: Variable) -> None:
    """Copy where the name is given, or where others are given what it holds and update that."""
    new = {v: pair for v, pair in facts.aliases.items() if v not in facts.snapshots}
    given = [v for v, (target, _) in new.items() if target == variable]
    if not given or _is_parameter(variable) or _is_updated(facts, variable) == "state":
        given = [v for v, (t, source) in new.items() if source == variable and _is_updated(facts, t)]
    facts.snapshots |= {value: facts.aliases[value][0] for value in given}


def _is_parameter(variable: Variable) -> bool:
    """Whether the name is given something else by the callers."""
    scope = variable.scope
    return isinstance(scope, FUNCTIONS) and variable.name in {arg.arg for arg in all_parameters(scope)}


def _is_updated(facts: Facts, variable: Variable) -> str:
    """How the program updates the object under this name, if it does."""
    for site in facts.sites.values():
        match site:
            case ApplyGradients(state=node) | ReplaceTrees(state=node) | UpdateModel(optimizer=node):
                if _names(facts, node, variable):
                    return "state"
            case UpdateModel(application=ast.Call(args=[node, *_])):
                if _names(facts, node, variable):
                    return "state"
            case RenewTree(node=node):
                if _names(facts, node, variable):
                    return "tree"
    return ""


def _names(facts: Facts, node: ast.expr, variable: Variable) -> bool:
    return isinstance(node, ast.Name) and facts.scopes.variable(node, node.id) == variable


def _is_parted(run: Run, variable: Variable) -> bool:
    """Whether the name that a model was given another name for holds something else by now."""
    facts = run.facts
    frame = next((f for f in run.frame.chain() if f.scope is variable.scope), None)
    parted = frame.vars.get(_mark(variable)) if frame is not None else None
    if parted in (None, Const(False)) or _is_updated(facts, variable) == "state":
        return False
    return not is_made_elsewhere(facts, variable)


def is_made_elsewhere(facts: Facts, variable: Variable) -> bool:
    """Whether a name is also given what has no other name, as the result of a call."""
    values = {v for v, (target, _) in facts.aliases.items() if target == variable}
    stores = [n for n in facts.scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
    return not all(_is_given(facts, store, values) for store in stores)


def _mark(variable: Variable) -> str:
    """Where a frame remembers that two names have parted; no name of the program has a space in it."""
    return f"{variable.name} parted"


def part(run: Run, target: ast.Name, kind: Value) -> None:
    """A name that others were made from is bound to something else."""
    known = run.frame.vars.get(target.id, kind)
    if not run.facts.aliases or tokens_of(known) == tokens_of(kind):
        return
    bound = run.facts.scopes.variable(target, target.id)
    for variable, source in run.facts.aliases.values():
        if source == bound and variable.scope is run.frame.scope:
            run.frame.vars[_mark(variable)] = Const(True)


def _is_given(facts: Facts, store: ast.Name, values: set[ast.expr]) -> bool:
    """Whether a name is bound here to a model that has another name, or to other numbers for it."""
    statement = facts.scopes.statement(store)
    if isinstance(facts.sites.get(store), RenewTree):
        return True
    pairs = _pairs(statement) if isinstance(statement, ast.Assign) else ()
    return any(target is store and value in values for target, value in pairs)


def renewed(run: Run, statement: ast.Assign, kind: Value) -> Value:
    """`ema = jax.tree.map(..., ema, state.params)`: other numbers for the model of that name."""
    match statement.targets, kind:
        case [ast.Name() as target], Grads(tokens) if _local(run, target) is not None:
            known = run.frame.vars.get(target.id)
        case _:
            return kind
    if not isinstance(known, Params | Variables) or not _of_one_form(run.facts, tokens, known.tokens):
        return kind
    if any(known.tokens & frozen for frozen in run.frozen):
        message = "parameters of the enclosing scope are replaced inside a traced function"
        run.escape(statement.value, "LNX011", message, known)
    run.facts.site(RenewTree(target, statement.value))
    run.facts.links |= {(a, b) for a in known.tokens for b in tokens}
    run.age(known.tokens)
    return replace(known, stale=False)


def _of_one_form(facts: Facts, one: Tokens, other: Tokens) -> bool:
    """Whether all of these are parameters of the same definitions."""
    origins = {facts.origins.get(token, frozenset()) for token in one | other}
    return len(origins) == 1 and bool(next(iter(origins)))


def is_snapshot(facts: Facts, variable: Variable | None) -> bool:
    """Whether the variable is given a copy somewhere."""
    return variable in facts.snapshots.values()


def is_apart(facts: Facts, value: ast.expr) -> bool:
    """Whether an assignment makes a copy, or takes one back: both names are of objects of their own."""
    if value in facts.snapshots:
        return True
    return value in facts.aliases and any(is_snapshot(facts, variable) for variable in facts.aliases[value])
