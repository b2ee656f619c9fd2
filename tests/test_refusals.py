"""Programs that stay byte for byte, with the code of the finding that says why.

Most of them are wrong rewrites that would run and print other numbers: an old value that an NNX object
no longer shows, a name that would stand for something else, a size that is not what the layer gets.
"""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CREATE, JITTED_STEP, NET, after

PATH = "train.py"


def refusal(style: Style, text: str) -> set[str]:
    """The codes of a run that changes nothing."""
    result = migrate_sources({PATH: text}, Options(style=style))
    assert result.changed == {}
    return {finding.code for finding in result.findings}


OLD_VALUES = [
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        for turn in range(4):
            new_state, loss = step(state, X)
            if turn % 2 == 0:
                state = new_state
        """,
        id="a-step-is-taken-back-by-not-renaming",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        new_state, loss = step(state, X)
        print(optax.global_norm(state.params))
        state = new_state
        """,
        id="the-old-state-is-read-before-the-new-one-takes-its-name",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        first = state.params
        state, loss = step(state, X)
        print(optax.global_norm(first))
        """,
        id="first-parameters-read-after-a-jitted-step",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        left = state
        right = state
        left, a = step(left, X)
        right, b = step(right, 2 * X)
        """,
        id="two-runs-from-one-state",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        for turn in range(4):
            try:
                new_state, loss = step(state, X)
                if turn == 2:
                    raise ValueError
                state = new_state
            except ValueError:
                print(optax.global_norm(state.params))
        """,
        id="an-exception-keeps-the-old-state",
    ),
    pytest.param(
        JITTED_STEP,
        """
        state = create(0)
        first = state
        norm = lambda: optax.global_norm(first.params)
        state, loss = step(state, X)
        print(norm())
        """,
        id="a-lambda-keeps-the-old-state",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("helper", "body"), OLD_VALUES)
def test_old_values_stay_readable(helper: str, body: str, style: Style) -> None:
    assert "LNX011" in refusal(style, after(NET, CREATE, helper, body))
