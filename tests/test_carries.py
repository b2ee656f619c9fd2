"""Loops of jax with models in their carry."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def create(x):
    model = nn.Dense(2)
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def update(state, x):
    grads = jax.grad(lambda params: jnp.mean(state.apply_fn({"params": params}, x) ** 2))(state.params)
    return state.apply_gradients(grads=grads)


"""
REWRITES = [
    pytest.param(
        """
        @jax.jit
        def body(state, item):
            return update(state, item), None


        def main(x):
            ts = create(x[0])
            ts, _ = body(state=ts, item=x[0])
            ts, _ = jax.lax.scan(body, ts, x)
            return ts.step
        """,
        """
        @jax.jit
        def body(state, item):
            model, optimizer = state
            return update(model, optimizer, item), None


        def main(x):
            model, optimizer = create(x[0])
            (model, optimizer), _ = body(state=(model, optimizer), item=x[0])
            (model, optimizer), _ = jax.lax.scan(body, (model, optimizer), x)
            return optimizer.step[...].astype(jnp.int32)
        """,
        id="the-body-is-compiled-and-called-by-itself",
    ),
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                return update(carry, item), None

            state, _ = jax.lax.scan(body, create(x[0]), x)
            return state.step
        """,
        None,
        id="a-state-without-a-name",
    ),
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                \"\"\"One step.\"\"\"
                return update(carry, item), None

            state = create(x[0])
            state, _ = jax.lax.scan(body, init=state, xs=x)
            return state.step
        """,
        """
        def main(x):
            def body(carry, item):
                \"\"\"One step.\"\"\"
                model, optimizer = carry
                return update(model, optimizer, item), None

            model, optimizer = create(x[0])
            (model, optimizer), _ = jax.lax.scan(body, init=(model, optimizer), xs=x)
            return optimizer.step[...].astype(jnp.int32)
        """,
        id="scan-with-keywords",
    ),
    pytest.param(
        """
        def main(x):
            def again(carry):
                state, turn = carry
                return turn < 3

            def body(carry):
                state, turn = carry
                return update(state, x), turn + 1

            carry = jax.lax.while_loop(again, body, (create(x), 0))
            return carry[0].step, optax.global_norm(carry[0].params)
        """,
        """
        def main(x):
            def again(carry):
                (model, optimizer), turn = carry
                return turn < 3

            def body(carry):
                (model, optimizer), turn = carry
                return update(model, optimizer, x), turn + 1

            carry = jax.lax.while_loop(again, body, (create(x), 0))
            return carry[0][1].step[...].astype(jnp.int32), optax.global_norm(
                nnx.state(carry[0][0], nnx.Param)
            )
        """,
        id="while-loop-and-items",
    ),
]


def migrated(body: str, style: Style) -> str | None:
    text = HEAD + dedent(body)
    return migrate_sources({"train.py": text}, Options(style=style)).changed.get("train.py")


@pytest.mark.parametrize(("body", "after"), REWRITES)
def test_what_is_written(body: str, after: str | None) -> None:
    text = migrated(body, "functional")
    assert text is None if after is None else text is not None and text.endswith("\n\n" + dedent(after))


REFUSALS = [
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                new = update(carry[0], item)
                return carry, None

            carry, _ = jax.lax.scan(body, (create(x[0]), 1), x)
            return carry
        """,
        id="the-update-is-not-carried-on",
    ),
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                state, best = carry
                new_state = update(state, item)
                return (new_state, state), None

            state = create(x[0])
            carry, _ = jax.lax.scan(body, (state, create(x[0])), x)
            return carry
        """,
        id="the-old-state-is-carried-on",
    ),
    pytest.param(
        """
        def main(x):
            state = create(x[0])

            def body(carry, item):
                update(state, item)
                return carry, None

            carry, _ = jax.lax.scan(body, (state, 1), x)
            return carry
        """,
        id="a-state-of-the-enclosing-function-is-updated",
    ),
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                return 1, None

            carry, _ = jax.lax.scan(body, create(x[0]), x)
            return carry
        """,
        id="the-carry-changes-its-form",
    ),
    pytest.param(
        """
        def main(x):
            def body(carry, item):
                carry = update(carry, item)
                return carry, carry.params

            state = create(x[0])
            state, history = jax.lax.scan(body, state, x)
            return history
        """,
        id="parameters-of-every-turn",
    ),
    pytest.param(
        """
        def body(carry, item):
            return update(carry, item), None


        def main(x):
            bodies = [body]
            state, _ = jax.lax.scan(body, create(x[0]), x)
            return state.step, bodies
        """,
        id="the-body-is-kept",
    ),
    pytest.param(
        """
        def main(x):
            def body(model, item):
                return update(model, item), None

            model = create(x[0])
            model, _ = jax.lax.scan(body, model, x)
            return model.step
        """,
        id="the-carry-has-the-name-of-the-model",
    ),
    pytest.param(
        """
        def main(x):
            pair = create(x[0]), 1
            state, one = pair
            state = update(state, x[0])
            return pair
        """,
        id="a-tuple-with-an-old-state",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", REFUSALS)
def test_what_stays(body: str, style: Style) -> None:
    assert migrated(body, style) is None


LOADED = """
def train(x, n):
    def step(state, _):
        state = update(state, x)
        return state, None

    state = create(x)
    state, _ = jax.lax.scan(step, state, None, n)
    return {"states": (state, x)}


def main(x):
    out = train(x, 3)
    params = out["states"][0].params
"""


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_parameters_of_an_item_get_a_name(style: Style) -> None:
    new = migrated(LOADED + "    return optax.global_norm(params)\n", style)
    assert new is not None
    assert 'model = out["states"][0][0]\n    return optax.global_norm(nnx.state(model, nnx.Param))' in new


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_parameters_of_an_item_that_is_trained_on(style: Style) -> None:
    lines = '    state = update(out["states"][0], x)\n    return optax.global_norm(params), state\n'
    assert migrated(LOADED + lines, style) is None


def test_a_function_gives_back_what_a_loop_made() -> None:
    text = """
        def epoch(state, x):
            def body(state, item):
                state = update(state, item)
                return state, None

            state, _ = jax.lax.scan(body, state, x)
            return state


        def main(x):
            state = create(x[0])
            for _ in range(3):
                state = epoch(state, x)
            return state.step
    """
    new = migrated(text, "stateful")
    assert new is not None
    assert "    return model, optimizer\n" in new
    assert "    model, optimizer = epoch(model, optimizer, x)\n" in new


PASSED_ON = """
def step(state, x):
    state = update(state, x)
    return state, state.step


def main(x):
    def body(state, item):
        return step(state, item)

    state = create(x[0])
    state, _ = jax.lax.scan(body, state, x)
    return state.step
"""


@pytest.mark.parametrize(("style", "stays"), [("functional", False), ("stateful", True)])
def test_a_body_that_passes_on_what_a_step_gives(style: Style, stays: bool) -> None:
    assert (migrated(PASSED_ON, style) is None) == stays
