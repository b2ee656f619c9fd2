"""`linen2nnx check`: list findings."""

from __future__ import annotations

from argparse import Namespace

from migrate.commands.outcome import Outcome
from migrate.commands.scan import scan
from migrate.report.text import findings_text, summary_text


def check(namespace: Namespace, data: bytes, colour: bool) -> Outcome:
    """Report every finding; exit 1 if there is one, or code that `migrate` would change."""
    done = scan(namespace, data)
    result = done.result
    code = 1 if (result.findings or result.changed) and not namespace.exit_zero else 0
    summary = summary_text(done.counts, result, "would change", "can be migrated")
    err = "" if namespace.quiet else summary
    if done.settings.output_format == "json":
        from migrate.report.json_report import to_json

        return Outcome(code, to_json(done.counts, result), err)
    out = findings_text(result.findings)
    if colour:
        from migrate.report.colour import colour_findings

        out = colour_findings(out)
    return Outcome(code, out, err)
