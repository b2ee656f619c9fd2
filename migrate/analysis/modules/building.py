"""Layers that are built and called inside a module: their names, what they are given, what they give."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from keyword import iskeyword

from migrate.analysis.activation import Arguments
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Class,
    Const,
    Instance,
    LayerField,
    Lifted,
    Partial,
    Symbol,
    Value,
)
from migrate.analysis.modules import (
    called_once,
    chosen_checkpoints,
    class_choices,
    copied_settings,
    forwarding,
    given_layers,
    item_inputs,
    lifted_classes,
    mapped,
    recurrent,
    sequences,
    setup_names,
    shared_kernels,
    stacked,
    traced,
    weight_norms,
)
from migrate.analysis.modules.branches import merged
from migrate.analysis.modules.choices import exclusive
from migrate.analysis.modules.classes import field_names, inputs_of, methods
from migrate.analysis.modules.counting import name_of
from migrate.analysis.modules.detached import twin
from migrate.analysis.modules.ensembles import VMAP
from migrate.analysis.modules.hoisting import holes, init_text, spliced
from migrate.analysis.modules.layers import LAYERS, OVER_WEIGHTS, SELF_CALLS, STATELESS, WRAPPERS
from migrate.analysis.modules.lifted import prefix
from migrate.analysis.modules.mapped import Inputs
from migrate.analysis.modules.methods import summarise_with
from migrate.analysis.modules.optional_inputs import either
from migrate.analysis.modules.plain_numbers import numbers_given
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.scanned import check_calls
from migrate.analysis.modules.spread_settings import are_settings, left_open, spread
from migrate.analysis.modules.stacked import SCAN
from migrate.analysis.modules.summaries import BUILTINS, applied
from migrate.analysis.run import Run
from migrate.analysis.shapes.layer_shapes import output, size
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import Shape, literal
from migrate.analysis.sites import Layer

PLAIN_NAME = re.compile(r"(?!__)[\w.-]+")
"""Names such as "0" or "mlp.dense_0" too, which no attribute can have that is written with a dot."""
FORMER = {"inputs_q": "inputs", "inputs_kv": "inputs_k"}
"""Keywords of Linen's attention, by the names of what they stand for."""


def construct(
    run: Run,
    layer: str,
    cls: Class | None,
    given: Arguments,
    through: LayerField | None = None,
    lifted: Lifted | None = None,
    extends: Class | None = None,
) -> Value:
    """A layer or module is built inside a module: its name is settled here, its input when it is called."""
    assert run.owner is not None
    node = given.node
    if cls is None and lifted is None and (known := twin(run, layer, node)) is not None:
        return known
    fields = _given(run, layer, cls, given)
    if (reason := _conditional(run, node, layer)) is not None:
        blocked(run, node, "LNX111", reason)
    named = cls or extends
    short = named.node.name if named is not None else layer.rpartition(".")[2]
    short = prefix(lifted) + short if lifted is not None else short
    chosen = class_choices.stem(run.facts, node)
    plain = lifted is None and through is None and chosen is None
    short = lifted_classes.prefix_of(run, cls, node, plain) + short
    short = chosen or short
    name, explicit = _name(run, node, short, dict(fields))
    if chosen_checkpoints.needs_name(run, node, explicit):
        message = "Linen calls this layer otherwise if it is checkpointed: give it a name"
        blocked(run, node, "LNX111", message)
    given_fields = tuple((k, v) for k, v in fields if k != "name")
    site = Layer(node, layer, name, run.owner, given_fields, cls, explicit=explicit, loops=run.loops)
    site = replace(site, through=through, lifted=lifted, extends=extends, left_open=left_open(cls, node))
    _handed(run, site)
    before = run.facts.sites.get(node)
    method = run.facts.scopes.function(node)
    repeated = isinstance(method, ast.FunctionDef) and method.name == "setup"
    if isinstance(before, Layer) and (before.name, before.loops) != (name, run.loops) and not repeated:
        blocked(run, node, "LNX111", "one line builds several layers")
    run.facts.site(site)
    given_layers.keep_handed(run, node)
    run.facts.built_under[node] = tuple(run.tests)
    if layer in WRAPPERS:
        recurrent.adopt(run, site)
    if layer in OVER_WEIGHTS:
        weight_norms.adopt(run, site)
    return Instance(cls if cls is not None else Symbol(layer), node)


def _handed(run: Run, site: Layer) -> None:
    """Partial calls that this construction hands on are written out in it."""
    for _, node in site.given:
        value = run.facts.values.get(node)
        if isinstance(value, Partial) and value.site is not None and isinstance(node, ast.Name):
            run.facts.partials[site.node] = (*run.facts.partials[site.node], value.site)


