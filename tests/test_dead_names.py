"""Local names that nothing reads any more go, and only those."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

NET = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    sizes: tuple = (4, 2)

    @nn.compact
    def __call__(self, x):
        {line}
        return nn.Dense({size})(x)


def main():
    model = Net()
    variables = model.init(jax.random.key(0), jnp.ones((1, 3)))
    return model.apply(variables, jnp.ones((1, 3)))
"""


@pytest.mark.parametrize(
    ("line", "size", "kept"),
    [
        pytest.param("sizes = self.sizes", "sizes[0]", False, id="a-field"),
        pytest.param("width, = self.sizes[:1]", "4", True, id="unpacked"),
        pytest.param("sizes = self.sizes", "4", True, id="not-read-before"),
        pytest.param("sizes = self.sizes\n        print(sizes)", "sizes[0]", True, id="still-read"),
        pytest.param(
            "sizes = self.sizes\n        show = lambda: sizes\n        show()",
            "sizes[0]",
            True,
            id="read-inside",
        ),
        pytest.param("sizes = self.sizes\n        print(locals())", "sizes[0]", True, id="locals"),
    ],
)
def test_names_in_a_module(line: str, size: str, kept: bool) -> None:
    new = migrate_sources({"net.py": NET.format(line=line, size=size)}).changed["net.py"]
    called = new[new.index("def __call__") : new.index("def main")]
    assert (line in called) == kept


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# The sizes of the layers\n        sizes = self.sizes  # two of them",
            "# The sizes of the layers\n        # two of them\n",
            id="comments-stay",
        ),
        pytest.param(
            "sizes = self.sizes\n        size = sizes[0]", "(self, x):\n        return", id="one-by-one"
        ),
    ],
)
def test_what_is_left(before: str, after: str) -> None:
    size = "size" if "size =" in before else "sizes[0]"
    new = migrate_sources({"net.py": NET.format(line=before, size=size)}).changed["net.py"]
    assert after in new[new.index("def __call__") : new.index("def main")]


def test_names_that_become_others_are_bound() -> None:
    before = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.serialization import to_bytes
from flax.training.train_state import TrainState

model = nn.Dense(1)
params = model.init(jax.random.key(0), jnp.ones((1, 3)))["params"]
kept = {"last": (TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1)), 0)}


def save():
    state = kept["last"][0]
    return to_bytes(state)
"""
    new = migrate_sources({"net.py": before}, Options(bridge=False)).changed["net.py"]
    assert new.endswith(
        'def save():\n    model, optimizer = kept["last"][0]\n'
        "    return to_bytes(linen_state(model, optimizer))\n"
    )
