"""Train states with fields of their own: `class State(TrainState): target_params: ...`.

Such a state goes on as one value. It holds the model and the optimizer, a model for each further field that
holds parameters, and everything else as it is.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import (
    UNKNOWN,
    Class,
    Grads,
    Holder,
    Method,
    OptTree,
    Params,
    Stats,
    Symbol,
    Token,
    Value,
    Variables,
    followed,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import CopyTree, CreateHolder, Init, ReadHolder, ReplaceHolder
from migrate.analysis.training import dynamic_scales, stats_states, train_states
from migrate.analysis.training.copies import adopt
from migrate.analysis.training.train_states import check_created, check_inside, field, is_apply

OWN = frozenset({"step", "apply_fn", "params", "tx", "opt_state"})
METHODS = frozenset({"apply_gradients", "replace"})
NEW = frozenset({"model", "optimizer"})


def is_holder_class(value: Value) -> bool:
    """Whether the value is a class that only adds plain fields to flax's TrainState."""
    if not isinstance(value, Class) or value.bases != (Symbol("flax.TrainState"),):
        return False
    body = [s for s in value.node.body if not _is_docstring(s)]
    plain = all(isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) for s in body)
    names = {*field_names(value)}
    decorated = value.node.decorator_list or value.node.keywords
    return bool(body) and plain and not decorated and not names & (OWN | NEW | METHODS)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def field_names(cls: Class) -> list[str]:
    """The names of the fields that the class adds."""
    statements = (s for s in cls.node.body if isinstance(s, ast.AnnAssign))
    return [s.target.id for s in statements if isinstance(s.target, ast.Name)]


def create(run: Run, cls: Class, given: Arguments) -> Value:
    """`State.create(apply_fn=..., params=..., tx=..., target_params=...)`."""
    node, keywords = given.node, dict(given.keywords)
    expressions = {k.arg: k.value for k in node.keywords}
    names = field_names(cls)
    required = {"apply_fn", "params", "tx"}
    if given.args or not required <= set(keywords) <= {*required, *names}:
        return lost(run, given)
    params, apply_fn = keywords["params"], keywords["apply_fn"]
    if not isinstance(params, (Params, Variables)) or not is_apply(apply_fn):
        return lost(run, given)
    held = {name: value for name, value in keywords.items() if name in names and followed(value)}
    stats = [name for name, value in held.items() if isinstance(value, Stats)]
    statistics = [held.pop(name) for name in stats]
    if len(stats) > 1 or any(not isinstance(value, (Params, Variables)) for value in held.values()):
        return lost(run, given)
    stale = any(isinstance(v, (Params, Variables)) and v.stale for v in held.values())
    check_created(run, node, replace(params, stale=params.stale or stale), apply_fn)
    for value in statistics:
        assert isinstance(value, Stats)
        stats_states.check_given(run, node, params, value)
    taken = params.tokens
    fields: list[tuple[str, Value]] = []
    copied: list[str] = []
    for name, value in held.items():
        assert isinstance(value, (Params, Variables))
        if value.tokens & taken or not _is_fresh(run, expressions[name]):
            value = replace(value, tokens=_copy(run, node, name, value))
            copied.append(name)
        taken |= value.tokens
        fields.append((name, value))
    field = stats[0] if stats else None
    made = CreateHolder(node, cls, expressions["params"], expressions["tx"], (*held,), (*copied,), field)
    run.facts.site(made)
    run.facts.links |= {(a, b) for a in taken for b in taken}
    return Holder(cls, params.tokens, isinstance(params, Variables), False, tuple(sorted(fields)), field)


def _is_fresh(run: Run, node: ast.expr) -> bool:
    """Whether a field is given what was initialised for it alone, right there."""
    inner = node.value if isinstance(node, ast.Subscript) else node
    return isinstance(run.facts.sites.get(inner), (Init, CopyTree))


def _copy(run: Run, node: ast.AST, name: str, value: Params | Variables) -> frozenset[Token]:
    token = Token(node, f"copy {name}")
    adopt(run, dict.fromkeys(value.tokens, token))
    return frozenset({token})


