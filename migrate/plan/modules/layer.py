"""How one layer or parameter is made in `__init__`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.kinds import Array, Class, Const, Length, Partial, Symbol, Value
from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.class_tables import bound_to
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.hoisting import assigned_value, holes, spliced
from migrate.analysis.modules.item_inputs import with_items
from migrate.analysis.modules.layers import LAYERS, NORMS, WRAPPERS, LayerKind
from migrate.analysis.modules.optional_inputs import optional_inputs
from migrate.analysis.program.syntax import names_in
from migrate.analysis.shapes.layer_shapes import size
from migrate.analysis.shapes.plain_shapes import integers
from migrate.analysis.shapes.sizes import PLACEHOLDER, Shape, Size, placeholder, product, rest, text_names
from migrate.analysis.sites import Layer, OwnVariable, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.decoding import check_decoding
from migrate.plan.modules.drafts import Draft, Line, Told
from migrate.plan.modules.einsum import bias_shape
from migrate.plan.modules.handed_layers import goes_with_call
from migrate.plan.modules.helpers import write_helper
from migrate.plan.modules.input_sizes import InputSize, input_sizes
from migrate.plan.modules.lifted import axis_size, class_of, ensemble
from migrate.plan.modules.recurrent import wrapper
from migrate.plan.modules.reserved import RESERVED
from migrate.plan.modules.told_sizes import asked, told_size
from migrate.rewrite.edits import Piece, Template, template

UNTOLD = "the size of this layer's input cannot be told from the code"
EXACT = "lambda args, dtype=None, **_: args"
"""Norms of NNX round their inputs to `dtype` before they compute; Linen's do not."""
ATTENTION = (
    "lambda *args, dropout_rate, **kwargs: nnx.dot_product_attention(*args, dropout_rate={}, **kwargs)"
)
"""With a rate of 0 NNX takes another route, which differs in the last bits, and more in half precision."""
NO_DROPOUT, ANY_DROPOUT = ATTENTION.format("0.5"), ATTENTION.format("dropout_rate or 0.5")
"""Without dropout the rate is not read, so any other one below 1 will do."""


DEFAULTS: dict[str, Value] = {
    "attention_fn": Symbol("flax.linen.dot_product_attention"),
    "force_fp32_for_softmax": Const(False),
    "force_float32_reductions": Const(True),
}


def layer_line(plan: Plan, draft: Draft, site: Layer) -> Line:
    """`self.Dense_0 = nnx.Linear(...)`; the construction in the method becomes `self.Dense_0`."""
    made = construction(plan, draft, site)
    if site.name in RESERVED:
        raise Blocked(site.node, "LNX111", f"`{site.name}` is a method that every NNX module has")
    return _kept(plan, draft, site, made)


def _kept(plan: Plan, draft: Draft, site: Layer | Parameter, made: Piece, read: str = "") -> Line:
    """The line that keeps what was made under its name; the method reads it there."""
    if "{" not in site.name:
        plan.edits.expressions[site.node] = f"self.{site.name}{read}"
        return template(f"self.{site.name} = {{}}", made), site.node
    name = _computed_name(plan, draft, site)
    plan.edits.expressions[site.node] = f"getattr(self, {name}){read}"
    return Template(("setattr(self, ", name, ", ", made, ")")), site.node


def _computed_name(plan: Plan, draft: Draft, site: Layer | Parameter) -> str:
    """A name that `__init__` and the method compute alike."""
    name = f_string(plan, site)
    if text_names(name) & {*_only_in_init(plan, draft)} or PLACEHOLDER.search(name):
        raise Blocked(
            site.node, "LNX111", "the number in the name of this layer depends on the size of its input"
        )
    return name


def _only_in_init(plan: Plan, draft: Draft) -> Iterator[str]:
    """The sizes that go round the loops of `__init__`."""
    inside = set(ast.walk(draft.cls.node))
    for node, turns in plan.facts.loops.items():
        if node in inside:
            yield from (running.name for running in turns.running)


def f_string(plan: Plan, site: Layer | Parameter) -> str:
    """A computed name in the quotes that the file uses; before Python 3.12 they may not stand inside too."""
    text = plan.facts.file(site.node).source.text
    preferred = sorted(('"', "'"), key=text.count, reverse=True)
    quote = next((q for q in preferred if q not in site.name), None)
    if quote is None:
        raise Blocked(site.node, "LNX111", "the name of a layer in a loop would need nested quotes")
    return f"f{quote}{site.name}{quote}"


