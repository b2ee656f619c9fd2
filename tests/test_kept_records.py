"""Records of a network and what trains it: kept in attributes, without an optimizer, given other trees."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result

HEAD = """\
from typing import Any, Callable, Optional

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import struct


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        return nn.Dense(2)(x)


@struct.dataclass
class Model:
    step: int
    params: Any
    apply_fn: Callable = struct.field(pytree_node=False)
    tx: Any = struct.field(pytree_node=False)
    opt_state: Optional[optax.OptState] = None

    @classmethod
    def create(cls, network, inputs, tx=None):
        params = network.init(*inputs)["params"]
        if tx is not None:
            opt_state = tx.init(params)
        else:
            opt_state = None
        return cls(1, params, network.apply, tx, opt_state)

    def __call__(self, *args, **kwargs):
        return self.apply_fn({"params": self.params}, *args, **kwargs)

    def learn(self, loss_fn):
        grads = jax.grad(loss_fn)(self.params)
        updates, opt_state = self.tx.update(grads, self.opt_state, self.params)
        params = optax.apply_updates(self.params, updates)
        return self.replace(step=self.step + 1, params=params, opt_state=opt_state)


class Agent:
    def __init__(self, x):
        self.net = Model.create(Net(), [jax.random.key(0), x], optax.sgd(0.1))
        self.target = Model.create(Net(), [jax.random.key(0), x])

    def difference(self, x):
        return self.net(x) - self.target(x)

    def learn(self, x):
        self.net = self.net.learn(lambda p: jnp.mean(self.net.apply_fn({"params": p}, x) ** 2))
"""
SOFT = "jax.tree.map(lambda p, t: 0.1 * p + 0.9 * t, self.net.params, self.target.params)"


def result(methods: str, head: str = HEAD) -> Result:
    text = "\n".join([head, indent(dedent(methods).strip("\n"), "    "), ""])
    return migrate_sources({"train.py": text}, Options())


REWRITES = [
    pytest.param(
        """
        def value(self, x):
            return self.net(x, train=True) + self.target(x)
        """,
        """
        def value(self, x):
            return self.net(x, train=True) + self.target(x)
        """,
        id="calls-stay",
    ),
    pytest.param(
        """
        def trained(self):
            return self.target.opt_state is None, self.net.opt_state is not None
        """,
        """
        def trained(self):
            return self.target.optimizer is None, self.net.optimizer is not None
        """,
        id="whether-there-is-an-optimizer",
    ),
    pytest.param(
        f"""
        def follow(self):
            target = self.target
            self.target = target.replace(params={SOFT.replace("self.target", "target")})
            return self.target(jnp.ones((1, 3)))
        """,
        """
        def follow(self):
            target = self.target
            nnx.update(
                target.model,
                jax.tree.map(
                    lambda p, t: 0.1 * p + 0.9 * t,
                    nnx.state(self.net.model, nnx.Param),
                    nnx.state(target.model, nnx.Param),
                ),
            )
            self.target = target
            return self.target(jnp.ones((1, 3)))
        """,
        id="a-tree-for-the-target",
    ),
]


@pytest.mark.parametrize(("before", "after"), REWRITES)
def test_what_is_written(before: str, after: str) -> None:
    text = result(before).changed["train.py"]
    assert text.endswith("\n\n" + indent(dedent(after).strip("\n"), "    ") + "\n")


def test_a_network_without_an_optimizer() -> None:
    text = result("").changed["train.py"]
    assert "    model: nnx.Module\n    optimizer: Optional[nnx.Optimizer] = None\n" in text
    assert "lazy_init(*inputs[1:], rngs=inputs[0])\n" in text
    assert "        else:\n            optimizer = None\n        return cls(1, " in text


REFUSALS = [
    pytest.param(
        """
        def compare(self, x):
            old = self.net
            self.learn(x)
            return old(x) - self.net(x)
        """,
        id="the-old-record-is-called",
    ),
    pytest.param(
        """
        def both(self, x):
            first = self.net.learn(lambda p: jnp.mean(self.net.apply_fn({"params": p}, x) ** 2))
            return first(x) - self.net(x)
        """,
        id="the-record-that-was-updated-is-called",
    ),
    pytest.param(
        f"""
        def follow(self, x):
            new = self.target.replace(params={SOFT})
            return new(x) - self.target(x)
        """,
        id="the-old-target-is-called",
    ),
    pytest.param(
        """
        def copy(self, x):
            self.target = self.target.replace(params=self.net.params)
            self.learn(x)
            return self.target(x)
        """,
        id="parameters-of-another-record",
    ),
    pytest.param(
        """
        def value(self, x):
            return self.net(x, mutable=["intermediates"])
        """,
        id="an-option-of-apply-in-keywords",
    ),
    pytest.param(
        """
        def value(self, x, **options):
            return self.net(x, **options)
        """,
        id="keywords-of-unknown-names",
    ),
    pytest.param(
        """
        def again(self, x, tx):
            self.net = Model.create(Net(), [jax.random.key(0), x], tx if x.size else None)
        """,
        id="perhaps-an-optimizer",
    ),
]


@pytest.mark.parametrize("methods", REFUSALS)
def test_what_stays(methods: str) -> None:
    assert not result(methods).changed


MAIN = """\


def main(_):
    agent = Agent(jnp.ones((2, 3)))
    agent.learn(jnp.ones((2, 3)))
    print(agent.difference(jnp.ones((2, 3))))


if __name__ == "__main__":
    {}(main)
"""


@pytest.mark.parametrize(
    ("starter", "changes"),
    [
        pytest.param("absl.app.run", True, id="started-once"),
        pytest.param("other.library", False, id="handed-to-something-unknown"),
    ],
)
def test_what_starts_the_program(starter: str, changes: bool) -> None:
    text = f"import {starter.rpartition('.')[0]}\n{HEAD}{MAIN.format(starter)}"
    assert bool(migrate_sources({"train.py": text}, Options()).changed) is changes


UNSEEN = """\
    def norm(self, tx=None):
        if tx is not None:
            return jnp.sum(self.params["Dense_0"]["bias"])
        return self.step
"""


def test_a_block_that_no_call_runs() -> None:
    head = HEAD.replace("    def learn(self, loss_fn)", f"{UNSEEN}\n    def learn(self, loss_fn)")
    text = result("def norm(self):\n    return self.net.norm()", head).changed["train.py"]
    assert "            return jnp.sum(self.model.Dense_0['bias'][...])\n" in text


LOWEST = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def train(x, low=None):
    net = nn.Dense(2)
    params = net.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    for _ in range(5):
        grads = jax.grad(lambda p: jnp.mean(net.apply({"params": p}, x) ** 2))(state.params)
        state = state.apply_gradients(grads=grads)
        value = jnp.mean(net.apply({"params": state.params}, x))
        if low is None:
            low = value
        else:
            low = jnp.minimum(low, jnp.mean(net.apply({"params": state.params}, x)))
    return low


train(jnp.ones((3, 4)))
"""


def test_a_block_that_a_later_turn_runs() -> None:
    text = migrate_sources({"train.py": LOWEST}, Options()).changed["train.py"]
    assert "            low = jnp.minimum(low, jnp.mean(net(x)))\n" in text


def test_keys_in_a_dict_are_not_spread() -> None:
    head = HEAD.replace("[jax.random.key(0), x], optax", '[{"params": jax.random.key(0)}, x], optax')
    assert not result("", head).changed
