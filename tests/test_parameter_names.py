"""Parameters of modules whose names are computed, in loops too, and inputs of modules that are numbers."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
NAMED = """
class Net(nn.Module):
    layers: int = 2
    prefix: str = "scale"

    @nn.compact
    def __call__(self, x, train=True):
        for i in range(self.layers):
            {line}
        return nn.Dense(2)(x)
"""
ONES = "nn.initializers.ones, (x.shape[-1],)"


@pytest.mark.parametrize(
    ("line", "written"),
    [
        pytest.param(
            f"x = nn.tanh(nn.Dense(5)(x * self.param(f'scale_{{i}}', {ONES})))",
            'x = nnx.tanh(getattr(self, f"Dense_{i}")(x * getattr(self, f"scale_{i}")[...]))',
            id="sizes-that-run",
        ),
        pytest.param(
            f"w = self.param(f'{{self.prefix}}_{{i + 1}}', {ONES})\n            x = x + w",
            'w = getattr(self, f"{self.prefix}_{i + 1}")[...]',
            id="field-and-sum",
        ),
    ],
)
def test_computed_names(line: str, written: str) -> None:
    outcome = compared(program(NAMED.replace("{line}", line), "Net()", FLAT))
    assert written.replace('"', "'") in outcome.text.replace('"', "'")
    assert_identical(outcome)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"x = x * self.param('scale', {ONES})", id="one-name-in-all-turns"),
        pytest.param(f"x = x * self.param(f'scale_{{train}}_{{i}}', {ONES})", id="a-name-from-the-call"),
        pytest.param(f"x = x * self.param('scale' + str(i), {ONES})", id="a-sum-of-texts"),
        pytest.param(f"x = [x * self.param(f's_{{j}}', {ONES}) for j in range(2)][i]", id="a-comprehension"),
    ],
)
def test_other_names_stay(line: str) -> None:
    assert any(
        f.startswith("LNX111") for f in findings(program(NAMED.replace("{line}", line), "Net()", FLAT))
    )


SCALED = dedent("""
    class Block(nn.Module):
        width: int

        @nn.compact
        def __call__(self, x, scale: float = 1.0):
            return x + scale * nn.Dense(self.width)(x)


    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            block = Block(6)
            x = block(x{first})
            for _ in range(2):
                x = nn.remat(Block)(6)(x)
            return nn.Dense(2)(Block(6)(x{second}))
    """)


@pytest.mark.parametrize(
    ("first", "second"), [("", ""), (", 0.5", ", scale=2"), (", 0.5", "")], ids=["none", "both", "one"]
)
def test_numbers_as_inputs(first: str, second: str) -> None:
    assert_identical(compared(program(SCALED.format(first=first, second=second), "Net()", FLAT)))


def test_a_number_here_and_an_array_there() -> None:
    text = program(SCALED.format(first=", x[..., :1]", second=", 0.5"), "Net()", FLAT)
    assert any(found.startswith("LNX112") for found in findings(text))
