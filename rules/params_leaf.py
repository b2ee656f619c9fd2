"""LNX007: one parameter read by its path becomes an attribute of the model."""

from __future__ import annotations

import functools

from migrate.analysis.sites import ParamsLeaf
from migrate.plan.context import Plan
from migrate.plan.modules.own_parameters import reached
from migrate.rule import Example, Rule

SITE = ParamsLeaf

RULE = Rule(
    code="LNX007",
    name="parameter-by-path",
    title="A parameter that is read by its path can become an attribute of the model",
    fix="automatic",
    what='Finds reads of one parameter by constant keys, such as `state.params["Dense_0"]["kernel"]`.',
    why=(
        "The nested dict of parameters is gone; the same layer is an attribute of the model and the "
        "parameter an attribute of the layer. The parameter is a Variable, which compares by identity, so "
        "the array inside has to be read."
    ),
    use_instead="`model.Dense_0.kernel[...]`, which is an array as before.",
    fix_safety=(
        "Applied where the keys name exactly one parameter of a model that is known. Any other part of the "
        "tree is LNX014."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#variable-creation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def create(x):
    model = nn.Dense(10)
    variables = model.init(jax.random.key(0), x)
    return variables["params"]["kernel"].shape, model.apply(variables, x)
""",
            after="""\
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 10, rngs=nnx.Rngs(0))
    return model.kernel[...].shape, model(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 10, rngs=nnx.Rngs(0))
    return model.kernel[...].shape, model(x)
""",
    ),
)


def rewrite(plan: Plan, site: ParamsLeaf) -> None:
    """`params['Dense_0']['kernel']` is `model.Dense_0.kernel[...]`: an array, as before."""
    keys = site.path[1:] if site.path[0] == "params" else site.path
    model = plan.model_of(site.params)
    if plan.bridged:
        items = "".join(f"[{key!r}]" for key in keys[1:])
        plan.edits.expressions[site.node] = f"{reached(keys[0], model)}{items}[...]"
    else:
        found = functools.reduce(lambda module, key: reached(key, module), keys, model)
        plan.edits.expressions[site.node] = f"{found}[...]"