def _given(run: Run, layer: str, cls: Class | None, given: Arguments) -> tuple[tuple[str, ast.expr], ...]:
    """The arguments of a construction by the names of the fields, those of partial calls included."""
    positional = field_names(cls) if cls is not None else LAYERS[layer].positional
    run.facts.partials[given.node] = given.sources
    args: list[ast.expr] = []
    keywords: dict[str, ast.expr] = {}
    for call in (*reversed(given.sources), given.node):
        own = call.args[1:] if call in given.sources else call.args
        args += own
        settings = cls is not None and call is given.node and all(are_settings(run, s) for s in spread(call))
        if any(isinstance(arg, ast.Starred) for arg in own) or (spread(call) and not settings):
            blocked(run, call, "LNX110", "the arguments of a layer are spread from a tuple or dict")
        keywords |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    if len(args) > len(positional):
        blocked(run, given.node, "LNX110", "a layer is given more positional arguments than it has fields")
    if len(given.args) != len(args) or len(given.keywords) != len(keywords) + len(spread(given.node)):
        blocked(run, given.node, "LNX111", "a layer is built through a call that cannot be taken apart")
    return (*zip(positional, args, strict=False), *keywords.items())


def _name(run: Run, node: ast.Call, short: str, given: dict[str, ast.expr]) -> tuple[str, bool]:
    if "name" not in given:
        return name_of(run, short), False
    value = given["name"]
    known = run.facts.values.get(value)
    if isinstance(known, Const) and known.value is None:
        return name_of(run, short), False
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        text = value.value
        if PLAIN_NAME.fullmatch(text) and not iskeyword(text) and not run.loops:
            return text, True
    if isinstance(value, ast.JoinedStr) and run.owner is not None and "\\" not in ast.unparse(value):
        written = init_text(run.facts, run.owner, value)
        if written is not None:
            return written.strip("()")[2:-1], True
    if sequences.is_repeated(run, node) and sequences.names_turns(run, node, value):
        return f"{{{run.facts.files.segment(value)}}}", True
    written = init_text(run.facts, run.owner, value) if run.owner is not None else None
    if written is not None and isinstance(value, ast.Call | ast.BinOp) and not set("{}\\") & set(written):
        return f"{{{written.strip()}}}", True
    blocked(run, node, "LNX111", "the name of a layer is computed")
    return short, True


def _conditional(run: Run, node: ast.AST, layer: str) -> str | None:
    """Why it cannot be said in `__init__` whether this layer is there."""
    assert run.owner is not None
    method = next((m for m in methods(run.owner).values() if m is run.facts.scopes.function(node)), None)
    if method is None or not _runs_with_call(run, method):
        return "a layer is built under a condition, in a loop or in a nested function"
    if method.name != "setup" and _after_return(run, method, node):
        return "a layer is built under a condition, in a loop or in a nested function"
    if method.name == "setup":
        return None
    if None in run.tests and layer not in STATELESS:
        return "a layer is built under a condition that is known only at the call"
    loops = [loop.node for loop in run.loops]
    parent = run.facts.scopes.parent
    while node is not method:
        if isinstance(node, called_once.STOPS) or (isinstance(node, ast.For) and node not in loops):
            return "a layer is built under a condition, in a loop or in a nested function"
        node = parent[node]
    return None


def _runs_with_call(run: Run, method: ast.FunctionDef) -> bool:
    """Whether a method is run once where `__call__` is, so that `__init__` can make its layers."""
    assert run.owner is not None
    if method.name in {"setup", "__call__"}:
        return True
    calls = called_once.calls_of(run.facts, run.owner, method) if method in run.active else ()
    around = [(run.facts.scopes.function(call), call) for call in calls]
    return bool(calls) and not any(
        isinstance(outer, ast.FunctionDef) and _after_return(run, outer, call) for outer, call in around
    )


def _after_return(run: Run, method: ast.FunctionDef, node: ast.AST) -> bool:
    """Whether a `return` stands before `node`, so that on some paths it is never reached."""
    scopes = run.facts.scopes
    begin = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    leaving = (ast.Return, ast.Break, ast.Continue)
    ends = [n for n in ast.walk(method) if isinstance(n, leaving) and scopes.function(n) is method]
    statement = scopes.statement(node)
    return any(
        (r.end_lineno or r.lineno, r.end_col_offset or 0) <= begin and r is not statement for r in ends
    )


