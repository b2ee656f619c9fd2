"""After a failure: the layer where it begins, both source lines, and the probable cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from migrate.verify.causes.catalogue import causes
from migrate.verify.causes.evidence import Evidence
from migrate.verify.compare import label
from migrate.verify.isolate import Isolate, isolated
from migrate.verify.layers import LayerPair, describe, first_wrong, line_of, pair_layers
from migrate.verify.pairing import TrackPair, pair_losses
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording
from migrate.verify.report import Divergence, Report

Watch = Callable[[int], tuple[Recording, Recording] | None]
UNKNOWN = Divergence(1, "update", "")


def diagnose(
    report: Report,
    old: Recording,
    new: Recording,
    pairs: list[TrackPair],
    watch: Watch,
    isolate: Isolate | None = None,
) -> Report:
    """Add lines, layers and causes; `watch` runs both programs again with every module recorded.

    With `isolate`, layers are shown in any case, and where they differ each is looked at alone.
    """
    divergence = report.first_divergence or UNKNOWN
    layers: list[LayerPair] = []
    if isolate or (report.verdict == "fail" and divergence.phase in ("forward", "backward", "state")):
        seen = watch(divergence.step)
        layers = pair_layers(*seen, tuple(pairs), divergence.step) if seen else []
    report = replace(report, layers=tuple(describe(pair) for pair in layers))
    if report.verdict != "fail":
        return report
    if isolate is not None and first_wrong(layers) is not None:
        alone = isolate(divergence.step, layers)
        report = replace(report, layers=isolated(report.layers, layers, alone)) if alone else report
    evidence = Evidence(old, new, tuple(pairs), divergence, report.layers)
    report = replace(report, causes=causes(evidence, layers))
    if report.first_divergence is None:
        return report
    return replace(report, first_divergence=_placed(divergence, old, new, pairs, layers))


def _placed(
    found: Divergence, old: Recording, new: Recording, pairs: list[TrackPair], layers: list[LayerPair]
) -> Divergence:
    """The divergence with its module, if the layers show it, and with both source lines."""
    wrong = first_wrong(layers) if found.phase == "forward" else None
    if wrong is not None:
        path = "/".join(part for part in (found.path, wrong.before.header["path"]) if part)
        return replace(found, path=path, before_line=line_of(wrong.before), after_line=line_of(wrong.after))
    for before, after in _sites(found, old, new, pairs):
        return replace(found, before_line=line_of(before), after_line=line_of(after))
    return found


def _sites(
    found: Divergence, old: Recording, new: Recording, pairs: list[TrackPair]
) -> list[tuple[Record, Record]]:
    """Events on both sides that belong to the divergence, the best first."""
    losses = [(a.losses[0], b.losses[0]) for a, b in pair_losses(old.loss_sites, new.loss_sites)]
    updates = [
        (one, other)
        for pair in pairs
        for index, (one, other) in enumerate(zip(pair.before.updates, pair.after.updates, strict=False))
        if label(one, index) == found.step
    ]
    return losses + updates if found.phase in ("forward", "backward") else updates + losses
