"""Samples of an input, which `init` alone reads."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Importer, Options

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


"""
TAIL = """\
model = Net()
params = model.init(jax.random.key(0), sample)["params"]


def show(x):
    print(model.apply({"params": params}, x))
"""


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        pytest.param("sample = jnp.ones((1, 3))", "", id="a-sample"),
        pytest.param("shape = (1, 3)\nsample = jnp.ones(shape)", "", id="and-what-it-is-made-from"),
        pytest.param(
            "n = len(jax.devices())\nsample = jnp.ones((1, n))",
            "n = len(jax.devices())\nsample = jnp.ones((1, n))",
            id="what-the-construction-reads",
        ),
        pytest.param(
            "shape = (1, 3)\nprint(shape)\nsample = jnp.ones(shape)",
            "shape = (1, 3)\nprint(shape)",
            id="what-others-read",
        ),
        pytest.param(
            '__all__ = ["sample"]\nsample = jnp.ones((1, 3))',
            '__all__ = ["sample"]\nsample = jnp.ones((1, 3))',
            id="what-is-exported",
        ),
    ],
)
def test_what_goes_with_a_sample(lines: str, kept: str) -> None:
    new = migrate_sources({"net.py": f"{HEAD}{lines}\n{TAIL}"}).changed["net.py"]
    between = new[new.index("self.Dense_0(x)") + len("self.Dense_0(x)") : new.index("model = Net(")]
    assert between.strip() == kept


def test_a_sample_that_another_file_imports_stays() -> None:
    net = f"{HEAD}sample = jnp.ones((1, 3))\n{TAIL}"
    other = "from net import sample\n\nprint(sample)\n"
    new = migrate_sources({"net.py": net, "other.py": other}).changed["net.py"]
    assert "\nsample = jnp.ones((1, 3))\n" in new


def test_a_sample_that_an_unread_file_imports() -> None:
    """The file is known by its line only: then everything stays."""
    net = f"{HEAD}sample = jnp.ones((1, 3))\n{TAIL}"
    importer = Importer("other.py", 1, ("sample",))
    result = migrate_sources({"net.py": net}, Options(imported_by={"net.py": (importer,)}))
    assert not result.changed
