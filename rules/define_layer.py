"""LNX102: a Linen layer that is a whole model becomes the NNX layer."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.layers import LAYERS, NORMS, LayerKind
from migrate.analysis.sites import Construct
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.layer_arguments import EXACT
from migrate.plan.naming.partial_name import partial_name
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule

SITE = Construct

RULE = Rule(
    code="LNX102",
    name="layer-as-model",
    title="A Linen layer that is used as a model can become an NNX layer",
    fix="automatic",
    what="Finds a layer such as `nn.Dense(3)` outside of any module, initialised and applied like a model.",
    why="The layer of NNX has another name and takes its input size first.",
    use_instead="`nnx.Linear(in_features, 3, rngs=nnx.Rngs(0))`.",
    fix_safety=(
        "The parameters have the same names, shapes and initializers, and outputs and gradients are the "
        "same bit by bit. An option without a counterpart in NNX leaves the component alone (LNX110)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/nn/linear.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def project(x, key):
    layer = nn.Dense(3, use_bias=False)
    variables = layer.init(key, x)
    return layer.apply(variables, x)
""",
            after="""\
from flax import nnx
import jax


def project(x, key):
    layer = nnx.Linear(x.shape[-1], 3, use_bias=False, rngs=nnx.Rngs(key))
    return layer(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def project(x, key):
    layer = nnx.Linear(x.shape[-1], 3, use_bias=False, rngs=nnx.Rngs(key))
    return layer(x)
""",
    ),
)


def rewrite(plan: Plan, site: Construct) -> None:
    """`nn.Dense(n)` outside of any module; what `init` knows is added by the rule for `init`."""
    if plan.bridged:
        return
    if site.node in plan.definitions.apart:
        _apart(plan, site)
    if not isinstance(site.instance.cls, Symbol):
        return
    name = site.instance.cls.name
    if name not in LAYERS:
        raise Blocked(site.node, "LNX110", f"`{name}` has no rewriting yet")
    kind = LAYERS[name]
    given = whole_layer(plan, site.node, kind)
    additions = plan.edits.added.pop(site.node, [])
    inputs: list[Piece] = [piece for key, piece in additions if key is None]
    if "in" in kind.first and not inputs:
        raise Blocked(site.node, "LNX006", "this definition has no `init` in the same scope")
    first = [given.pop(key) if key != "in" else inputs.pop(0) for key in kind.first]
    named = [template(f"{key}={{}}", piece) for key, piece in additions if key is not None]
    others: list[Piece] = [template(f"{key}={{}}", value) for key, value in given.items()]
    if "dtype" in given and name in NORMS:
        others.append(f"promote_dtype={EXACT}")
    pieces = [*first, *others, *(named if kind.streams else [])]
    plan.edits.expressions[site.node] = template(
        f"nnx.{kind.target}(" + ", ".join(["{}"] * len(pieces)) + ")", *pieces
    )


def _apart(plan: Plan, site: Construct) -> None:
    """A definition that goes on by itself: a partial call of the class, or the class."""
    node = site.node
    if not isinstance(site.instance.cls, Class):
        raise Blocked(node, "LNX006", "a single layer is initialised elsewhere than where it is defined")
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        raise Blocked(node, "LNX006", "a definition is made with arguments that are spread")
    pieces: list[Piece] = [node.func, *node.args]
    pieces += [template(f"{keyword.arg}={{}}", keyword.value) for keyword in node.keywords]
    if len(pieces) == 1:
        plan.edits.expressions[node] = template("{}", node.func)
    else:
        called = f"{partial_name(plan, node)}(" + ", ".join(["{}"] * len(pieces)) + ")"
        plan.edits.expressions[node] = template(called, *pieces)


def whole_layer(plan: Plan, node: ast.Call, kind: LayerKind) -> dict[str, ast.expr]:
    """What a layer outside of any module was given, by field."""
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
        raise Blocked(node, "LNX110", "the arguments of a layer are spread from a tuple or dict")
    given = dict(zip(kind.positional, node.args, strict=False))
    given |= {k.arg: k.value for k in node.keywords if k.arg is not None and k.arg != "name"}
    for key in given:
        if key not in kind.kept and key not in kind.first:
            raise Blocked(node, "LNX110", f"`{key}` of this layer has no counterpart in NNX")
    if missing := [key for key in kind.first if key != "in" and key not in given]:
        raise Blocked(node, "LNX112", f"`{missing[0]}` of this layer is not given")
    return given
