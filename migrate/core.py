"""The pure core: sources in, new sources and findings out."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from migrate.relevance import connected, is_relevant
from migrate.result import Options, Result


def migrate_sources(sources: Mapping[str, str], options: Options | None = None) -> Result:
    """Migrate every training component found in `sources`, a map from path to text.

    Texts keep their own line endings. A source that mentions neither Linen nor a train state, and that no
    such source imports, is passed over.
    """
    from migrate.outcome import Outcome

    relevant = [path for path, text in sources.items() if is_relevant(text)]
    others = [path for path in sources if path not in {*relevant}]
    paths = sorted([*relevant, *connected(relevant, others, sources.__getitem__)])
    outcome = Outcome(options or Options())
    if paths:
        outcome.add(sources, {path: ast.parse(sources[path]) for path in paths})
    return outcome.result()
