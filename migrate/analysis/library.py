"""Calls of library functions: jax transforms, flax constructors, readers of trees, arrays."""

from __future__ import annotations

import ast
from collections.abc import Sequence as Items
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter_callbacks, lost
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Batched,
    Const,
    Dict,
    Function,
    Grad,
    Grads,
    Holder,
    Instance,
    Labels,
    Length,
    Mixed,
    OptState,
    OptTree,
    Params,
    Pending,
    Record,
    Sequence,
    ShapeOf,
    Symbol,
    Thing,
    Token,
    Value,
    Variables,
    followed,
    tokens_of,
)
from migrate.analysis.modules import (
    backward_lists,
    batched_layers,
    building,
    cells,
    free_cells,
    initializing,
    lifted,
    mutable_stats,
    own_variables,
    partitions,
    prepared,
    sequences,
)
from migrate.analysis.modules.layers import LAYERS, REFUSED
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.nnx_code import nnx
from migrate.analysis.objects import libraries, records
from migrate.analysis.run import Run, instances_of, is_definition
from migrate.analysis.shapes import arrays, results
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import CopyTree
from migrate.analysis.training import (
    bare_states,
    batched_apply,
    batches,
    bound_functions,
    carries,
    conditions,
    direct_states,
    dynamic_scales,
    linen,
    optimizers,
    outlines,
    partials,
    path_labels,
    plain_trees,
    pullbacks,
    same_trees,
    whole_states,
)
from migrate.analysis.training.copies import adopt

WAITED_FOR = (Sequence, Dict, Record, Holder)
"""What `block_until_ready` gives back as it is; NNX objects are pytrees like the states of Linen."""

LEAF_READERS = frozenset({"jax.tree.leaves", "optax.global_norm"})
NO_MODULES = frozenset(
    {"Module", "BatchApply", "DenyList", "FrozenDict", "LogicallyPartitioned", "Partitioned", "Variable"}
)
"""Names of `flax.linen` that are written like layers and are none."""

GRADIENT_LIBRARIES = ("jax.", "optax.", "numpy.")


