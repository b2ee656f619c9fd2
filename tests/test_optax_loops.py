"""Loops without a train state: parameters and optimizer state side by side."""

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


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


net = Net()
tx = optax.adam(0.1)


def loss_fn(params, x):
    return jnp.mean(net.apply(params, x) ** 2)


"""
STEP = """
def step(params, opt_state, x):
    grads = jax.grad(loss_fn)(params, x)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


"""


def migrated(body: str, style: Style) -> tuple[str | None, set[str]]:
    """The new text, and the codes of what is said."""
    result = migrate_sources({"train.py": HEAD + dedent(body).lstrip("\n")}, Options(style=style))
    return result.changed.get("train.py"), {finding.code for finding in result.findings}


REWRITES = [
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            state = tx.init(params)
            loss, grads = jax.value_and_grad(loss_fn)(params, x)
            updates, state = tx.update(grads, state, value=loss)
            new_params = optax.apply_updates(params, updates)
            return new_params, state
        """,
        """
        def main(x):
            model = net(in_features=x.shape[-1], rngs=nnx.Rngs(0))
            optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
            loss, grads = nnx.value_and_grad(loss_fn)(model, x)
            optimizer.update(model, grads, value=loss)
            return model, optimizer
        """,
        id="extra-arguments",
    ),
    pytest.param(
        """
        def main(x, schedule):
            params = net.init(jax.random.key(0), x)
            optimizer = optax.sgd(schedule)
            opt_state = optimizer.init(params)
            for _ in range(5):
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = optimizer.update(grads, opt_state)
                params = optax.apply_updates(params, updates)
            return optax.global_norm(params)
        """,
        """
        def main(x, schedule):
            model = net(in_features=x.shape[-1], rngs=nnx.Rngs(0))
            tx = optax.sgd(schedule)
            optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
            for _ in range(5):
                grads = nnx.grad(loss_fn)(model, x)
                optimizer.update(model, grads)
            return optax.global_norm(nnx.state(model, nnx.Param))
        """,
        id="the-transformation-has-the-name-of-the-optimizer",
    ),
    pytest.param(
        """
        def main(x, transformation):
            params = net.init(jax.random.key(0), x)
            opt_state = transformation.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = transformation.update(grads, opt_state, params)
            print(optax.global_norm(updates))
            return optax.apply_updates(params, updates), opt_state
        """,
        """
        def main(x, transformation):
            model = net(in_features=x.shape[-1], rngs=nnx.Rngs(0))
            optimizer = nnx.Optimizer(model, transformation, wrt=nnx.Param)
            grads = nnx.grad(loss_fn)(model, x)
            updates = optimizer.update(model, grads)
            print(optax.global_norm(updates))
            return model, optimizer
        """,
        id="a-transformation-of-unknown-origin",
    ),
]


@pytest.mark.parametrize(("body", "after"), REWRITES)
def test_what_is_written(body: str, after: str) -> None:
    text, _ = migrated(body, "functional")
    assert text is not None
    assert text.endswith("\n\n" + dedent(after).lstrip("\n"))


