"""NamedTuples and dataclasses that hold parameters and an optimizer state, and their methods."""

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


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


net = Net()
tx = optax.adam(0.1)


def loss_fn(params, x):
    return jnp.mean(net.apply(params, x) ** 2)


"""
RECORD = """\
class State(NamedTuple):
    params: Any
    opt_state: Any
    count: int


def create(x):
    params = net.init(jax.random.key(0), x)
    return State(params, tx.init(params), 0)


def step(state, x):
    grads = jax.grad(loss_fn)(state.params, x)
    updates, opt_state = tx.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    return state._replace(params=params, opt_state=opt_state)


"""


RECORD_CLASS = "class State"


def migrated(*parts: str, style: Style = "functional", others: dict[str, str] | None = None) -> str | None:
    """The new text of a program, if it changes."""
    head = HEAD if RECORD_CLASS in parts[0] else HEAD.partition("net = Net()")[0]
    text = head + "".join(dedent(part).lstrip("\n") for part in parts)
    result = migrate_sources({"train.py": text, **(others or {})}, Options(style=style))
    return result.changed.get("train.py")


REWRITES = [
    pytest.param(
        """
        def main(x):
            state = step(create(x), x)
            return state.count, net.apply(state.params, x)
        """,
        """
        def main(x):
            state = step(create(x), x)
            return state.count, state.model(x)
        """,
        id="users-stay",
    ),
    pytest.param(
        """
        def main(x):
            params, opt_state, count = step(create(x), x)
            return count, net.apply(params, x), opt_state
        """,
        """
        def main(x):
            model, optimizer, count = step(create(x), x)
            return count, model(x), optimizer
        """,
        id="taken-apart",
    ),
    pytest.param(
        """
        def main(x, other):
            state = step(create(x), x)
            return other.params, net.apply(state.params, x)
        """,
        """
        def main(x, other):
            state = step(create(x), x)
            return other.params, state.params(x)
        """,
        id="fields-keep-their-names-beside-unknown-ones",
    ),
]


@pytest.mark.parametrize(("body", "after"), REWRITES)
def test_what_is_written(body: str, after: str) -> None:
    text = migrated(RECORD, body)
    assert text is not None
    assert text.endswith("\n\n" + dedent(after).lstrip("\n"))


def test_the_step_of_a_record() -> None:
    text = migrated(RECORD, "def main(x):\n    return step(create(x), x).count\n")
    assert text is not None
    assert (
        dedent("""
        class State(NamedTuple):
            model: nnx.Module
            optimizer: nnx.Optimizer
            count: int


        def create(x):
            model = net(in_features=x.shape[-1], rngs=nnx.Rngs(0))
            return State(model, nnx.Optimizer(model, tx, wrt=nnx.Param), 0)


        def step(state, x):
            grads = nnx.grad(loss_fn)(state.model, x)
            state.optimizer.update(state.model, grads)
            return state
        """)
        in text
    )


NAMED = [
    pytest.param(
        "    loss = loss_fn(params, x)\n    return state._replace(params=params, opt_state=opt_state)\n",
        id="the-new-parameters-are-read",
    ),
    pytest.param(
        "    state = create(x)\n    return state._replace(params=params, opt_state=opt_state)\n",
        id="the-record-is-another-one",
    ),
    pytest.param(
        "    other = state._replace(params=params)\n    return other._replace(opt_state=opt_state)\n",
        id="one-by-one",
    ),
]


@pytest.mark.parametrize("end", NAMED)
def test_an_update_that_goes_on_under_its_names(end: str) -> None:
    record = RECORD.replace("    return state._replace(params=params, opt_state=opt_state)\n", end)
    text = migrated(record, "def main(x):\n    return step(create(x), x).count\n")
    assert text is None or "    model = state.model\n" in text


REFUSALS = [
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            new_state = step(state, x)
            return new_state, net.apply(state.params, x)
        """,
        id="the-old-record-is-read",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            new_state = step(state, x)
            return new_state, state
        """,
        id="the-old-record-is-returned",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            step(state, x)
            return step(state, 2 * x)
        """,
        id="two-steps-from-one-record",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            return step(state, x)._replace(opt_state=state.opt_state)
        """,
        id="the-old-optimizer-state-is-put-back",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            return step(state._replace(params=None), x)
        """,
        id="a-field-without-parameters",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            return step(State(None, None, 0) if x is None else create(x), x)
        """,
        id="a-record-without-parameters",
    ),
    pytest.param(
        RECORD,
        """
        def main(x):
            state = create(x)
            return state._asdict()
        """,
        id="the-record-becomes-a-dict",
    ),
    pytest.param(
        RECORD.replace("(NamedTuple)", "").replace("class", "@dataclasses.dataclass\nclass", 1),
        """
        def main(x):
            state = create(x)
            state.params = net.init(jax.random.key(1), x)
            return state
        """,
        id="a-field-is-set",
    ),
    pytest.param(
        RECORD.replace("(NamedTuple)", "")
        .replace("class", "@dataclasses.dataclass\nclass", 1)
        .replace("int\n", "int\n\n    def __post_init__(self):\n        print(self.count)\n", 1),
        """
        def main(x):
            return create(x).count
        """,
        id="a-method-that-decides-what-is-made",
    ),
    pytest.param(
        RECORD.replace("params: Any", "params: Any = None", 1).replace(
            "Any\n    count: int", "Any = None\n    count: int = 0"
        ),
        """
        def main(x):
            return step(create(x), x)
        """,
        id="a-default",
    ),
    pytest.param(
        RECORD.replace("(NamedTuple)", "(struct.PyTreeNode)").replace("_replace", "replace"),
        """
        class More(State):
            key: Any


        def main(x):
            state = create(x)
            return More(state.params, state.opt_state, 0, None)
        """,
        id="an-extended-class",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("record", "body"), REFUSALS)
def test_what_stays(record: str, body: str, style: Style) -> None:
    assert migrated(record, body, style=style) is None


HOLDER = """\
@struct.dataclass
class Learner:
    params: Any
    opt_state: Any
    apply_fn: Any = struct.field(pytree_node=False)
    tx: Any = struct.field(pytree_node=False)

    @classmethod
    def create(cls, network, x, tx):
        params = network.init(jax.random.key(0), x)
        return cls(params=params, opt_state=tx.init(params), apply_fn=network.apply, tx=tx)

    def learn(self, loss_fn):
        grads = jax.grad(loss_fn)(self.params)
        updates, opt_state = self.tx.update(grads, self.opt_state, self.params)
        params = optax.apply_updates(self.params, updates)
        return self.replace(params=params, opt_state=opt_state)


