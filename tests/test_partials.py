"""Partial calls: of steps that are compiled, and such that hand a module definition on."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

STEP = """\
def step(model, state, x):
    loss = lambda params: jnp.mean(model.apply({"params": params}, x))
    return state.apply_gradients(grads=jax.grad(loss)(state.params))
"""
SCALED = """\
def scaled(rate, state, x):
    loss = lambda params: rate * jnp.mean(state.apply_fn({"params": params}, x))
    return state.apply_gradients(grads=jax.grad(loss)(state.params))
"""
HEAD = f"""\
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


{STEP}

def main(x):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
"""
TAIL = "    return state\n"


def migrated(body: str, style: Style) -> str:
    """What `main` becomes from its fourth line on; empty where the program stays."""
    head = HEAD.replace(STEP, SCALED) if "scaled" in body else HEAD
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    result = migrate_sources({"train.py": head + lines + TAIL}, Options(style=style))
    text = result.changed.get("train.py", "")
    return text[text.index("    run = ") :] if text else ""


WRITTEN = [
    pytest.param(
        "run = functools.partial(step, model)\nstate = run(state, x)",
        "run = step\n    model, optimizer = run(model, optimizer, x)\n",
        "run = step\n    run(model, optimizer, x)\n",
        id="nothing-is-left-to-hand-over",
    ),
    pytest.param(
        "run = jax.jit(functools.partial(step, model=model))\nstate = run(state=state, x=x)",
        "run = jax.jit(step)\n    model, optimizer = run(model=model, optimizer=optimizer, x=x)\n",
        "run = nnx.jit(step)\n    run(model=model, optimizer=optimizer, x=x)\n",
        id="compiled",
    ),
    pytest.param(
        "run = functools.partial(jax.jit(step, static_argnums=0), model)\nstate = run(state, x)",
        "run = jax.jit(step)\n    model, optimizer = run(model, optimizer, x)\n",
        "run = nnx.jit(step)\n    run(model, optimizer, x)\n",
        id="the-static-number-goes-too",
    ),
    pytest.param(
        "run = jax.jit(functools.partial(scaled, 0.5))\nstate = run(state, x)",
        "run = jax.jit(functools.partial(scaled, 0.5))\n    model, optimizer = run(model, optimizer, x)\n",
        "run = nnx.jit(functools.partial(scaled, 0.5))\n    run(model, optimizer, x)\n",
        id="a-compiled-partial-call-works-on-copies",
    ),
    pytest.param(
        "run = jax.jit(functools.partial(scaled, 0.5), donate_argnums=0)\nstate = run(state, x)",
        "run = jax.jit(functools.partial(scaled, 0.5), donate_argnums=(0, 1))\n"
        "    model, optimizer = run(model, optimizer, x)\n",
        "run = nnx.jit(functools.partial(scaled, 0.5), donate_argnums=(0, 1))\n"
        "    run(model, optimizer, x)\n",
        id="numbers-count-behind-the-partial-call",
    ),
    pytest.param(
        "run = jax.pmap(functools.partial(scaled, 0.5), in_axes=(None, 0))\nstate = run(state, x)",
        "run = jax.pmap(functools.partial(scaled, 0.5), in_axes=(None, None, 0))\n"
        "    model, optimizer = run(model, optimizer, x)\n",
        "run = jax.pmap(functools.partial(scaled, 0.5), in_axes=(None, None, 0))\n"
        "    model, optimizer = run(model, optimizer, x)\n",
        id="axes-count-behind-the-partial-call",
    ),
]


@pytest.mark.parametrize(("body", "functional", "stateful"), WRITTEN)
def test_what_is_written(body: str, functional: str, stateful: str) -> None:
    end = "    return model, optimizer\n"
    assert migrated(body, "functional") == f"    {functional}{end}"
    assert migrated(body, "stateful") == f"    {stateful}{end}"


KEPT = [
    pytest.param(
        "run = jax.pmap(functools.partial(scaled, 0.5), in_axes=(None, 0, None))\nstate = run(state, x)",
        id="more-axes-than-arguments",
    ),
    pytest.param(
        "run = functools.partial(step, model)\nelsewhere(run)\nstate = run(state, x)",
        id="handed-to-something-unknown",
    ),
    pytest.param(
        "run = [functools.partial(step, model)]\nstate = step(model, state, x)\nprint(run)",
        id="kept-in-a-list",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", KEPT)
def test_what_stays(body: str, style: Style) -> None:
    assert migrated(body, style) == ""


def test_a_definition_that_is_handed_over_keeps_its_name() -> None:
    body = "run = functools.partial(step, model=model)\nstate = run(state=state, x=x, model=Net())"
    text = migrated(body, "functional")
    assert "run = functools.partial(step, model=model)" in text
    assert "nnx_model, optimizer = run(" in text
