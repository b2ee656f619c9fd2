"""Linen module classes from the inside: their methods run with symbolic inputs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from migrate.analysis.frames import Frame, joined_return
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Class,
    Const,
    Function,
    Instance,
    Length,
    Object,
    OwnCollection,
    Partial,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.modules import (
    class_fields,
    forwarding,
    given_layers,
    initializing,
    item_inputs,
    layer_dicts,
    layer_tuples,
    mutable_stats,
    no_counterpart,
    scanned,
    sequences,
)
from migrate.analysis.modules.called_once import is_compact
from migrate.analysis.modules.choices import or_functions
from migrate.analysis.modules.classes import (
    argument,
    base_of,
    default_of,
    field_names,
    fields,
    handed_on,
    handed_up,
    inputs_of,
    is_extended,
    is_module,
    is_number,
    is_static,
    lineage,
    lists_of_modules,
    methods,
    own_constants,
    own_fields,
    own_methods,
    self_name,
)
from migrate.analysis.modules.derived import computed_attributes
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.mixins import lent_methods, mixins
from migrate.analysis.modules.optional_layers import alternatives
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import Shape, Size
from migrate.analysis.sites import Layer, Parameter, Summary

__all__ = ["argument", "attribute", "blocked", "field_names", "fields", "inputs_of", "is_module", "keep",
           "leaf", "methods", "summarise"]  # fmt: skip
ATTEMPTS = 3
CALLED = frozenset({"make_rng", "has_rng", "variable", "has_variable", "get_variable", "put_variable", "sow"})
"""Methods of every Linen module that have a rewriting where they are called in a plain way."""


def summarise(run: Run, cls: Class, ranks: dict[str, int] | None = None) -> None:
    """Run `setup` and `__call__` once with symbolic inputs; the layers are recorded as sites.

    `ranks` are the numbers of axes of the inputs, as far as the calls tell them.
    """
    known = run.facts.summaries.get(cls.node)
    if known is not None and (ranks is None or ranks.items() <= known.ranks.items()):
        return
    if cls.node in run.reading:
        return
    run.entered.add(cls.node)
    if _is_read_with_others(run, cls):
        run.facts.summaries[cls.node] = Summary(cls, {}, UNKNOWN)
        return
    learnt = {**(known.ranks if known is not None else {}), **(ranks or {})}
    run.reading.add(cls.node)
    if (base := base_of(cls)) is not None and base.node not in run.facts.summaries:
        summarise(run, base)
    for _ in range(ATTEMPTS):
        run.facts.forget(cls.node)
        result, found = _read(run, cls, learnt)
        run.facts.summaries[cls.node] = Summary(cls, learnt, result)
        run.facts.learnt[cls.node] |= found
        if found.items() <= learnt.items():
            break
        learnt = found | learnt
    run.reading.discard(cls.node)


def _is_read_with_others(run: Run, cls: Class) -> bool:
    """Whether a class is only there to be extended: its methods are read for each class that extends it."""
    extended = is_extended(cls, run.facts.classes)
    return extended and not methods(cls).keys() & {"setup", "__call__"}


def _read(run: Run, cls: Class, ranks: dict[str, int]) -> tuple[Value, dict[str, int]]:
    """One reading: what `__call__` gives, and what was learnt of the ranks of its inputs."""
    kept = run.begin_module(cls)
    known = own_methods(cls)
    result: Value = UNKNOWN
    with run.freezing(run.visible()), run.entering(Frame(cls.node, cls.frame)):
        for statement in own_fields(cls):
            if statement.value is not None:
                run.evaluate(statement.value)
            if (default := default_of(statement)) is not None:
                value = run.evaluate(default)
                class_fields.default(run, cls, getattr(statement.target, "id", ""), value)
        if (base := base_of(cls)) is not None:
            ranks, result = _inherited(run, cls, base, ranks)
        for name in ("setup", "__call__"):
            if name in known:
                run.counters = {}
                result = _run_method(run, cls, known[name], ranks)
        _read_other_methods(run, cls)
    learnt = dict(run.learnt)
    run.end_module(kept)
    return result, learnt


def _inherited(run: Run, cls: Class, base: Class, ranks: dict[str, int]) -> tuple[dict[str, int], Value]:
    """What a class takes over from the one that it extends: `__call__` with its layers, if it has none."""
    if handed_up(cls) is not None:
        summarise(run, base, {name: rank for name, rank in ranks.items() if name in handed_on(cls)})
    if "__call__" in own_methods(cls) or "__call__" not in methods(cls):
        return ranks, UNKNOWN
    summarise(run, base, ranks)
    known = run.facts.summaries.get(base.node)
    if known is None:
        return ranks, UNKNOWN
    run.facts.called[cls.node] |= run.facts.called[base.node]
    run.facts.finals[cls.node] |= run.facts.finals[base.node]
    run.learnt |= known.ranks
    replaced = own_methods(cls).keys() & methods(base).keys()
    return known.ranks, known.result if not replaced else UNKNOWN


def _run_method(run: Run, cls: Class, method: ast.FunctionDef, ranks: dict[str, int]) -> Value:
    run.entered.add(method)
    for decorator in method.decorator_list:
        run.evaluate(decorator)
    frame = Frame(method, run.frame)
    run.ranks = ranks
    frame.vars |= {p: item_inputs.whole(p, ranks.get(p)) for p in inputs_of(method)}
    frame.vars |= {a.arg: UNKNOWN for a in (method.args.vararg, method.args.kwarg) if a is not None}
    _bind_self(frame, method, cls)
    scan = scanned.scan_of(run, method)
    if scan is not None:
        run.facts.scans[cls.node] = scan
        frame.vars |= scanned.inputs(scan)
    with run.entering(frame):
        run.execute(method.body)
    return joined_return(frame) if scan is None else scanned.given_back(scan, joined_return(frame))


def _bind_self(frame: Frame, method: ast.FunctionDef, cls: Class) -> None:
    if (name := self_name(method)) is not None:
        frame.vars[name] = Object(cls)


def _read_other_methods(run: Run, cls: Class) -> None:
    """Methods that nothing calls are read for what stands against a rewrite; they tell no sizes."""
    run.beside = True
    above = [one for one in lineage(cls)[1:] if _is_read_with_others(run, one)]
    for method in [m for one in (cls, *above) for m in own_methods(one).values()]:
        if method not in run.entered or method in run.beside_methods:
            run.entered.add(method)
            run.beside_methods.add(method)
            frame = Frame(method, _frame_of(run, method, cls))
            decorators = _decorators(run, method, cls)
            frame.vars |= dict.fromkeys(inputs_of(method), Array(Shape()))
            if (name := self_name(method)) is not None:
                frame.vars[name] = _first(cls, decorators)
            with run.entering(frame):
                run.execute(method.body)
            run.facts.results[cls.node, method.name] = joined_return(frame)
    run.beside = False


def _decorators(run: Run, method: ast.FunctionDef, cls: Class) -> list[Value]:
    """What stands above a method, read where it is defined."""
    with run.entering(_frame_of(run, method, cls)):
        return [run.evaluate(decorator) for decorator in method.decorator_list]


def _first(cls: Class, decorators: list[Value]) -> Value:
    """What a method is called with in first place: the instance, or the class."""
    return cls if Symbol("builtins.classmethod") in decorators else Object(cls)


def attribute(run: Run, node: ast.Attribute, holder: Object) -> Value:
    """The kind of `self.attr` inside a module."""
    name = node.attr
    if name in run.attributes:
        return run.attributes[name]
    if (found := class_fields.read(run, holder.cls, name, node)) is not None:
        return found
    if (layer := given_layers.read(run, holder.cls, name)) is not None:
        return layer
    if name in field_names(holder.cls):
        if name in lists_of_modules(holder.cls):
            return UNKNOWN
        return Length(Size(f"self.{name}"), is_number(holder.cls, name))
    method = methods(holder.cls).get(name) or lent_methods(holder.cls).get(name, (None, None))[1]
    if method is not None and name == "__call__" and is_compact(method) and _is_called(run, node):
        return holder
    if method is not None:
        return _method(run, name, method, holder)
    if name in own_constants(holder.cls):
        return Length(Size(f"self.{name}"), False)
    if name == "param" and run.owner is not None:
        return Symbol("linen2nnx.param")
    if initializing.is_asked(run, node):
        return Symbol(initializing.SYMBOL)
    if mutable_stats.is_asked(run, node):
        return Symbol(mutable_stats.SYMBOL)
    if name in CALLED and run.owner is not None and (_is_called(run, node) or _is_named(run, node)):
        return Symbol(f"linen2nnx.{name}")
    if name == "variables":
        return OwnCollection()
    blocked(run, node, "LNX311", no_counterpart.of_attribute(name))
    return UNKNOWN


def _is_called(run: Run, node: ast.Attribute) -> bool:
    call = run.facts.scopes.parent[node]
    return isinstance(call, ast.Call) and call.func is node


def _is_named(run: Run, node: ast.Attribute) -> bool:
    """Whether a method of every Linen module is given a name, by which it is called."""
    return isinstance(run.facts.scopes.parent[node], ast.Assign)


def _method(run: Run, name: str, method: ast.FunctionDef, holder: Object) -> Value:
    decorators = [run.evaluate(decorator) for decorator in method.decorator_list]
    if decorators == [Symbol("builtins.property")]:
        if (layers := _layers_given(run, method, holder)) is not None:
            return layers
        text = ast.unparse(method.returns) if method.returns is not None else ""
        return Length(Size(f"self.{name}"), text in {"int", "float", "bool"})
    function = Function(method, _frame_of(run, method, holder.cls))
    if Symbol("builtins.staticmethod") in decorators:
        return function
    return Partial(function, (_first(holder.cls, decorators),), ())


def of_class(run: Run, node: ast.Attribute, cls: Class) -> Value:
    """`Block.method` inside a module: Linen would count there what a static method builds."""
    method = methods(cls).get(node.attr)
    if method is not None and is_static(method) and not _initialises(run, node):
        called = f"`{cls.node.name}.{node.attr}`"
        blocked(
            run, node, "LNX111", f"{called} is called by its class inside a module: call it by the instance"
        )
    return UNKNOWN


def _initialises(run: Run, node: ast.Attribute) -> bool:
    """`self.param("scale", Norm.scale_init, shape)`: what makes the first value of a parameter."""
    call = run.facts.scopes.parent[node]
    made = run.facts.values.get(call.func) if isinstance(call, ast.Call) else None
    return isinstance(call, ast.Call) and made == Symbol("linen2nnx.param") and call.args[1:2] == [node]


def _layers_given(run: Run, method: ast.FunctionDef, holder: Object) -> Value | None:
    """The layer that a property gives, or one of several; None where it gives something else."""
    if method in run.active:
        return None
    frame = Frame(method, _frame_of(run, method, holder.cls))
    _bind_self(frame, method, holder.cls)
    run.active.append(method)
    with run.entering(frame):
        run.execute(method.body)
    run.active.pop()
    found = joined_return(frame)
    return found if isinstance(found, Instance) or alternatives(found) else None


def _frame_of(run: Run, method: ast.FunctionDef, cls: Class) -> Frame:
    """Where a method looks up its names: the class that defines it may stand in another file."""
    above = [*lineage(cls)[1:], *mixins(cls)]
    base = next((one for one in above if method in one.node.body), None)
    return Frame(base.node, base.frame) if base is not None else run.frame


def is_plain_attribute(run: Run, instance: Instance, name: str) -> bool:
    """Whether an attribute of another module is a field, or set once by its `setup` to what is no layer."""
    cls = instance.cls
    if not isinstance(cls, Class):
        return False
    if name in field_names(cls):
        return True
    summarise(run, cls)
    if name in computed_attributes(run.facts, cls):
        return False
    setup = methods(cls).get("setup")
    statements = setup.body if setup is not None else []
    set_here = [s for s in statements if isinstance(s, ast.Assign) and _sets(s, name)]
    value = run.facts.values.get(set_here[0].value) if len(set_here) == 1 else None
    return value == UNKNOWN or isinstance(value, Length | Const)


def _sets(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Attribute) and target.attr == name for target in statement.targets)


def call_itself(run: Run, node: ast.AST) -> Value:
    """`self(x)`, or `self.__call__(x)`, in another method: nothing that the module does not do anyway."""
    if not run.beside:
        blocked(run, node, "LNX111", "a module calls itself on its way through `__call__`")
    return UNKNOWN


def keep(run: Run, target: ast.Attribute, holder: Value, kind: Value) -> bool:
    """`self.name = value` inside `setup`; False where this is not such a place."""
    if not isinstance(holder, Object) or run.owner is None:
        return False
    if layer_tuples.begins(run, target, kind):
        return True
    run.attributes[target.attr] = kind
    _name_parameter(run, target)
    if isinstance(kind, Instance):
        _name_layer(run, kind, target.attr)
    elif layers := alternatives(kind) or or_functions(kind):
        for layer in layers:
            _name_layer(run, layer, target.attr)
    elif followed(kind) and not (
        layer_dicts.kept_dict(run, target, kind) or sequences.listed(run, target, kind)
    ):
        blocked(run, target, "LNX111", "layers are kept in a list, dict or tuple")
    return True


def _name_parameter(run: Run, target: ast.Attribute) -> None:
    """`self.name = self.param(...)` in `setup`."""
    statement = run.facts.scopes.parent[target]
    value = statement.value if isinstance(statement, ast.Assign) else None
    site = run.facts.sites.get(value) if value is not None else None
    if isinstance(site, Parameter):
        run.facts.sites[site.node] = replace(site, kept=target.attr)


def _name_layer(run: Run, instance: Instance, name: str) -> None:
    site = run.facts.sites.get(instance.site)
    if not isinstance(site, Layer):
        return
    if site.explicit and site.name != name and "{" in site.name:
        blocked(run, site.node, "LNX111", "a layer in `setup` has another name than its attribute")
    if site.kept is not None and site.kept != name:
        blocked(run, site.node, "LNX111", "one layer is kept under two names")
    run.facts.sites[instance.site] = replace(site, kept=name) if site.explicit else site.named(name)


def leaf(run: Run, instance: Instance, keys: tuple[str, ...]) -> bool:
    """Whether `keys` lead to one parameter of the model, a collection name in front left aside."""
    keys = keys[1:] if keys[:1] == ("params",) else keys
    cls: Class | Symbol | None = instance.cls
    for index, key in enumerate(keys):
        if isinstance(cls, Symbol):
            kind = LAYERS.get(cls.name)
            return kind is not None and index == len(keys) - 1 and key in kind.leaves
        if not isinstance(cls, Class):
            return False
        cls = _below(run, cls, key)
        if cls is None:
            return index == len(keys) - 1 and (key,) in _own_parameters(run, instance, keys)
    return False


def _below(run: Run, cls: Class, key: str) -> Class | Symbol | None:
    if (cls.node, key) in run.facts.adopted and (given := given_layers.read(run, cls, key)) is not None:
        return given.cls or Symbol(given.layer)
    for site in run.facts.sites.values():
        if isinstance(site, Layer) and site.owner.node is cls.node and site.name == key:
            return site.cls or Symbol(site.layer)
    return None


def _own_parameters(run: Run, instance: Instance, keys: tuple[str, ...]) -> set[tuple[str]]:
    return set()


def call_inputs(instance: Instance) -> list[str]:
    """The parameters of `__call__` of a module of the project."""
    method = forwarding.signature(instance.cls) if isinstance(instance.cls, Class) else None
    return inputs_of(method) if method is not None else []


def initialised(
    run: Run, instance: Instance, node: ast.Call, values: tuple[Value, ...], named: dict[str, Value]
) -> None:
    """Read the module with the ranks of its samples; those of another `init` must be the same."""
    cls = instance.cls
    if not isinstance(cls, Class):
        return
    run.pending.pop(cls.node, None)
    samples = dict(zip(call_inputs(instance), values, strict=False)) | named
    shapes = {name: (of(value), value) for name, value in samples.items()}
    samples = {name: Array(shape) if shape is not None else value for name, (shape, value) in shapes.items()}
    given = summarise_with(run, cls, samples)
    known = run.facts.summaries.get(cls.node)
    for name, rank in given.items():
        if known is not None and known.ranks.get(name, rank) != rank:
            message = f"`{name}` has {rank} axes in this sample and another number elsewhere"
            run.facts.escape(node, "LNX112", message, frozenset(), frozenset({instance}))


def summarise_with(
    run: Run, cls: Class, inputs: dict[str, Value], more: Mapping[str, int] = MappingProxyType({})
) -> dict[str, int]:
    """Read the module with the ranks of what it is given, items of tuples and `more` included."""
    ranks = {**more, **_ranks(inputs)}
    summarise(run, cls, ranks)
    every = {**more, **_ranks(item_inputs.with_items(run.facts, cls, inputs))}
    if every != ranks:
        summarise(run, cls, every)
    return every


def _ranks(inputs: dict[str, Value]) -> dict[str, int]:
    found = {name: value.shape.rank for name, value in inputs.items() if isinstance(value, Array)}
    return {name: rank for name, rank in found.items() if rank is not None}


def read_pending(run: Run) -> None:
    """Modules that are built and never initialised in this file are read for what they hold."""
    for cls in list(run.pending.values()):
        summarise(run, cls)
