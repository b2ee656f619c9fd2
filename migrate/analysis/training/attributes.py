"""Attributes and items of followed values."""

from __future__ import annotations

import ast
import functools

from migrate.analysis.kinds import (
    UNKNOWN,
    VANISHING,
    ApplyFn,
    Array,
    BoundModel,
    Cell,
    Class,
    Collected,
    Const,
    Dict,
    FreeCell,
    Function,
    GivenLayer,
    Grads,
    Group,
    Holder,
    Instance,
    LayerTree,
    Length,
    Lengthened,
    Method,
    Mixed,
    Namespace,
    Object,
    Optimizer,
    OptState,
    OptTree,
    OwnCollection,
    Params,
    Partial,
    Path,
    Pending,
    Record,
    Results,
    SavedState,
    Sequence,
    ShapeOf,
    State,
    Stats,
    Symbol,
    Thing,
    Transformation,
    Unknown,
    Updates,
    Value,
    Variables,
    followed,
)
from migrate.analysis.modules import (
    cells,
    configs,
    given_layers,
    layer_dicts,
    layer_lists,
    layer_tuples,
    submodules,
    tied,
)
from migrate.analysis.modules import methods as modules
from migrate.analysis.modules.collected import CHANGING, forget
from migrate.analysis.modules.collected import item as item_of
from migrate.analysis.nnx_code import nnx_bindings
from migrate.analysis.objects import records, several_things, things
from migrate.analysis.program import imports
from migrate.analysis.program.names import canonical
from migrate.analysis.run import Run, instances_of
from migrate.analysis.shapes import arrays, results
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import ParamsItem, ParamsLeaf, ReadCollection, ReadState
from migrate.analysis.training import (
    ahead,
    apply_options,
    bare_states,
    bound_models,
    definition_fields,
    groups,
    holders,
    hyperparameters,
    pullbacks,
    same_trees,
    stats_states,
)
from migrate.analysis.training.state_views import READABLE
from migrate.analysis.training.train_states import field
from migrate.analysis.training.views import origins

FIELDS = {"params", "step", "opt_state", "tx", "apply_fn"}
METHODS = {"apply_gradients", "replace"}
BY_INDEX = (State, Holder, Record, Sequence, Dict)
"""What an item of a tuple or dict may be where it is read by its place."""

TREES = (Grads, Variables, Params, OptState, OptTree, Optimizer, Pending, SavedState, Mixed)
"""What is a dict or a tuple in Linen and something else in NNX: what its attributes give is not known."""

CALLED = frozenset({"apply", "init", "init_with_output"})
"""The methods of definitions that take or give variables."""


