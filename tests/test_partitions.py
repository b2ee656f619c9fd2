"""Initializers that name the axes of a mesh: the names become metadata, and nothing is laid out."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

"""
MODULE = """
class Block(nn.Module):
    axes: tuple = ("embed", "mlp")
    kernel_init: Any = nn.initializers.lecun_normal()
    bias_init: Any = nn.with_partitioning(nn.initializers.normal(), ("mlp",))

    @nn.compact
    def __call__(self, x):
        init = nn.with_logical_partitioning(self.kernel_init, self.axes)
        x = nn.Dense(6, kernel_init=init, bias_init=self.bias_init)(x)
        scale = self.param("scale", nn.with_partitioning(nn.initializers.ones, (None,)), (6,))
        x = nn.with_logical_constraint(x * scale, ("batch", "mlp"))
        return nn.Dense(2, kernel_init=nn.with_partitioning(nn.initializers.lecun_normal(), ("mlp", None)))(x)
"""
LINES = """\
        self.Dense_0 = nnx.Linear(
            in_features,
            6,
            kernel_init=nnx.with_partitioning(self.kernel_init, self.axes, eager_sharding=False),
            bias_init=self.bias_init,
            rngs=rngs,
        )
        self.scale = nnx.Param(
            nnx.with_partitioning(nnx.initializers.ones, (None,), eager_sharding=False)(rngs.params(), (6,))
        )
"""


def result_of(module: str) -> tuple[str, list[str]]:
    """The new text, or an empty one, and what is said of the program."""
    result = migrate_sources({"model.py": f"{HEAD}\n{dedent(module)}"}, Options())
    return result.changed.get("model.py", ""), [f"{f.code} {f.message}" for f in result.findings]


def scope_of(text: str) -> dict[str, Any]:
    """The names of a program that is run."""
    scope: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), scope)
    return scope


def test_names_of_axes_are_metadata() -> None:
    text, said = result_of(MODULE)
    assert LINES in text
    assert "nn.with_logical_constraint(x * scale" in text
    assert any(finding.endswith("which `nnx.get_partition_spec` reads") for finding in said)
    assert migrate_sources({"model.py": text}, Options()).changed == {}
    linen, x = scope_of(f"{HEAD}\n{MODULE}")["Block"](), jnp.sin(jnp.arange(12.0)).reshape(3, 4)
    boxed = linen.init(jax.random.key(0), x)
    variables = redrawn(nn.unbox(boxed))
    model = scope_of(text)["Block"](in_features=4, rngs=nnx.Rngs(0))
    copy_into(variables, model)
    specs = nnx.to_pure_dict(nnx.get_partition_spec(nnx.state(model, nnx.Param)))
    assert specs == nn.get_partition_spec(boxed)["params"]
    assert np.array_equal(linen.apply(variables, x), model(x))
    before = jax.grad(lambda v: (linen.apply(v, x) ** 2).sum())(variables)["params"]
    after = nnx.to_pure_dict(nnx.grad(lambda model: (model(x) ** 2).sum())(model))
    assert jax.tree.all(jax.tree.map(np.array_equal, before, after))


def layer(argument: str, before: str = "") -> str:
    """A module with one layer that is given this initializer."""
    return f"""
class Net(nn.Module):
    deep: bool = True

    @nn.compact
    def __call__(self, x):
        {before}
        return nn.Dense(3, kernel_init={argument})(x)
"""


ONES = "nn.with_partitioning(nn.initializers.ones, (None, 'a'))"
OUTSIDE = "LNX111 an initializer that names the axes of a mesh is made outside of modules"
REFUSED = [
    pytest.param(
        layer("nn.with_partitioning(nn.initializers.ones, (None, 'a'), None)"),
        "LNX111 `nn.with_partitioning` is given more than an initializer and the names of axes",
        id="a-mesh",
    ),
    pytest.param(
        layer(f"{ONES} if self.deep else nn.initializers.ones"),
        "LNX111 `nn.with_partitioning` is one side of a choice, or part of something else",
        id="a-choice",
    ),
    pytest.param(f"INIT = {ONES}\n{layer('INIT')}", OUTSIDE, id="a-global"),
    pytest.param(f"def init():\n    return {ONES}\n\n{layer('init()')}", OUTSIDE, id="a-function"),
    pytest.param(
        layer(ONES) + "\n\nvariables = Net().init(jax.random.key(0), jnp.ones((2, 3)))\n",
        "LNX111 the sources that build this module see the boxes",
        id="built-in-sight",
    ),
    pytest.param(
        layer("init", "init = None")
        + f"\n\ndef make(net):\n    return net(nn.Dense(3, kernel_init={ONES}))\n",
        OUTSIDE,
        id="given-from-outside",
    ),
    pytest.param(
        f"""
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        axes = {{"params": 0}}
        many = nn.vmap(nn.Dense, variable_axes=axes, split_rngs={{"params": True}}, in_axes=None, axis_size=2)
        return many(3, kernel_init={ONES})(x)
""",
        "LNX1",
        id="lifted",
    ),
]


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_what_is_near_stays(module: str, reason: str) -> None:
    text, said = result_of(module)
    assert text == ""
    assert any(finding.startswith(reason) for finding in said), said


WRAPPED = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState
{imports}

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = {line}
        return unknown(nn.Dense(3)(x))(self)


class Deep(nn.Module):
    @nn.compact
    def __call__(self, x):
        return unknown(Net()(x))(self)


net = Deep()
x = jnp.ones((2, 3))
params = net.init(jax.random.key(0), x)["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
grads = jax.grad(lambda params: state.apply_fn({{"params": params}}, x).sum())(state.params)
state = state.apply_gradients(grads=grads)
"""


@pytest.mark.parametrize(
    ("others", "imports", "line", "stays"),
    [
        pytest.param(f"INIT = {ONES}\n", "import parts", "x", True, id="made-in-a-file-that-is-imported"),
        pytest.param(f"INIT = {ONES}\n", "", "x", False, id="made-in-a-file-apart"),
        pytest.param(MODULE, "import parts", "x", False, id="in-another-module"),
        pytest.param("", "", f"nn.Dense(3, kernel_init={ONES})(x)", True, id="in-the-wrapped-module"),
    ],
)
def test_wrapped_modules(others: str, imports: str, line: str, stays: bool) -> None:
    """A module that stays Linen is wrapped, except where its parameters would be laid out."""
    texts = {"parts.py": HEAD + others, "train.py": WRAPPED.format(imports=imports, line=line)}
    result = migrate_sources(texts, Options())
    assert ("train.py" not in result.changed) is stays
    refused = [f for f in result.findings if f.message.startswith("a wrapped module would lay")]
    assert bool(refused) is stays
