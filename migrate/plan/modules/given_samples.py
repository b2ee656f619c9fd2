"""What `init` is given for an input of `__call__`, or for an item of one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from migrate.analysis.kinds import UNKNOWN, Class, Sequence, Value
from migrate.analysis.modules.item_inputs import items_of
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import Init
from migrate.plan.context import Plan


@dataclass(frozen=True)
class Sample:
    """A sample, what is known of it, and how it is read from `node` where it is an item of a tuple: `[0]`."""

    node: ast.expr
    shape: Shape
    value: Value
    path: str = ""

    def item(self, at: int) -> Sample:
        """One item of it, which is written out in a display."""
        items = self.value.items if isinstance(self.value, Sequence) else ()
        value = items[at] if at < len(items) else UNKNOWN
        found = replace(self, value=value, shape=of(value) or Shape())
        if isinstance(self.node, ast.Tuple) and not self.path and at < len(self.node.elts):
            return replace(found, node=self.node.elts[at])
        return replace(found, path=f"{self.path}[{at}]")


def sample_of(plan: Plan, site: Init, names: list[str], name: str) -> Sample | None:
    """The sample for one input or item, where there is one."""
    assert isinstance(site.instance.cls, Class)
    known = items_of(plan.facts, site.instance.cls).get(name)
    if known is not None:
        whole = sample_of(plan, site, names, known[0])
        return whole.item(known[1]) if whole is not None else None
    given = site.sample(names, name)
    return Sample(*given, plan.facts.values.get(given[0], UNKNOWN)) if given is not None else None
