"""Train states with fields of their own, which go on as one value of a class of the program."""

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
from flax import serialization
from flax.training.train_state import TrainState


class State(TrainState):
    target_params: Any
    count: int = 0


def create(seed, x):
    model = nn.Dense(2)
    params = model.init(jax.random.key(0), x)["params"]
    return State.create(apply_fn=model.apply, params=params, target_params=params, tx=optax.sgd(0.1))
"""
HELPERS = {
    "loss": """\
def loss(state, params, x):
    return jnp.mean(state.apply_fn({"params": params}, x) ** 2)
""",
    "gradients": """\
def gradients(state, x):
    return jax.grad(lambda params: loss(state, params, x))(state.params)
""",
    "soft": """\
def soft(state):
    return jax.tree.map(lambda p, t: 0.9 * t + 0.1 * p, state.params, state.target_params)
""",
}
"""Functions that a program has if it calls them, as what nothing calls is read for unknown callers."""


def result(body: str, style: Style = "functional", head: str = HEAD) -> Result:
    wanted = [text for name, text in HELPERS.items() if f"{name}(" in body]
    if "gradients(" in body and "loss(" not in body:
        wanted.insert(0, HELPERS["loss"])
    text = "\n\n".join([head, *wanted, dedent(body)]) if body else head
    return migrate_sources({"train.py": text}, Options(style=style))


def test_a_state_with_another_apply_function_is_left_alone() -> None:
    head = HEAD.replace("apply_fn=model.apply", "apply_fn=library.apply").replace(
        "import optax", "import library\nimport optax"
    )
    assert not result("", head=head).changed


REWRITES = [
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            state = state.apply_gradients(grads=gradients(state, x), count=state.count + 1)
            return state
        """,
        """
        def main(x):
            state = create(0, x)
            state.optimizer.update(state.model, gradients(state, x))
            state = state.replace(count=state.count + 1)
            return state
        """,
        id="fields-beside-the-gradients",
    ),
    pytest.param(
        """
        def main(x):
            states = [create(0, x), {"other": create(1, x)}]
            return states
        """,
        """
        def main(x):
            states = [create(0, x), {"other": create(1, x)}]
            return states
        """,
        id="in-a-list-and-a-dict",
    ),
    pytest.param(
        """
        def step(carry, x):
            state, total = carry
            new_state = state.apply_gradients(grads=gradients(state, x))
            return (new_state.replace(target_params=soft(new_state)), total), None
        """,
        None,
        id="states-of-unknown-callers",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            new_state = state.apply_gradients(grads=gradients(state, x))
            new_state = new_state.replace(target_params=soft(new_state))
            return new_state
        """,
        """
        def main(x):
            state = create(0, x)
            state.optimizer.update(state.model, gradients(state, x))
            new_state = state
            nnx.update(new_state.target_model, soft(new_state))
            return new_state
        """,
        id="new-names",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            return serialization.to_bytes([state.params])
        """,
        """
        def main(x):
            state = create(0, x)
            return serialization.to_bytes([nnx.to_pure_dict(nnx.state(state.model, nnx.Param))])
        """,
        id="saved-in-a-list",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            pair = state, 1
            state, one = pair
            return loss(state, state.target_params, x) + one
        """,
        """
        def main(x):
            state = create(0, x)
            pair = state, 1
            state, one = pair
            return loss(state, state.target_model, x) + one
        """,
        id="in-a-tuple",
    ),
    pytest.param(
        """
        @jax.jit
        def step(state, x):
            state = state.apply_gradients(grads=gradients(state, x))
            return state.replace(target_params=state.params, count=0)


        def main(x):
            return step(create(0, x), x)
        """,
        """
        @jax.jit
        def step(state, x):
            state.optimizer.update(state.model, gradients(state, x))
            return state.replace(target_model=nnx.clone(state.model), count=0)


        def main(x):
            return step(create(0, x), x)
        """,
        id="a-hard-update-is-a-copy",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            steps = state.step
            return optax.global_norm(state.target_params), steps
        """,
        """
        def main(x):
            state = create(0, x)
            steps = state.optimizer.step[...].astype(jnp.int32)
            return optax.global_norm(nnx.state(state.target_model, nnx.Param)), steps
        """,
        id="steps-and-norms",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "after"), REWRITES)