"""
OLD_HOLDERS = [
    pytest.param(
        """
        def main(x):
            learner = Learner.create(Net(), x, optax.sgd(0.1))
            new = learner.learn(lambda params: jnp.mean(learner.apply_fn(params, x) ** 2))
            return new, learner.apply_fn(learner.params, x)
        """,
        id="the-old-one-is-called",
    ),
    pytest.param(
        """
        def main(x):
            learner = Learner.create(Net(), x, optax.sgd(0.1))
            return learner.replace(tx=optax.sgd(0.2)).learn(
                lambda params: jnp.mean(learner.apply_fn(params, x) ** 2)
            )
        """,
        id="another-transformation",
    ),
    pytest.param(
        """
        def main(x, losses):
            learner = Learner.create(Net(), x, optax.sgd(0.1))
            return learner.learn(losses[0])
        """,
        id="a-loss-that-is-not-known",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", OLD_HOLDERS)
def test_holders_that_stay(body: str, style: Style) -> None:
    assert migrated(HOLDER, body, style=style) is None


def test_a_holder_loses_what_the_model_and_the_optimizer_know() -> None:
    body = """
        def main(x):
            learner = Learner.create(Net(), x, optax.sgd(0.1))
            learner = learner.learn(lambda params: jnp.mean(learner.apply_fn(params, x) ** 2))
            return learner.apply_fn(learner.params, x)
        """
    text = migrated(HOLDER, body)
    assert text is not None
    assert "    model: nnx.Module\n    optimizer: nnx.Optimizer\n\n    @classmethod" in text
    assert "return cls(model=network, optimizer=nnx.Optimizer(network, tx, wrt=nnx.Param))" in text
    assert text.endswith(
        "learner = learner.learn(lambda model: jnp.mean(model(x) ** 2))\n    return learner.model(x)\n"
    )
