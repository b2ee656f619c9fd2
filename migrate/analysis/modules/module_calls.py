"""Calls inside a module: whatever may build a layer must be known, or the module stays as it is.

Linen's layers find their module by the call that runs, so that any function may build one. A layer that
was not seen would be missing in `__init__`.
"""

from __future__ import annotations

import ast
import re

from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Batched,
    Chain,
    Class,
    Function,
    GivenLayer,
    Instance,
    Jit,
    LayerField,
    Length,
    Lifted,
    Method,
    Mixed,
    Object,
    Partial,
    Symbol,
    Unknown,
    Value,
)
from migrate.analysis.modules import (
    choices,
    chosen_checkpoints,
    class_fields,
    ensembles,
    no_counterpart,
    type_tests,
)
from migrate.analysis.modules.applied_layers import layer_of
from migrate.analysis.modules.class_choices import are_classes
from migrate.analysis.modules.class_tables import names_option
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import is_bound
from migrate.analysis.modules.layers import ATTENTION_OPTIONS, INITIALIZERS, LAYERS, shared
from migrate.analysis.modules.lifted import PREFIXES
from migrate.analysis.modules.partitions import CONSTRAINTS, NAMING
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.nnx_code.nnx_kinds import NnxArgument
from migrate.analysis.run import Run

PLAIN = (
    *("absl.", "builtins.", "chex.", "collections.", "copy.", "dataclasses.", "distrax.", "einops."),
    *("flax.core.", "flax.struct.", "flax.traverse_util.", "functools.", "h5py.", "itertools.", "jax."),
    *("jaxtyping.", "jmp.", "jraph.", "linen2nnx.", "logging.", "math.", "ml_collections.", "numpy."),
    *("hashlib.", "immutabledict.", "json.", "operator.", "optax.", "os.", "pathlib.", "pprint.", "random."),
    *("re.", "requests.", "rlax.", "scipy.", "shutil.", "string.", "sys.", "tempfile."),
    *("tensorflow_probability.", "textwrap.", "time.", "tqdm.", "transformers.modeling_flax_outputs."),
    *("typing.", "urllib.", "warnings."),
)
PURE = frozenset(
    f"flax.linen.{name}"
    for name in (
        *("dot_product_attention", "dtypes.promote_dtype", "dtypes.canonicalize_dtype", "promote_dtype"),
        *("_conv_dimension_numbers", "_canonicalize_axes"),
    )
)
"""Functions of Linen that only compute: they may stay, as NNX has none that computes just the same."""
LINEN = "flax.linen."
CONSTANTS = frozenset({"flax.linen.PARTITION_NAME"})
TRANSFORMS = ("vmap", "jit", "grad", "value_and_grad")
STEPS = (
    *("flax.linen.compact", "flax.linen.Module", "flax.linen.Sequential", "flax.linen.merge_param"),
    *PREFIXES,
)


def check(run: Run, node: ast.Call, callee: Value, args: tuple[Value, ...]) -> None:
    """Block the module that is being read where a call in it may build a layer unseen."""
    if not _is_plain(run, node, callee):
        known = no_counterpart.of_function(callee.name) if isinstance(callee, Symbol) else None
        message = f"`{ast.unparse(node.func)[:40]}` is called inside a module and may build layers"
        blocked(run, node, "LNX111", known or message)
    if callee == Symbol("builtins.hasattr") and _asks_for_layer(run, node):
        return
    given_away = any(isinstance(arg, Object) for arg in args) and not isinstance(callee, (Function, Partial))
    reaches_in = callee == Symbol("builtins.getattr") and args and isinstance(args[0], Symbol)
    if given_away or reaches_in:
        blocked(run, node, "LNX111", "a module reads or hands on itself in a way that cannot be followed")


def _asks_for_layer(run: Run, node: ast.Call) -> bool:
    """`hasattr(self, "cross_attention")` of an attribute that `setup` sets, maybe."""
    match node.args:
        case [ast.Name(id="self"), ast.Constant(value=str(name))] if run.owner is not None:
            setup = methods(run.owner).get("setup")
            set_here = (n.attr for n in ast.walk(setup) if isinstance(n, ast.Attribute)) if setup else ()
            return name in {*set_here}
        case _:
            return False


def _is_plain(run: Run, node: ast.Call, callee: Value) -> bool:
    match callee:
        case Symbol("flax.linen.dot_product_attention_weights"):
            return len(node.args) <= 4 and not ATTENTION_OPTIONS & {k.arg for k in node.keywords}
        case Symbol(name) if name.startswith(LINEN):
            stays = name in {*STEPS, *PURE, *NAMING, *CONSTRAINTS}
            return shared(name) is not None or name in LAYERS or stays or is_layer(callee)
        case Symbol(name):
            return name.startswith(PLAIN)
        case LayerField() | Lifted() | GivenLayer():
            return True
        case Jit((Function() | Partial() | Batched()) as function):
            return (run.beside or _is_outside(run, function)) and _is_plain(run, node, function)
        case Partial(function) | Batched(function):
            return _is_plain(run, node, function)
        case ApplyFn(instances):
            return layer_of(run, instances, node) is not None
        case Function() | Instance() | Class() | Method() | Chain() | Object():
            return True
        case Mixed(parts):
            known = choices.reached(run, callee) is not None or are_classes(run, callee, node)
            known |= ensembles.chosen(run, callee, node) is not None
            known |= chosen_checkpoints.chosen(run, callee, node) is not None
            known |= isinstance(node.func, ast.Name) and _is_transformed(run, node.func)
            return known or all(_is_function(run, node, part) for part in parts)
        case Length(size):
            return is_text_method(node, callee) or _called_field(run, node, size.text)
        case _:
            return isinstance(callee, Unknown | NnxArgument) and _is_known_result(run, node)