def construction(plan: Plan, draft: Draft, site: Layer) -> Piece:
    """`nnx.Linear(in, out, ..., rngs=rngs)`, or a module of the project with its input sizes."""
    if site.layer in WRAPPERS:
        return wrapper(plan, site)
    given = {name: moved(plan, draft, site, node) for name, node in _early(plan, site)}
    if site.cls is not None:
        return _own(plan, draft, site, site.cls)
    kind = LAYERS[site.layer]
    if kind.helper is not None:
        write_helper(plan, site.node, kind.helper)
    pieces = positional(plan, draft, site, kind, given)
    pieces += [template(f"{name}={{}}", value) for name, value in given.items()]
    pieces += [f"{name}={text}" for name, text in added(plan, site, kind)]
    pieces += ["rngs=rngs"] if kind.streams else []
    own = kind.target if kind.helper is not None else f"nnx.{kind.target}"
    if site.extends is not None:
        return Template((site.node.func, "(", *_listed(pieces), ")"))
    if written_at(plan.facts, site.node) in plan.facts.twins:
        return Template((_chosen(plan, draft, site), "(", *_listed(pieces), ")"))
    callee = f"self.{site.through.field}" if site.through is not None else own
    return Template((f"{callee}(", *_listed(pieces), ")"))


def _listed(pieces: list[Piece]) -> tuple[Piece, ...]:
    parts: list[Piece] = []
    for piece in pieces:
        parts += [", ", piece] if parts else [piece]
    return tuple(parts)


def _early(plan: Plan, site: Layer) -> list[tuple[str, ast.expr]]:
    """The arguments that `__init__` can know; the rest belongs to the call."""
    if site.cls is not None:
        return []
    kind = LAYERS[site.layer]
    return [(n, v) for n, v in site.given if not is_late(plan, site, n, v) or n not in kind.late]


def is_late(plan: Plan, site: Layer, name: str, node: ast.expr) -> bool:
    """Whether a flag such as `deterministic=not train` is known only at the call."""
    if site.cls is not None or name not in LAYERS[site.layer].late or in_setup(plan, site.node):
        return False
    return holes(plan.facts, site.owner, node) is None


def in_setup(plan: Plan, node: ast.AST) -> bool:
    """Whether a node stands in `setup`, whose statements move as they are."""
    function = plan.facts.scopes.function(node)
    return isinstance(function, ast.FunctionDef) and function.name == "setup"


def moved(plan: Plan, draft: Draft, site: Layer | Parameter | OwnVariable, node: ast.expr) -> Piece:
    """An argument of the construction, with what is local to the method exchanged."""
    value = plan.facts.values.get(node)
    if isinstance(value, Partial) and value.site in plan.facts.partials.get(site.node, ()):
        return _partial(plan, draft, site, value)
    if in_setup(plan, site.node) and in_setup(plan, node):
        return node
    inner = assigned_value(plan.facts, node) if isinstance(node, ast.Name) else None
    if inner is not None and not isinstance(value, Const | Length):
        return _written_out(plan, site, inner) or moved(plan, draft, site, inner)
    found = holes(plan.facts, site.owner, node)
    if found is not None:
        draft.edits |= found
        return node
    local = sorted(
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name)
        and (v := plan.facts.scopes.variable(n, n.id)) is not None
        and not isinstance(v.scope, ast.Module)
    )
    what = f"`{local[0]}`, which is" if local else "something that is"
    raise Blocked(site.node, "LNX111", f"a layer is built from {what} local to `__call__`")


def _written_out(plan: Plan, site: Layer | Parameter | OwnVariable, node: ast.expr) -> str | None:
    """What a name was given, as a text of its own where that means nothing in the method.

    The assignment stays there, and goes on to say what it says.
    """
    found = holes(plan.facts, site.owner, node) or {}
    known = {"self", *dir(builtins), *plan.facts.scopes.bound[plan.facts.scopes.module(node)]}
    if not any(text_names(text) - known for text in found.values()):
        return None
    values = [plan.facts.values.get(part) for part in ast.walk(node) if isinstance(part, ast.expr)]
    if any(isinstance(value, Symbol) and value.name.startswith("flax.") for value in values):
        raise Blocked(site.node, "LNX111", "a layer is built from a value that is local to `__call__`")
    return spliced(plan.facts, node, found)


