"""`__post_init__`: checks of fields move into `__init__`, anything else leaves the class alone."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

NET = """
class Net(nn.Module):
    size: int = 4
    rate: float = 0.0

    def __post_init__(self):
        # sizes are positive
        if self.size < 1:
            raise ValueError(f"size is {{self.size}}")
        {line}
        super().__post_init__()

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.size)(x)
"""


def of(line: str) -> str:
    return program(NET.format(line=line), "Net(3)", (2, 4))


def test_checks_of_fields() -> None:
    outcome = compared(of('assert self.rate <= 1, "too high"'))
    assert_identical(outcome)
    assert (
        outcome.text.count("# sizes are positive\n        if self.size < 1:\n            raise ValueError")
        == 1
    )
    assert 'assert self.rate <= 1, "too high"\n        self.Dense_0' in outcome.text
    assert "__post_init__" not in outcome.text


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("self.size = self.size + 1", id="a-field-that-is-set"),
        pytest.param("object.__setattr__(self, 'size', 3)", id="set-behind-its-back"),
        pytest.param("if self.size > 9:\n            print(self.size)", id="printed"),
        pytest.param("if self.name is None:\n            raise ValueError", id="the-name"),
        pytest.param("if X.size > 99:\n            raise ValueError", id="a-global"),
        pytest.param("super().__post_init__()", id="twice"),
        pytest.param("if (size := self.size) > 9:\n            raise ValueError(size)", id="a-local-name"),
        pytest.param("if self.parent is not None:\n            raise ValueError", id="the-parent"),
    ],
)
def test_what_stays(line: str) -> None:
    assert findings(of(line))