def call(run: Run, name: str, given: Arguments) -> Value:
    """What calling the library object `name` gives."""
    keywords = dict(given.keywords)
    if (known := nnx.constructed(run, name, given)) is not None:
        return known
    match name:
        case "jax.jit" if given.args:
            return nnx.compiled(run, given.args[0], given.node)
        case "jax.grad" | "jax.value_and_grad" if given.args:
            return _grad(name, given, keywords)
        case pullbacks.NAME if any(map(followed, given.args)):
            return pullbacks.taken(run, given)
        case dynamic_scales.CLASS:
            return dynamic_scales.made(run, given)
        case dynamic_scales.GRADIENT:
            return dynamic_scales.gradient(run, given, keywords)
        case _ if name in batches.TRANSFORMS and run.owner is None and batches.is_batchable(given):
            return batches.batched(run, given.args[0], given.node)
        case "jax.vmap" | "jax.checkpoint" if run.owner is None and batched_apply.is_known(run, name, given):
            return Batched(given.args[0], given.node)
        case "jax.vmap" if batched_layers.is_known(run, given):
            return Batched(given.args[0], given.node)
        case "flax.jax_utils.replicate" | "flax.jax_utils.unreplicate" if any(map(followed, given.args)):
            return batches.replicated(run, given)
        case "jax.lax.pmean" | "jax.lax.psum" if given.args and _is_gradients(given.args[0]):
            return given.args[0]
        case "jax.block_until_ready" if len(given.args) == 1 and isinstance(given.args[0], WAITED_FOR):
            return given.args[0]
        case "dataclasses.replace" if given.args and isinstance(given.args[0], Record):
            return records.replaced(run, given)
        case "functools.partial" if given.args:
            return prepared.remembered(run, partials.made(run, given))
        case "flax.nnx.bridge.ToNNX" if given.args and _is_one_definition(given.args[0]):
            run.facts.wrapped |= {instance.site for instance in instances_of(given.args[0])}
            return UNKNOWN
        case "flax.TrainState" if (bare := bare_states.created(run, given)) is not None:
            return bare
        case "flax.TrainState" if (same := direct_states.as_create(run, given)) is not None:
            return linen.create(run, same)
        case "flax.TrainState.create" | "flax.TrainState":
            return linen.create(run, given)
        case "builtins.isinstance" if given.args and isinstance(given.args[0], Thing):
            return UNKNOWN
        case "builtins.hasattr" | "builtins.getattr" if libraries.asks_for_other(run, given.args):
            return UNKNOWN
        case "linen2nnx.param":
            return own_variables.parameter(run, given)
        case "flax.linen.apply" if bound_functions.is_known(given):
            return bound_functions.bind(given)
        case outlines.FUNCTION if run.owner is None and outlines.is_function(given):
            return outlines.named(run, given)
        case "jax.eval_shape" if given.args and (instance := outlines.init_of(given.args[0])) is not None:
            return outlines.shaped(run, instance, given)
        case "flax.linen.Sequential" if run.owner is not None:
            return sequences.chain(run, given)
        case _ if name in lifted.PREFIXES and run.owner is not None:
            return lifted.lift(run, name, given)
        case "flax.linen.merge_param" if run.owner is not None:
            return UNKNOWN
        case "linen2nnx.make_rng" | "linen2nnx.has_rng":
            return own_variables.draw(run, given, name.endswith("has_rng"))
        case "linen2nnx.sow":
            return own_variables.sown(run, given)
        case _ if name in partitions.NAMING:
            return partitions.named(run, given)
        case _ if name in partitions.CONSTRAINTS and run.owner is not None and given.args:
            return given.args[0]
        case initializing.SYMBOL:
            return initializing.asked(run, given)
        case mutable_stats.SYMBOL:
            return mutable_stats.asked(run, given)
        case "linen2nnx.variable":
            return cells.declared(run, given)
        case "linen2nnx.get_variable" | "linen2nnx.put_variable":
            return cells.by_name(run, given, name.endswith("put_variable"))
        case "linen2nnx.has_variable":
            return cells.asked(run, given)
        case "builtins.tuple" if run.owner is not None and results.is_filter(given.node):
            return results.filtered(run, given.node)
        case backward_lists.REVERSED | backward_lists.LIST if (
            ordered := backward_lists.ordered(run, name, given)
        ) is not None:
            return ordered
        case "flax.linen.dtypes.promote_dtype" if run.owner is not None and _are_arrays(given):
            return Sequence(given.args)
        case "builtins.len" if run.owner is not None and len(given.args) == 1:
            return _length(given.args[0])
        case _ if name in LAYERS:
            return _layer(run, name, given, keywords)
        case _ if name.startswith("flax.linen.") and name.rpartition(".")[2][0].isupper():
            return _other_layer(run, name, given)
        case _ if name in LEAF_READERS:
            return _read(run, given)
        case _ if name in carries.LOOPS and any(map(followed, (*given.args, *keywords.values()))):
            return carries.call(run, name, given)
        case _ if name in conditions.NAMES and any(map(followed, (*given.args[2:], *keywords.values()))):
            return conditions.call(run, name, given)
        case path_labels.NAME if any(map(followed, given.args)):
            return path_labels.mapped(run, given)
        case _ if name in same_trees.SAME and len(given.args) == 1 and isinstance(given.args[0], Labels):
            return given.args[0]
        case _ if name in same_trees.SAME and given.args and followed(given.args[0]):
            return same_trees.same(run, given)
        case _ if name in same_trees.POP and given.args and followed(given.args[0]):
            return same_trees.popped(run, given)
        case _ if name in plain_trees.CHECKPOINTS:
            return plain_trees.made(run, name, given)
        case _ if name in plain_trees.READERS and any(map(followed, (*given.args, *keywords.values()))):
            return plain_trees.read(run, name, given)
        case _ if name in plain_trees.LOADERS and any(map(followed, (*given.args, *keywords.values()))):
            return plain_trees.load(run, name, given)
        case "copy.deepcopy" | "copy.copy" if _is_tree(given):
            assert isinstance(given.args[0], (Params, Variables))
            return _copied(run, given, given.args[0], given.node.args[0])
        case "jax.tree.map":
            return _tree_map(run, given)
        case "optax.incremental_update" | "optax.periodic_update":
            return _average(run, given)
        case _ if (known := optimizers.made(run, name, given)) is not None:
            return known
        case _:
            return _other(run, name, given, keywords)


