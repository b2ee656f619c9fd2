"""The pure core: sources in, new sources and findings out."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.result import Options, Result


def migrate_sources(sources: Mapping[str, str], options: Options = Options()) -> Result:
    """Migrate every training component found in `sources`, a map from path to text."""
    return Result()
