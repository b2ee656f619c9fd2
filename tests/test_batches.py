"""`jax.vmap` and `jax.pmap` of functions that make, take or give train states."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style
from tests.linen_programs import CREATE, NET, STEP, after

STYLES: list[Style] = ["functional", "stateful"]
TOP = """
from functools import partial
from flax import jax_utils

KEYS = jax.random.split(jax.random.key(0), 3)
"""


def result(body: str, style: Style = "functional") -> Result:
    steps = [STEP] if "step(" in body or "(step" in body else []
    text = after(NET, CREATE, *steps, TOP + dedent(body))
    return migrate_sources({"train.py": text}, Options(style=style, bridge=False))


BATCHED = [
    pytest.param(
        "states = jax.vmap(create)(KEYS)\nstate = jax.tree.map(lambda x: x[0], states)\n"
        "state, loss = step(state, X)\nstates.step",
        "models, optimizers = jax.vmap(create)(KEYS)\n"
        "model, optimizer = jax.tree.map(lambda x: x[0], (models, optimizers))\n"
        "(model, optimizer), loss = step(model, optimizer, X)\noptimizers.step[...]",
        id="an-entry-goes-on",
    ),
    pytest.param("states = jax.vmap(create)(KEYS)", "models, optimizers = jax.vmap(create)(KEYS)", id="made"),
    pytest.param(
        "states = jax.jit(jax.vmap(create))(KEYS)",
        "models, optimizers = jax.jit(jax.vmap(create))(KEYS)",
        id="jit-of-vmap",
    ),
    pytest.param(
        "states = jax.vmap(jax.jit(create))(KEYS)",
        "models, optimizers = jax.vmap(jax.jit(create))(KEYS)",
        id="vmap-of-jit",
    ),
    pytest.param(
        "states = jax.pmap(create)(KEYS)\np_step = jax.pmap(step, donate_argnums=(0,))\n"
        "states, loss = p_step(states, X[None])",
        "p_step = jax.pmap(step, donate_argnums=(0, 1))\n"
        "(models, optimizers), loss = p_step(models, optimizers, X[None])",
        id="pmap-with-donation",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\nstates, loss = jax.vmap(step, in_axes=(0, None))(states, X)",
        "(models, optimizers), loss = jax.vmap(step, in_axes=(0, 0, None))(models, optimizers, X)",
        id="axes",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\n"
        "states, loss = jax.vmap(step, in_axes=(0, None), out_axes=(0, 0))(states, X)",
        "(models, optimizers), loss = jax.vmap(step, in_axes=(0, 0, None), out_axes=(0, 0))(\n"
        "    models, optimizers, X\n)",
        id="axes-of-results",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\n"
        "loss = jax.vmap(lambda state: state.apply_fn({'params': state.params}, X))(states)",
        "loss = jax.vmap(lambda model: model(X))(models)",
        id="lambda",
    ),
    pytest.param(
        "@partial(jax.vmap, in_axes=(None, 0))\ndef f(x, state):\n"
        "    return state.apply_fn({'params': state.params}, x)\nf(X, jax.vmap(create)(KEYS))",
        "",
        id="result-without-a-name",
    ),
    pytest.param(
        "@partial(jax.vmap, in_axes=(None, 0))\ndef f(x, state):\n"
        "    return state.apply_fn({'params': state.params}, x)\n"
        "states = jax.vmap(create)(KEYS)\nf(X, states)",
        "f(X, models)",
        id="decorator",
    ),
    pytest.param(
        "state = jax_utils.replicate(create(0), jax.devices())\nprint(state.step)",
        "model, optimizer = jax_utils.replicate(create(0), jax.devices())\nprint(optimizer.step[...])",
        id="replicated-to-these-devices",
    ),
    pytest.param(
        "state = create(0)\nall = jax_utils.replicate({'state': state, 'key': 0})\n"
        "print(jax_utils.unreplicate(all)['state'].step)",
        "all = jax_utils.replicate({'state': (model, optimizer), 'key': 0})\n"
        "print(jax_utils.unreplicate(all)['state'][1].step[...])",
        id="replicated-in-a-dict",
    ),
    pytest.param(
        "state = jax_utils.replicate(create(0))\nlast = jax_utils.unreplicate(state)\nprint(last.step)",
        "last, last_optimizer = jax_utils.unreplicate((model, optimizer))\nprint(last_optimizer.step[...])",
        id="replicated",
    ),
]


READ_INSIDE = """
state = create(0)
def shown(state, x):
    def inner(x):
        return state.apply_fn({"params": state.params}, x) * state.step
    return inner(x)