def _grad(name: str, given: Arguments, keywords: dict[str, Value]) -> Value:
    argnums = given.args[1] if len(given.args) > 1 else keywords.get("argnums", Const(0))
    aux = given.args[2] if len(given.args) > 2 else keywords.get("has_aux", Const(False))
    numbers: tuple[int, ...] | None = None
    match argnums:
        case Const(int(number)):
            numbers = (number,)
        case Sequence(items) if len(items) > 1:
            values = [item.value for item in items if isinstance(item, Const)]
            known = len(values) == len({*values}) == len(items)
            numbers = tuple(values) if known and all(type(v) is int and v >= 0 for v in values) else None
        case _:
            numbers = None
    if not isinstance(aux, Const):
        numbers = None
    has_aux = isinstance(aux, Const) and bool(aux.value)
    return Grad(given.args[0], given.node, numbers, has_aux, name == "jax.value_and_grad")


def _layer(run: Run, name: str, given: Arguments, keywords: dict[str, Value]) -> Value:
    if (free := free_cells.made(run, name, given.node)) is not None:
        return free
    if run.owner is None:
        return linen.define_layer(run, name, given)
    return building.construct(run, name, None, given)


def _are_arrays(given: Arguments) -> bool:
    """Whether a call is given arrays one by one, some of which may be None."""
    known = all(isinstance(value, Array) or value == Const(None) for value in given.args)
    return known and not any(isinstance(node, ast.Starred) for node in given.node.args)


def _length(value: Value) -> Value:
    """`len(x)` of an array or a tuple."""
    match value:
        case Array(shape):
            return arrays.subscript(ShapeOf(shape), Const(0))
        case Sequence(items):
            return Const(len(items))
        case Length(size, False):
            return Length(Size(f"len({size.text})"))
        case _:
            return UNKNOWN


def _other_layer(run: Run, name: str, given: Arguments) -> Value:
    short = name.removeprefix("flax.linen.")
    message = REFUSED.get(short, f"`{name.removeprefix('flax.')}` has no rewriting yet")
    if run.owner is not None:
        blocked(run, given.node, "LNX110", message)
    elif name.rpartition(".")[2] not in NO_MODULES:
        instance = linen.define_layer(run, name, given)
        run.escape(given.node, "LNX110", message, instance)
        return instance
    return lost(run, given)


def _read(run: Run, given: Arguments) -> Value:
    """A function that only reads the leaves of a tree: parameters may be handed over as a state."""
    if not given.args or given.keywords or len(given.args) > 1:
        return lost(run, given)
    if isinstance(given.args[0], (Params, Variables, OptState)):
        run.facts.trees.add(given.node.args[0])
        return UNKNOWN
    return UNKNOWN if isinstance(given.args[0], (Grads, Pending)) else lost(run, given)


def _tree_map(run: Run, given: Arguments) -> Value:
    trees = given.args[1:]
    if len(trees) == 1 and isinstance(trees[0], (Params, Variables)) and _is_copy(given.args[0]):
        return _copied(run, given, trees[0], given.node.args[1])
    if trees and all(isinstance(tree, OptState) for tree in trees) and not given.keywords:
        enter_callbacks(run, given)
        run.facts.trees |= {*given.node.args[1:]}
        return OptTree(tokens_of(Sequence(trees)))
    if given.node in run.facts.remapped and (known := plain_trees.mapped(run, given)) is not None:
        return known
    if trees and all(isinstance(tree, (Grads, Params, Variables)) for tree in trees) and not given.keywords:
        enter_callbacks(run, given)
        return _combined(run, given, given.node.args[1:], trees)
    if len(trees) == 1 and not given.keywords and plain_trees.is_mapped_state(given.args[0], trees[0]):
        if given.node in run.facts.remapped and batches.is_entry(given):
            return batches.entry(run, given)
        return whole_states.mapped(run, given)
    return lost(run, given)


