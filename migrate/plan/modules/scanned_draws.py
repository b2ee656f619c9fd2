"""Layers under `nn.scan` that draw: each from keys of its own, as they are split.

x, _ = nnx.split_rngs(splits=self.depth)(
    lambda rngs: jax.lax.scan(lambda x, step: step[0](x, train, rngs=step[1]), x, (self.blocks, rngs))
)(rngs)
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const, Dict
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.mapped import option
from migrate.analysis.sites import DrawKey, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.held import with_bases
from migrate.plan.modules.lifted_options import check_known
from migrate.rewrite.edits import Template

SAME = "the steps of this `nn.scan` may draw the same random numbers: split the keys that they draw from"


def drawn_apart(plan: Plan, site: Layer, call: ast.Call, scan: Template) -> Template:
    """A scan over layers that takes `rngs`, given those of each layer."""
    assert site.lifted is not None
    split = option(plan.facts, site.lifted, "split_rngs")
    known = split.get if isinstance(split, Dict) else dict[str, object]().get
    if any(name is None or known(name) != Const(True) for name in _streams(plan, site)):
        raise Blocked(site.node, "LNX130", SAME)
    size = next(keyword.value for keyword in site.lifted.site.keywords if keyword.arg == "length")
    check_known(plan, size, call)
    return Template(("nnx.split_rngs(splits=", size, ")(lambda rngs: ", scan, ")(rngs)"))


def _streams(plan: Plan, site: Layer) -> set[str | None]:
    """The names of what is drawn inside, None for one that is not known."""
    assert site.cls is not None
    inside = with_bases(plan, site.cls)
    found: set[str | None] = set()
    for each in plan.facts.sites.values():
        if isinstance(each, DrawKey) and each.owner.node in inside:
            found.add(each.name)
        elif isinstance(each, Layer) and each.owner.node in inside and each.cls is None:
            drawing = each.layer in LAYERS and LAYERS[each.layer].draws
            found |= {None if "rng_collection" in dict(each.given) else "dropout"} if drawing else set()
    return found