def _partial(plan: Plan, draft: Draft, site: Layer | Parameter | OwnVariable, value: Partial) -> Piece:
    """`partial(nnx.BatchNorm, momentum=0.9)`: what is known only at a call is given there."""
    call, layer = value.site, value.function
    assert call is not None and isinstance(layer, Symbol)
    kind = LAYERS[layer.name]
    pieces: list[Piece] = [f"nnx.{kind.target}"]
    for keyword in call.keywords:
        if keyword.arg not in kind.kept and keyword.arg not in kind.first:
            raise Blocked(call, "LNX110", f"`{keyword.arg}` of this layer has no counterpart in NNX")
        if keyword.arg in kind.late and holes(plan.facts, site.owner, keyword.value) is None:
            continue
        pieces.append(template(f"{keyword.arg}={{}}", moved(plan, draft, site, keyword.value)))
        if keyword.arg == "dtype" and layer.name in NORMS and _may_be_half(plan, keyword.value):
            pieces.append(f"promote_dtype={EXACT}")
    return Template((call.func, "(", *_listed(pieces), ")"))


def positional(
    plan: Plan, draft: Draft, site: Layer, kind: LayerKind, given: dict[str, Piece]
) -> list[Piece]:
    """What NNX takes by position: sizes of the input, and some of the fields."""
    pieces: list[Piece] = []
    early = dict(site.through.early) if site.through is not None else {}
    if early.keys() & set(kind.first) - {"rate"} or (site.through is not None and kind.output == "attention"):
        raise Blocked(site.node, "LNX111", "a partial call gives what NNX takes by position")
    for name in kind.first:
        if name in early:
            continue
        if name == "in":
            pieces.append(last_axis(plan, draft, site))
        elif name == "general":
            pieces.append(_contracted(plan, draft, site))
            given.pop("batch_dims", None)
        elif name == "bias_shape":
            given.pop("use_bias", None)
            pieces += [text] if (text := bias_shape(plan, site)) is not None else []
        elif name in given:
            pieces.append(given.pop(name))
        else:
            raise Blocked(site.node, "LNX112", f"`{name}` of this layer is not given")
    for name in given:
        if name not in kind.kept and not _is_default(plan, name, dict(site.given)[name]):
            raise Blocked(site.node, "LNX110", f"`{name}` of this layer has no counterpart in NNX")
    for name in DEFAULTS.keys() - kind.kept:
        given.pop(name, None)
    return pieces


def _is_default(plan: Plan, name: str, node: ast.expr) -> bool:
    """Whether an option that NNX does not take under this name is what Linen does without it."""
    return name in DEFAULTS and plan.facts.values.get(node) == DEFAULTS[name]


def added(plan: Plan, site: Layer, kind: LayerKind) -> list[tuple[str, str]]:
    """What Linen does without being told."""
    given = {name: node for name, node in site.given if name in kind.kept or name not in DEFAULTS}
    more = [(name, text) for name, text in kind.added if name not in given]
    if site.layer in NORMS and _may_be_half(plan, given.get("dtype")):
        more.append(("promote_dtype", EXACT))
    if kind.output == "attention":
        more += _attention(plan, site, given)
    if kind.output == "general" and (batch := _batch_axes(plan, site, given)):
        more.append(("batch_axis", batch))
    return more


def _batch_axes(plan: Plan, site: Layer, given: dict[str, ast.expr]) -> str:
    """The axes along which `DenseGeneral` has weights of its own, with their sizes: `{0: heads}`."""
    axes = integers(plan.facts.values.get(given["batch_dims"])) if "batch_dims" in given else ()
    found = [(axis, input_of(site).axis(axis)) for axis in axes] if axes is not None else [(0, None)]
    pairs = []
    for axis, one in found:
        if one is None:
            raise Blocked(site.node, "LNX112", "the batch axes of this layer cannot be told from the code")
        check_size(plan, site, one)
        pairs.append(f"{axis}: {one.text}")
    return f"{{{', '.join(pairs)}}}" if pairs else ""


def _may_be_half(plan: Plan, node: ast.expr | None) -> bool:
    if node is None or plan.facts.values.get(node) == Const(None):
        return False
    return getattr(plan.facts.values.get(node), "name", "") not in {"jax.numpy.float32", "numpy.float32"}


