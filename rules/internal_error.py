"""LNX902: a file on which the engine itself failed."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX902",
    name="internal-error",
    title="linen2nnx failed on a file",
    fix="none",
    what=(
        "Reports a file on which linen2nnx raised an error of its own, or for which it produced text that is "
        "not valid Python, or on files that it failed on only together. The other files are handled as "
        "usual."
    ),
    why="The fault is in linen2nnx or its parser; nothing is known about the Linen code in the file.",
    use_instead="Report the message with the smallest part of the file on which it still appears.",
    fix_safety="The file is never written.",
    upstream="https://github.com/Instagram/LibCST/issues",
    invalid=(),
    valid=("import flax\n",),
)
