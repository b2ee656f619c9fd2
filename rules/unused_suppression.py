"""LNX903: a suppression that silences nothing."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX903",
    name="unused-suppression",
    title="A suppression silences nothing",
    fix="manual",
    what=(
        "Reports a code of this tool in a `# noqa` comment where nothing is reported under that code, and "
        "`# linen2nnx: ignore-file` in a file that has no finding. Codes of other tools are passed over."
    ),
    why="A suppression that outlives its finding hides the next one that appears on the same line.",
    use_instead="Remove the code, and the comment with its last code.",
    fix_safety="Comments belong to their author, so they are left for you to remove.",
    upstream="https://flake8.pycqa.org/en/latest/user/violations.html#in-line-ignoring-errors",
    invalid=(Example("import flax\n\nwidth = 3  # noqa: LNX101\n"),),
    valid=("import flax\n\nwidth = 3  # noqa: E501\n", "import flax\n\nwidth = 3  # noqa\n"),
)
