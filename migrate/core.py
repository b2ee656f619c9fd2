"""The pure core: sources in, new sources and findings out."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.relevance import connected, importing, is_relevant
from migrate.result import Options, Result


def migrate_sources(sources: Mapping[str, str], options: Options | None = None) -> Result:
    """Migrate every training component found in `sources`, a map from path to text.

    Texts keep their own line endings. A source that mentions neither Linen nor a train state is passed over,
    unless such a source imports it, or it imports something that changes.
    """
    from migrate.borrowing.attempt import with_borrowed

    options = options or Options()
    return with_borrowed(sources, options, _with_helpers(sources, options), _with_helpers)


def _with_helpers(sources: Mapping[str, str], options: Options) -> Result:
    """What the engine makes of texts, helpers that build layers written out."""
    from migrate.inlining.attempts import with_helpers

    return with_helpers(sources, options, _migrated(sources, options), _migrated)


def _migrated(sources: Mapping[str, str], options: Options) -> Result:
    """What the engine makes of texts as they stand."""
    from migrate.outcome import Outcome

    relevant = [path for path, text in sources.items() if is_relevant(text)]
    others = [path for path in sources if path not in {*relevant}]
    importers = {importer.path for lines in options.imported_by.values() for importer in lines}
    read: set[str] = set()
    more = [*relevant, *connected(relevant, others, sources.__getitem__), *importers & sources.keys()]
    while True:
        read |= {*more}
        outcome = Outcome(options)
        if read:
            outcome.add({path: sources[path] for path in sorted(read)})
        unread = {path: text for path, text in sources.items() if path not in read}
        more = importing(outcome.visible, unread, sources)
        if not more:
            return outcome.result()
