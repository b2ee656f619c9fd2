"""`self.is_initializing()`: what it decides is decided, and what `init` alone would do is refused."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import findings

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp

"""
CLASS = """
class Net(nn.Module):
    momentum: float = 0.9

    @nn.compact
    def __call__(self, x, train: bool = True):
        mean = self.variable("batch_stats", "mean", lambda: jnp.zeros((x.shape[-1],)))
        count = self.variable("batch_stats", "count", jnp.zeros, ())
"""
END = """
        x = nn.Dense(4, name="out")(x - mean.value)
        return x / (1.0 + count.value)
"""
CASES = [
    pytest.param(
        """
        if not self.is_initializing():
            # the mean goes along
            mean.value = self.momentum * mean.value + x.mean(0)
        """,
        """
        # the mean goes along
        self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        """,
        id="a-block-remains",
    ),
    pytest.param(
        """
        # not for init
        if not self.is_initializing():  # all other times

            mean.value = self.momentum * mean.value + x.mean(0)

            count.value = count.value + 1
            # both moved
        x = x * 2
        """,
        """
        # not for init
        # all other times
        self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))

        self.count[...] = self.count[...] + 1
        # both moved
        x = x * 2
        """,
        id="comments-and-blank-lines",
    ),
    pytest.param(
        """
        if train and not self.is_initializing():
            mean.value = self.momentum * mean.value + x.mean(0)
        """,
        """
        if train:
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        """,
        id="one-of-two-conditions",
    ),
    pytest.param(
        """
        if not (self.is_initializing() or not (train or self.momentum > 1)):
            mean.value = self.momentum * mean.value + x.mean(0)
        """,
        """
        if not not (train or self.momentum > 1):
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        """,
        id="nested-operators",
    ),
    pytest.param(
        """
        first = self.is_initializing()
        if train and not first:
            mean.value = self.momentum * mean.value + x.mean(0)
        x = x if not first else jnp.zeros_like(x)
        """,
        """
        if train:
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        x = x
        """,
        id="under-a-name",
    ),
    pytest.param(
        """
        moves = train and not self.is_initializing()
        if moves:
            mean.value = self.momentum * mean.value + x.mean(0)
        """,
        """
        moves = train
        if moves:
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        """,
        id="a-name-that-stays",
    ),
    pytest.param(
        """
        if self.is_initializing():
            x = x * 0
        else:
            count.value = count.value + 1
            if train:
                mean.value = self.momentum * mean.value + x.mean(0)
        """,
        """
        self.count[...] = self.count[...] + 1
        if train:
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        """,
        id="the-other-block-remains",
    ),
    pytest.param(
        """
        if self.is_initializing():
            x = x * 0
        elif train:
            mean.value = self.momentum * mean.value + x.mean(0)
        else:
            x = x + 1
        """,
        """
        if train:
            self.mean.set_value(self.momentum * self.mean[...] + x.mean(0))
        else:
            x = x + 1
        """,
        id="an-elif-remains",
    ),
    pytest.param(
        """
        if self.is_initializing():
            x = x * 0
        x = x * 2 * (x if self.is_initializing() else x + 1)
        """,
        """
        x = x * 2 * (x + 1)
        """,
        id="nothing-remains",
    ),
    pytest.param(
        """
        if train:
            if not self.is_initializing(): count.value = count.value + 1
        """,
        """
        if train:
            self.count[...] = self.count[...] + 1
        """,
        id="on-one-line",
    ),
    pytest.param(
        """
        if train and not self.is_initializing():
            old = self.get_variable("batch_stats", "mean")
            # by its name
            self.put_variable("batch_stats", "mean", self.momentum * old + x.mean(0))
        """,
        """
        if train:
            old = self.mean[...]
            # by its name
            self.mean.set_value(self.momentum * old + x.mean(0))
        """,
        id="set-by-its-name",
    ),
    pytest.param(
        """
        x = x + self.variable("batch_stats", "shift", jnp.ones, (x.shape[-1],)).value  # fixed
        if not self.is_initializing():
            mean.value *= self.momentum
            mean.value += 0.1 * x.mean(0)
            mean.value -= x[0] + 1
            count.value += 1
        """,
        """
        x = x + self.shift[...]  # fixed
        self.mean.set_value(self.mean[...] * self.momentum)
        self.mean.set_value(self.mean[...] + 0.1 * x.mean(0))
        self.mean.set_value(self.mean[...] - (x[0] + 1))
        self.count[...] += 1
        """,
        id="set-by-operators-and-read-on-the-spot",
    ),
    pytest.param(
        """
        initializing = self.is_mutable_collection("params")
        if not initializing:
            count.value = count.value + 1
        """,
        """
        self.count[...] = self.count[...] + 1
        """,
        id="asked-in-the-older-way",
    ),
]