def attribute(run: Run, node: ast.Attribute, holder: Value) -> Value:
    """The kind of `holder.attr`."""
    match holder:
        case Symbol(name):
            return Symbol(canonical(f"{name}.{node.attr}"))
        case Namespace():
            return imports.member(run, holder, node.attr)
        case State():
            return _of_state(run, node, holder)
        case Holder():
            return holders.attribute(run, node, holder)
        case Thing():
            return things.attribute(run, node, holder)
        case Class() if holder.node in run.families:
            return things.of_class(run, holder, node.attr)
        case Class() if node.attr == "create" and holders.is_holder_class(holder):
            return Method(holder, "create")
        case Transformation() if node.attr in {"init", "update"}:
            return Method(holder, node.attr)
        case Results():
            return results.attribute(holder, node.attr)
        case Dict() if layer_dicts.is_read_through(run, node, holder):
            return UNKNOWN
        case Length(Size(text), False) if run.owner is not None and text.startswith("self."):
            return configs.attribute(run, node, text)
        case Record():
            return records.attribute(run, node, holder)
        case Class() if records.is_class_method(run, holder, node.attr):
            return Method(holder, node.attr)
        case Group():
            return groups.attribute(run, node, holder)
        case OptState() if (found := hyperparameters.read(run, node, holder)) is not None:
            return found
        case Class() if run.owner is not None and modules.is_module(holder):
            return modules.of_class(run, node, holder)
        case Instance():
            return _of_instance(run, node, holder)
        case BoundModel():
            return bound_models.attribute(run, node, holder)
        case GivenLayer():
            return given_layers.attribute(run, node, holder)
        case FreeCell() if node.attr == "initialize_carry":
            return Method(holder, node.attr)
        case Object():
            return modules.attribute(run, node, holder)
        case Cell():
            return cells.value(run, node, holder)
        case Array():
            return arrays.attribute(holder, node.attr)
        case Sequence() | Collected() if node.attr in CHANGING:
            return Method(holder, node.attr)
        case Variables() | Params() if node.attr in same_trees.METHODS:
            return Method(holder, node.attr)
        case Dict() if not followed(holder):
            if node.attr not in {"get", "items", "keys", "values", "copy"}:
                forget(run, holder)
            return UNKNOWN
        case Mixed() if run.owner is not None and node.attr == "attend" and given_layers.are_tables(holder):
            return Method(holder, "attend")
        case Mixed() if run.owner is None and node.attr in CALLED and are_definitions(holder):
            return ApplyFn(instances_of(holder)) if node.attr == "apply" else Method(holder, node.attr)
        case Mixed() if (several := several_things.methods(run, holder, node.attr)) is not None:
            return several
        case _ if isinstance(holder, TREES):
            _unknown(run, node, holder)
            return UNKNOWN
        case ApplyFn() | Dict():
            _unknown(run, node, holder)
            return UNKNOWN
        case _ if (compiled := ahead.attribute(node, holder)) is not None:
            return compiled
        case _ if run.families and (found := things.of_super(run, node)) is not None:
            return found
        case _:
            return nnx_bindings.attribute(run, node, holder)


def _unknown(run: Run, node: ast.Attribute, holder: Value) -> None:
    message = f"`.{node.attr}` of a followed value has no counterpart that is known"
    run.escape(node, "LNX299", message, holder)


def are_definitions(value: Mixed) -> bool:
    """Whether a value is one of several module definitions."""
    return all(isinstance(part, Instance) for part in value.parts)


def _of_state(run: Run, node: ast.Attribute, state: State) -> Value:
    if state.view and node.attr not in READABLE:
        message = f"`.{node.attr}` of a train state that was made for its parameters or `apply_fn` alone"
        run.escape(node, "LNX012", f"{message} has no rewriting yet", state)
        return UNKNOWN
    if state.bare and not bare_states.is_readable(run, node):
        message = f"`.{node.attr}` of a train state that may have been made without an optimizer"
        run.escape(node, "LNX012", f"{message} has no rewriting yet", state)
        return UNKNOWN
    if node.attr in METHODS:
        return Method(state, node.attr)
    if state.stats is not None and node.attr == state.stats:
        return stats_states.read(run, node, state)
    if node.attr not in FIELDS:
        run.escape(node, "LNX012", f"`.{node.attr}` is not a field of flax's TrainState", state)
        return UNKNOWN
    run.facts.site(ReadState(node, node.attr))
    return field(run, state, node.attr)


def _of_instance(run: Run, node: ast.Attribute, instance: Instance) -> Value:
    match node.attr:
        case "apply":
            return ApplyFn(frozenset({instance}))
        case "variables" if run.owner is not None:
            return LayerTree(instance, node.value)
        case "init" | "init_with_output":
            return Method(instance, node.attr)
        case "bind" | "tabulate" if run.owner is None:
            return Method(instance, node.attr)
        case "attend" | "initialize_carry" if run.owner is not None:
            return Method(instance, node.attr)
        case _ if (method := submodules.used(run, instance, node.attr)) is not None:
            return method
        case _ if run.owner is not None and modules.is_plain_attribute(run, instance, node.attr):
            written = run.facts.files.segment(node)
            return Length(Size(written), False) if written.startswith("self.") else UNKNOWN
        case name if run.owner is None and apply_options.names_method(run, node):
            return Method(instance, name)
        case _ if (field := definition_fields.read(run, node, instance)) is not None:
            return field
        case _:
            run.escape(node, "LNX299", f"`.{node.attr}` of a module definition is not followed", instance)
            return UNKNOWN