def attribute(run: Run, node: ast.Attribute, holder: Holder) -> Value:
    """The kind of `state.attr`."""
    if node.attr in METHODS:
        return Method(holder, node.attr)
    if node.attr not in OWN and node.attr not in field_names(holder.cls):
        run.escape(node, "LNX012", f"`.{node.attr}` is no field of `{holder.cls.node.name}`", holder)
        return UNKNOWN
    run.facts.site(ReadHolder(node, node.attr))
    if node.attr == holder.stats:
        return Stats(holder.tokens, holder.moved)
    if node.attr not in OWN and node.attr not in dict(holder.fields):
        return dynamic_scales.field(run, holder.cls, node.attr)
    return dict(holder.fields).get(node.attr, field(run, holder, node.attr))


def call(run: Run, holder: Holder, name: str, given: Arguments) -> Value:
    """`state.apply_gradients(...)` and `state.replace(...)`."""
    return _apply_gradients(run, holder, given) if name == "apply_gradients" else _replace(run, holder, given)


def _apply_gradients(run: Run, holder: Holder, given: Arguments) -> Value:
    node, keywords = given.node, dict(given.keywords)
    assert isinstance(node.func, ast.Attribute)
    grads = keywords.get("grads")
    others = {name: value for name, value in keywords.items() if name not in {"grads", holder.stats}}
    plain = set(others) <= {n for n in field_names(holder.cls) if n not in dict(holder.fields)}
    if node.args or not isinstance(grads, Grads) or not plain or any(map(followed, others.values())):
        run.escape(node, "LNX002", "`apply_gradients` is called in a way that has no rewriting yet", holder)
        return UNKNOWN
    train_states.update(run, node, holder, grads)
    updated = replace(holder, stale=False)
    if holder.stats in keywords:
        return stats_states.taken(run, node, updated, keywords[holder.stats])
    return updated


def _replace(run: Run, holder: Holder, given: Arguments) -> Value:
    node, keywords = given.node, dict(given.keywords)
    assert isinstance(node.func, ast.Attribute)
    known = {*field_names(holder.cls), "params"}
    held = {"params", *dict(holder.fields)}
    for name, value in keywords.items():
        if name == "opt_state" and value == OptTree(holder.tokens) and not node.args:
            continue
        if name == holder.stats and not node.args:
            holder = stats_states.taken(run, node, holder, value)
            continue
        model_valued = isinstance(value, (Params, Variables, Grads))
        if (
            node.args
            or name not in known
            or (model_valued != (name in held))
            or (followed(value) and not model_valued)
        ):
            message = f"`replace` of `{name}` of a train state has no rewriting yet"
            run.escape(node, "LNX012", message, holder, value)
            return UNKNOWN
    trees = tuple(name for name, value in keywords.items() if isinstance(value, Grads | OptTree))
    models = tuple(name for name, value in keywords.items() if isinstance(value, (Params, Variables)))
    stats = tuple(name for name in keywords if name == holder.stats)
    run.facts.site(ReplaceHolder(node, node.func.value, trees, models, stats))
    return _replaced(run, node, holder, keywords, trees, models)


def _replaced(
    run: Run,
    node: ast.Call,
    holder: Holder,
    keywords: dict[str, Value],
    trees: tuple[str, ...],
    models: tuple[str, ...],
) -> Value:
    fields = dict(holder.fields)
    updated: frozenset[Token] = frozenset()
    for name in trees:
        target = holder if name in {"params", "opt_state"} else fields[name]
        assert isinstance(target, (Holder, Params, Variables))
        updated |= target.tokens
        value = keywords[name]
        assert isinstance(value, Grads | OptTree)
        run.facts.links |= {(a, b) for a in target.tokens for b in value.tokens}
    check_inside(run, node, updated, holder)
    if "params" in models:
        run.escape(node, "LNX012", "`replace` of `params` by other parameters has no rewriting yet", holder)
    for name in models:
        value = keywords[name]
        assert isinstance(value, (Params, Variables))
        if value.stale:
            run.escape(node, "LNX011", "old parameters are put into a train state", holder, value)
        if name in fields:
            fields[name] = replace(value, tokens=_copy(run, node, name, value))
    run.age(updated)
    fresh = {name: _fresh(fields[name]) for name in trees if name in fields}
    main = replace(holder, stale=False) if {"params", "opt_state"} & {*trees} else holder
    return replace(main, fields=tuple(sorted((fields | fresh).items())))


def _fresh(value: Value) -> Value:
    return replace(value, stale=False) if isinstance(value, (Params, Variables)) else value
