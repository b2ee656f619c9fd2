"""LNX904: a file that takes too long to follow."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX904",
    name="too-many-steps",
    title="A file takes too many steps to follow",
    fix="manual",
    what=(
        "Reports a file whose functions call one another in so many ways that the search for what each "
        "value is was given up."
    ),
    why=(
        "The search follows every call with the kinds of its arguments. Without an end it could keep a "
        "commit hook waiting."
    ),
    use_instead="Split the file, or call shared helpers from fewer places.",
    fix_safety="Nothing in the file is edited.",
    upstream="https://en.wikipedia.org/wiki/Abstract_interpretation",
    invalid=(),
    valid=(
        """\
from flax import nnx
""",
    ),
)