COPIES = frozenset({"jax.numpy.copy", "jax.numpy.array", "jax.numpy.asarray", "copy.copy", "copy.deepcopy"})


def _is_gradients(value: Value) -> bool:
    """Whether a value is a tree of gradients, or a tuple with nothing followed in it but such trees."""
    if isinstance(value, Sequence):
        return any(map(_is_gradients, value.items)) and not any(
            followed(item) and not _is_gradients(item) for item in value.items
        )
    return isinstance(value, Grads)


def _is_one_definition(value: Value) -> bool:
    """Whether a value is a module definition, or one of several."""
    return isinstance(value, Instance | Mixed) and is_definition(value)


def _is_tree(given: Arguments) -> bool:
    return len(given.args) == 1 and not given.keywords and isinstance(given.args[0], (Params, Variables))


def _is_copy(function: Value) -> bool:
    """Whether a function gives its argument back, as it is or copied: arrays do not change."""
    match function:
        case Symbol(name):
            return name in COPIES
        case Function(ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)]), body=body), frame):
            match body:
                case ast.Name(id=same):
                    return same == name
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=module), attr="copy" | "array"),
                    args=[ast.Name(id=same)],
                    keywords=[],
                ):
                    known = next((f.vars[module] for f in frame.chain() if module in f.vars), None)
                    return same == name and known in (Symbol("jax.numpy"), Symbol("numpy"))
                case _:
                    return False
        case _:
            return False


def _copied(run: Run, given: Arguments, tree: Params | Variables, node: ast.expr) -> Value:
    """A copy of parameters: a model of its own."""
    token = Token(given.node, "copy")
    adopt(run, dict.fromkeys(tree.tokens, token))
    run.facts.site(CopyTree(given.node, node))
    return replace(tree, tokens=frozenset({token}))


def _average(run: Run, given: Arguments) -> Value:
    """`optax.incremental_update(new, old, step_size)`: a tree of the same form."""
    trees = given.args[:2]
    others = (*given.args[2:], *dict(given.keywords).values())
    starred = any(isinstance(node, ast.Starred) for node in given.node.args)
    if len(trees) < 2 or starred or any(followed(value) for value in others):
        return lost(run, given)
    if not all(isinstance(tree, (Grads, Params, Variables)) for tree in trees):
        return lost(run, given)
    return _combined(run, given, given.node.args[:2], trees)


def _combined(run: Run, given: Arguments, nodes: Items[ast.expr], trees: Items[Value]) -> Value:
    """A new tree made from others, leaf by leaf; parameters are read as states."""
    made = frozenset({given.node})
    for node, tree in zip(nodes, trees, strict=True):
        if isinstance(tree, (Params, Variables)):
            run.facts.trees.add(node)
        elif isinstance(tree, Grads):
            made = made | tree.made if made and tree.made else frozenset()
    return Grads(tokens_of(Sequence(tuple(trees))), made)


def _other(run: Run, name: str, given: Arguments, keywords: dict[str, Value]) -> Value:
    values = [*given.args, *keywords.values()]
    if all(isinstance(value, Grads) or not followed(value) for value in values):
        if any(isinstance(value, Grads) for value in values) and not name.startswith(GRADIENT_LIBRARIES):
            return lost(run, given)
        enter_callbacks(run, given)
        arrays.learn_rank(run, name, given.args, keywords)
        return arrays.function(name, list(given.args), keywords)
    return lost(run, given)
