"""Layers of one of several classes whose results differ in size: each class says its own, `out_features`.

`__init__` reads it of what was built: `features = block.out_features`. A layer whose name is computed has a
local name there for that.
"""

from __future__ import annotations

import ast
import re

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Array, Class, Instance, Value
from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.classes import field_names, is_extended, lineage, methods, own_constants
from migrate.analysis.modules.loops import unused
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import PLACEHOLDER, Size
from migrate.analysis.sites import Layer

SAID = "out_features"
ENDING = re.compile(r"_?(cls|class|type|def|ctor|module)$")


def with_own(run: Run, parts: list[Value], result: Value) -> Value:
    """The result of a call of one of several layers, with the last axis that the layer itself tells."""
    layers = [run.facts.sites.get(part.site) for part in parts if isinstance(part, Instance)]
    sites = [site for site in layers if isinstance(site, Layer)]
    written = {written_at(run.facts, site.node) for site in sites}
    if not isinstance(result, Array) or result.shape.axis(-1) is not None or not result.shape.axes:
        return result
    if len(sites) != len(parts) or len(written) != 1 or not all(_says(run, site) for site in sites):
        return result
    holder = _holder(run, written.pop(), sites[0])
    return result if holder is None else Array(result.shape.with_last(Size(f"{holder}.{SAID}")))


def given_by(facts: Facts, cls: Class) -> Size | None:
    """The last axis of what a module gives, in its own terms."""
    summary = facts.summaries.get(cls.node)
    result = summary.result if summary is not None else None
    return result.shape.axis(-1) if isinstance(result, Array) else None


def _says(run: Run, site: Layer) -> bool:
    """Whether a class can say the last axis of what it gives, and may be changed to do so."""
    cls = site.cls
    if cls is None or site.lifted is not None or len(lineage(cls)) > 1:
        return False
    axis = given_by(run.facts, cls)
    if axis is None or is_extended(cls, run.facts.classes) or _has(run, cls):
        return False
    return all(name == "self" or PLACEHOLDER.fullmatch(name) for name in axis.names)


def _has(run: Run, cls: Class) -> bool:
    """Whether a class uses the name for something else."""
    names = {*field_names(cls), *methods(cls), *own_constants(cls)}
    names |= {s.name for s in run.facts.sites.values() if isinstance(s, Layer) and s.owner.node is cls.node}
    names |= {n.attr for n in ast.walk(cls.node) if isinstance(n, ast.Attribute) and n.attr == SAID}
    return SAID in names


def _holder(run: Run, call: ast.Call, site: Layer) -> str | None:
    """What has the layer in `__init__`."""
    if site.name.isidentifier() and site.kept in (None, site.name):
        run.facts.measured.setdefault(call, None)
        return f"self.{site.name}"
    if site.kept is not None:
        return None
    if (known := run.facts.measured.get(call)) is None:
        known = unused(run, _candidates(run, call), f"built_{len(run.facts.measured)}")
        run.facts.measured[call] = known
    return known


def _candidates(run: Run, call: ast.Call) -> tuple[str, ...]:
    """Names for such a layer, after what its class is called where it is built."""
    func = call.func
    word = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    stem = ENDING.sub("", word.lower())
    stem = "layer" if stem in {"", word} else stem
    taken = {*run.facts.measured.values()}
    return tuple(name for name in (stem, *(f"{stem}_{k}" for k in range(2, 9))) if name not in taken)
