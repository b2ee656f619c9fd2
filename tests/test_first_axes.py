"""Layers whose sizes are made from the first axis of an input: compared with Linen, or told by callers."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, program

SHAPE = (3, 4, 5)
MIXER = """
class Hyper(nn.Module):
    size: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.size)(nn.relu(nn.Dense(4)(x)))


class Mixer(nn.Module):
    width: int

    @nn.compact
    def __call__(self, values, states):
        agents, steps, batch = values.shape
        values = jnp.transpose(values, (1, 2, 0))
        weights = Hyper(self.width * agents)(states).reshape(steps, batch, agents, self.width)
        return jnp.matmul(values[:, :, None, :], weights)
"""
NET = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        states = jnp.tile(x[0][..., None], (1, 1, 2))
        return nn.Dense(2)(Mixer(6)(x, states))
"""


def test_the_first_axis_of_a_sample() -> None:
    module = MIXER.replace("class Mixer", "class Net")
    states = "jnp.tile(X[0][..., None], (1, 1, 2))"
    done = compared(program(module, "Net(6)", SHAPE, inputs=f"X, {states}"), f"X, {states}")
    assert_identical(done)
    assert "net = Net(6, values_length=3, states_features=2, rngs=nnx.Rngs(0))" in done.text


def test_the_first_axis_of_what_a_module_is_given() -> None:
    done = compared(program(MIXER + NET, "Net()", SHAPE))
    assert_identical(done)
    assert "values_length=x_length" in done.text or "values_length=x_shape" in done.text


def test_callers_are_told_which_axis() -> None:
    head = program(MIXER, "", SHAPE).partition("\n\nnet = ")[0]
    result = migrate_sources({"model.py": head}, Options())
    assert "values_length: int" in result.changed["model.py"]
    told = [finding.message for finding in result.findings if finding.code == "LNX116"]
    assert "`values_length` (the first axis of `values`)" in told[0]


REFUSED = [
    pytest.param("agents, steps", "agents, steps", "(self.width * agents)", "(self.width * agents * steps)",
                 id="two-axes"),
    pytest.param("agents, steps, batch = values.shape", "agents, steps, batch = len(values), 4, 5",
                 "values = jnp.transpose(values, (1, 2, 0))", "values = jnp.moveaxis(values, 0, -1)",
                 id="an-unknown-number-of-axes"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "other", "instead"), REFUSED)
def test_other_axes_stay(before: str, after: str, other: str, instead: str) -> None:
    assert before in MIXER and other in MIXER
    head = program(MIXER.replace(before, after).replace(other, instead), "", SHAPE).partition("\n\nnet = ")[0]
    new = migrate_sources({"model.py": head}, Options()).changed.get("model.py", head)
    assert "class Mixer(nn.Module)" in new
