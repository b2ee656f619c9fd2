"""Networks with the same leaves that the after program may build in another order than before."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, permutations, product

from migrate.verify.judge import judge
from migrate.verify.pairing import TrackPair, counterpart, pair_tracks
from migrate.verify.recording import Recording
from migrate.verify.refine import refine
from migrate.verify.report import Report
from migrate.verify.runner import Runner

TRIALS = 5
Settled = tuple[Report, Runner, Recording, list[TrackPair]]


def settle(
    report: Report, blank: Report, runner: Runner, old: Recording, new: Recording, pairs: list[TrackPair]
) -> Settled:
    """Where the numbers differ, try the other ways to pair networks that nothing tells apart.

    Another way that agrees is the right one if the names of the leaves ask for it, and a doubt otherwise.
    """
    after = runner.request.after
    if report.verdict != "fail" or after is None or runner.order or runner.takeover:
        return report, runner, new, pairs
    for order in islice(_other_orders(new), TRIALS):
        other = replace(runner, networks=order)
        again, trouble = other.run(after, "after", transplant="before")
        if trouble is not None:
            continue
        swapped = pair_tracks(old, again, runner.request.given)
        found = refine(judge(blank, old, again, runner.request.steps, swapped), other, old, again, swapped)
        if found.verdict == "pass":
            decided = any(_named_otherwise(pair, new) for pair in pairs)
            return _told(found, order, decided), other, again, swapped
    return report, runner, new, pairs


def _other_orders(run: Recording) -> list[tuple[int, ...]]:
    """Orders of all initialisations in which only those change places that fit the same networks."""
    built = [set(event.header["rivals"]) for event in run.of("construct") if len(event.header["rivals"]) > 1]
    groups = sorted({tuple(sorted(group)) for group in built})
    places = [place for group in groups for place in group]
    if len(places) != len(set(places)):
        return []
    ways = product(*(permutations(group) for group in groups))
    orders = [[place for group in way for place in group] for way in islice(ways, 1, TRIALS + 1)]
    rest = [number for number in range(max(places, default=-1) + 1) if number not in places]
    return [tuple(_ordered(places, order, rest)) for order in orders]


def _ordered(places: list[int], order: list[int], rest: list[int]) -> list[int]:
    moved = dict(zip(places, order, strict=True)) | {number: number for number in rest}
    return [moved[number] for number in sorted(moved)]


def _named_otherwise(pair: TrackPair, run: Recording) -> bool:
    """Whether one optimizer holds several of the networks, by names, and found other values there."""
    sizes = [len(event.header["table"]) for event in run.of("construct") if len(event.header["rivals"]) > 1]
    several = any(2 * size <= len(pair.leaves.pairs) for size in sizes)
    before, after = (track.updates[0].group("params") for track in (pair.before, pair.after))
    partners = {path: counterpart(path, array, after, pair.names) for path, array in before.items()}
    differs = any(
        partner is not None and partner.tobytes() != before[path].tobytes()
        for path, partner in partners.items()
    )
    return several and pair.leaves.certain and differs


def _told(report: Report, order: tuple[int, ...], decided: bool) -> Report:
    """The report of the other way, with what that means."""
    shown = ", ".join(str(number) for number in order)
    if decided:
        note = f"networks with the same leaves are built in another order; by their names it is [{shown}]"
        return replace(report, notes=(*report.notes, note))
    message = (
        f"{report.after}: builds networks with the same leaves; paired in the order in which they are built "
        f"the numbers differ, paired in the order [{shown}] they agree, and nothing tells which is meant; "
        f"build them in the same order, or say networks = [{shown}] in the leaf map"
    )
    return replace(report, verdict="inconclusive", grade="none", message=message)
