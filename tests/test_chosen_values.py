"""Values that both sides of a condition make in several steps, and that `__init__` makes as one choice."""

from __future__ import annotations

import pytest

from migrate.analysis.shapes.sizes import Size, combined
from tests.module_harness import assert_identical, compared, findings, migrated, program

IMAGES = (2, 4, 4, 3)
MASKED = """
class Masked(nn.Module):
    width: int
    mask: Any

    @nn.compact
    def __call__(self, x):
        if len(self.mask.shape) == 2:
            mask = self.mask[..., None, None]
            mask = jnp.tile(mask, (1, 1, x.shape[-1], self.width))
        else:
            mask = self.mask
        return nn.Conv(self.width, self.mask.shape[:2], mask=mask)(x)


class Net(nn.Module):
    def setup(self):
        mask = np.ones((3, 3), dtype=np.float32)
        mask[2, :] = 0
        self.first = Masked(4, mask)
        self.second = Masked(6, jnp.ones((1, 1, 4, 6)).at[0].set(0.5))

    def __call__(self, x):
        values, gates = jnp.split(self.second(nn.relu(self.first(x))), 2, axis=-1)
        return values * nn.sigmoid(gates)
"""
WRITTEN = """\
            mask=(
                jnp.tile(self.mask[..., None, None], (1, 1, in_features, self.width))
                if len(self.mask.shape) == 2
                else self.mask
            ),
"""


def test_a_value_in_several_steps() -> None:
    done = compared(program(MASKED, "Net()", IMAGES))
    assert_identical(done)
    assert WRITTEN in done.text


REFUSED = [
    pytest.param("mask = jnp.tile(", "mask[0] = 0\n            mask = jnp.tile(", id="set-in-place"),
    pytest.param("            mask = jnp.tile(", "            mask *= 2\n            mask = jnp.tile(",
                 id="an-operation-in-place"),
    pytest.param("mask = self.mask[..., None, None]", "mask = x[0, ..., None]", id="made-of-the-input"),
    pytest.param("        if len(", "        mask = self.mask\n        if len(", id="bound-before"),
    pytest.param(" mask = self.mask\n", " mask = mask + 1\n", id="read-before-it-is-bound"),
    pytest.param(" mask = self.mask\n",
                 " mask = self.mask\n            if self.width:\n                mask = 2 * mask\n",
                 id="under-another-condition"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_other_values_stay(before: str, after: str) -> None:
    assert before in MASKED
    found = findings(program(MASKED.replace(before, after), "Net()", IMAGES))
    assert any("LNX111" in each for each in found), found


@pytest.mark.parametrize(
    ("size", "parts", "text"),
    [
        ("2 * self.width", 2, "self.width"),
        ("6 * self.width", 2, "3 * self.width"),
        ("2 * (a + b)", 2, "a + b"),
        ("4 * (a + b)", 2, "2 * (a + b)"),
        ("3 * self.width", 2, "(3 * self.width) // 2"),
        ("self.width * 2", 2, "(self.width * 2) // 2"),
        ("2 * a * b", 2, "(2 * a * b) // 2"),
        ("a + 2 * b", 2, "(a + 2 * b) // 2"),
    ],
)
def test_parts_of_a_size(size: str, parts: int, text: str) -> None:
    assert combined(Size(size), "//", Size(str(parts))).text == text


def test_parts_of_an_array_have_sizes() -> None:
    result = "self.second(nn.relu(self.first(x)))"
    module = MASKED.replace(f"jnp.split({result}, 2, axis=-1)", "z.split(2, axis=-1)")
    made = f"        z = {result}\n        values, gates"
    module = module.replace("        values, gates", made)
    module = module.replace("return values * nn.sigmoid(gates)", "return self.out(values * gates)")
    module = module.replace("self.second = ", "self.out = nn.Dense(2)\n        self.second = ")
    assert "self.out = nnx.Linear(3, 2, rngs=rngs)" in migrated(program(module, "Net()", IMAGES))
