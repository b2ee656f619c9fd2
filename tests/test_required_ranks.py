"""A module hands its input on: what the module inside needs of it is needed of the one around, too."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import PATH, assert_identical, compared, program

NET = """
class Inner(nn.Module):
    @nn.compact
    def __call__(self, x):
        n, h, w, c = x.shape
        x = nn.Conv(3, (2, 2))(x)
        return nn.Dense(3)(x.reshape((n, -1)))


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


class Net(nn.Module):
    def setup(self):
        {setup}

    def __call__(self, x):
        {call}


def loaded():
    return jnp.asarray(np.random.default_rng(0).normal(size={shape}), jnp.float32)


X = loaded()
"""


def of(setup: str, call: str, shape: tuple[int, ...] = (2, 4, 6, 3)) -> str:
    module = NET.format(setup=setup, call=call.replace("\n", "\n        "), shape=shape)
    return program(module.replace("X = loaded()", "X = eval('loaded()')"), "Net()", shape)


@pytest.mark.parametrize(
    ("setup", "call"),
    [
        pytest.param("self.inner = Inner()", "return self.inner(x)", id="as-it-is"),
        pytest.param("self.inner = Inner()", "return self.inner(2 * nn.relu(x))", id="changed-before"),
    ],
)
def test_the_number_of_axes_is_known(setup: str, call: str) -> None:
    outcome = compared(of(setup, call))
    assert_identical(outcome)
    assert "in_shape=X.shape[1:]" in outcome.text


def test_another_call_does_not_tell_what_this_one_is_given() -> None:
    """`Plain` takes any number of axes, whatever it is called with elsewhere."""
    setup = "self.a, self.b = Plain(), Plain()"
    call = "flat = x.reshape((x.shape[0], -1))\nreturn self.a(jnp.ones((2, 5))).sum() + self.b(flat)"
    assert_identical(compared(of(setup, call, (2, 3, 4))))


def test_several_entries_side_by_side_have_an_axis_more() -> None:
    """Under `nn.vmap` the module inside sees an axis less."""
    lifted = "nn.vmap(Inner, in_axes=0, variable_axes={'params': None}, split_rngs={'params': False})"
    text = of(f"self.inner = {lifted}()", "return self.inner(x)", (3, 2, 4, 6, 3))
    new = migrate_sources({PATH: text}, Options()).changed.get(PATH, text)
    assert "class Net(nn.Module)" in new
