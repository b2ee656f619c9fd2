"""LNX401: parameters that are saved or shown become a plain dict made from the model."""

from __future__ import annotations

from migrate.analysis.sites import PlainTree
from migrate.plan.context import Plan
from migrate.plan.training.plain_trees import write
from migrate.rule import Example, Rule

SITE = PlainTree

RULE = Rule(
    code="LNX401",
    name="plain-tree",
    title="Parameters that are saved or shown can be a plain dict made from the model",
    fix="automatic",
    what=(
        "Finds parameters, alone or in a dict, that are handed to `flax.serialization.to_bytes`, `pickle`, "
        "`save_checkpoint`, `print`, `jax.device_get` and a few more functions that take them as data."
    ),
    why=(
        "The parameters live in the model. The state of a model is a tree of variables that follows it, "
        "which `to_bytes` does not take."
    ),
    use_instead="`to_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Param)))`.",
    fix_safety=(
        "The dict has Linen's names and arrays, so that files written before are read and those written now "
        "are read by Linen; the names may come in another order. Left alone: whole train states, "
        "optimizer states, and variables that are more than parameters."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/state.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
from flax import serialization


def saved(x, path):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    path.write_bytes(serialization.to_bytes(params))
    return model.apply({"params": params}, x)
""",
            after="""\
from flax import nnx, serialization


def saved(x, path):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    path.write_bytes(
        serialization.to_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Param)))
    )
    return model(x)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
from flax import serialization


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.BatchNorm(use_running_average=True)(nn.Dense(3)(x))


def saved(x, path):
    model = Net()
    variables = model.init(jax.random.key(0), x)
    path.write_bytes(serialization.to_bytes(variables))
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx, serialization


def saved(model: nnx.Module):
    return serialization.to_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Param)))
""",
    ),
)


def rewrite(plan: Plan, site: PlainTree) -> None:
    """Each tree among the arguments, where it is written."""
    for node in site.trees:
        write(plan, node)
