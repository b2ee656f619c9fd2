"""Train states whose class adds a field with batch statistics: the model holds them afterwards."""

from __future__ import annotations

from textwrap import dedent

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
    @nn.compact
    def __call__(self, x, train: bool = True):
        x = nn.Dense(4)(x)
        return nn.BatchNorm(use_running_average=not train)(x)


class TrainState(train_state.TrainState):
    batch_stats: Any


def create(seed, other=None):
    net = Net()
    variables = net.init(jax.random.key(seed), X, train=False)
    return TrainState.create(
        apply_fn=net.apply, params=variables["params"], batch_stats=variables["batch_stats"], tx=optax.sgd(1)
    )
"""
LOSS = """

def gradients(state, x):
    def loss_fn(params):
        y, updates = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats}, x, mutable=["batch_stats"]
        )
        return jnp.mean(y**2), updates

    (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    return grads, updates
"""
STEP = """

@jax.jit
def step(state, x):
    def loss_fn(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        y, updates = state.apply_fn(variables, x, mutable=["batch_stats"])
        return jnp.mean(y**2), updates

    (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    BODY


def main():
    state = create(0)
    for _ in range(3):
        state, loss = step(state, X)
    print(state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, X, train=False))
"""
STYLES: list[Style] = ["functional", "stateful"]


def result(text: str, style: Style = "functional") -> Result:
    return migrate_sources({"train.py": HEAD + text}, Options(style=style, bridge=False))


COUNTED = HEAD.replace("    batch_stats: Any\n", "    batch_stats: Any\n    count: int\n").replace(
    "tx=optax.sgd(1)", "tx=optax.sgd(1), count=0"
)
"""The same state with a field beside the statistics: it goes on as a record."""


def in_step(body: str) -> str:
    return STEP.replace("BODY", dedent(body).strip().replace("\n", "\n    "))


STEPS = [
    pytest.param(
        'return state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"]), loss', id="at-once"
    ),
    pytest.param(
        'new_state = state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"])\n'
        "return new_state, loss",
        id="new-name",
    ),
    pytest.param(
        "state = state.apply_gradients(grads=grads)\n"
        'state = state.replace(batch_stats=updates["batch_stats"])\nreturn state, loss',
        id="replaced-afterwards",
    ),
    pytest.param(
        'state = state.replace(batch_stats=updates["batch_stats"])\n'
        "state = state.apply_gradients(grads=grads)\nreturn state, loss",
        id="replaced-before",
    ),
    pytest.param(
        "state = state.apply_gradients(grads=grads)\n"
        'return state.replace(batch_stats=updates["batch_stats"]), loss',
        id="replaced-in-the-result",
    ),
    pytest.param(
        'stats = updates["batch_stats"]\nstate = state.apply_gradients(grads=grads, batch_stats=stats)\n'
        "return state, loss",
        id="under-a-name",
    ),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", STEPS)
def test_statistics_stay_in_the_model(body: str, style: Style) -> None:
    found = result(in_step(body), style)
    text = found.changed["train.py"]
    assert "batch_stats" not in text
    assert "TrainState" not in text
    assert "typing" not in text
    last = "    return loss\n" if style == "stateful" else "    return (model, optimizer), loss\n"
    assert f"    optimizer.update(model, grads)\n{last}" in text
    assert [c.plan for c in found.components] == ["pair"]


STAYS = [
    pytest.param(in_step("return state.apply_gradients(grads=grads), loss"), id="new-statistics-are-dropped"),
    pytest.param(
        in_step("state = state.apply_gradients(grads=grads)\nreturn state, loss"),
        id="new-statistics-are-dropped-by-name",
    ),
    pytest.param(
        in_step(
            "if loss is None:\n    state = state.apply_gradients(grads=grads)\nelse:\n    state = "
            'state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"])\nreturn state, loss'
        ),
        id="dropped-on-one-way",
    ),
    pytest.param(
        in_step(
            "stats = jax.tree.map(lambda s: 0.5 * s, updates['batch_stats'])\n"
            "return state.apply_gradients(grads=grads, batch_stats=stats), loss"
        ),
        id="changed-by-hand",
    ),
    pytest.param(
        in_step("return state.apply_gradients(grads=grads, batch_stats=state.batch_stats), loss"),
        id="the-old-statistics-are-kept",
    ),
    pytest.param(
        in_step(
            'state = state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"])\n'
            "return state.replace(step=0), loss"
        ),
        id="another-field-is-replaced",
    ),
    pytest.param(
        LOSS + "\n\ndef main():\n    state = create(0)\n    grads, updates = gradients(state, X)\n"
        "    variables = {'params': state.params, 'batch_stats': state.batch_stats}\n"
        "    print(state.apply_fn(variables, X, train=False))\n"
        "    return state.apply_gradients(grads=grads, batch_stats=updates['batch_stats'])\n",
        id="the-old-statistics-are-read",
    ),
    pytest.param(
        LOSS + "\n\ndef main():\n    state = create(0)\n    grads, updates = gradients(state, X)\n"
        "    again, updates = gradients(state, X)\n"
        "    return state.apply_gradients(grads=again, batch_stats=updates['batch_stats'])\n",
        id="two-gradients-from-the-same-statistics",
    ),
    pytest.param(
        LOSS + "\n\ndef main():\n    state, twin = create(0), create(1)\n"
        "    grads, updates = gradients(state, X)\n"
        "    return state.apply_gradients(grads=grads, batch_stats=twin.batch_stats)\n",
        id="statistics-of-another-model",
    ),
    pytest.param(
        LOSS + "\n\ndef main():\n    state = create(0)\n    kept = (state, 1)\n"
        "    grads, updates = gradients(state, X)\n"
        "    state = state.apply_gradients(grads=grads, batch_stats=updates['batch_stats'])\n"
        "    return state, kept[0]\n",
        id="the-old-state-is-in-a-tuple",
    ),
    pytest.param(
        in_step('return state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"]), loss')
        + "\n\nprint(TrainState)\n",
        id="the-class-is-a-value",
    ),
    pytest.param(
        in_step('return state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"]), loss')
        + "\n\ndef shown(state: 'TrainState'):\n    return state.step\n",
        id="the-class-is-named-elsewhere",
    ),
    pytest.param(
        "\n\ndef main():\n    state = create(0)\n"
        "    variables = {'params': state.params, 'batch_stats': state.batch_stats}\n"
        "    state = create(1)\n    return state.apply_fn(variables, X, train=False)\n",
        id="variables-of-a-model-that-is-gone",
    ),
    pytest.param(
        "\n\ndef main():\n    state = create(0)\n"
        "    variables = {'params': state.params, 'batch_stats': state.batch_stats}\n"
        "    print(len(variables))\n    return state.apply_fn(variables, X, train=False)\n",
        id="variables-are-used-in-other-ways",
    ),
    pytest.param(
        "\n\ndef main():\n    state = create(0)\n"
        "    variables = {'params': state.params, 'batch_stats': state.batch_stats}\n"
        "    def f():\n        return state.apply_fn(variables, X, train=False)\n    return f()\n",
        id="variables-are-read-by-a-closure",
    ),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", STAYS)
def test_stays(text: str, style: Style) -> None:
    found = result(text, style)
    assert not found.changed
    assert found.findings


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", STEPS)
def test_statistics_beside_other_fields_stay_in_the_model(body: str, style: Style) -> None:
    found = migrate_sources({"train.py": COUNTED + in_step(body)}, Options(style=style, bridge=False))
    text = found.changed["train.py"]
    assert "batch_stats" not in text
    assert "    optimizer: nnx.Optimizer\n    count: int\n" in text
    assert "optimizer=nnx.Optimizer(net, optax.sgd(1), wrt=nnx.Param), count=0)" in text
    assert "    state.optimizer.update(state.model, grads)\n" in text
    assert [c.plan for c in found.components] == ["holder"]


BESIDE = [
    pytest.param(
        "return state.apply_gradients(grads=grads, batch_stats=updates['batch_stats'], count=state.count + 1)"
        ", loss",
        "    return state.replace(count=state.count + 1), loss\n",
        id="both-at-once",
    ),
    pytest.param(
        "state = state.apply_gradients(grads=grads)\n"
        "return state.replace(batch_stats=updates['batch_stats'], count=state.count + 1), loss",
        "    return state.replace(count=state.count + 1), loss\n",
        id="replaced-with-another-field",
    ),
    pytest.param(
        "state = state.replace(count=state.count + 1)\n"
        "return state.apply_gradients(grads=grads, batch_stats=updates['batch_stats']), loss",
        "    state = state.replace(count=state.count + 1)\n"
        "    state.optimizer.update(state.model, grads)\n"
        "    return state, loss\n",
        id="another-field-first",
    ),
]


@pytest.mark.parametrize(("body", "expected"), BESIDE)
def test_other_fields_follow_by_replace(body: str, expected: str) -> None:
    found = migrate_sources({"train.py": COUNTED + in_step(body)}, Options(bridge=False))
    assert expected in found.changed["train.py"]


@pytest.mark.parametrize("text", [case for case in STAYS if case.id != "the-class-is-a-value"])
def test_stays_beside_other_fields(text: str) -> None:
    found = migrate_sources({"train.py": COUNTED + text}, Options(bridge=False))
    assert not found.changed
    assert found.findings


def test_a_record_with_statistics_in_some_places_only_stays() -> None:
    other = COUNTED + in_step("return state.apply_gradients(grads=grads), loss")
    other = other.replace('batch_stats=variables["batch_stats"]', "batch_stats=other")
    assert not migrate_sources({"train.py": other}, Options(bridge=False)).changed
