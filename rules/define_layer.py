"""LNX102: a Linen layer that is a whole model becomes the NNX layer."""

from __future__ import annotations

from migrate.analysis.kinds import Symbol
from migrate.analysis.layers import LAYERS
from migrate.analysis.sites import Construct
from migrate.plan.context import Plan
from migrate.plan.layer import layer_arguments
from migrate.rewrite.edits import template
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
    if not isinstance(site.instance.cls, Symbol):
        return
    kind = LAYERS[site.instance.cls.name]
    size, *others = layer_arguments(plan, site.node, kind)
    added = plan.edits.added.pop(site.node, [])
    inputs = [piece for name, piece in added if name is None]
    named = [template(f"{name}={{}}", piece) for name, piece in added if name is not None]
    pieces = [*inputs, size, *others, *named]
    plan.edits.expressions[site.node] = template(
        f"nnx.{kind.target}(" + ", ".join(["{}"] * len(pieces)) + ")", *pieces
    )
