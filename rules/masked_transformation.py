"""LNX034: a transformation is given a mask or labels that look into the dict of parameters."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX034",
    name="masked-transformation",
    title="Labels and masks for a transformation can become a state",
    fix="automatic",
    what=(
        "Finds `optax.masked`, `optax.multi_transform`, `optax.partition` and arguments like `mask=` whose "
        "tree, or the function that makes it, is not known to read shapes alone. A tree of labels that "
        "`path_aware_map` makes of the parameters, and that goes nowhere else, becomes a state."
    ),
    why=(
        "NNX hands the transformation an `nnx.State` in place of the dict. A dict of labels does not fit it, "
        "`flatten_dict` refuses it, and key paths have one more element in it."
    ),
    use_instead=(
        "A function that maps the leaves (`jax.tree.map(lambda p: p.ndim > 1, params)`), which is left as it "
        "is. Otherwise `nnx.map_state(lambda path, p: ..., params)` for names, `dict(nnx.to_flat_state(p))` "
        "and `nnx.from_flat_state` for paths, and `nnx.State({...})` around a dict of labels."
    ),
    fix_safety=(
        "Only `path_aware_map` is rewritten, where each parameter keeps its path; all else is left alone."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/state.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax import traverse_util


def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    mask = traverse_util.path_aware_map(lambda path, _: path[-1] == "kernel", params)
    tx = optax.adamw(0.1, mask=mask)
    return params, tx.init(params)
""",
            after="""\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    mask = nnx.map_state(
        lambda path, _: path[-1] == "kernel", nnx.state(model, nnx.Param)
    )
    tx = optax.adamw(0.1, mask=mask)
    return model, nnx.Optimizer(model, tx, wrt=nnx.Param)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
import optax


def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    tx = optax.adamw(0.1, mask={"kernel": True, "bias": False})
    return params, tx.init(params)
""",
        ),
    ),
    valid=(
        """\
import jax
import optax


def decayed(rate):
    return optax.adamw(rate, mask=lambda params: jax.tree.map(lambda p: p.ndim > 1, params))
""",
    ),
)