def call(run: Run, instance: Value, given: Arguments) -> Value:
    """A layer built inside a module is called; its input sizes are what reaches it."""
    assert isinstance(instance, Instance)
    site = run.facts.sites.get(instance.site)
    if not isinstance(site, Layer):
        run.escape(given.node, "LNX299", "a module definition is called outside of a module", instance)
        return UNKNOWN
    if site.layer in OVER_WEIGHTS:
        return _normalized(run, site, given)
    inputs = traced.completed(run, site, _seen(run, site, _inputs(run, site, given), given.node))
    run.facts.called_under[given.node] = tuple(run.tests)
    every = _compatible(run, site, inputs, given.node) if site.inputs is not None else inputs
    run.facts.sites[instance.site] = replace(
        site, inputs=every, calls=site.calls if given.node in site.calls else (*site.calls, given.node)
    )
    if site.cls is not None:
        result = _own(run, site, dict(inputs))
        check_calls(run, site.cls, site, given.node)
        return result
    early = dict(site.through.early) if site.through is not None else {}
    found = early | {name: run.facts.values.get(node, UNKNOWN) for name, node in site.given}
    texts = {n: t for n, v in site.given if (t := _text(run, site, v)) is not None}
    if site.layer in WRAPPERS:
        return recurrent.run_over(run, site, dict(inputs))
    shape = of(dict(inputs).get("inputs", UNKNOWN))
    if shape is None or not isinstance(dict(inputs)["inputs"], Array):
        shape = Shape()
    _learn(run, site, shape, found)
    if LAYERS[site.layer].output == "cell":
        if site.lifted is None:
            item_inputs.learn_axes(run, site, node=given.node)
        return _together(run, site, inputs, recurrent.carried(site.layer, shape, found, texts))
    return _together(run, site, inputs, Array(output(LAYERS[site.layer].output, shape, found, texts)))


def _normalized(run: Run, site: Layer, given: Arguments) -> Value:
    """A norm over weights is called: its layer sees the inputs, and gives what it gives."""
    run.facts.called_under[given.node] = tuple(run.tests)
    run.facts.sites[site.node] = replace(site, calls=tuple(dict.fromkeys((*site.calls, given.node))))
    layer = weight_norms.layer_of(run.facts, site)
    if layer is None:
        return UNKNOWN
    return call(run, Instance(Symbol(layer.layer), layer.node), weight_norms.inputs_of_layer(given))


def _seen(run: Run, site: Layer, inputs: Inputs, node: ast.Call) -> Inputs:
    """The inputs as the layer has them, which may be one of several under `nn.vmap` or `nn.scan`."""
    if site.lifted is None or site.lifted.transform not in {VMAP, SCAN}:
        return inputs
    seen = stacked.seen if site.lifted.transform == SCAN else mapped.seen
    found = seen(run, site.lifted, inputs, node)
    if found is None:
        transform = site.lifted.transform.rpartition(".")[2]
        blocked(run, node, "LNX130", f"what the modules of this `nn.{transform}` are given cannot be told")
    return found or tuple((name, UNKNOWN) for name, _ in inputs)


def _together(run: Run, site: Layer, inputs: Inputs, result: Value) -> Value:
    """What is given back, where it is the result of several under `nn.vmap` or `nn.scan`."""
    match site.lifted:
        case Lifted(transform="flax.linen.vmap") as lifted:
            return mapped.side_by_side(run, lifted, result)
        case Lifted(transform="flax.linen.scan") as lifted:
            return stacked.steps_together(run, lifted, inputs, result)
        case _:
            return result


def _text(run: Run, site: Layer, node: ast.expr) -> str | None:
    """What a layer is given, for `__init__`; the names of a turn are known where a size runs along."""
    turns = run.turning[1] if run.turning is not None and run.turning[0] is site.node else frozenset[str]()
    turns = turns if _is_pure(node) else frozenset()
    known: dict[ast.expr, str] = {
        n: n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in turns
    }
    found = holes(run.facts, site.owner, node, known)
    return setup_names.by_names(run, site, node) if found is None else spliced(run.facts, node, found)


def _is_pure(node: ast.expr) -> bool:
    """Whether an expression gives the same a second time: it calls nothing but functions of numbers."""
    calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return all(isinstance(function, ast.Name) and function.id in BUILTINS for function in calls)


def _learn(run: Run, site: Layer, shape: Shape, given: dict[str, Value]) -> None:
    """A convolution over k axes has an input of k + 2 axes; `init` is checked to be called with that."""
    if LAYERS[site.layer].output not in {"conv", "transpose"} or shape.base is None:
        return
    kernel = getattr(given.get("kernel_size"), "items", None)
    if kernel is not None:
        run.learnt.setdefault(shape.base, len(kernel) + 2)


def _learn_from(run: Run, cls: Class, inputs: dict[str, Value]) -> None:
    """An input that is handed on as it is must have the axes that the other module needs."""
    for name, rank in run.facts.learnt[cls.node].items():
        match inputs.get(name):
            case Array(Shape(axes=(), exact=False, base=str(base))):
                run.learnt.setdefault(base, rank)


