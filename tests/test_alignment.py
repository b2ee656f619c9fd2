"""Arguments that stood behind their bracket stand behind it after the bracket has moved."""

from __future__ import annotations

import pytest

from migrate.rewrite.alignment import realigned


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            "x = model.apply(a,\n                b)\n",
            "x = model(a,\n                b)\n",
            "x = model(a,\n          b)\n",
            id="to-the-left",
        ),
        pytest.param(
            "x = f(a,\n      b)\r\n",
            "xyz = f(a,\n      b)\r\n",
            "xyz = f(a,\n        b)\r\n",
            id="to-the-right",
        ),
        pytest.param(
            "x = f(g(a,\n        b),\n      h(c,\n        d))\n",
            "x = ff(g(a,\n        b),\n      h(c,\n        d))\n",
            "x = ff(g(a,\n         b),\n       h(c,\n         d))\n",
            id="what-is-nested-goes-along",
        ),
        pytest.param(
            "x = f(a,\n      # why\n      b,  # (\n\n      c)\n",
            "x = ff(a,\n      # why\n      b,  # (\n\n      c)\n",
            "x = ff(a,\n       # why\n       b,  # (\n\n       c)\n",
            id="comments-and-empty-lines",
        ),
        pytest.param(
            "x = f(a,\n    b)\n", "x = ff(a,\n    b)\n", "x = ff(a,\n    b)\n", id="never-was-behind"
        ),
        pytest.param(
            "x = f(\n    a,\n    b)\n", "x = ff(\n    a,\n    b)\n", "x = ff(\n    a,\n    b)\n", id="hangs"
        ),
        pytest.param(
            "x = f(  # why\n      a)\n",
            "x = ff(  # why\n      a)\n",
            "x = ff(  # why\n      a)\n",
            id="hangs-behind-a-comment",
        ),
        pytest.param(
            'x = f("""a\n      b""",\n      c)\n',
            'x = ff("""a\n      b""",\n      c)\n',
            'x = ff("""a\n      b""",\n       c)\n',
            id="strings-stay",
        ),
        pytest.param(
            "def f(a,\n      b):\n    return g(a,\n  b)\n",
            "def name(a,\n      b):\n    return g(a,\n  b)\n",
            "def name(a,\n         b):\n    return g(a,\n  b)\n",
            id="lines-that-nobody-rewrote-stay",
        ),
        pytest.param(
            f"x = f(a,\n      {'b' * 80})\n",
            f"xyz = f(a,\n      {'b' * 80})\n",
            f"xyz = f(a,\n      {'b' * 80})\n",
            id="too-long",
        ),
        pytest.param("x = f(a,\n\tb)\n", "xy = f(a,\n\tb)\n", "xy = f(a,\n\tb)\n", id="tabs-stay"),
    ],
)
def test_lines_stand_behind_their_bracket(before: str, after: str, expected: str) -> None:
    assert realigned(before, after, 88) == expected