def _attention(plan: Plan, site: Layer, given: dict[str, ast.expr]) -> list[tuple[str, str]]:
    check_decoding(plan, site)
    more = []
    if "decode" in given and plan.facts.values.get(given["decode"]) == Const(True):
        message = "`init` makes the cache of this layer in Linen: call `init_cache` of one of NNX by hand"
        raise Blocked(site.node, "LNX110", message)
    rate = plan.facts.values.get(given["dropout_rate"]) if "dropout_rate" in given else Const(0.0)
    if not isinstance(rate, Const) or rate.value:
        more.append(("keep_rngs", "False"))
    if not isinstance(rate, Const) or not rate.value:
        more.append(("attention_fn", NO_DROPOUT if isinstance(rate, Const) else ANY_DROPOUT))
    if "normalize_qk" in given and _may_be_half(plan, given.get("dtype")):
        more.append(("ln_promote_dtype", EXACT))
    inputs = dict(site.inputs or ())
    keys = [inputs[name] for name in ("inputs_k", "inputs_v") if name in inputs]
    sizes = {_axis(value) for value in keys if value != Const(None)}
    if None in sizes or len(sizes) > 1:
        raise Blocked(site.node, "LNX112", "the size of the keys of this attention cannot be told")
    if sizes and (known := sizes.pop()) is not None and known != _axis(inputs.get("inputs")):
        more.append(("in_kv_features", known.text))
    return more


def _axis(value: Value | None) -> Size | None:
    return value.shape.axis(-1) if isinstance(value, Array) else None


def input_of(site: Layer) -> Shape:
    """The shape of what reaches a layer."""
    value = dict(site.inputs or ()).get("inputs")
    return value.shape if isinstance(value, Array) else Shape()


def last_axis(plan: Plan, draft: Draft, site: Layer) -> str:
    """The size of the input of a layer, as an expression for `__init__`."""
    axis = -1
    given = dict(site.given)
    for name in ("axis", "feature_axes"):
        if name in given and LAYERS[site.layer].first == ("in",):
            known = integers(plan.facts.values.get(given[name]))
            if known is None or len(known) != 1:
                raise Blocked(site.node, "LNX110", f"`{name}` of this layer is not one known axis")
            axis = known[0]
    found = input_of(site).axis(axis)
    if found is None:
        return told_size(plan, draft, site, "in_features", Told(site.node, site.node, UNTOLD))
    check_size(plan, site, found)
    return found.text


def check_size(plan: Plan, site: Layer, found: Size) -> None:
    """A size may be made from fields, inputs, the loops around and names of the file."""
    if (name := _local_name(plan, site, found)) is not None:
        message = f"the size of this layer's input is made from `{name}`, which is local to a method"
        raise Blocked(site.node, "LNX112", message)


def _local_name(plan: Plan, site: Layer, found: Size) -> str | None:
    running = {r.name for turns in plan.facts.loops.values() for r in turns.running}
    turns = {name for loop in site.loops for name in loop.bound}
    around = {plan.facts.scopes.function(site.node), *methods(site.owner).values()}
    bound = {name for method in around for name in plan.facts.scopes.bound[method]}
    for name in found.names - running - turns - {"self"}:
        if not name.startswith(("_axis_", "_rest_", "_first_")) and name in bound:
            return name
    return None


def _contracted(plan: Plan, draft: Draft, site: Layer) -> str:
    """The axes that `DenseGeneral` contracts."""
    given = dict(site.given)
    axes = integers(plan.facts.values.get(given["axis"])) if "axis" in given else (-1,)
    if axes is None:
        raise Blocked(site.node, "LNX110", "the axes of this layer are not known numbers")
    axes = _in_order(axes, input_of(site))
    found = [input_of(site).axis(axis) for axis in axes]
    texts = []
    if found == [None] and "axis" not in given:
        return told_size(plan, draft, site, "in_features", Told(site.node, site.node, UNTOLD))
    for one in found:
        if one is None:
            raise Blocked(site.node, "LNX112", UNTOLD)
        check_size(plan, site, one)
        texts.append(one.text)
    return (
        texts[0]
        if len(texts) == 1 and "axis" not in given
        else f"({', '.join(texts)},)".replace(",)", ")" if len(texts) > 1 else ",)")
    )


