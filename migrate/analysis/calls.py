"""Calls: of the project's own functions, of jax transforms, and of everything else."""

from __future__ import annotations

import ast
import functools
from dataclasses import replace

from migrate.analysis import library
from migrate.analysis.activation import Arguments, enter, lost
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Batched,
    Bound,
    BoundFunction,
    BoundModel,
    Chain,
    Class,
    FreeCell,
    Function,
    GivenLayer,
    Grad,
    Instance,
    Jit,
    LayerField,
    Length,
    Lifted,
    Method,
    Mixed,
    Object,
    Partial,
    Record,
    Symbol,
    Thing,
    Value,
    Wrapped,
    followed,
)
from migrate.analysis.modules import (
    batched_layers,
    building,
    choice_calls,
    choices,
    chosen_checkpoints,
    class_choices,
    class_fields,
    ensembles,
    extended_layers,
    given_layers,
    given_modules,
    module_calls,
    sequences,
    type_tests,
)
from migrate.analysis.modules import methods as modules
from migrate.analysis.nnx_code import nnx, nnx_contexts
from migrate.analysis.objects import records, several_things, things
from migrate.analysis.run import Run, is_definition
from migrate.analysis.shapes import arrays, results, tables
from migrate.analysis.shapes.contractions import contracted
from migrate.analysis.training import (
    ahead,
    batches,
    bound_functions,
    bound_models,
    direct_states,
    holders,
    linen,
    optimizers,
    partials,
    pullbacks,
    type_checks,
)


def call(run: Run, node: ast.Call) -> Value:
    """The kind of a call: the callee first, then its arguments from left to right, as Python does."""
    callee = run.evaluate(node.func)
    args = tuple(run.evaluate(arg) for arg in node.args)
    keywords = tuple((k.arg or "**", run.evaluate(k.value)) for k in node.keywords)
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
        spread = [run.evaluate(a) for a in node.args if isinstance(a, ast.Starred)]
        spread += [value for name, value in keywords if name == "**"]
        run.escape(
            node,
            "LNX010",
            "a followed value is spread into the arguments of a call: hand it over by itself",
            *spread,
        )
    if type_tests.is_test(run, node):
        return UNKNOWN
    if run.owner is not None:
        module_calls.check(run, node, callee, args)
        if (changed := arrays.updated(run, node)) is not None and not any(map(followed, args)):
            return changed
        one = arrays.merged(run, node) or tables.tabulated(run, node) or contracted(run, node, args)
        if one is not None:
            return one
        if (known := arrays.reshaped(run, node, args)) is not None and not any(map(followed, args)):
            return known
    return invoke(run, callee, Arguments(node, args, keywords))


def invoke(run: Run, callee: Value, given: Arguments) -> Value:
    """What calling `callee` gives."""
    if (known := nnx.invoked(run, callee, given)) is not None:
        return known
    if (known := optimizers.invoked(run, callee, given)) is not None:
        return known
    if (known := type_checks.checked(run, callee, given)) is not None:
        return known
    match callee:
        case Function():
            return enter(run, callee, given)
        case Bound(first, function):
            return invoke(run, function, replace(given, args=(first, *given.args)))
        case Thing() if (method := things.lookup(run, callee.cls, "__call__")) is not None:
            return invoke(run, Bound(callee, method), given)
        case Class() if callee.node in run.families:
            return things.made(run, callee, given)
        case Partial() if not followed(callee) or is_definition(callee):
            return invoke(run, callee.function, partials.applied(callee, given))
        case Jit(function, site):
            with nnx_contexts.compiling(run, site):
                return _compiled(run, function, site, given)
        case Batched(ApplyFn() as function, _):
            return linen.call(run, function, given)
        case Batched(Instance() as layer, _) if run.owner is not None:
            return batched_layers.call(run, layer, given)
        case Batched(function, site):
            return batches.call(run, function, site, given)
        case BoundFunction():
            return bound_functions.call(run, callee, given)
        case Grad():
            return linen.differentiated(run, callee, given)
        case Class() if modules.is_module(callee):
            return linen.define(run, callee, given)
        case Class() if run.owner is not None and extended_layers.is_embedding(callee):
            return building.construct(run, extended_layers.EMBED, None, given, extends=callee)
        case Class() if run.owner is not None and results.is_output_class(run, callee):
            lost(run, given)
            return results.created(run, callee, given)
        case Class() if holders.is_holder_class(callee) and (same := direct_states.as_create(run, given)):
            return linen.made_of_class(run, callee, same)
        case Class() if records.is_record_class(run, callee):
            return records.created(run, callee, given)
        case Record():
            return records.call(run, callee, "__call__", given)
        case Method(Record() as record, name):
            return records.call(run, record, name, given)
        case Method(Class() as cls, name) if records.is_class_method(run, cls, name):
            return records.of_class(run, cls, name, given)
        case Method(name=pullbacks.PULLBACK) if pullbacks.is_pullback(callee):
            return pullbacks.called(run, callee, given)
        case Method(Jit() | Batched()):
            return ahead.call(run, callee, given, invoke)
        case Symbol(name):
            return library.call(run, name, given)
        case Method(FreeCell()):
            return UNKNOWN
        case BoundModel():
            return bound_models.called(run, callee, given)
        case Method() | ApplyFn() | Instance():
            return linen.call(run, callee, given)
        case LayerField(_, layer, inner) if run.owner is not None:
            if inner is not None:
                run.entered.add(inner.node)
                class_fields.bind(run, inner, given)
            return building.construct(run, layer, inner, given, callee)
        case GivenLayer(cls=Class() as inner) if run.owner is not None:
            return given_modules.call(run, callee, inner, given)
        case GivenLayer() if run.owner is not None:
            return given_layers.call(run, callee, given)
        case Lifted(cls=Symbol(layer)) if run.owner is not None:
            return building.construct(run, layer, None, given, lifted=callee)
        case Lifted(cls=Class() as inner) if run.owner is not None:
            run.entered.add(inner.node)
            class_fields.bind(run, inner, given)
            return building.construct(run, inner.node.name, inner, given, lifted=callee)
        case Object() if run.owner is not None:
            return modules.call_itself(run, given.node)
        case Chain(items) if run.owner is not None:
            return sequences.call(run, items, given, invoke)
        case Mixed() if (several := ensembles.chosen(run, callee, given.node)) is not None:
            return invoke(run, several, given)
        case Mixed() if (checkpointed := chosen_checkpoints.chosen(run, callee, given.node)) is not None:
            return invoke(run, checkpointed, given)
        case Mixed() if class_choices.are_classes(run, callee, given.node):
            return class_choices.built(run, callee, given, invoke)
        case Mixed() if choices.reached(run, callee) is not None:
            return choice_calls.call(run, callee, given, invoke)
        case Mixed() if several_things.are_methods(callee):
            return several_things.call(run, callee, given, invoke)
        case Mixed(parts) if run.owner is not None and all(map(_is_function, parts)):
            return _any_of(run, parts, given)
        case Length() if run.owner is not None and module_calls.is_text_method(given.node, callee):
            lost(run, given)
            return UNKNOWN
        case Length(size) if run.owner is not None and size.text.startswith("self."):
            lost(run, given, callee)
            plain = len(given.args) == 1 and not class_fields.holds_any_module(run, size.text)
            return arrays.elementwise(list(given.args)) if plain else UNKNOWN
        case _:
            return lost(run, given, callee)


