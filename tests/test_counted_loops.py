"""Loops of `__call__` that count their turns from another number than 0: compared with Linen, or left."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

NET = """
class Net(nn.Module):
    widths: Sequence[int] = (4, 6, 5)
    first: int = 1

    @nn.compact
    def __call__(self, x):
        for i, width in enumerate(self.widths, 1):
            x = nn.Dense(width, name=f"block{i}")(x)
            x = nn.tanh(x)
        return nn.Dense(2)(x)
"""
LOOP = "for i, width in enumerate(self.widths, 1):"
NAMED = 'nn.Dense(width, name=f"block{i}")'
WRITTEN = """\
        for i, width in enumerate(self.widths, 1):
            setattr(self, f"block{i}", nnx.Linear(features, width, rngs=rngs))
            features = width
        self.Dense_0 = nnx.Linear(features, 2, rngs=rngs)
"""


@pytest.mark.parametrize("widths", [(4, 6, 5), (3,), ()], ids=["three", "one", "none"])
def test_layers_that_are_named_by_such_a_number(widths: tuple[int, ...]) -> None:
    done = compared(program(NET, f"Net({widths})", (2, 3)))
    assert_identical(done)
    assert WRITTEN in done.text


FORMS = [
    pytest.param(LOOP, LOOP.replace("1)", "start=1)"), 'f"block{i}"', id="by-keyword"),
    pytest.param(
        LOOP, "for i, width in enumerate(self.widths[1:], 1):", "enumerate(self.widths[1:], 1)", id="a-part"
    ),
    pytest.param(LOOP, LOOP.replace("1)", "self.first)"), "self.widths, self.first):", id="by-a-field"),
    pytest.param(NAMED, "nn.Dense(width)", 'f"Dense_{i - 1}"', id="numbered-by-linen"),
    pytest.param(NAMED, "nn.Dense(width * 2**i)", "nnx.Linear(features, width * 2**i", id="a-size-by-turn"),
    pytest.param(NAMED, "nn.Dense(3)(x)\\n            x = nn.Dense(2)",
                 'f"Dense_{(i - 1) * 2 + 1}"', id="several-a-turn"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "written"), FORMS)
def test_other_ways_to_count(before: str, after: str, written: str) -> None:
    assert before in NET
    done = compared(program(NET.replace(before, after.replace("\\n", "\n")), "Net()", (2, 3)))
    assert_identical(done)
    assert written in done.text


REFUSED = [
    pytest.param(
        NAMED,
        "nn.Dense(width)(x)\\n            if width > 4:\\n                x = nn.Dense(width)",
        id="as-many-as-a-turn-says",
    ),
    pytest.param("self.widths, 1", "self.widths, x.shape[0] * int(x.max())", id="by-a-value"),
]


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_numbers_that_init_cannot_tell(before: str, after: str) -> None:
    assert before in NET
    found = findings(program(NET.replace(before, after.replace("\\n", "\n")), "Net()", (2, 3)))
    assert any(message.startswith("LNX111") for message in found)


def test_a_stride_that_leaves_the_size_as_it_is() -> None:
    module = """
class Stage(nn.Module):
    width: int
    stride: int = 1

    @nn.compact
    def __call__(self, x):
        return nn.Conv(self.width, (3, 3), (self.stride, self.stride))(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Stage(4)(x)
        return nn.Dense(3)(x.reshape((x.shape[0], -1)))
"""
    done = compared(program(module, "Net()", (2, 4, 4, 3)))
    assert_identical(done)
    assert "nnx.Linear(height * width * 4, 3, rngs=rngs)" in done.text
