"""One line of `apply` for training and evaluation, whose statistics are None in the latter."""

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
from flax.training import train_state

X = jnp.ones((4, 3))


class Net(nn.Module):
    kind: str = "relu"

    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm()(nn.Dense(2)(x), use_running_average=not train)
        return {activation}(x)


class TrainState(train_state.TrainState):
    batch_stats: Any


net = Net()
variables = net.init(jax.random.key(0), X, train=False)
state = TrainState.create(
    apply_fn=net.apply, params=variables["params"], batch_stats=variables["batch_stats"], tx=optax.sgd(0.1)
)


def loss_fn(params, stats, train):
    given = {{"params": params, "batch_stats": stats}}
    out = net.apply(given, X, train=train, mutable={mutable})
{taken}
    return jnp.mean(y**2), {aux}


def step(state):
    lossy = lambda params: loss_fn(params, state.batch_stats, True)
    result, grads = jax.value_and_grad(lossy, has_aux=True)(state.params)
    {unpack}
    return state.apply_gradients(grads=grads, batch_stats=new["batch_stats"]), loss


def evaluate(state):
    loss, new = loss_fn(state.params, state.batch_stats, False)
    return {evaluated}


state, loss = step(state)
print(evaluate(state))
"""
FLAG = '["batch_stats"] if train else False'


def migrated(
    mutable: str = FLAG,
    taken: str = "    y, new = out if train else (out, None)",
    aux: str = "new",
    unpack: str = "loss, new = result",
    evaluated: str = "loss",
    activation: str = "nn.relu",
    style: Style = "functional",
) -> Result:
    parts = {"mutable": mutable, "taken": taken, "aux": aux, "unpack": unpack, "evaluated": evaluated}
    text = HEAD.format(activation=activation, **parts)
    return migrate_sources({"train.py": text}, Options(style=style))


WRAPPED = "getattr(nn, self.kind)"
BY_STATEMENT = "    if train:\n        y, new = out\n    else:\n        y, new = out, None"
WRITTEN = [
    pytest.param({}, ["out = model(X, train=train)", "y = out\n", "loss = result"], id="migrated"),
    pytest.param({"mutable": '"batch_stats" if train else False'}, ["y = out\n"], id="one-name"),
    pytest.param(
        {"mutable": 'False if not train else ("batch_stats",)'},
        ["out = model(X, train=train)"],
        id="turned-round",
    ),
    pytest.param(
        {"taken": BY_STATEMENT},
        ["    if train:\n        y = out\n    else:\n        y = out\n", "return jnp.mean(y**2)\n"],
        id="by-statement",
    ),
    pytest.param(
        {"aux": "(y, new)", "unpack": "loss, y, new = result[0], *result[1]"},
        ["loss, y = result[0], result[1]", "return jnp.mean(y**2), y\n"],
        id="spread",
    ),
    pytest.param(
        {"aux": "(y, y, new)", "unpack": "loss, y, _, new = result[0], *result[1]"},
        ["loss, y, _ = result[0], *result[1]", "return jnp.mean(y**2), (y, y)\n"],
        id="spread-of-more",
    ),
    pytest.param(
        {"activation": WRAPPED},
        [
            "def call_updating_stats(model, *inputs, **options):",
            'out = call_updating_stats(model, X, train=train, mutable=["batch_stats"] if train else False)',
        ],
        id="wrapped",
    ),
    pytest.param(
        {"activation": WRAPPED, "mutable": '["batch_stats"]', "taken": "    y, new = out"},
        ['out = call_updating_stats(model, X, train=train, mutable=["batch_stats"])'],
        id="wrapped-always",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("parts", "lines"), WRITTEN)
def test_the_model_has_its_statistics(parts: dict[str, str], lines: list[str], style: Style) -> None:
    text = migrated(**parts, style=style).changed["train.py"]
    for line in lines:
        assert line in text


LEFT = [
    pytest.param({"evaluated": "new"}, id="none-goes-on"),
    pytest.param({"evaluated": "loss if new is None else 0"}, id="none-is-asked-for"),
    pytest.param({"mutable": '["batch_stats", "cache"] if train else False'}, id="more-collections"),
    pytest.param({"mutable": '["cache"] if train else False'}, id="another-collection"),
    pytest.param({"taken": "    y, new = out if train else (out, 0)"}, id="something-else"),
    pytest.param({"taken": "    y, new = out if train else (None, out)"}, id="another-order"),
    pytest.param({"taken": "    y, new = out if train else (out + 1, None)"}, id="other-outputs"),
    pytest.param({"aux": "(new, new)", "unpack": "loss, new, _ = result[0], *result[1]"}, id="none-is-left"),
    pytest.param({"aux": "(y, new)", "unpack": "loss, y, new = sorted(*result[1])"}, id="in-a-call"),
]


@pytest.mark.parametrize("activation", ["nn.relu", WRAPPED])
@pytest.mark.parametrize("parts", LEFT)
def test_what_is_not_known_stays(parts: dict[str, str], activation: str) -> None:
    result = migrated(**parts, activation=activation)
    assert not result.changed
    assert result.findings
