"""What the axes of an input are called where `__init__` is told all of them."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, program

NET = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        {before}
        y = nn.Conv(4, (3, 3), strides=(2, 2))(x).reshape(x.shape[0], -1)
        return nn.Dense(3)(y){after}
"""
FORMS = [
    pytest.param("pass", "", "height, width, in_features = in_shape", id="features-last"),
    pytest.param(
        "x = jnp.transpose(x, (0, 2, 3, 1))", "", "in_features, height, width = in_shape", id="features-first"
    ),
    pytest.param(
        "x = jnp.moveaxis(x, 1, -1)", "", "in_features, height, width = in_shape", id="features-first-moved"
    ),
    pytest.param(
        "z = nn.Dense(3)(x).mean((1, 2))\n        x = jnp.transpose(x, (0, 2, 3, 1))",
        " + z",
        "height, width, in_features = in_shape",
        id="both",
    ),
]


@pytest.mark.parametrize(("before", "after", "written"), FORMS)
def test_axes(before: str, after: str, written: str) -> None:
    outcome = compared(program(NET.format(before=before, after=after), "Net()", (2, 5, 6, 7)))
    assert_identical(outcome)
    assert written in outcome.text