OLD = [
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = tx.update(grads, opt_state, params)
            before = loss_fn(params, x)
            params = optax.apply_updates(params, updates)
            return before, params
        """,
        id="parameters-are-read-between-the-calls",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            one, _ = step(params, opt_state, x)
            other, _ = step(one, opt_state, 2 * x)
            return one, other
        """,
        id="one-optimizer-state-twice",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            left = step(params, opt_state, x)
            right = step(params, opt_state, 2 * x)
            return left, right
        """,
        id="two-branches-of-one-state",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = tx.update(grads, opt_state, params)
            other, opt_state = tx.update(grads, opt_state, params)
            params = optax.apply_updates(params, updates)
            params = optax.apply_updates(params, other)
            return params, opt_state
        """,
        id="two-updates-of-the-same-parameters",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)

            @jax.jit
            def inner(x):
                return step(params, opt_state, x)

            return inner(x)
        """,
        id="a-model-of-the-enclosing-function",
    ),
]
CHANGED_UPDATES = [
    pytest.param("updates = jax.tree.map(lambda u: 0.5 * u, updates)\n", "", id="scaled"),
    pytest.param("if x.sum() > 0:\n", "    ", id="on-a-condition"),
    pytest.param("if x.sum() > 0:\n        return params, opt_state\n", "", id="behind-a-return"),
]
OTHERS = [
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            for epoch in range(3):
                rate = optax.adam(0.1 / (epoch + 1))
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = rate.update(grads, opt_state, params)
                params = optax.apply_updates(params, updates)
            return params
        """,
        "LNX033",
        id="another-transformation",
    ),
    pytest.param(
        """
        def make(rate):
            return optax.adam(rate)


        def main(x):
            params = net.init(jax.random.key(0), x)
            solver = make(0.1)
            opt_state = solver.init(params)
            for epoch in range(3):
                solver = make(0.1 / (epoch + 1))
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = solver.update(grads, opt_state, params)
                params = optax.apply_updates(params, updates)
            return params
        """,
        "LNX033",
        id="another-transformation-of-one-function",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            for epoch in range(3):
                solver = optax.adam(0.1 / (epoch + 1))
                if epoch == 0:
                    opt_state = solver.init(params)
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = solver.update(grads, opt_state, params)
                params = optax.apply_updates(params, updates)
            return params
        """,
        "LNX033",
        id="another-transformation-of-one-line",
    ),
    pytest.param(
        """
        def make(rate):
            return optax.adam(rate)


        def main(x):
            params = net.init(jax.random.key(0), x)
            for epoch in range(3):
                rate = make(0.1 / (epoch + 1))
                if epoch == 0:
                    opt_state = rate.init(params)
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = rate.update(grads, opt_state, params)
                params = optax.apply_updates(params, updates)
            return loss_fn(params, x)
        """,
        "LNX033",
        id="another-transformation-of-one-call",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            before = optax.adam(0.1)
            for epoch in range(3):
                rate = optax.adam(0.1 / (epoch + 1))
                opt_state = rate.init(params)
                if epoch == 0:
                    before = rate
                grads = jax.grad(loss_fn)(params, x)
                updates, opt_state = before.update(grads, opt_state, params)
                params = optax.apply_updates(params, updates)
            return loss_fn(params, x)
        """,
        "LNX033",
        id="the-transformation-of-an-earlier-turn",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = tx.update(grads, opt_state, params)
            params = optax.apply_updates(params, updates)
            params = optax.apply_updates(params, updates)
            return params
        """,
        "LNX032",
        id="applied-twice",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = tx.update(grads, opt_state, params, value_fn=lambda p: loss_fn(p, x))
            params = optax.apply_updates(params, updates)
            return params
        """,
        "LNX031",
        id="a-function-of-the-parameters",
    ),
    pytest.param(
        """
        def main(x, grads):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            updates, opt_state = tx.update(grads, opt_state, params)
            return optax.apply_updates(params, updates)
        """,
        "LNX031",
        id="gradients-of-unknown-origin",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            opt_state = tx.init(params)
            return opt_state[0].count
        """,
        "LNX014",
        id="the-optimizer-state-is-read",
    ),
    pytest.param(
        """
        def main(x):
            params = net.init(jax.random.key(0), x)
            one = net.init(jax.random.key(1), x)
            opt_state = tx.init(params)
            grads = jax.grad(loss_fn)(params, x)
            updates, opt_state = tx.update(grads, opt_state, one)
            return optax.apply_updates(params, updates)
        """,
        "LNX031",
        id="other-parameters",
    ),
]


NAMES = "jax.tree_util.tree_map_with_path(lambda path, p: path[-1].key == 'kernel', params)"
MASKS = [
    pytest.param("optax.adamw(0.1, mask={'Dense_0': True})", id="a-dict"),
    pytest.param("optax.masked(optax.adam(0.1), lambda params: {'Dense_0': True})", id="a-function"),
    pytest.param(f"optax.lars(0.1, trust_ratio_mask=lambda params: {NAMES})", id="key-paths"),
    pytest.param("optax.chain(optax.clip(1.0), optax.freeze(MASK))", id="in-a-chain"),
    pytest.param("optax.multi_transform({'a': optax.adam(0.1)}, labels)", id="labels"),
    pytest.param(
        "optax.inject_hyperparams(optax.adamw)(learning_rate=0.1, mask=labels)", id="hyperparameters"
    ),
    pytest.param(
        "optax.adamw(0.1, mask=lambda params: jax.tree.map(lambda p: bool(p.sum() > 0), params))", id="values"
    ),
]


def refused(body: str, style: Style, code: str) -> None:
    """Nothing changes, and the code says why."""
    text, codes = migrated(body, style)
    assert text is None
    assert code in codes


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", OLD)
def test_old_values_are_not_shown_as_new(body: str, style: Style) -> None:
    refused(STEP + dedent(body), style, "LNX011")


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("between", "indent"), CHANGED_UPDATES)
def test_updates_that_are_not_applied_as_they_are(between: str, indent: str, style: Style) -> None:
    body = (
        "def step(params, opt_state, x):\n    grads = jax.grad(loss_fn)(params, x)\n"
        "    updates, opt_state = tx.update(grads, opt_state, params)\n    "
        f"{between}    {indent}params = optax.apply_updates(params, updates)\n"
        "    return params, opt_state\n\n\n"
        "def main(x):\n    params = net.init(jax.random.key(0), x)\n"
        "    return step(params, tx.init(params), x)\n"
    )
    refused(body, style, "LNX031")


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), OTHERS)
def test_what_stays(body: str, code: str, style: Style) -> None:
    refused(body, style, code)


IMPORT = "from flax.training.train_state import TrainState\n\n\ndef main(x, labels):"
LOOP = """
        solver = {}
        params = net.init(jax.random.key(0), x)["params"]
        opt_state = solver.init(params)
        print(net.apply({{"params": params}}, x))
"""
STATE = """
        params = net.init(jax.random.key(0), x)["params"]
        state = TrainState.create(apply_fn=net.apply, params=params, tx={})
        print(state.apply_fn({{"params": state.params}}, x))
"""


@pytest.mark.parametrize("body", [pytest.param(LOOP, id="loop"), pytest.param(STATE, id="state")])
@pytest.mark.parametrize("transformation", MASKS)
def test_masks_that_look_into_the_parameters(transformation: str, body: str) -> None:
    text = IMPORT + body.format(transformation)
    refused(text.replace("\n        ", "\n    "), "functional", "LNX034")


@pytest.mark.parametrize("body", [pytest.param(LOOP, id="loop"), pytest.param(STATE, id="state")])
def test_masks_of_shapes(body: str) -> None:
    transformation = "optax.adamw(0.1, mask=lambda params: jax.tree.map(lambda p: p.ndim > 1, params))"
    text = IMPORT + body.format(transformation)
    new, _ = migrated(text.replace("\n        ", "\n    "), "functional")
    assert new is not None


def test_parameters_of_no_module_are_left_in_peace() -> None:
    body = """\
import jax
import jax.numpy as jnp
import optax


def fit(x):
    params = {"w": jnp.zeros(3)}
    tx = optax.sgd(0.1)
    opt_state = tx.init(params)
    grads = jax.grad(lambda p: jnp.mean((x @ p["w"]) ** 2))(params)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state
"""
    result = migrate_sources({"fit.py": body, "flax_user.py": "import flax.linen as nn\n"}, Options())
    assert not result.changed
    assert not result.findings