def program(body: str) -> str:
    return f"{HEAD}{CLASS}{indent(dedent(body).strip(), ' ' * 8)}{END}"


@pytest.mark.parametrize(("before", "after"), CASES)
def test_a_test_is_decided(before: str, after: str) -> None:
    text = program(before)
    new = migrate_sources({"model.py": text}, Options()).changed["model.py"]
    expected = indent(dedent(after).strip(), " " * 8)
    begin = "    def __call__(self, x, train: bool = True):\n"
    end = "\n        x = self.out(x - self.mean[...])\n"
    assert f"{begin}{expected}{end}" in new
    scopes: list[dict[str, Any]] = [{}, {}]
    for scope, source in zip(scopes, (text, new), strict=True):
        exec(compile(source, "model.py", "exec"), scope)
    check_calls(scopes[0]["Net"](), scopes[1]["Net"](in_features=3, rngs=nnx.Rngs(0)))


def check_calls(linen: Any, model: Any) -> None:
    """Outputs and statistics of several calls in both modes are the same bits."""
    x = jnp.sin(jnp.arange(6.0)).reshape(2, 3)
    variables = linen.init(jax.random.key(0), x)
    assert not np.any(variables["batch_stats"]["mean"])
    params = redrawn({"params": variables["params"]})["params"]
    stats = variables["batch_stats"]
    copy_into({"params": params, "batch_stats": stats}, model)
    for train in (True, False, True):
        given = {"params": params, "batch_stats": stats}
        expected, updated = linen.apply(given, x, train, mutable=["batch_stats"])
        stats = updated["batch_stats"]
        assert np.array_equal(expected, model(x, train))
        found = nnx.to_pure_dict(nnx.state(model, nnx.BatchStat))
        assert jax.tree.all(jax.tree.map(np.array_equal, stats, found))


