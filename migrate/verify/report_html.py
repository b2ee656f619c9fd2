"""The report as one self-contained page: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import math
import shlex
from html import escape

from migrate.verify.chart import Series, line_chart
from migrate.verify.forward import FLAG, sentence
from migrate.verify.report import Divergence, Report

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #667085; --line: #d8dde6; --page: #ffffff;
  --card: #f6f7f9; --one: #2563eb; --two: #e8590c; --pass: #15803d; --fail: #b91c1c;
  --inconclusive: #a16207; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #364152;
  --page: #12161d; --card: #1b212b; --one: #7aa7ff; --two: #ff9f5a; --pass: #4ade80; --fail: #f87171;
  --inconclusive: #facc15; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2.25rem 0 .5rem; }
.verdict { font-weight: 700; text-transform: uppercase; letter-spacing: .04em; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .inconclusive { color: var(--inconclusive); }
.soft { color: var(--soft); } .card { background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: .9rem 1rem; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; vertical-align: top; white-space: nowrap; } td.number, th.number { text-align: right; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } pre { margin: 0; overflow-x: auto; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.axis { stroke: var(--line); } .one { stroke: var(--one); } .two { stroke: var(--two); }
.line { fill: none; stroke-width: 2; } .two.line { stroke-dasharray: 6 5; }
.dot.one { fill: var(--one); } .dot.two { fill: var(--two); stroke: none; }
.legend span { margin-right: 1.2rem; } .legend i { display: inline-block; width: 1.6rem; height: 0;
  border-top: 3px solid var(--one); vertical-align: middle; margin-right: .4rem; }
.legend i.second { border-top: 3px dashed var(--two); }
"""
PHASES = ("forward", "backward", "update", "state")
LEAVES = 40


