"""Modules whose `__call__` is one step of `nn.scan`: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

TOKENS = (2, 5, 6)
SCAN = "partial(nn.scan, variable_broadcast='params', split_rngs={'params': False}, in_axes=1, out_axes=1)"
CARRIES = f"""
from functools import partial

class Steps(nn.Module):
    width: int

    @{SCAN}
    @nn.compact
    def __call__(self, carry, x):
        carry = jnp.tanh(nn.Dense(self.width)(x) + carry)
        return carry, nn.LayerNorm()(carry)

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        _, y = Steps(7)(jnp.zeros((x.shape[0], 7)), x)
        return nn.Dense(3)(y)
"""
CELLS = f"""
from functools import partial

class Steps(nn.Module):
    width: int

    @{SCAN}
    @nn.compact
    def __call__(self, carry, x):
        return nn.SimpleCell(self.width)(carry, x)

    def start(self, shape):
        return nn.SimpleCell(self.width, parent=None).initialize_carry(jax.random.key(0), shape)

class Net(nn.Module):
    def setup(self):
        self.steps = Steps(7)
        self.out = nn.Dense(3)

    def __call__(self, x):
        _, y = self.steps(self.steps.start(x[:, 0].shape), x)
        return self.out(y)
"""
FLIPPED = """
@jax.vmap
def flipped(x):
    return jnp.flip(x, axis=0)

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(flipped(nn.Dense(5)(x)))
"""
FORMS = [
    pytest.param(CARRIES, id="a-carry-of-its-own"),
    pytest.param(CELLS, id="a-cell-that-is-asked-for-its-carry"),
    pytest.param(CARRIES.replace("in_axes=1, out_axes=1", "in_axes=1, out_axes=0"), id="another-axis-after"),
    pytest.param(FLIPPED, id="a-batched-function"),
]


@pytest.mark.parametrize("text", FORMS)
def test_scanned_modules_compute_the_same(text: str) -> None:
    assert_identical(compared(program(text, "Net()", TOKENS)))


REFUSED = [
    pytest.param("split_rngs={'params': False}", "split_rngs={'params': True}", "LNX130", id="own-weights"),
    pytest.param("variable_broadcast='params'", "variable_axes={'params': 0}", "LNX130", id="stacked"),
    pytest.param("in_axes=1, ", "in_axes=1, length=5, ", "LNX130", id="more-options"),
    pytest.param("in_axes=1, ", "in_axes=(1,), ", "LNX130", id="axes-one-by-one"),
    pytest.param("Steps(7)(jnp.zeros((x.shape[0], 7)), x)",
                 "Steps(7)(jnp.zeros((x.shape[0], 7)), x=x)", "LNX130", id="a-keyword"),
    pytest.param("nn.LayerNorm()(carry)", "nn.BatchNorm(use_running_average=False)(carry)", "LNX130",
                 id="statistics"),
    pytest.param("nn.LayerNorm()(carry)", "nn.Dropout(0.5, deterministic=False)(carry)", "LNX111",
                 id="random-numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code"), REFUSED)
def test_other_scans_stay(before: str, after: str, code: str) -> None:
    assert before in CARRIES
    assert any(code in each for each in findings(program(CARRIES.replace(before, after), "Net()", TOKENS)))


def test_a_cell_with_other_fields_is_no_twin() -> None:
    text = CELLS.replace("SimpleCell(self.width, parent", "SimpleCell(self.width + 1, parent")
    assert any("LNX111" in each for each in findings(program(text, "Net()", TOKENS)))
