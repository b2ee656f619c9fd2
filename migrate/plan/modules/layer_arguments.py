"""The arguments of a layer of NNX: what it takes by position, and what Linen does without being told."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const, Symbol, Value
from migrate.analysis.modules.layers import NORMS, LayerKind
from migrate.analysis.shapes.plain_shapes import integers
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.decoding import check_decoding
from migrate.plan.modules.drafts import Draft
from migrate.plan.modules.einsum import bias_shape
from migrate.plan.modules.layer_sizes import (
    check_size,
    contracted,
    input_of,
    last_axis,
    last_size,
    whole_shape,
)
from migrate.rewrite.edits import Piece

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
        elif name == "in_shape":
            pieces.append(whole_shape(plan, site))
        elif name == "general":
            pieces.append(contracted(plan, draft, site))
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
    if site.layer in NORMS and may_be_half(plan, given.get("dtype")):
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


def may_be_half(plan: Plan, node: ast.expr | None) -> bool:
    """Whether a `dtype` is, or may be, of half precision."""
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
    if "normalize_qk" in given and may_be_half(plan, given.get("dtype")):
        more.append(("ln_promote_dtype", EXACT))
    inputs = dict(site.inputs or ())
    keys = [inputs[name] for name in ("inputs_k", "inputs_v") if name in inputs]
    sizes = {last_size(value) for value in keys if value != Const(None)}
    if None in sizes or len(sizes) > 1:
        raise Blocked(site.node, "LNX112", "the size of the keys of this attention cannot be told")
    if sizes and (known := sizes.pop()) is not None and known != last_size(inputs.get("inputs")):
        more.append(("in_kv_features", known.text))
    return more