FUNCTIONS = (Symbol, Partial, Function)


def _is_function(value: Value) -> bool:
    return isinstance(value, FUNCTIONS) or module_calls.is_setting(value)


def _any_of(run: Run, parts: frozenset[Value], given: Arguments) -> Value:
    """One of several functions is called: what is the same whichever it is."""
    results = [invoke(run, part, given) for part in sorted(parts, key=repr)]
    return functools.reduce(join, results)


def _compiled(run: Run, function: Value, site: ast.expr, given: Arguments) -> Value:
    if isinstance(function, Bound) and not _has_numbers(site):
        return _compiled(run, function.function, site, replace(given, args=(function.first, *given.args)))
    if isinstance(function, Method) and function.name == "init" and _on_the_spot(given):
        return invoke(run, function, given)
    if isinstance(function, Partial):
        return _compiled(run, function.function, site, partials.applied(function, given))
    if not isinstance(function, Function):
        return (
            invoke(run, function, given)
            if isinstance(function, (Grad, Batched))
            else lost(run, given, function)
        )
    return linen.compiled(run, function, site, given)


def _has_numbers(site: ast.expr) -> bool:
    """Whether arguments are named or numbered, which the method that is compiled counts otherwise."""
    return isinstance(site, ast.Call) and bool(site.keywords)


def _on_the_spot(given: Arguments) -> bool:
    """`jax.jit(model.init)(key, x)`: compiled without options for this one call."""
    function = given.node.func
    return isinstance(function, ast.Call) and len(function.args) == 1 and not function.keywords


def decorate(run: Run, decorator: ast.expr, function: Value) -> Value:
    """The kind of a function below a decorator."""
    kind = run.evaluate(decorator)
    match kind:
        case Symbol("jax.jit"):
            return nnx.compiled(run, function, decorator)
        case Symbol("jax.grad" | "jax.value_and_grad"):
            return UNKNOWN
        case Symbol("flax.linen.compact" | "abc.abstractmethod"):
            return function
        case Symbol(name) if name in batches.TRANSFORMS and run.owner is None:
            return batches.batched(run, function, decorator)
        case Partial(Symbol(name), (), _) if name in batches.TRANSFORMS and run.owner is None:
            return batches.batched(run, function, decorator)
        case Symbol("builtins.staticmethod" | "builtins.classmethod" | "builtins.property" as name):
            return Wrapped(name.removeprefix("builtins."), function)
        case Partial(Symbol("jax.jit"), (), _) if isinstance(decorator, ast.Call):
            return nnx.compiled(run, function, decorator)
        case _:
            if isinstance(function, Function):
                run.decorated[function.node] = decorator
            return nnx.decorated(run, kind, decorator, function)
