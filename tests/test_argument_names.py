"""Arguments that `__init__` gains, beside fields and module-level names of the same spelling."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

PROGRAM = """\
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

width = 10
in_features = 7


class Net(nn.Module):
    {field}

    @nn.compact
    def __call__(self, x):
        return nn.Dense({size}{options})(x)


x = jnp.ones((3, 4))
model = Net()
params = model.init(jax.random.key(0), x)["params"]
state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
"""


@pytest.mark.parametrize(
    ("field", "size", "signature"),
    [
        pytest.param("depth: int = 1", "self.depth", "depth: int = 1, *, in_features: int", id="free"),
        pytest.param("in_features: int = 3", "2", "in_features: int = 3, *, x_features: int", id="field"),
        pytest.param(
            "depth: int = 1", "in_features", "depth: int = 1, *, x_features: int", id="module-level"
        ),
        pytest.param(
            "x_features: int = 3", "2", "x_features: int = 3, *, in_features: int", id="other field"
        ),
    ],
)
def test_argument_for_the_input_size(field: str, size: str, signature: str) -> None:
    text = PROGRAM.format(field=field, size=size, options="")
    result = migrate_sources({"a.py": text}, Options(bridge=False))
    assert f"def __init__(self, {signature}, rngs: nnx.Rngs):" in result.changed["a.py"]


@pytest.mark.parametrize(
    ("field", "size", "options"),
    [
        pytest.param("width: int = 5", "width", "", id="a field would hide a module-level name"),
        pytest.param("rngs: int = 5", "3", "", id="a field called rngs"),
        pytest.param("depth: int = 1", "3", ', name="train"', id="a layer called like a method"),
    ],
)
def test_clash_is_refused(field: str, size: str, options: str) -> None:
    text = PROGRAM.format(field=field, size=size, options=options)
    result = migrate_sources({"a.py": text}, Options(bridge=False))
    assert not result.changed
    assert {finding.code for finding in result.findings} == {"LNX111"}