"""


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            "jax.vmap(shown, in_axes=(None, 0))(state, X)",
            "jax.vmap(shown, in_axes=(None, None, 0))(model, optimizer, X)",
            id="axes",
        ),
        pytest.param(
            "jax.jit(shown, donate_argnums=1)(state, X)",
            "jit(shown, donate_argnums=2)(model, optimizer, X)",
            id="donated",
        ),
    ],
)
def test_a_function_that_reads_the_state_in_an_inner_one(call: str, expected: str, style: Style) -> None:
    assert result(READ_INSIDE + call, style).changed["train.py"].endswith(f"{expected}\n")


@pytest.mark.parametrize(("body", "expected"), BATCHED)
def test_batched(body: str, expected: str) -> None:
    text = result(body).changed.get("train.py")
    if not expected:
        assert text is None
    else:
        assert text is not None
        assert text.endswith(f"{expected}\n")


def test_both_styles_are_functional() -> None:
    body = "states = jax.vmap(create)(KEYS)\nstates, loss = jax.vmap(step, in_axes=(0, None))(states, X)"
    texts = [result(body, style).changed["train.py"] for style in STYLES]
    assert texts[0] == texts[1]


STAYS = [
    pytest.param(
        "state = create(0)\nheld = (state, 1)\nstate, loss = step(state, X)\n"
        "one = jax.tree.map(lambda x: x[0], held[0])\none.step",
        id="an-entry-of-an-old-state",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\none = jax.tree.map(lambda x: x * 2, states)\none.step",
        id="a-state-computed-leaf-by-leaf",
    ),
    pytest.param("@jax.named_call\ndef made():\n    return create(0)\nmade().step", id="unknown-decorator"),
    pytest.param("jax.eval_shape(create, 0)", id="unknown-transform"),
    pytest.param("jax.vmap(jax.vmap(create))(KEYS[None])", id="vmap-of-vmap"),
    pytest.param("jax.vmap(create, 0, spmd_axis_name='a')(KEYS)", id="options-by-position"),
    pytest.param(
        "AXES = (0, None)\nstates = jax.vmap(create)(KEYS)\n"
        "states, loss = jax.vmap(step, in_axes=AXES)(states, X)",
        id="computed-axes",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\n"
        "states, loss = jax.vmap(step, in_axes=(0, None), out_axes=((0, 0), 0))(states, X)",
        id="axes-of-parts-of-a-result",
    ),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\n@jax.pmap\ndef f(state, x):\n    state, loss = step(state, x)\n"
        "    return loss\nf(states, X)",
        id="updated-and-not-returned",
    ),
    pytest.param(
        "state = create(0)\ndef f(x):\n    return step(state, x)\njax.vmap(f)(X)", id="update-of-a-closure"
    ),
    pytest.param(
        "state = create(0)\njax.vmap(lambda x: jax.grad(lambda p: state.apply_fn({'params': p}, x).sum())"
        "(state.params))(X)",
        id="gradients-of-each-example",
    ),
    pytest.param("states = jax.vmap(create)(KEYS)\njax.vmap(step)(*[states, X])", id="starred"),
    pytest.param(
        "states = jax.vmap(create)(KEYS)\njax.vmap(jax.jit(step), in_axes=(0, None))(states, X)",
        id="vmap-of-jit-of-a-step",
    ),
    pytest.param("jax_utils.replicate({'tree': [create(0).params, create(0)]})", id="replicated-parameters"),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str, style: Style) -> None:
    found = result(body, style)
    assert not found.changed
    assert found.findings
