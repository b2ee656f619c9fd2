"""The pure core: sources in, new sources and findings out."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from migrate.result import Options, Result

NEEDLES = ("linen", "train_state", "TrainState", "nnx")
"""A text without any of these holds nothing that the engine knows of."""


def migrate_sources(sources: Mapping[str, str], options: Options | None = None) -> Result:
    """Migrate every training component found in `sources`, a map from path to text.

    Texts keep their own line endings. A source that mentions neither Linen nor a train state is passed over.
    """
    from migrate.outcome import Outcome

    outcome = Outcome(options or Options())
    for path, text in sources.items():
        if any(needle in text for needle in NEEDLES):
            outcome.add(path, text, ast.parse(text))
    return outcome.result()
