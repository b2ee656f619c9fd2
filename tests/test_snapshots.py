"""Names that keep what a model or a state was: best parameters, averages, steps that are taken back."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CREATE, JITTED_STEP, NET, STEP, after

STYLES: list[Style] = ["functional", "stateful"]


def migrated(helper: str, body: str, style: Style) -> str:
    text = after(NET, CREATE, helper, dedent(body))
    return migrate_sources({"train.py": text}, Options(style=style, bridge=False)).changed.get("train.py", "")


COPIES = [
    pytest.param(
        "first = state.params\nstate, loss = step(state, X)\nprint(optax.global_norm(first))",
        ["first = nnx.clone(model)", "print(optax.global_norm(nnx.state(first, nnx.Param)))"],
        id="first-parameters",
    ),
    pytest.param(
        "first = state\nstate, loss = step(state, X)\nprint(first.step)",
        ["first, first_optimizer = nnx.clone((model, optimizer))"],
        id="a-whole-state",
    ),
    pytest.param(
        "best, low = state.params, 9.0\nfor turn in range(4):\n    state, loss = step(state, X)\n"
        "    if loss < low:\n        best, low = state.params, loss\nprint(optax.global_norm(best))",
        ["best, low = nnx.clone(model), 9.0", "        best, low = nnx.clone(model), loss"],
        id="best-parameters",
    ),
    pytest.param(
        "for turn in range(4):\n    old = state\n    state, loss = step(state, X)\n"
        "    if loss > 1:\n        state = old\nprint(state.step)",
        ["    old, old_optimizer = nnx.clone((model, optimizer))"],
        id="a-step-taken-back",
    ),
    pytest.param(
        "ema = state.params\nfor turn in range(4):\n    state, loss = step(state, X)\n"
        "    ema = optax.incremental_update(state.params, ema, 0.1)\nprint(optax.global_norm(ema))",
        ["ema = nnx.clone(model)", "    nnx.update(", "        ema,"],
        id="an-average",
    ),
    pytest.param(
        "if X.ndim > 1:\n    other = state\nelse:\n    other = create(1)\n"
        "grads = jax.grad(lambda p: jnp.sum(state.apply_fn({'params': p}, X)))(state.params)\n"
        "state = state.apply_gradients(grads=grads)\nstate, loss = step(state, X)\n"
        "print(optax.global_norm(other.params), state.step)",
        [
            "    other, other_optimizer = nnx.clone((model, optimizer))",
            "    other, other_optimizer = create(1)",
        ],
        id="a-copy-or-the-result-of-a-call",
    ),
    pytest.param(
        "for turn in range(3):\n    work = state\n    for _ in range(2):\n"
        "        work, loss = step(work, X)\n"
        "    state = state.replace(params=jax.tree.map(lambda p, w: p + w, state.params, work.params))\n"
        "    print(optax.global_norm(work.params), optax.global_norm(state.params))",
        ["    work, work_optimizer = nnx.clone((model, optimizer))"],
        id="a-copy-that-is-trained",
    ),
    pytest.param(
        "last = state.params\none = state.params\nfor turn in range(4):\n"
        "    state, loss = step(state, X)\n    last, one = one, state.params\n"
        "    print(optax.global_norm(last), optax.global_norm(one))",
        ["    last, one = nnx.clone(one), nnx.clone(model)"],
        id="the-last-two",
    ),
    pytest.param(
        "def run(state):\n    first = state\n    for _ in range(3):\n        state, loss = step(state, X)\n"
        "    return first, state\n\nold, new = run(state)\nprint(optax.global_norm(old.params), new.step)",
        ["    first, first_optimizer = nnx.clone((model, optimizer))"],
        id="given-back-beside-the-new-state",
    ),
    pytest.param(
        "state, loss = step(state, X)\nparams = state.params\nprint(optax.global_norm(params))",
        ["print(optax.global_norm(nnx.state(model, nnx.Param)))"],
        id="no-copy-without-an-update",
    ),
]


@pytest.mark.parametrize("helper", [STEP, JITTED_STEP])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("body", "lines"), COPIES)
def test_copies(body: str, lines: list[str], helper: str, style: Style) -> None:
    written = migrated(helper, "state = create(0)\n" + body, style).splitlines()
    assert [line for line in lines if line not in written] == []
    assert any("nnx.clone" in line for line in written) == any("nnx.clone" in line for line in lines)


STAYS = [
    pytest.param(
        "history = []\nstate, loss = step(state, X)\nhistory.append(state.params)", id="kept-in-a-list"
    ),
    pytest.param(
        "best = state.opt_state\nstate, loss = step(state, X)\nprint(best)", id="an-optimizer-state-alone"
    ),
    pytest.param(
        "def scaled(p):\n    p = jax.tree.map(lambda a: a / 2, p)\n    return optax.global_norm(p)\n"
        "print(scaled(state.params), optax.global_norm(state.params))\nstate, loss = step(state, X)",
        id="a-parameter-that-is-scaled-for-itself",
    ),
    pytest.param(
        "def half(p):\n    p = jax.tree.map(lambda a: a / 2, p)\n    "
        "return jnp.sum(state.apply_fn({'params': p}, X))\n"
        "grads = jax.grad(half)(state.params)\nstate = state.apply_gradients(grads=grads)\nstep(state, X)",
        id="scaled-inside-of-a-loss",
    ),
    pytest.param(
        "@jax.jit\ndef scaled(p):\n    p = jax.tree.map(lambda a: a / 2, p)\n    "
        "return optax.global_norm(p)\nprint(scaled(state.params))\nstate, loss = step(state, X)",
        id="scaled-inside-of-jit",
    ),
    pytest.param(
        "both = [state.params]\nstate, loss = step(state, X)\nprint(optax.global_norm(both[0]))",
        id="kept-in-a-display",
    ),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str, style: Style) -> None:
    assert migrated(STEP, "state = create(0)\n" + body, style) == ""
