"""LNX901: a file that cannot be looked at."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX901",
    name="unreadable-file",
    title="A file could not be read as Python",
    fix="none",
    what=(
        "Reports a file that cannot be opened, is not text in the encoding that it declares, does not parse "
        "with the Python that runs linen2nnx, or is a notebook. The other files are handled as usual."
    ),
    why="It may still hold Linen code; a run that passed over it in silence would mislead.",
    use_instead=(
        "Mend the file, or run linen2nnx under a Python version that knows its syntax. Export a notebook to "
        "a `.py` file first. Leave out a file that is broken on purpose with the `exclude` setting."
    ),
    fix_safety="The file is never written.",
    upstream="https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations",
    invalid=(Example("import flax.linen as nn\n\nmodel = nn.Dense(3\n"),),
    valid=("import flax.linen as nn\n\nmodel = nn.Dense(3)\n",),
)
