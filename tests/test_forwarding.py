"""Modules that hand on whatever they are given have the inputs of what receives it."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

INNER = """
class Inner(nn.Module):
    dim: int

    def setup(self):
        self.first = nn.Dense(self.dim)
        self.second = nn.Dense(self.dim)

    def __call__(self, x, memory, scale=1.0):
        return self.first(x) + self.second(memory)


class Outer(nn.Module):
    dim: int = 4

    def setup(self):
        self.inner = Inner(self.dim)

    def __call__(self, *args, **kwargs):
        return {body}


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = Outer()(x, memory=x[:, :2])
        return nn.Dense(3)(y)
"""


def of(body: str) -> str:
    return program(INNER.format(body=body), "Net()", (4, 6))


def test_sizes_go_through() -> None:
    outcome = compared(of("self.inner(*args, **kwargs)"))
    assert_identical(outcome)
    assert "def __call__(self, *args, **kwargs):" in outcome.text
    assert "x_features=" in outcome.text and "memory_features=" in outcome.text


REFUSED = [
    pytest.param("self.inner(*args)", id="only-the-positional-ones"),
    pytest.param("self.inner(*args, scale=2.0, **kwargs)", id="with-more"),
    pytest.param("self.inner(*args[:1], **kwargs)", id="a-part"),
    pytest.param("2.0 * self.inner(*args, **kwargs)", id="with-its-result-changed"),
]


@pytest.mark.parametrize("body", REFUSED)
def test_anything_else_stays(body: str) -> None:
    assert [finding for finding in findings(of(body)) if "LNX111" in finding]