def _inputs(run: Run, site: Layer, given: Arguments) -> tuple[tuple[str, Value], ...]:
    """The arguments of a call by the names of the parameters."""
    names = parameters(run, site)
    node = given.node
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
        if run.owner is not None and forwarding.forwarded(run.owner) == site.cls is not None and names:
            return tuple((name, Array(Shape((), False, name))) for name in names)
        blocked(run, node, "LNX111", "the arguments of a layer are spread from a tuple or dict")
        return (("inputs", UNKNOWN),)
    attention = site.cls is None and "inputs_k" in names
    former = FORMER if attention else {}
    others = [n for n, _ in given.keywords if former.get(n, n) not in names]
    if len(given.args) > len(names) or (others and not forwarding.drops_keywords(site.cls)):
        blocked(run, node, "LNX111", "a layer is called with other arguments than are known of it")
    keywords = ((former.get(name, name), value) for name, value in given.keywords if name not in others)
    return (*zip(names, given.args, strict=False), *keywords)


def parameters(run: Run, site: Layer) -> list[str]:
    """The parameters of `__call__`, the input first."""
    if site.cls is not None:
        method = forwarding.signature(site.cls)
        return inputs_of(method) if method is not None else []
    if site.layer == "flax.linen.SelfAttention":
        return ["inputs", *SELF_CALLS]
    return [*LAYERS[site.layer].before, "inputs", *LAYERS[site.layer].calls]


def _compatible(
    run: Run, site: Layer, inputs: tuple[tuple[str, Value], ...], node: ast.Call
) -> tuple[tuple[str, Value], ...]:
    """What holds for every call of one layer: a size that differs is not known, or decided by fields."""
    if run.beside:
        return site.inputs or inputs
    known = dict(site.inputs or ())
    if [*known] == [name for name, _ in inputs] and len(site.calls) == 1:
        here, there = (run.facts.called_under.get(call, ()) for call in (node, *site.calls))
        if (test := exclusive(here, there)) is not None:
            return tuple(merged(test, dict(inputs), known).items())
    if _runs_first(run, site):
        return site.inputs or inputs
    owner = site.owner
    inputs = tuple((n, shared_kernels.completed(run, site, node, known.get(n), v)) for n, v in inputs)
    missing = [(n, v) for n, v in known.items() if n not in dict(inputs)] if site.cls is not None else []
    return (*((n, either(owner, known[n], value) if n in known else value) for n, value in inputs), *missing)


def _runs_first(run: Run, site: Layer) -> bool:
    """Whether the first call of a shared layer is one that always runs: it decides the sizes in Linen."""
    method, first = methods(site.owner).get("__call__"), site.calls[0]
    shared = site.cls is None and LAYERS[site.layer].inputs == 1 and shared_kernels.is_one(run, site)
    if not shared or method is None or run.facts.scopes.function(first) is not method:
        return False
    return not called_once.stops(run.facts, method, first, ast.If) and not _after_return(run, method, first)


def _own(run: Run, site: Layer, inputs: dict[str, Value]) -> Value:
    """A module of the project is called: its own reading tells the shape of the result."""
    assert site.cls is not None
    if site.cls.node in run.reading:
        blocked(run, site.node, "LNX113", "a module builds itself")
        return UNKNOWN
    read_with(run, site.cls, inputs, site.node)
    _learn_from(run, site.cls, inputs)
    texts = {n: given_layers.text(run, v) or _text(run, site, v) for n, v in site.given}
    texts |= {n: text for name, v in site.given for n, text in copied_settings.texts(run, name, v)}
    texts |= dict.fromkeys(site.left_open)
    result = applied(run, site.cls, texts, inputs)
    several = _together(run, site, (*inputs.items(),), result)
    return join(result, several) if site.node in run.facts.ensembles else several


def read_with(run: Run, cls: Class, inputs: dict[str, Value], node: ast.Call) -> None:
    """Read a module of the project with the numbers of axes of what a call gives it."""
    summarise_with(run, cls, inputs, numbers_given(run, cls, inputs, node))
    for name, value in inputs.items():
        single = isinstance(value, Array) and literal(value.shape.axis(-1)) == 1
        if single and (cls.node, name) in run.facts.spread:
            message = f"`{name}` is a single number, which the module adds to several"
            blocked(run, node, "LNX112", message)


def attend(run: Run, instance: Instance, given: Arguments) -> Value:
    """`embed.attend(x)`: the last axis is that of the table."""
    site = run.facts.sites.get(instance.site)
    shape = of(given.args[0]) if given.args else None
    if not isinstance(site, Layer) or shape is None or site.extends is not None:
        return UNKNOWN
    count = run.facts.values.get(dict(site.given).get("num_embeddings", given.node), UNKNOWN)
    return Array(shape.with_last(size({"num_embeddings": count}, {}, "num_embeddings")))
