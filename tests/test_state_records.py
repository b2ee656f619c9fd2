"""NamedTuples and dataclasses with train states in their fields, which become pairs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

HEAD = """\
import dataclasses
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import struct
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


"""
RUNNER = """\
class Runner(NamedTuple):
    state: TrainState
    total: Any


"""
METHODS = """\
@struct.dataclass
class Runner:
    state: TrainState
    total: Any

    def norm(self):
        return optax.global_norm(self.state.params)


"""
STEP = """\
def create(x):
    net = Net()
    params = net.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))


def grads_of(state, x):
    return jax.grad(lambda p: jnp.mean(state.apply_fn({"params": p}, x) ** 2))(state.params)


"""


def migrated(record: str, body: str, style: Style = "functional") -> str | None:
    """The new text of a program with a record, if it changes."""
    text = HEAD + record + STEP + dedent(body).lstrip("\n")
    return migrate_sources({"train.py": text}, Options(style=style)).changed.get("train.py")


REWRITES = [
    pytest.param(
        """
        def main(x):
            runner = Runner(create(x), 0)
            state = runner.state.apply_gradients(grads=grads_of(runner.state, x))
            runner = runner._replace(state=state, total=runner.total + 1)
            return runner.state.params, int(runner.state.step)
        """,
        """
        def main(x):
            runner = Runner(create(x), 0)
            runner.state[1].update(runner.state[0], grads_of(runner.state[0], x))
            model, optimizer = runner.state
            runner = runner._replace(state=(model, optimizer), total=runner.total + 1)
            return runner.state[0], int(runner.state[1].step[...])
        """,
        id="an-update-of-a-field",
    ),
    pytest.param(
        """
        def step(runner, x):
            return Runner(runner.state.apply_gradients(grads=grads_of(runner.state, x)), runner.total + 1), x


        def main(xs):
            runner, _ = jax.lax.scan(step, Runner(create(xs[0]), 0), xs)
            state, total = runner
            return optax.global_norm(state.params), total
        """,
        """
        def step(runner, x):
            runner.state[1].update(runner.state[0], grads_of(runner.state[0], x))
            return Runner(runner.state, runner.total + 1), x


        def main(xs):
            runner, _ = jax.lax.scan(step, Runner(create(xs[0]), 0), xs)
            (model, optimizer), total = runner
            return optax.global_norm(nnx.state(model, nnx.Param)), total
        """,
        id="an-update-inside-of-a-construction",
    ),
    pytest.param(
        """
        def main(x):
            carry = {"runner": Runner(create(x), 0)}
            state: TrainState = carry["runner"].state
            return grads_of(state, x), carry["runner"].total
        """,
        """
        def main(x):
            carry = {"runner": Runner(create(x), 0)}
            model, optimizer = carry["runner"].state
            return grads_of(model, x), carry["runner"].total
        """,
        id="a-record-in-a-dict",
    ),
    pytest.param(
        """
        def step(state, x):
            return state.apply_gradients(grads=grads_of(state, x)), x


        def main(xs):
            runner = Runner(create(xs[0]), 0)
            state, _ = jax.lax.scan(step, runner.state, xs)
            return optax.global_norm(state.params), optax.global_norm(runner.state.params)
        """,
        """
        def step(state, x):
            model, optimizer = state
            optimizer.update(model, grads_of(model, x))
            return (model, optimizer), x


        def main(xs):
            runner = Runner(create(xs[0]), 0)
            (model, optimizer), _ = jax.lax.scan(step, runner.state, xs)
            return optax.global_norm(nnx.state(model, nnx.Param)), optax.global_norm(
                nnx.state(runner.state[0], nnx.Param)
            )
        """,
        id="a-loop-that-begins-with-a-field",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "after"), REWRITES)
def test_what_is_written(body: str, after: str, style: Style) -> None:
    text = migrated(RUNNER, body, style)
    assert text is not None
    assert "    state: tuple[nnx.Module, nnx.Optimizer]\n" in text
    assert text.endswith("\n\n" + dedent(after).lstrip("\n"))


def test_dataclasses_replace() -> None:
    record = RUNNER.replace("class Runner(NamedTuple)", "@dataclasses.dataclass\nclass Runner")
    body = """
        def main(x):
            runner = Runner(create(x), 0)
            state = runner.state.apply_gradients(grads=grads_of(runner.state, x))
            runner = dataclasses.replace(runner, state=state)
            return runner.total, grads_of(runner.state, x)
        """
    text = migrated(record, body)
    assert text is not None
    assert "    runner = dataclasses.replace(runner, state=(model, optimizer))\n" in text
    assert text.endswith("    return runner.total, grads_of(runner.state[0], x)\n")


UPDATE = """
    state = runner.state
    state = state.apply_gradients(grads=grads_of(state, x))
    new = runner._replace(state=state)
