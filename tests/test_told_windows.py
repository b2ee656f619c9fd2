"""Convolutions whose windows are settings: `nn.Conv(8, self.patches.size, strides=self.patches.size)`."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

NET = """
class Patches:
    size = (2, 3)
    one = (3,)


class Net(nn.Module):
    patches: Any

    @nn.compact
    def __call__(self, x):
        n, h, w, c = x.shape
        x = nn.Conv(5, {conv})(x)
        x = x.reshape((n, -1))
        return nn.Dense(3)(x)
"""
IMAGE = (2, 7, 11, 3)
FORMS = [
    pytest.param("self.patches.size, strides=self.patches.size", id="same"),
    pytest.param('self.patches.size, strides=self.patches.size, padding="VALID"', id="valid-patches"),
    pytest.param('self.patches.size, padding="VALID"', id="valid-windows"),
    pytest.param('(3, 4), strides=self.patches.size, padding="VALID"', id="valid-strides"),
]


def of(conv: str) -> str:
    return program(NET.format(conv=conv), "Net(Patches())", IMAGE)


@pytest.mark.parametrize("conv", FORMS)
def test_same_numbers(conv: str) -> None:
    assert_identical(compared(of(conv)))


def test_windows_over_fewer_axes_do_not_pass_in_silence() -> None:
    text = migrated(of("self.patches.one, strides=self.patches.one"))
    with pytest.raises(IndexError):
        exec(compile(text, "model.py", "exec"), {})


MIXED = """
import einops

class Net(nn.Module):
    size: Any

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(8, self.size, strides=self.size)(x)
        x = einops.rearrange(x, "{pattern}")
        return nn.Dense(3)(jnp.swapaxes(x, 1, 2))
"""


def test_a_pattern_tells_how_many_axes_there_are() -> None:
    text = program(MIXED.format(pattern="n h w c -> n (h w) c"), "Net((2, 3))", IMAGE)
    assert "(-(-height // self.size[0])) * (-(-width // self.size[1]))" in migrated(text)


def test_a_pattern_with_dots_does_not() -> None:
    text = program(MIXED.format(pattern="n ... w c -> n (... w) c"), "Net((2, 3))", IMAGE)
    assert any(found.startswith("LNX112") for found in findings(text))