REFUSED = [
    pytest.param("mean.value = x.mean(0)", "LNX312 `init` may change `mean` already", id="always"),
    pytest.param(
        "if self.is_initializing():\n    mean.value = x.mean(0)",
        "LNX312 `init` may change `mean` already",
        id="by-init-alone",
    ),
    pytest.param(
        "if train or not self.is_initializing():\n    mean.value = x.mean(0)",
        "LNX312 `init` may change `mean` already",
        id="by-init-or-not",
    ),
    pytest.param(
        "if self.is_initializing():\n    return x",
        "LNX111 a layer is built under a condition",
        id="init-ends-early",
    ),
    pytest.param(
        "if self.is_initializing() and x.ndim != 2:\n    raise ValueError(x.shape)",
        "LNX311 what a module does while it is initialised ends in another way",
        id="init-raises-an-error",
    ),
    pytest.param(
        "if not self.is_initializing():\n    x = nn.Dense(3)(x)",
        "LNX111 a layer is built under a condition",
        id="a-layer-that-init-does-not-make",
    ),
    pytest.param(
        "if self.is_initializing():\n    nn.Dense(3)(x)",
        "LNX111 a layer is built under a condition",
        id="a-layer-that-only-init-calls",
    ),
    pytest.param(
        "x = jax.lax.select(self.is_initializing(), x, x + 1)",
        "LNX311 `self.is_initializing()` is more than a test",
        id="as-a-value",
    ),
    pytest.param(
        "x = x + int(self.is_initializing())",
        "LNX311 `self.is_initializing()` is more than a test",
        id="as-a-number",
    ),
    pytest.param(
        "asks = self.is_initializing\nif not asks():\n    x = x + 1",
        "LNX311 `self.is_initializing` of a Linen module has no rewriting",
        id="the-method-itself",
    ),
    pytest.param(
        "first = train\nfirst = self.is_initializing()\nif first:\n    x = x + 1",
        "LNX311 the name that holds `self.is_initializing()` is bound more than once",
        id="two-values-of-one-name",
    ),
    pytest.param(
        "if train:\n    x = x + 1\nelif not self.is_initializing():\n    x = x + 2",
        "LNX311 `self.is_initializing()` is asked in an `elif`",
        id="in-an-elif",
    ),
    pytest.param(
        "if self.is_mutable_collection('batch_stats'):\n    mean.value = x.mean(0)",
        "LNX311 `self.is_mutable_collection` is more than the flag of a norm: make it an argument",
        id="whether-a-collection-may-change",
    ),
    pytest.param(
        "if self.is_initializing():\n    x = x + jax.random.normal(self.make_rng('noise'), x.shape)",
        "LNX311 a module makes or draws something only while it is initialised",
        id="draws-for-init-alone",
    ),
    pytest.param(
        "self.put_variable('batch_stats', 'mean', x.mean(0))",
        "LNX312 `init` may change `mean` already",
        id="set-by-its-name",
    ),
    pytest.param(
        "if not self.is_initializing():\n    self.put_variable('batch_stats', 'last', x)",
        "LNX312 `last` is not a variable that this class declares",
        id="a-variable-that-is-only-set",
    ),
    pytest.param(
        "x = x + self.get_variable('batch_stats', 'mean', 0)",
        "LNX312 `self.get_variable` is called in a way that has no rewriting",
        id="with-a-default",
    ),
    pytest.param(
        "x = x + (self.put_variable('batch_stats', 'mean', x) or 0)",
        "LNX312 `self.put_variable` is called in a way that has no rewriting",
        id="put-for-its-value",
    ),
    pytest.param(
        "if not self.is_initializing():\n    self.variable('batch_stats', 'last', jnp.zeros, ()).value = 1.0",
        "LNX312 a variable of a collection is not bound to a name of its own",
        id="set-on-the-spot",
    ),
    pytest.param(
        "x = x + (self.variable('batch_stats', 'last', jnp.zeros, ()).value if train else 0)",
        "LNX312 a variable of a collection is not bound to a name of its own",
        id="read-under-a-condition",
    ),
    pytest.param(
        "x = (lambda x: x + self.variable('batch_stats', 'last', jnp.zeros, ()).value)(x)",
        "LNX312 a variable of a collection is not bound to a name of its own",
        id="read-in-a-function",
    ),
    pytest.param(
        "if not self.is_initializing():\n    mean.value //= 2",
        "LNX312 a variable of a collection is set in an unknown way",
        id="another-operator",
    ),
    pytest.param(
        "if print(x) and self.is_initializing():\n    x = x + 1",
        "LNX311 a test of `self.is_initializing()` does more than asking",
        id="a-test-with-an-effect",
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_what_init_alone_would_do_is_refused(body: str, reason: str) -> None:
    assert any(found.startswith(reason) for found in findings(program(body))), findings(program(body))


def test_layers_of_setup_that_init_calls_once_are_there() -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def setup(self):
        self.one = nn.Dense(3)
        self.two = nn.Dense(3)

    def __call__(self, x, first: bool = True):
        # both, whatever is asked for
        if self.is_initializing():
            self.one(x), self.two(x)
        return self.one(x) if first else self.two(x)


net = Net()
variables = net.init(jax.random.key(0), jnp.ones((2, 3)))
"""
    new = migrate_sources({"model.py": text}, Options()).changed["model.py"]
    assert "is_initializing" not in new
    assert (
        """\
        # both, whatever is asked for
        return self.one(x) if first else self.two(x)
"""
        in new
    )
