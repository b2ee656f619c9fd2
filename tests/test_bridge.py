"""Linen modules that stay and are wrapped: what is written around them, and when not even that is done."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Net(nn.Module):
    kind: str = "relu"

    @nn.compact
    def __call__(self, x, train=False):
        return getattr(nn, self.kind)(nn.Dense(2)(x))


def mean(model, params, x):
    return jnp.mean(model.apply({"params": params}, x))


"""


def migrated(body: str, bridge: bool = True) -> Result:
    return migrate_sources({"train.py": HEAD + body}, Options(bridge=bridge))


BODIES = [
    pytest.param(
        """
def gradient(x):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    return optax.global_norm(jax.grad(lambda params: jnp.mean(model.apply({"params": params}, x)))(params))
""",
        """
def gradient(x):
    model = Net()
    model = nnx.bridge.ToNNX(model).lazy_init(x, rngs=jax.random.key(0))
    return optax.global_norm(nnx.grad(lambda model: jnp.mean(model(x)))(model))
""",
        id="the-definition-gives-its-name",
    ),
    pytest.param(
        """
net = Net()


def create(key, x):
    params = net.init({"params": key, "dropout": key}, x, train=True)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))


def loss(state, x):
    return jnp.mean(state.apply_fn({"params": state.params}, x))


def main(key, x):
    return loss(create(key, x), x)
""",
        None,
        id="a-state-without-a-name-is-refused",
    ),
    pytest.param(
        """
net = Net()


def create(key, x):
    params = net.init({"params": key, "dropout": key}, x, train=True)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))


def main(key, x):
    state = create(key, x)
    return jnp.mean(state.apply_fn({"params": state.params}, x))
""",
        """
net = Net()


def create(key, x):
    model = nnx.bridge.ToNNX(net).lazy_init(
        x, train=True, rngs=nnx.Rngs(params=key, dropout=key)
    )
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)


def main(key, x):
    model, optimizer = create(key, x)
    return jnp.mean(model(x))
""",
        id="a-definition-of-the-module-stays",
    ),
    pytest.param(
        """
def gradients(x):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    second = model.init(jax.random.key(1), x)["params"]
    def loss(params):
        return jnp.mean(model.apply({"params": params}, x))
    return optax.global_norm(jax.grad(loss)(params)), optax.global_norm(jax.grad(loss)(second))
""",
        None,
        id="two-models-of-one-name-are-refused",
    ),
    pytest.param(
        """
def gradient(x):
    model = Net()
    keys = iter([jax.random.key(0), x])
    params = model.init(*keys)["params"]
    return jax.grad(lambda params: jnp.mean(model.apply({"params": params}, x)))(params)
""",
        None,
        id="a-key-in-a-star",
    ),
    pytest.param(
        """
def train(x):
    model = Net()
    for seed in range(3):
        params = model.init(jax.random.key(seed), x)["params"]
        print(optax.global_norm(jax.grad(lambda p: jnp.mean(model.apply({"params": p}, x)))(params)))
""",
        """
def train(x):
    model = Net()
    for seed in range(3):
        nnx_model = nnx.bridge.ToNNX(model).lazy_init(x, rngs=jax.random.key(seed))
        print(optax.global_norm(nnx.grad(lambda nnx_model: jnp.mean(nnx_model(x)))(nnx_model)))
""",
        id="initialised-in-a-loop",
    ),
]


@pytest.mark.parametrize(("body", "after"), BODIES)
def test_what_is_written(body: str, after: str | None) -> None:
    result = migrated(body)
    if after is None:
        assert not result.changed
        return
    text = result.changed["train.py"]
    assert text[text.index("    return jnp.mean(model") :].split("\n", 1)[1].strip() == after.strip()
    assert {component.status for component in result.components} == {"bridged"}
    assert {f.fix for f in result.findings if f.code.startswith("LNX11")} == {"bridge"}
    compile(text, "train.py", "exec")


def test_without_the_bridge_nothing_is_changed() -> None:
    body = BODIES[0].values[0]
    assert isinstance(body, str)
    assert not migrated(body, bridge=False).changed


@pytest.mark.parametrize("name", ["train", "rngs", "module", "iter_children"])
def test_names_of_the_wrapper(name: str) -> None:
    body = BODIES[0].values[0]
    assert isinstance(body, str)
    text = (HEAD + body).replace("nn.Dense(2)", f'nn.Dense(2, name="{name}")')
    result = migrate_sources({"train.py": text})
    assert not result.changed
    assert "LNX115" in {finding.code for finding in result.findings}


WHOLE = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return {layer}(nn.Dense(4)(x))


class Outer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return getattr(nn, "relu")(Block()(x))


def main(x):
    model = Outer()
    variables = model.init(jax.random.key(0), x)
    state = TrainState.create(apply_fn=model.apply, params=variables, tx=optax.sgd(0.1))
    grads = jax.grad(lambda v: jnp.mean(model.apply(v, x) ** 2))(state.params)
    return state.apply_gradients(grads=grads)
"""


@pytest.mark.parametrize(
    ("layer", "changes"),
    [
        pytest.param("nn.tanh", True, id="all-are-parameters"),
        pytest.param("nn.LayerNorm()", True, id="a-norm-without-statistics"),
        pytest.param("nn.BatchNorm(use_running_average=True)", False, id="statistics-are-trained"),
    ],
)
def test_the_whole_variables_are_trained(layer: str, changes: bool) -> None:
    text = HEAD + WHOLE.replace("{layer}", layer)
    result = migrate_sources({"train.py": text})
    assert bool(result.changed) is changes
    assert changes or "LNX001" in {finding.code for finding in result.findings}


NET = """\
import flax.linen as nn


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
"""
HELD = """\
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

import models
"""
CREATED = """\
    params = net.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    grads = jax.grad(lambda params: jnp.mean(state.apply_fn({"params": params}, x) ** 2))(state.params)
    return state.apply_gradients(grads=grads)
"""


def test_a_file_of_wrapped_modules_says_because_of_which_place() -> None:
    train = f"{HELD}\n\ndef train(x):\n    net = models.Net()\n    print(net.rates)\n{CREATED}"
    result = migrate_sources({"models.py": NET, "train.py": train})
    assert [each.status for each in result.components] == ["bridged"]
    assert [(f.code, f.fix) for f in result.findings if f.path == "models.py"] == [("LNX008", "bridge")]


def test_another_collection_of_a_trained_model_is_not_read() -> None:
    body = """
def train(x):
    net = Net()
    variables = net.init(jax.random.key(0), x)
    state = TrainState.create(apply_fn=net.apply, params=variables["params"], tx=optax.sgd(0.1))
    print(variables["counts"])
    grads = jax.grad(lambda p: jnp.mean(state.apply_fn({"params": p}, x)))(state.params)
    return state.apply_gradients(grads=grads)
"""
    result = migrated(body)
    assert not result.changed
    assert any("the variables of a model that is trained" in finding.message for finding in result.findings)
