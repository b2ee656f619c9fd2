"""Fields of definitions that are read outside of modules: of the model, or what they were given by name."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np


class Actor(nn.Module):
    width: int
    scale: jax.Array = 1.0

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x) * self.scale

"""
TWICE = """
def main(space, x):
    actor = {actor}
    first_params = actor.init(jax.random.key(0), x)
    second_params = actor.init(jax.random.key(1), x)
    {before}
    noise = {read}
    return actor.apply(first_params, x) + actor.apply(second_params, x) + noise
"""
ONCE = """
def main(space, x):
    actor = {actor}
    params = actor.init(jax.random.key(0), x)
    {before}
    noise = {read}
    return actor.apply(params, x) + noise
"""


def result_of(form: str, actor: str, read: str, before: str = "pass") -> tuple[str, list[str]]:
    """The function behind the class as it is written, or an empty text, and what is said."""
    text = f"{HEAD}{dedent(form.format(actor=actor, read=read, before=before))}"
    result = migrate_sources({"train.py": text}, Options())
    new = result.changed.get("train.py", "")
    return new[new.index("def main") :] if new else "", [f"{f.code} {f.message}" for f in result.findings]


READ = [
    pytest.param(
        (ONCE, "Actor(3, jnp.array(space.high))", "actor.scale"),
        [
            "    scale = jnp.array(space.high)\n",
            "Actor(3, scale, in_features=x.shape[-1], rngs=nnx.Rngs(0))",
            "= scale\n",
        ],
        id="an-array",
    ),
    pytest.param(
        (ONCE, "Actor(3, scale=space.high)", "actor.scale * actor.width"),
        ["    scale = space.high\n", "Actor(3, scale=scale, ", "noise = scale * actor.width"],
        id="a-number-is-read-of-the-model",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=jnp.array(space.high))", "actor.scale"),
        ["    scale = jnp.array(space.high)\n", "actor = partial(Actor, 3, scale=scale)", "noise = scale\n"],
        id="a-definition-that-goes-on",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=jnp.array(space.high))", "actor.scale + actor.scale + actor.width"),
        [
            "    width = 3\n",
            "partial(Actor, width, scale=scale)",
            "noise = scale + scale + width\n",
        ],
        id="several-reads",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=space)", "actor.scale.high"),
        ["partial(Actor, 3, scale=space)", "noise = space.high\n"],
        id="given-by-a-name",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=space.high)", "scale * actor.scale", "scale = 2.0"),
        ["    actor_scale = space.high\n", "noise = scale * actor_scale\n"],
        id="a-name-that-is-taken",
    ),
    pytest.param(
        (TWICE.replace("    actor =", "    high = space.high\n    actor ="), "Actor(3, scale=high)",
         "(lambda high: high * actor.scale)(2.0)"),
        ["    scale = high\n", "(lambda high: high * scale)(2.0)"],
        id="a-name-that-means-something-else-there",
    ),
    pytest.param(
        (TWICE, "Actor(np.prod(space.shape), scale=np.array(space.high))", "actor.scale"),
        ["    scale = np.array(space.high)\n", "partial(Actor, np.prod(space.shape), scale=scale)"],
        id="behind-another-call",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("form", "written"), READ)
def test_fields_that_are_read(form: tuple[str, ...], written: list[str]) -> None:
    text, said = result_of(*form)
    assert [part for part in written if part not in text] == [], (text, said)


REFUSED = [
    pytest.param(
        (TWICE, "Actor(3)", "actor.scale"), "LNX299 `.scale` of a module definition", id="a-default"
    ),
    pytest.param((TWICE, "Actor(*space)", "actor.scale"), "LNX299 `.scale` of a module", id="spread"),
    pytest.param(
        (TWICE, "Actor(3, scale=space.high) if space else Actor(2, scale=space.low)", "actor.scale"),
        "LNX299 `.scale` of a value that is a train state or model on some paths only",
        id="a-choice",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=space.high)", "actor.scale", "actor = Actor(3, scale=space.low)"),
        "LNX299 `.scale` of a module definition",
        id="bound-twice",
    ),
    pytest.param(
        (TWICE, "Actor(space.draw(), scale=space.draw())", "actor.scale"),
        "LNX299 what is given here is read again: give it a name first",
        id="effects-in-another-order",
    ),
    pytest.param(
        (TWICE, "Actor(3, scale=space.high)", "actor.scale", "scale = actor_scale = 2.0"),
        "LNX299 what `actor.scale` was given needs a name: give it one",
        id="no-name-is-free",
    ),
]


@pytest.mark.parametrize(("form", "reason"), REFUSED)
def test_what_stays(form: tuple[str, ...], reason: str) -> None:
    _, said = result_of(*form)
    assert any(finding.startswith(reason) for finding in said), said


TRAINED = """
import optax
from flax.training.train_state import TrainState


def main(space, x):
    actor = Actor(3, space.high)
    params = actor.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=actor.apply, params=params, tx=optax.sgd(0.1))
    grads = jax.grad(lambda params: state.apply_fn({"params": params}, x).sum())(state.params)
    state = state.apply_gradients(grads=grads)
    return state, actor.scale
"""


def test_a_wrapped_definition_keeps_its_fields() -> None:
    text = HEAD.replace("return nn.Dense", "return unknown(self) * nn.Dense") + TRAINED
    new = migrate_sources({"train.py": text}, Options()).changed["train.py"]
    assert "class Actor(nn.Module)" in new
    assert "    actor = Actor(3, space.high)\n" in new
    assert "return (model, optimizer), actor.scale\n" in new
