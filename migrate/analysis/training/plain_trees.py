"""Parameters that leave the model as plain data, and that come back: what is saved, shown and loaded.

A plain dict with Linen's names holds the same arrays as Linen's own, so that files stay what they were.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter_callbacks, lost
from migrate.analysis.kinds import (
    UNKNOWN,
    Dict,
    Holder,
    OptState,
    Params,
    SavedState,
    Sequence,
    State,
    Stats,
    Symbol,
    Token,
    Value,
    Variables,
    followed,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import LoadTree, PlainTree
from migrate.analysis.training import loaded_tuples, whole_states
from migrate.analysis.training.copies import adopt

CHECKPOINT = "clu.checkpoint.Checkpoint()"
ORBAX = "orbax.checkpoint.Checkpointer()"
"""What the methods of such objects are called by."""

CHECKPOINTS = {
    "clu.checkpoint.Checkpoint": CHECKPOINT,
    "clu.checkpoint.MultihostCheckpoint": CHECKPOINT,
    "orbax.checkpoint.CheckpointManager": ORBAX,
    "orbax.checkpoint.PyTreeCheckpointer": ORBAX,
}
"""Classes whose objects save trees by the names in them, those of the first also as Flax does."""

READERS = frozenset(
    {
        "builtins.print",
        f"{CHECKPOINT}.save",
        f"{ORBAX}.save",
        "clu.parameter_overview.count_parameters",
        "clu.parameter_overview.get_parameter_overview",
        "clu.parameter_overview.log_parameter_overview",
        "cloudpickle.dump",
        "cloudpickle.dumps",
        "flax.serialization.to_bytes",
        "flax.serialization.to_state_dict",
        "flax.training.checkpoints.save_checkpoint",
        "flax.training.checkpoints.save_checkpoint_multiprocess",
        "flax.training.orbax_utils.save_args_from_target",
        "flax.traverse_util.flatten_dict",
        "jax.device_get",
        "joblib.dump",
        "pickle.dump",
        "pickle.dumps",
    }
)
"""Functions that take a tree as data and keep nothing of it."""

KEEPERS = frozenset(
    {
        f"{CHECKPOINT}.save",
        f"{ORBAX}.save",
        "flax.serialization.to_bytes",
        "flax.serialization.to_state_dict",
        "flax.training.checkpoints.save_checkpoint",
        "flax.training.checkpoints.save_checkpoint_multiprocess",
        "flax.training.orbax_utils.save_args_from_target",
    }
)
"""Readers whose files hold whole train states field by field, without the class."""

LOADERS = {
    f"{CHECKPOINT}.load_state": 0,
    f"{CHECKPOINT}.restore": 0,
    f"{CHECKPOINT}.restore_or_initialize": 0,
    "flax.serialization.from_bytes": 0,
    "flax.serialization.from_state_dict": 0,
    "flax.training.checkpoints.restore_checkpoint": 1,
}
"""Functions that give a tree like their `target`, with other leaves, and the place of the target."""

STATES = (State, Holder, OptState, SavedState)


def made(run: Run, name: str, given: Arguments) -> Value:
    """`Checkpoint(folder)`."""
    lost(run, given)
    return Symbol(CHECKPOINTS[name])


def read(run: Run, name: str, given: Arguments) -> Value:
    """A call of a reader: what it is handed must be data, in dicts and tuples or by itself."""
    values = (*given.args, *dict(given.keywords).values())
    spread = any(isinstance(a, ast.Starred) for a in given.node.args) or any(
        k.arg is None for k in given.node.keywords
    )
    kept = name in KEEPERS
    if any(_holds_state(value, kept) for value in values):
        return _whole_state(run, given, values)
    if spread or not all(_is_data(value) for value in values):
        return lost(run, given)
    nodes = (*given.node.args, *(k.value for k in given.node.keywords))
    trees = tuple(node for node, value in zip(nodes, values, strict=True) if followed(value))
    run.facts.site(PlainTree(given.node, trees))
    return UNKNOWN


def _holds_state(value: Value, kept: bool = False) -> bool:
    """Whether there is a state in the value; one that can be `kept` is written field by field."""
    if isinstance(value, Dict | Sequence):
        return any(_holds_state(item, kept) for item in _items(value))
    return isinstance(value, STATES) and not (kept and can_be_kept(value))


def can_be_kept(value: Value) -> bool:
    """Whether the fields of a state can be taken from a model and an optimizer."""
    match value:
        case State():
            return value.group is None and not value.bare and not (value.whole and value.stats)
        case Holder():
            return whole_states.is_plain(value)
        case _:
            return isinstance(value, SavedState)


def mapped(run: Run, given: Arguments) -> Value | None:
    """`jax.tree.map(lambda x: x[i], params)` whose result goes on as data, if it is made of parameters."""
    nodes, trees = given.node.args[1:], given.args[1:]
    if not all(isinstance(tree, Params | Variables) or not followed(tree) for tree in trees):
        return None
    enter_callbacks(run, given)
    parameters = tuple(node for node, tree in zip(nodes, trees, strict=True) if followed(tree))
    run.facts.site(PlainTree(given.node, parameters))
    return UNKNOWN


def is_mapped_state(function: Value, tree: Value) -> bool:
    """Whether a whole state is changed leaf by leaf, in a way that asks for nothing but the leaf."""
    return isinstance(tree, State | Holder) and can_be_kept(tree) and whole_states.is_of_leaves(function)


def _whole_state(run: Run, given: Arguments, values: tuple[Value, ...]) -> Value:
    """A state in another form, or on its way to something that takes more than its fields."""
    message = (
        "a train state is saved or loaded here in a way that has no rewriting yet: save its parameters, or "
        "the state by itself with `flax.serialization` or `flax.training.checkpoints`"
    )
    run.escape(given.node, "LNX403", message, *values)
    return UNKNOWN


def _is_data(value: Value) -> bool:
    match value:
        case Params() | Variables() | State() | Holder() | SavedState():
            return True
        case Stats():
            return not value.stale
        case Dict() | Sequence():
            return all(_is_data(item) for item in _items(value))
        case _:
            return not followed(value)


def _items(value: Dict | Sequence) -> Iterator[Value]:
    yield from value.items if isinstance(value, Sequence) else (item for _, item in value.items)


def target_of(name: str, given: Arguments) -> tuple[ast.expr, Value] | None:
    """The tree that a loader fills, where it is given as Flax names it."""
    at = LOADERS[name]
    if any(isinstance(a, ast.Starred) for a in given.node.args) or "**" in dict(given.keywords):
        return None
    if at < len(given.args):
        return given.node.args[at], given.args[at]
    expressions = {k.arg: k.value for k in given.node.keywords}
    keywords = dict(given.keywords)
    return (expressions["target"], keywords["target"]) if "target" in keywords else None


def load(run: Run, name: str, given: Arguments) -> Value:
    """`params = from_bytes(params, data)` changes the model; under another name it makes a new one."""
    node, target = given.node, target_of(name, given)
    values = (*given.args, *dict(given.keywords).values())
    stateful = target is not None and isinstance(target[1], State | Holder) and can_be_kept(target[1])
    if target is not None and stateful and sum(map(followed, values)) == 1:
        return whole_states.load(run, given, *target)
    if any(_holds_state(value) for value in values):
        return _whole_state(run, given, values)
    if target is None or sum(followed(value) for value in values) > 1:
        return lost(run, given)
    expression, tree = target
    if isinstance(tree, Sequence) and (several := loaded_tuples.load(run, given, expression)) is not None:
        return several
    if not isinstance(tree, Params | Variables):
        return lost(run, given)
    if any(tree.tokens & frozen for frozen in run.frozen):
        run.escape(node, "LNX402", "parameters are loaded inside a traced function", tree)
    statement = run.facts.scopes.parent[node]
    bound = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(bound, ast.Name) and _is_named(expression, bound.id):
        run.facts.site(LoadTree(node, expression, in_place=True))
        run.age(tree.tokens)
        return replace(tree, stale=False)
    token = Token(node, "loaded")
    adopt(run, dict.fromkeys(tree.tokens, token))
    run.facts.site(LoadTree(node, expression, in_place=False))
    return replace(tree, tokens=frozenset({token}), stale=False)


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
