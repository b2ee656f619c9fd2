"""What the recorder notes of a module's attributes."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from migrate.verify.recorder.describe import describe_values


@pytest.mark.parametrize(
    ("value", "noted"),
    [
        pytest.param(3, 3, id="number"),
        pytest.param((3, 3), [3, 3], id="numbers"),
        pytest.param(np.dtype("float32"), "float32", id="dtype"),
        pytest.param(np.float16, "float16", id="scalar-type"),
        pytest.param(nn.Conv, "Conv", id="layer-class-with-a-dtype"),
        pytest.param(dict, "object", id="class"),
        pytest.param(nn.relu, "relu", id="function"),
    ],
)
def test_attributes_are_noted(value: object, noted: object) -> None:
    assert describe_values({"field": value, "_hidden": 1, "array": jnp.ones(2)}) == {"field": noted}