def _is_outside(run: Run, value: Value) -> bool:
    """Whether a function stands outside of all classes, so that no module is in its sight."""
    if isinstance(value, Partial | Batched):
        return _is_outside(run, value.function)
    around = run.facts.scopes.enclosing(value.node) if isinstance(value, Function) else ()
    return isinstance(value, Function) and not any(isinstance(scope, ast.ClassDef) for scope in around)


def _is_function(run: Run, node: ast.Call, value: Value) -> bool:
    """One of several functions, none of which may be a layer class."""
    if isinstance(value, Length):
        return is_setting(value)
    known = isinstance(value, Symbol | Partial | Function) and not is_layer(value)
    return known and _is_plain(run, node, value)


def is_setting(value: Value) -> bool:
    """`self.config.activation`, which stands for a function where it is one of several."""
    return isinstance(value, Length) and re.fullmatch(r"self(\.\w+){2,}", value.size.text) is not None


def is_text_method(node: ast.Call, value: Value) -> bool:
    """`self.config.activation.lower()`, `self.sizes.items()`: what strings and dicts of settings offer.

    A layer in a field would be given an array.
    """
    if not isinstance(value, Length) or not value.size.text.startswith("self."):
        return False
    holder, _, name = value.size.text.rpartition(".")
    constant = all(isinstance(arg, ast.Constant) for arg in node.args) and not node.keywords
    return holder != "self" and name in OF_TEXTS and constant


OF_TEXTS = frozenset(
    ("endswith", "get", "items", "keys", "lower", "split", "startswith", "strip", "upper", "values")
)


def _called_field(run: Run, node: ast.Call, text: str) -> bool:
    """A field may be a function; what it is given is looked at where the module is built."""
    assert run.owner is not None
    name = text.removeprefix("self.")
    if not text.startswith("self."):
        return False
    run.facts.called[run.owner.node].setdefault(name, node)
    return name.isidentifier()


def _is_known_result(run: Run, node: ast.Call) -> bool:
    """`jax.vmap(f)(x)` and `x.mean()`; not `self.layer(4)(x)`, which would build a layer."""
    if not isinstance(node.func, ast.Call):
        return not isinstance(run.facts.values.get(node.func), Mixed)
    inner = run.facts.values.get(node.func.func, UNKNOWN)
    plain = isinstance(inner, Symbol) and inner.name.startswith((*PLAIN, INITIALIZERS))
    return plain or isinstance(inner, Function) or is_layer(inner)


def _is_transformed(run: Run, name: ast.Name) -> bool:
    """`gather = jax.vmap(gather)`: whether all that a local name is bound to are functions."""
    variable = run.facts.scopes.variable(name, name.id)
    stores = [node for node in run.facts.scopes.names(variable) if not isinstance(node.ctx, ast.Load)]
    if variable is None or not isinstance(variable.scope, ast.FunctionDef) or is_bound(run.facts, variable):
        return False
    statements = [run.facts.scopes.parent.get(store) for store in stores]
    return bool(stores) and all(_transforms(run, each) for each in statements)


def _transforms(run: Run, statement: ast.AST | None) -> bool:
    match statement:
        case ast.Assign(value=ast.Call(func=function, args=[ast.Name(), *_])):
            return run.facts.values.get(function) in {Symbol(f"jax.{name}") for name in TRANSFORMS}
        case _:
            return False


def is_layer(value: Value) -> bool:
    """Whether the value is a class of Linen, or a partial call of one."""
    match value:
        case Symbol(name):
            return name.startswith(LINEN) and name.rpartition(".")[2][:1].isupper() and name not in CONSTANTS
        case Partial(function):
            return is_layer(function)
        case Class() | Instance() | LayerField() | Lifted():
            return True
        case _:
            return False


def check_value(run: Run, node: ast.expr, value: Value) -> None:
    """A layer class may only be called where it stands: as a value it could be built anywhere."""
    parent = run.facts.scopes.parent[node]
    called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(parent, ast.Call) and parent.args[:1] == [node]:
        called |= run.facts.values.get(parent.func) == Symbol("functools.partial")
        called |= run.facts.values.get(parent.func) in {Symbol(name) for name in PREFIXES}
    inside = isinstance(parent, (ast.Attribute, ast.ClassDef)) or class_fields.accepts(run, node)
    inside |= type_tests.names_class(run, node) or names_option(run.facts, node)
    if isinstance(value, Symbol) and is_layer(value) and not called and not inside:
        blocked(run, node, "LNX111", "a layer class is used as a value inside a module")
    if (
        isinstance(value, Partial)
        and is_layer(value)
        and isinstance(node, ast.Name)
        and not called
        and not inside
    ):
        blocked(run, node, "LNX111", "a partial call of a layer class is handed on inside a module")