def _in_order(axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """Axes as Linen sorts them: in the order of the input."""
    rank = shape.rank
    return tuple(sorted(axes, key=lambda axis: axis % rank if rank else axis))


def _own(plan: Plan, draft: Draft, site: Layer, cls: Class) -> Piece:
    """A module of the project: its fields as they were given, then its input sizes and `rngs`."""
    from migrate.plan.modules.module_drafts import draft_of

    inner = draft_of(plan, cls)
    node = site.node
    pieces: list[Piece] = [
        moved(plan, draft, site, arg) for arg in node.args if not goes_with_call(plan, site, arg)
    ]
    for keyword in node.keywords:
        if keyword.arg != "name" and not goes_with_call(plan, site, keyword.value):
            pieces.append(template(f"{keyword.arg}={{}}", moved(plan, draft, site, keyword.value)))
    for argument in input_sizes(plan, cls, inner).arguments:
        if argument.optional:
            pieces += _optional_size(plan, site, argument)
            continue
        pieces.append(f"{argument.argument}={_given_size(plan, draft, inner, site, argument)}")
    if site.lifted is not None:
        made = Template((class_of(site.lifted), "(", *_listed([*pieces, "rngs=rngs"]), ")"))
        if site.lifted.transform != "flax.linen.vmap":
            return made
        return ensemble(made, moved(plan, draft, site, axis_size(site.lifted)))
    callee = _chosen(plan, draft, site) if written_at(plan.facts, node) in plan.facts.twins else node.func
    return Template((callee, "(", *_listed([*pieces, "rngs=rngs"]), ")"))


def _chosen(plan: Plan, draft: Draft, site: Layer) -> Piece:
    """What gives the class of a layer that is one of several."""
    node = site.node.func
    if not in_setup(plan, site.node):
        if isinstance(node, ast.Name) and bound_to(plan.facts, node) is not None:
            return node.id
        return template("({})" if isinstance(node, ast.IfExp) else "{}", moved(plan, draft, site, node))
    return template("({})", node) if isinstance(node, ast.IfExp) else node


def _optional_size(plan: Plan, site: Layer, argument: InputSize) -> list[Piece]:
    """The size of an optional input, where a call may give one."""
    value = dict(site.inputs or ()).get(argument.parameter, Const(None))
    if value == Const(None):
        return []
    axis = _axis(value)
    if axis is None:
        message = f"the size of `{argument.parameter}`, which this module needs, cannot be told from the code"
        raise Blocked(site.node, "LNX112", message)
    check_size(plan, site, axis)
    own = optional_inputs(site.owner)
    handed = any(axis == placeholder(name) for name in own)
    return [f"{argument.argument}={f'({axis.text} or None)' if handed else axis.text}"]


def _given_size(plan: Plan, draft: Draft, inner: Draft, site: Layer, argument: InputSize) -> str:
    value = with_items(plan.facts, inner.cls, dict(site.inputs or ())).get(argument.parameter)
    shape = value.shape if isinstance(value, Array) else Shape()
    message = f"the size of `{argument.parameter}`, which this module needs, cannot be told from the code"
    if argument.form == "told":
        return told_size(
            plan, draft, site, argument.argument, replace(asked(inner, argument.argument), site=site.node)
        )
    found: tuple[Size | None, ...]
    match argument.form:
        case "last":
            found = (shape.axis(-1),)
        case "rest":
            whole = product(shape.axes[1:]) if shape.exact else None
            plain = shape.base is not None and not shape.axes and not shape.exact
            found = (rest(shape.base) if plain and shape.base is not None else whole,)
        case _:
            found = shape.axes[1:] if shape.rank == argument.rank else (None,)
    if None in found:
        return told_size(
            plan, draft, site, argument.argument, Told(site.node, site.node, message, argument.rank)
        )
    for one in found:
        if one is not None:
            check_size(plan, site, one)
    texts = [one.text for one in found if one is not None]
    return (
        f"({', '.join(texts)})"
        if argument.form == "shape" and len(texts) > 1
        else (f"({texts[0]},)" if argument.form == "shape" else texts[0])
    )


def parameter_line(plan: Plan, draft: Draft, site: Parameter) -> Line:
    """`self.scale = nnx.Param(...)`; the call in the method becomes `self.scale[...]`."""
    if site.name in RESERVED:
        raise Blocked(site.node, "LNX111", f"`{site.name}` is a method that every NNX module has")
    return _kept(plan, draft, site, parameter(plan, draft, site), "[...]")


def parameter(plan: Plan, draft: Draft, site: Parameter) -> Piece:
    """`nnx.Param(init(rngs.params(), shape))`."""
    init = moved(plan, draft, site, site.init)
    args: list[Piece] = [moved(plan, draft, site, arg) for arg in site.args]
    if isinstance(init, ast.Lambda):
        names = [a.arg for a in init.args.args]
        if not args and len(names) == 1 and names[0] not in names_in(init.body):
            return template("nnx.Param({})", init.body)
        return Template(("nnx.Param((", init, ")(", *_listed(["rngs.params()", *args]), "))"))
    return Template(("nnx.Param(", init, "(", *_listed(["rngs.params()", *args]), "))"))


__all__ = [
    "Shape",
    "added",
    "construction",
    "f_string",
    "layer_line",
    "moved",
    "parameter_line",
    "positional",
    "size",
]
