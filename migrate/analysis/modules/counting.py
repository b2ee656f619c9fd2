"""Linen's automatic names: how many layers of a class were built before, as an expression.

In a loop the number depends on the turn; under a condition, on whether it holds.
"""

from __future__ import annotations

from migrate.analysis.modules.known_numbers import in_branch
from migrate.analysis.modules.turn_counts import earlier_turns
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Size, combined, conditional, literal, number

NONE = number(0)


def name_of(run: Run, short: str) -> str:
    """The name of the next layer of a class; braces where it is the text of an f-string."""
    count = run.counters.get(short, NONE)
    run.counters[short] = combined(count, "+", number(1))
    tests = [test for test in run.tests if test is not None]
    count = in_branch(count, tests)
    for test in tests:
        count = known_to_hold(count, test)
    return f"{short}_{count.text}" if literal(count) is not None else f"{short}_{{{count.text}}}"


def known_to_hold(count: Size, test: str) -> Size:
    """A number in a branch where a condition holds; it says nothing of other turns of a loop."""
    if " for " in count.text:
        return Size(earlier_turns(count.text, test))
    text = count.text.replace(f" * (1 if {test} else 0)", "").replace(f"(1 if {test} else 0)", "1")
    return Size(text)


def merged(test: str, left: dict[str, Size], right: dict[str, Size]) -> dict[str, Size]:
    """The numbers after two branches."""
    both = {}
    for short in {*left, *right}:
        a, b = left.get(short, NONE), right.get(short, NONE)
        both[short] = _extra(test, a, b) or conditional(test, a, b)
    return both


def _extra(test: str, left: Size, right: Size) -> Size | None:
    """`n + (1 if test else 0)` where the first branch built some more."""
    a, b = literal(left), literal(right)
    if left == right:
        return left
    if a is not None and b is not None and a > b:
        return combined(right, "+", Size(f"({a - b} if {test} else 0)"))
    if left.text == combined(right, "+", number(1)).text:
        return combined(right, "+", Size(f"(1 if {test} else 0)"))
    return None