"""


def test_a_method_that_nothing_calls() -> None:
    body = """
        def main(x):
            runner = Runner(create(x), 0)
            return optax.global_norm(grads_of(runner.state, x))
        """
    text = migrated(METHODS, body)
    assert text is not None
    assert "        return optax.global_norm(nnx.state(self.state[0], nnx.Param))\n" in text


REFUSALS = [
    pytest.param(
        RUNNER,
        f"""
def main(x):
    runner = Runner(create(x), 0){UPDATE}    return new.total, optax.global_norm(runner.state.params)
""",
        id="the-old-record-is-read",
    ),
    pytest.param(
        RUNNER,
        f"""
def main(x):
    runner = Runner(create(x), 0){UPDATE}    return new, runner
""",
        id="the-old-record-is-returned",
    ),
    pytest.param(
        RUNNER,
        f"""
def main(x):
    shared = create(x)
    runner = Runner(shared, 0)
    other = Runner(shared, 1){UPDATE}    return new, optax.global_norm(other.state.params)
""",
        id="two-records-of-one-state",
    ),
    pytest.param(
        RUNNER.replace("total: Any", "best: Any"),
        f"""
def main(x):
    shared = create(x)
    runner = Runner(shared, shared.params){UPDATE}    return optax.global_norm(new.best)
""",
        id="old-parameters-in-another-field",
    ),
    pytest.param(
        RUNNER.replace("state: TrainState\n    total: Any", "total: Any\n    state: Any = None"),
        """
        def main(x):
            runner = Runner(1, create(x))
            return optax.global_norm(grads_of(runner.state, x))
        """,
        id="a-default",
    ),
    pytest.param(
        RUNNER,
        """
        def evaluate(runner):
            return optax.global_norm(runner.state.params)


        def main(x):
            runner = Runner(create(x), 0)
            return optax.global_norm(grads_of(runner.state, x))
        """,
        id="a-reader-that-nothing-calls",
    ),
    pytest.param(
        METHODS,
        """
        def main(x):
            runner = Runner(create(x), 0)
            runner = jax.tree.map(lambda leaf: 2 * leaf, runner)
            return runner.norm(), optax.global_norm(grads_of(create(x), x))
        """,
        id="a-record-that-is-mapped-over",
    ),
    pytest.param(
        RUNNER,
        """
        def main(x):
            runner = Runner(create(x), 0)
            runner = Runner(
                total=optax.global_norm(runner.state.params),
                state=runner.state.apply_gradients(grads=grads_of(runner.state, x)),
            )
            return runner.total
        """,
        id="the-state-is-read-beside-its-update",
    ),
    pytest.param(
        RUNNER,
        """
        def main(x):
            runner = Runner(create(x), 0)

            def norm():
                return optax.global_norm(runner.state.params)

            new = Runner(total=norm(), state=runner.state.apply_gradients(grads=grads_of(runner.state, x)))
            return new.total
        """,
        id="a-function-reads-the-state-beside-its-update",
    ),
    pytest.param(
        "",
        """
        def step(state, x):
            def norm():
                return optax.global_norm(state.params)

            return norm(), state.apply_gradients(grads=grads_of(state, x))


        def main(x):
            norm, state = step(create(x), x)
            return norm, optax.global_norm(state.params)
        """,
        id="a-function-reads-the-state-beside-its-update-in-a-tuple",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("record", "body"), REFUSALS)
def test_what_stays(record: str, body: str, style: Style) -> None:
    assert migrated(record, body, style) is None
