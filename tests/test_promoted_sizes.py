"""Sizes through `promote_dtype`, which gives its arrays back one by one."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

NET = """
class Product(nn.Module):
    @nn.compact
    def __call__(self, x):
        weight = self.param("weight", nn.initializers.ones, (x.shape[-1], 5))
        x, weight = nn.dtypes.promote_dtype(x, weight, dtype=jnp.float32)
        return x @ weight


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        {first}
        x = Product()(x)
        return nn.Dense(3)(x)
"""


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("[x] = nn.dtypes.promote_dtype(nn.Dense(4)(x), dtype=None)", id="one"),
        pytest.param("x, bias = nn.dtypes.promote_dtype(nn.Dense(4)(x), None)", id="one-is-missing"),
    ],
)
def test_same_numbers(first: str) -> None:
    outcome = compared(program(NET.format(first=first), "Net()", (3, 6)))
    assert_identical(outcome)
    assert "Product(in_features=4, rngs=rngs)" in outcome.text
    assert "nnx.Linear(5, 3, rngs=rngs)" in outcome.text


def test_what_is_spread_is_not_counted() -> None:
    text = program(NET.format(first="[x] = nn.dtypes.promote_dtype(*x[:1])"), "Net()", (3, 6))
    assert any(found.startswith("LNX112") for found in findings(text))