def test_what_is_written(body: str, after: str | None, style: Style) -> None:
    found = result(body, style)
    if after is None:
        assert not found.changed
        return
    text = found.changed["train.py"]
    assert text.endswith("\n\n" + dedent(after))
    assert {(c.status, c.plan) for c in found.components} == {("migrated", "holder")}
    assert "TrainState" not in text
    assert not result("", head=text).changed


def test_the_class_keeps_its_fields() -> None:
    text = result("def main(x):\n    return create(0, x)\n").changed["train.py"]
    expected = """\
class State(struct.PyTreeNode):
    model: nnx.Module
    optimizer: nnx.Optimizer
    target_model: nnx.Module
    count: int = 0
"""
    assert expected in text
    assert "target_model=nnx.clone(model)," in text


OLD_VALUES = [
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            new_state = state.apply_gradients(grads=gradients(state, x))
            return loss(state, state.params, x), new_state
        """,
        id="old-parameters-are-read",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            new_state = state.apply_gradients(grads=gradients(state, x))
            return state, new_state
        """,
        id="the-old-state-is-returned",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            new_state = state.replace(target_params=soft(state))
            return loss(state, state.target_params, x), new_state
        """,
        id="an-old-target-is-read",
    ),
    pytest.param(
        """
        def update(state, x):
            return state.apply_gradients(grads=gradients(state, x))


        def main(x):
            state = create(0, x)
            new_state = update(state, x)
            return jnp.where(x.sum() > 0, loss(new_state, new_state.params, x), loss(state, state.params, x))
        """,
        id="after-a-call",
    ),
    pytest.param(
        """
        def main(x):
            state = create(0, x)
            return state.replace(target_params=soft(state), params=soft(state))
        """,
        id="two-trees-at-once",
    ),
    pytest.param(
        """
        @jax.jit
        def step(state, x):
            state.apply_gradients(grads=gradients(state, x))
            return loss(state, state.params, x)


        def main(x):
            return step(create(0, x), x)
        """,
        id="an-update-that-is-dropped",
    ),
    pytest.param(
        """
        def main(x):
            first = create(0, x)
            second = State.create(
                apply_fn=first.apply_fn, params=first.params, target_params=first.params, tx=optax.sgd(0.1)
            )
            first = first.apply_gradients(grads=gradients(first, x))
            second = second.apply_gradients(grads=gradients(second, x))
            return first, second
        """,
        id="two-states-of-the-same-parameters",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", OLD_VALUES)
def test_old_values_stay_readable(body: str, style: Style) -> None:
    found = result(body, style)
    assert not found.changed
    assert {f.code for f in found.findings} & {"LNX001", "LNX002", "LNX011", "LNX012", "LNX202"}


CLASSES = [
    pytest.param("    target_params: Any\n", "    target_params: Any\n    def f(self): ...\n", id="a-method"),
    pytest.param("    count: int = 0\n", "    limit = 3\n    count: int = 0\n", id="a-class-attribute"),
    pytest.param("class State(TrainState)", "class State(TrainState, object)", id="two-bases"),
    pytest.param("    count: int = 0\n", "    model: int = 0\n", id="a-field-called-model"),
    pytest.param("import optax\n", "import optax\nimport struct\n", id="struct-is-another-module"),
    pytest.param("target_params=params,", "target_params=jnp.ones(3),", id="a-field-with-something-else"),
]


@pytest.mark.parametrize(("old", "new"), CLASSES)
def test_classes_that_stay(old: str, new: str) -> None:
    body = "def main(x):\n    state = create(0, x)\n    return loss(state, state.target_params, x)\n"
    assert result(body).changed
    assert old in HEAD
    assert not result(body, head=HEAD.replace(old, new)).changed
