"""`linen2nnx verify`: run both programs and compare; without AFTER, the before program is migrated first."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from migrate.commands.outcome import Outcome
from migrate.config import load_settings
from migrate.errors import UsageError
from migrate.pipeline import run
from migrate.project.discovery import Discovery
from migrate.project.mirror import mirrored
from migrate.project.reading import Batch, read_batch
from migrate.report.text import findings_text
from migrate.result import Result
from migrate.verify import api, options, report_json, report_text
from migrate.verify.leftovers import orderly_end
from migrate.verify.request import check

INCONCLUSIVE = 3


def verify(namespace: Namespace, progress: Callable[[str], None]) -> Outcome:
    """Compare the two programs of the request; exit 0 pass, 1 fail, 3 inconclusive.

    `progress` is told how far the runs are.
    """
    try:
        request = replace(options.request_from(namespace), progress=progress)
        if request.after is not None:
            return _outcome(api.verify(request), namespace)
        with orderly_end():
            return _verify_migrated(request, namespace)
    except api.VerifyError as error:
        raise UsageError(str(error)) from error


def _verify_migrated(request: api.Request, namespace: Namespace) -> Outcome:
    """Migrate a copy that is gone afterwards; files beside the program stay within its reach."""
    before = request.before
    check(replace(request, after=before))
    batch, result = _migrate(before, namespace.style)
    text = result.changed.get(str(before))
    if text is None:
        return _nothing_to_verify(before, result)
    new = batch.sources[str(before)].encode(text)
    root = before.absolute().parent
    with mirrored(root, {Path(before.name): new}) as copy:
        after = copy / before.name
        shown = [(str(place), f"{before} (migrated)") for place in (after, after.resolve())]
        shown += [(str(place), str(root)) for place in (copy, copy.resolve())]
        of_copy = replace(request, after=after, shown=tuple(shown), style=namespace.style)
        return _outcome(api.verify(of_copy), namespace)


def _migrate(before: Path, style: str | None) -> tuple[Batch, Result]:
    settings = load_settings(before.absolute().parent, {"style": style})
    batch = read_batch(Discovery((str(before),)))
    return batch, run(batch.texts, replace(settings.options, select=(), ignore=()))


def _nothing_to_verify(before: Path, result: Result) -> Outcome:
    message = f"linen2nnx: {before}: nothing here could be migrated, so there is nothing to verify\n"
    return Outcome(INCONCLUSIVE, findings_text(result.findings), message)


def _outcome(report: api.Report, namespace: Namespace) -> Outcome:
    as_json = namespace.json
    text = json.dumps(report_json.to_json(report), indent=2) if as_json else report_text.render(report)
    return Outcome(report.exit_code, f"{text}\n")