def render_html(report: Report) -> str:
    """The whole page."""
    parts = (_head(report), _cause(report), _losses(report), _errors(report), _leaf_errors(report))
    rest = (_layers(report), _map(report), _facts(report))
    body = "\n".join(part for part in (*parts, *rest) if part)
    title = escape(f"verify: {report.verdict}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _head(report: Report) -> str:
    grade = f" ({report.grade})" if report.verdict == "pass" else ""
    return (
        f'<h1><span class="verdict {report.verdict}">{report.verdict}{grade}</span></h1>\n'
        f"<p>{escape(report.message)}</p>\n"
        f'<p class="soft"><code>{escape(report.before)}</code> against <code>{escape(report.after)}</code>, '
        f"{report.steps} steps</p>"
    )


def _cause(report: Report) -> str:
    found, rows = report.first_divergence, []
    if found is not None:
        place = f"step {found.step}, phase {found.phase}, {found.path or 'no leaf'}"
        rows.append(("First divergence", place))
        sizes = (("Largest difference", found.max_abs), ("On the scale of its tree", found.max_rel))
        rows += [(name, f"{value:.3g}") for name, value in sizes if value is not None]
        rows += _lines(found)
    rows += [("Probable cause", f"{cause.message} [{cause.code}]") for cause in report.causes[:4]]
    rows += [("Note", note) for note in report.notes]
    table = "".join(f"<tr><th>{name}</th><td>{_text(text)}</td></tr>" for name, text in rows)
    trace = f'<div class="card"><pre>{escape(report.traceback)}</pre></div>' if report.traceback else ""
    return (f"<table>{table}</table>" if rows else "") + trace


def _lines(found: Divergence) -> list[tuple[str, str]]:
    """The lines of both programs, the code below the place."""
    sides = (
        ("Line before", found.before_line, found.before_code),
        ("Line after", found.after_line, found.after_code),
    )
    return [(name, f"{place}\n{code}" if code else place) for name, place, code in sides if place]


def _text(text: str) -> str:
    """Escaped; a second line is code."""
    first, _, code = text.partition("\n")
    return escape(first) + (f"<br><code>{escape(code)}</code>" if code else "")


def _losses(report: Report) -> str:
    if not report.losses.before:
        return ""
    series = (Series("one", report.losses.before), Series("two", report.losses.after))
    legend = '<p class="legend"><span><i></i>before</span><span><i class="second"></i>after</span></p>'
    return f'<h2>Losses</h2>{legend}<div class="card">{line_chart(series, "step")}</div>'


def _errors(report: Report) -> str:
    """Largest relative difference of each step, on a logarithmic scale."""
    if not report.errors:
        return "<h2>Differences</h2><p>None was found among the values that were compared.</p>"
    last = max(report.steps, max(error.step for error in report.errors))
    worst = [
        max((error.max_rel for error in report.errors if error.step == step), default=0.0)
        for step in range(1, last + 1)
    ]
    chart = line_chart((Series("one", tuple(worst)),), "step", logarithmic=True)
    text = "Largest difference of each step on the scale of its tree; steps of equal bits lie at the bottom."
    return f'<h2>Difference by step</h2><p class="soft">{text}</p><div class="card">{chart}</div>'


def _leaf_errors(report: Report) -> str:
    if not report.errors:
        return ""
    worst: dict[tuple[str, str], float] = {}
    for error in report.errors:
        key = error.phase, error.path
        worst[key] = max(worst.get(key, 0.0), error.max_rel)
    ranked = sorted(worst.items(), key=lambda item: (-item[1], item[0]))
    rows = "".join(
        f"<tr><td>{phase}</td><td><code>{escape(path)}</code></td>"
        f'<td class="number">{size:.2e}</td><td>{_bar(size)}</td></tr>'
        for (phase, path), size in ranked[:LEAVES]
    )
    more = f'<p class="soft">and {len(ranked) - LEAVES} more leaves</p>' if len(ranked) > LEAVES else ""
    head = '<tr><th>phase</th><th>leaf</th><th class="number">relative</th><th>1e-16 to 1</th></tr>'
    return f'<h2>Difference by leaf</h2><div class="scroll"><table>{head}{rows}</table></div>{more}'


def _bar(size: float) -> str:
    """A bar whose length is the logarithm of a difference between 1e-16 and 1."""
    share = 1.0 if not math.isfinite(size) else min(1.0, max(0.0, (math.log10(max(size, 1e-16)) + 16) / 16))
    return (
        '<svg viewBox="0 0 160 10" style="width:10rem"><rect width="160" height="10" fill="var(--card)"/>'
        f'<rect width="{160 * share:.1f}" height="10" fill="var(--two)"/></svg>'
    )


def _layers(report: Report) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(layer.path or 'model')}</code></td><td>{escape(layer.kind)}</td>"
        f"<td>{'same' if layer.same_input else 'differs'}</td>"
        f"<td>{'same' if layer.same_output else f'{layer.max_rel:.2e}'}</td></tr>"
        for layer in report.layers
    )
    head = "<tr><th>module</th><th>type</th><th>input</th><th>output</th></tr>"
    return f'<h2>Layers</h2><div class="scroll"><table>{head}{rows}</table></div>' if rows else ""


def _map(report: Report) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(entry.before)}</code></td><td><code>{escape(entry.after)}</code></td>"
        f"<td>{entry.how}</td></tr>"
        for entry in report.leaf_map
    )
    head = "<tr><th>before</th><th>after</th><th>paired by</th></tr>"
    return f'<h2>Leaf map</h2><div class="scroll"><table>{head}{rows}</table></div>' if rows else ""


def _facts(report: Report) -> str:
    command = " ".join(shlex.quote(part) for part in report.command)
    times = report.step_time
    rows = [(name, str(value)) for name, value in report.environment.items()]
    if times.before and times.after and times.ratio:
        text = (
            f"{times.before * 1e3:.3g} ms before, {times.after * 1e3:.3g} ms after, ratio {times.ratio:.2f}"
        )
        rows.append(("step time", text))
    if report.forward is not None:
        rows.append((f"with {FLAG}=false", sentence(report.forward)))
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    repeat = f'<h2>To repeat it</h2><div class="card"><pre>{escape(command)}</pre></div>' if command else ""
    return (f"<h2>Environment</h2><table>{table}</table>" if rows else "") + repeat
