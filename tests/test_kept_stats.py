"""Batch statistics that attributes keep, that conditions choose with their parameters, and that are saved."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style

HEAD = """\
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.serialization import msgpack_restore, to_bytes
from flax.training import train_state

X = jnp.ones((4, 3))


class Net(nn.Module):
    kind: str = "relu"

    @nn.compact
    def __call__(self, x, train):
        return {activation}(nn.BatchNorm()(nn.Dense(2)(x), use_running_average=not train))


class TrainState(train_state.TrainState):
    batch_stats: Any


class Trainer:
    def __init__(self):
        self.net = Net()
        variables = self.net.init(jax.random.key(0), X, train=False)
        {kept}
        self.state = None

    def begin(self, flag):
        self.state = TrainState.create(
            apply_fn=self.net.apply, params={params}, batch_stats={stats}, tx=optax.sgd(0.1)
        )

    def step(self):
        def loss_fn(params):
            given = {{"params": params, "batch_stats": self.state.batch_stats}}
            y, new = self.net.apply(given, X, train=True, mutable=["batch_stats"])
            return jnp.mean(y**2), new

        (loss, new), grads = jax.value_and_grad(loss_fn, has_aux=True)(self.state.params)
        {moved}
        self.state = self.state.apply_gradients(grads=grads, batch_stats=new["batch_stats"])
        return loss
{more}

trainer = Trainer()
trainer.begin(True)
print(trainer.step())
"""
PAIR = 'self.first_params, self.first_stats = variables["params"], variables["batch_stats"]'
LINES = """\
self.first_params = variables["params"]
        self.first_stats = variables["batch_stats"]"""
PARAMS = "self.first_params if self.state is None else self.state.params"
STATS = "self.first_stats if self.state is None else self.state.batch_stats"
SAVE = """
    def save(self):
        return to_bytes({"params": self.state.params, "batch_stats": self.state.batch_stats})
"""
LOAD = """
    def load(self, data):
        tree = msgpack_restore(data)
        self.state = TrainState.create(
            apply_fn=self.net.apply,
            params=tree["params"],
            batch_stats=tree["batch_stats"],
            tx=self.state.tx if self.state else optax.sgd(0.1),
        )
"""
RESET = """
    def reset(self):
        self.state = TrainState.create(
            apply_fn=self.net.apply,
            params=self.state.params,
            batch_stats=self.first_stats,
            tx=optax.sgd(0.1),
        )
"""


def migrated(
    kept: str = PAIR,
    params: str = PARAMS,
    stats: str = STATS,
    moved: str = "pass",
    more: str = "",
    activation: str = "nn.relu",
    style: Style = "functional",
) -> Result:
    parts = {"kept": kept, "params": params, "stats": stats, "moved": moved, "more": more}
    text = HEAD.format(activation=activation, **parts)
    return migrate_sources({"train.py": text}, Options(style=style))


WRAPPED = "getattr(nn, self.kind)"
CLONE = "self.model = nnx.clone(self.first if self.model is None else self.model)\n"
WRITTEN = [
    pytest.param({}, [CLONE], id="chosen"),
    pytest.param(
        {"params": "self.first_params", "stats": "self.first_stats"},
        ["self.model = nnx.clone(self.first)\n"],
        id="first",
    ),
    pytest.param({"kept": LINES}, [CLONE], id="one-after-the-other"),
    pytest.param(
        {"more": SAVE},
        [
            '"params": nnx.to_pure_dict(nnx.state(self.model, nnx.Param))',
            '"batch_stats": nnx.to_pure_dict(nnx.state(self.model, nnx.BatchStat))',
        ],
        id="saved",
    ),
    pytest.param(
        {"more": SAVE + LOAD, "activation": WRAPPED},
        [
            "self.net, {",
            '"params": tree["params"], "batch_stats": tree["batch_stats"]',
            "if self.optimizer else optax.sgd(0.1)",
        ],
        id="loaded",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("parts", "lines"), WRITTEN)
def test_statistics_go_with_their_model(parts: dict[str, str], lines: list[str], style: Style) -> None:
    text = migrated(**parts, style=style).changed["train.py"]
    for line in lines:
        assert line in text
    assert "self.first_stats" not in text


LEFT = [
    pytest.param(
        {"stats": "self.state.batch_stats if self.state is None else self.first_stats"},
        id="the-other-way-round",
    ),
    pytest.param(
        {"stats": "self.first_stats if flag else self.state.batch_stats"}, id="by-another-condition"
    ),
    pytest.param({"stats": "self.first_stats"}, id="not-chosen"),
    pytest.param({"params": "self.first_params"}, id="only-chosen"),
    pytest.param({"moved": "print(to_bytes(self.state.batch_stats))"}, id="saved-between-old-and-new"),
    pytest.param({"more": "\n    def read(self):\n        return self.first_stats\n"}, id="given-away"),
    pytest.param({"more": "\n    def read(self):\n        print(self.first_stats)\n"}, id="shown"),
    pytest.param({"more": RESET}, id="trained-parameters-with-first-statistics"),
    pytest.param(
        {"more": LOAD.replace('tree["batch_stats"]', "self.first_stats"), "activation": WRAPPED},
        id="loaded-with-statistics-of-a-model",
    ),
]


@pytest.mark.parametrize("parts", LEFT)
def test_what_is_not_known_stays(parts: dict[str, str]) -> None:
    result = migrated(**parts)
    assert not result.changed
    assert result.findings


LEARNER = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

X = jnp.ones((4, 3))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return nn.BatchNorm()(nn.Dense(2)(x), use_running_average=not train)


class Learner:
    def __init__(self):
        self.tx = optax.sgd(0.1)
        self.network = Net()
        variables = self.network.init(jax.random.key(0), X, train=False)
        self.params, self.stats = variables["params"], variables["batch_stats"]
        self.first = self.stats
        self.opt_state = self.tx.init(self.params)

    def step(self):
        def loss_fn(params):
            given = {{"params": params, "batch_stats": self.stats}}
            y, new = self.network.apply(given, X, train=True, mutable=["batch_stats"])
            return jnp.mean(y**2), new["batch_stats"]

        old = self.stats
        (loss, stats), grads = jax.value_and_grad(loss_fn, has_aux=True)(self.params)
        updates, self.opt_state = self.tx.update(grads, self.opt_state, self.params)
        self.params = optax.apply_updates(self.params, updates)
        {taken}
        return loss

    def evaluate(self):
        return self.network.apply({{"params": self.params, "batch_stats": {used}}}, X, train=False)


learner = Learner()
for _ in range(3):
    print(learner.step(), learner.evaluate())
"""
TAKEN = [
    pytest.param("self.stats = stats", "self.stats", True, id="new"),
    pytest.param("pass", "self.stats", False, id="dropped"),
    pytest.param("self.stats = stats if loss < 1 else old", "self.stats", False, id="perhaps-the-old-ones"),
    pytest.param("self.stats = old", "self.stats", False, id="the-old-ones"),
    pytest.param("self.stats = stats", "self.first", False, id="the-first-ones-used"),
]


@pytest.mark.parametrize(("taken", "used", "changed"), TAKEN)
def test_statistics_beside_parameters(taken: str, used: str, changed: bool) -> None:
    result = migrate_sources({"train.py": LEARNER.format(taken=taken, used=used)}, Options())
    assert ("train.py" in result.changed) is changed
    assert not changed or "self.model(X, train=False)" in result.changed["train.py"]
