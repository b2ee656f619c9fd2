"""Models among the operands of `jax.lax.cond` and `jax.lax.switch`, and updates inside of lambdas."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

model = nn.Dense(2)
x = jnp.ones((4, 3))
params = model.init(jax.random.key(0), x)["params"]
state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def loss(params):
    return jnp.mean(model.apply({"params": params}, x) ** 2)


HELPERS@jax.jit
def step(state, flag):
BODY
    return state


state = step(state, True)
"""


HELPERS = {
    "learn": """\
def learn(state):
    return state.apply_gradients(grads=jax.grad(loss)(state.params))


""",
    "skip": """\
def skip(state):
    return state


""",
}
"""Functions that a program has if it names them."""


def result(body: str, style: Style = "functional", head: str = HEAD) -> Result:
    indented = "\n".join(f"    {line}" for line in dedent(body).strip().splitlines())
    helpers = "".join(text for name, text in HELPERS.items() if name in body)
    text = head.replace("BODY", indented).replace("HELPERS", helpers)
    return migrate_sources({"train.py": text}, Options(style=style))


WRITTEN = [
    pytest.param(
        "state = jax.lax.cond(flag, learn, skip, state)",
        ["model, optimizer = jax.lax.cond(flag, learn, skip, model, optimizer)"],
        id="functions",
    ),
    pytest.param(
        "state = jax.lax.switch(flag, (skip, learn), state)",
        ["model, optimizer = jax.lax.switch(flag, (skip, learn), model, optimizer)"],
        id="a-choice-of-many",
    ),
    pytest.param(
        """
        grads = jax.grad(loss)(state.params)
        state = jax.lax.cond(flag, lambda s: s.apply_gradients(grads=grads), lambda s: s, state)
        """,
        [
            "    def update(s, s_optimizer):\n        s_optimizer.update(s, grads)\n",
            "flag, update, lambda",
        ],
        id="an-update-in-a-lambda",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "texts"), WRITTEN)
def test_operands_become_pairs(body: str, texts: list[str], style: Style) -> None:
    found = " ".join(result(body, style).changed["train.py"].replace("\n        ", " ").split(" "))
    flat = found.replace("\n", " ").replace("  ", " ")
    for text in texts:
        assert " ".join(text.split()) in " ".join(flat.split())


def test_a_lambda_gives_what_a_function_gives() -> None:
    body = "state = jax.lax.cond(flag, lambda s: learn(s), lambda s: s, state)"
    text = result(body).changed["train.py"]
    assert "lambda s, s_optimizer: learn(s, s_optimizer)" in text
    assert "lambda s, s_optimizer: (s, s_optimizer)" in text
    assert not result(body, "stateful").changed


STAYS = [
    pytest.param(
        "result = jax.lax.cond(flag, learn, lambda s: s.params, state)", "LNX202", id="other-kinds-of-results"
    ),
    pytest.param(
        "loss_now = jax.lax.cond(flag, lambda s: (learn(s), 0.0)[1], lambda s: 0.0, state)",
        "LNX202",
        id="an-update-that-is-dropped",
    ),
    pytest.param("state = jax.lax.cond(flag, library.learn, skip, state)", "LNX010", id="an-unknown-branch"),
    pytest.param("state = jax.lax.cond(state, learn, skip, state)", "LNX010", id="a-state-as-the-test"),
    pytest.param("state = jax.lax.switch(flag, library.table, state)", "LNX010", id="unknown-branches"),
    pytest.param(
        """
        def inner(other):
            again = learn(state)
            return again

        state = jax.lax.cond(flag, inner, skip, state)
        """,
        "LNX011",
        id="an-update-of-the-scope-around",
    ),
    pytest.param(
        """
        def inner(s):
            new = learn(s)
            return s

        state = jax.lax.cond(flag, inner, skip, state)
        """,
        "LNX011",
        id="the-old-state-given-back",
    ),
    pytest.param(
        """
        grads = jax.grad(loss)(state.params)
        states = [jax.lax.cond(f, lambda s: s.apply_gradients(grads=grads), skip, state) for f in flag]
        """,
        "LNX010",
        id="a-lambda-in-a-comprehension",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), STAYS)
def test_what_stays(body: str, code: str, style: Style) -> None:
    found = result(body, style, HEAD.replace("import optax", "import library\nimport optax"))
    assert not found.changed
    assert {code, "LNX005"} & {finding.code for finding in found.findings}


PROGRAM = """\
import jax
import jax.numpy as jnp
import flax.linen as nn


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


if __name__ == "__main__":
    from show import show

    show(Net)
"""
SHOW = """\
import jax
import jax.numpy as jnp


def show(cls):
    net = cls()
    x = jnp.ones((2, 3))
    variables = net.init(jax.random.key(0), x)
    print(net.apply(variables, x))


if __name__ == "__main__":
    from program import Net

    show(Net)
"""


def test_programs_that_start_one_another() -> None:
    """What only runs where a module is the program comes after every import."""
    found = migrate_sources({"program.py": PROGRAM, "show.py": SHOW}, Options())
    assert not any("on some paths" in finding.message for finding in found.findings)
