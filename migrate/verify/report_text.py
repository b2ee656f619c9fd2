"""The report as text for a terminal."""

from __future__ import annotations

from migrate.verify.forward import FLAG, sentence
from migrate.verify.report import Alive, Layer, Report

LOSS_ROWS = 12


def render(report: Report) -> str:
    """The whole report, without a final line break."""
    grade = f" ({report.grade})" if report.verdict == "pass" else ""
    lines = [f"{report.verdict}{grade}: {report.message}"]
    lines += [f"  {line}" for line in report.traceback.rstrip().splitlines()]
    lines += _divergence(report) + _loss_table(report) + _layers(report) + _facts(report)
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


def _divergence(report: Report) -> list[str]:
    found = report.first_divergence
    if found is None:
        return []
    sizes = "".join(
        f"  {name} {value:.3g}"
        for name, value in (("max abs", found.max_abs), ("max rel", found.max_rel))
        if value is not None
    )
    path = f", {found.path}" if found.path else ""
    lines = [f"first divergence: step {found.step}, phase {found.phase}{path}{sizes}"]
    sides = (("before", found.before_line, found.before_code), ("after", found.after_line, found.after_code))
    for side, place, code in sides:
        lines += [f"  {side + ':':<8}{place}  {code}".rstrip()] if place else []
    causes = [f"{cause.message} [{cause.code}]" for cause in report.causes]
    lines += [f"probable cause: {causes[0]}"] if causes else []
    return lines + [f"  or: {cause}" for cause in causes[1:4]]


def _loss_table(report: Report) -> list[str]:
    """Both losses of each step; long runs show their beginning."""
    before, after = report.losses.before, report.losses.after
    if not before:
        return []
    rows = ["", f"{'step':>6}  {'loss before':>16}  {'loss after':>16}  {'difference':>10}"]
    for index, loss in enumerate(before[:LOSS_ROWS]):
        other = after[index] if index < len(after) else None
        shown = f"{other:>16.9g}  {_gap(loss, other):>10}" if other is not None else f"{'none':>16}"
        rows.append(f"{index + 1:>6}  {loss:>16.9g}  {shown}")
    if len(before) > LOSS_ROWS:
        rows.append(f"{'...':>6}  {len(before) - LOSS_ROWS} more")
    return [*rows, ""]


def _gap(before: float, after: float) -> str:
    if before == after or (before != before and after != after):
        return "0"
    return f"{after - before:.1e}"


def _layers(report: Report) -> list[str]:
    """The tree of module calls; the first that goes wrong on its own is marked."""
    marked = _first_wrong(report.layers)
    rows = []
    for layer in report.layers:
        indent = "  " * layer.path.count("/")
        state = "same" if layer.same_output else f"max rel {layer.max_rel:.2g}"
        mark = _fault(layer) + ("  <--- first" if layer is marked else "")
        rows.append(f"  {indent + (layer.path or 'model'):<44} {layer.kind:<20} {state}{mark}")
    return ["layers:", *rows, ""] if rows else []


def _fault(layer: Layer) -> str:
    """Where the fault lies by isolation: in the layer, in the code before it, or further up."""
    if layer.same_alone is None or (layer.same_input and layer.same_output):
        return ""
    places = (("in itself", layer.same_alone), ("in the code before it", layer.same_before))
    found = [place for place, same in places if same is False]
    return f"  ({' and '.join(found) or 'carried on'})"


def _first_wrong(layers: tuple[Layer, ...]) -> Layer | None:
    """The first call that is given something else, or turns the same into something else."""
    return next((layer for layer in layers if not (layer.same_input and layer.same_output)), None)


def _facts(report: Report) -> list[str]:
    lines = []
    if report.leaf_map:
        lines.append(f"leaf map: {len(report.leaf_map)} leaves paired")
    if report.shows_map:
        width = max((len(entry.before) for entry in report.leaf_map), default=0)
        lines += [f"  {entry.before:<{width}}  {entry.after}  ({entry.how})" for entry in report.leaf_map]
    for side in ("before", "after"):
        if side in report.liveness:
            lines.append(f"{side + ':':<8}{_signs(report.liveness[side])}")
    times = report.step_time
    if times.before and times.after and times.ratio:
        before, after = times.before * 1e3, times.after * 1e3
        lines.append(f"step time: {before:.3g} ms before, {after:.3g} ms after, ratio {times.ratio:.2f}")
    if report.forward is not None:
        lines.append(f"with {FLAG}=false: {sentence(report.forward)}")
    if report.environment:
        lines.append(", ".join(f"{name} {value}" for name, value in report.environment.items()))
    return lines


def _signs(signs: Alive) -> str:
    words = {True: "yes", False: "NO", None: "not seen"}
    return (
        f"{signs.updates} optimizer steps, parameters moved: {words[signs.parameters_moved]}, "
        f"step counter advanced: {words[signs.step_advanced]}"
    )
