"""Objects with train states whose classes extend one of a library, or that are made out of sight."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style

HEAD = """\
import logging

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState
from stable_baselines3.common.base_class import BaseAlgorithm
from somewhere import Other


class Agent({bases}):
    def __init__(self, x):
        super().__init__()
        policy = nn.Dense(2)
        params = policy.init(jax.random.key(0), x)["params"]
        self.{state} = TrainState.create(apply_fn=policy.apply, params=params, tx=optax.sgd(0.1))

    def gradients(self, x):
        loss = lambda params: jnp.mean(self.{state}.apply_fn({{"params": params}}, x) ** 2)
        return jax.grad(loss)(self.{state}.params)

    def train(self, x):
        self.{state} = self.{state}.apply_gradients(grads=self.gradients(x))
"""


def migrated(
    body: str, bases: str = "BaseAlgorithm", state: str = "state", style: Style = "functional"
) -> Result:
    text = HEAD.format(bases=bases, state=state) + body
    return migrate_sources({"agent.py": text}, Options(style=style))


NAMES = [
    pytest.param("state", "self.state_optimizer.update(self.state_model, self.gradients(x))", id="state"),
    pytest.param(
        "actor_state", "self.actor_optimizer.update(self.actor_model, self.gradients(x))", id="actor-state"
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("state", "line"), NAMES)
def test_new_attributes_are_named_after_own_ones(state: str, line: str, style: Style) -> None:
    text = migrated("", state=state, style=style).changed["agent.py"]
    assert line in text
    assert "self.policy" not in text


BASES = [
    pytest.param("BaseAlgorithm", True, id="a-library-without-flax"),
    pytest.param("logging.Filter", True, id="the-standard-library"),
    pytest.param("Other", False, id="unknown"),
    pytest.param("BaseAlgorithm, Other", False, id="one-of-two-is-unknown"),
    pytest.param("dict", False, id="builtin"),
]


@pytest.mark.parametrize(("bases", "changed"), BASES)
def test_which_bases_are_known(bases: str, changed: bool) -> None:
    result = migrated("", bases)
    assert bool(result.changed) is changed
    assert changed or "LNX022" in {finding.code for finding in result.findings}


MORE = [
    pytest.param(
        """
    def run(self, x):
        self.learn(x)
        return optax.global_norm(self.state.params)
""",
        None,
        id="read-after-an-inherited-method",
    ),
    pytest.param(
        """
    def run(self, x):
        before = self.state.params
        self.learn(x)
        return optax.global_norm(before)
""",
        "LNX011",
        id="an-inherited-method-may-train",
    ),
    pytest.param(
        """
    def learn(self, x):
        before = self.state.params
        super().learn(x)
        return optax.global_norm(before)
""",
        "LNX011",
        id="the-method-above-may-train",
    ),
    pytest.param(
        """
    def keep(self):
        self.best = self.state.params

    def compare(self, x):
        return optax.global_norm(self.best) - optax.global_norm(self.state.params)
""",
        "LNX011",
        id="methods-are-called-in-any-order",
    ),
    pytest.param(
        """
    def norm(self):
        return optax.global_norm(self.best) if hasattr(self, "best") else 0.0

    def keep(self):
        self.best = self.state.params

    def both(self, x):
        self.keep()
        self.train(x)
        self.keep()
        return self.norm()
""",
        "LNX010",
        id="an-attribute-is-asked-for-by-its-name",
    ),
    pytest.param(
        """
    def both(self, x):
        self.keep()
        self.train(x)
        return self.norm()

    def norm(self):
        return optax.global_norm(self.best)

    def keep(self):
        self.best = self.state.params
""",
        "LNX011",
        id="old-where-the-project-calls-it",
    ),
    pytest.param(
        """
    def ready(self):
        return hasattr(self, "policy") and getattr(self, "verbose", None)
""",
        None,
        id="other-attributes-are-asked-for",
    ),
    pytest.param(
        """
    def excluded(self):
        return [*super().excluded(), "state"]
""",
        "LNX022",
        id="a-name-in-a-string",
    ),
    pytest.param(
        """

class Runner:
    def __init__(self, kind, x):
        self.agent = {"agent": Agent, "nobody": object}[kind](x)

    def norm(self):
        return optax.global_norm(self.agent.state.params)
""",
        "LNX015",
        id="made-out-of-sight",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "code"), MORE)
def test_what_a_base_class_may_do(body: str, code: str | None, style: Style) -> None:
    result = migrated(body, style=style)
    assert bool(result.changed) is (code is None)
    assert code is None or code in {finding.code for finding in result.findings}


PLAIN = """

AGENTS = {"agent": Agent, "nobody": object}


class Runner:
    def __init__(self, kind, x, env):
        self.agent = AGENTS[kind](x)
        self.env = env

    def norm(self):
        return optax.global_norm(self.agent.state.params)
"""


def test_objects_of_a_class_that_is_handed_on() -> None:
    head = HEAD.format(bases="", state="state").replace("        super().__init__()\n", "")
    alone = PLAIN.replace(', "nobody": object', "")
    seen = PLAIN.replace("AGENTS[kind](x)", "Agent(x)")
    for body, changed in ((PLAIN, False), (alone, True), (seen, True), ("", True)):
        assert bool(migrate_sources({"agent.py": head + body}, Options()).changed) is changed