def subscript(run: Run, node: ast.Subscript, holder: Value, index: Value) -> Value:
    """The kind of `holder[index]`."""
    match holder, index:
        case LayerTree(), _:
            return tied.item(run, node, holder, index)
        case Results(), _:
            return results.subscript(holder, index, node.slice)
        case OwnCollection(), _:
            return cells.item(run, node, holder, index)
        case Variables(tokens, stale), Const("params"):
            run.facts.site(ParamsItem(node))
            return Params(tokens, stale)
        case Group(), _:
            return groups.item(run, node, holder, index)
        case OptState(), _ if (found := hyperparameters.read(run, node, holder)) is not None:
            return found
        case Instance(), _ if run.owner is not None:
            return UNKNOWN
        case Dict(items), Length() | Unknown() if items and all(isinstance(v, FUNCTIONS) for _, v in items):
            return functools.reduce(_either, (value for _, value in items))
        case Lengthened(), _:
            return layer_tuples.item(run, node, holder)
        case _ if (layer := layer_lists.item(run, node, holder, index)) is not None:
            return layer
        case _ if (layer := layer_dicts.item(run, holder, index)) is not None:
            return layer
        case Variables(tokens, stale), Const("batch_stats"):
            return Stats(tokens, stale)
        case Variables(), Const(str()):
            message = "a collection beside the parameters is read of what `init` gives"
            run.escape(node, "LNX014", message, holder, bridgeable=True)
            run.facts.site(ReadCollection(node))
            return UNKNOWN
        case Updates(tokens, stale), Const("batch_stats"):
            return Stats(tokens, stale)
        case Sequence(items), _ if any(isinstance(item, VANISHING) for item in items):
            message = "an item of a tuple that holds batch statistics is read by its index: unpack it"
            run.escape(node, "LNX310", message, holder)
            return UNKNOWN
        case Sequence(), _ if (
            isinstance(node.slice, ast.Slice) and (part := layer_lists.sliced(holder, node.slice)) is not None
        ):
            return part
        case Sequence(items), Const(int(at)) if -len(items) <= at < len(items):
            plain = isinstance(items[at], BY_INDEX) or pullbacks.gives(run, node.value)
            if followed(items[at]) and not plain:
                run.escape(
                    node, "LNX010", "a followed value is read by its index: unpack the tuple", items[at]
                )
            return items[at]
        case Dict(), Const(key) if holder.get(key) is not None:
            item = holder.get(key)
            assert item is not None
            if not isinstance(item, BY_INDEX):
                run.escape(node, "LNX010", "a followed value is read from a dict: give it a name", item)
            return item
        case Collected(), _ if not isinstance(node.slice, ast.Slice):
            return item_of(holder)
        case ((Array() | ShapeOf()), _):
            return arrays.subscript(holder, index, node.slice, run)
        case ((Params() | Variables() | Path()), Const(str(key))):
            return _path(run, node, holder, key)
        case _:
            if followed(holder):
                run.escape(
                    node, "LNX014", "an item of a followed value is read by a path that is not known", holder
                )
            run.escape(node, "LNX299", "a followed value is used as an index", index)
            return UNKNOWN


FUNCTIONS = (Symbol, Partial, Function, Class)


def _either(left: Value, right: Value) -> Value:
    """One of several functions of a table: `ACTIVATIONS[self.activation]`."""
    parts = left.parts if isinstance(left, Mixed) else frozenset({left})
    return Mixed(parts | {right}) if parts != {right} else right


def _path(run: Run, node: ast.Subscript, holder: Params | Variables | Path, key: str) -> Value:
    """`params['Dense_0']['kernel']`: followed down to a leaf, where a plain array is read."""
    start = holder if isinstance(holder, Path) else Path(holder.tokens, holder.stale, node.value, ())
    path = Path(start.tokens, start.stale, start.root, (*start.keys, key))
    instances = origins(run, path.tokens)
    if instances and all(modules.leaf(run, instance, path.keys) for instance in instances):
        run.facts.site(ParamsLeaf(node, path.root, path.keys))
        return UNKNOWN
    parent = run.facts.scopes.parent[node]
    if not (isinstance(parent, ast.Subscript) and parent.value is node):
        run.escape(node, "LNX014", "a followed value is read by its path and is no single parameter", path)
    return path
