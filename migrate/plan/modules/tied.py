"""Weights that layers share: a parameter of another layer is an attribute, and computes by itself."""

from __future__ import annotations

import ast
from keyword import iskeyword

from migrate.analysis.kinds import Class
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.sites import ApplyLayer, Layer, ReadLeaf
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.helpers import imports_jnp
from migrate.rewrite.edits import Piece, Template, template


def rewrite_tied(plan: Plan, cls: Class) -> None:
    """Parameters of other layers that a class reads, and layers that it applies to them."""
    for site in [*plan.facts.sites.values()]:
        if isinstance(site, ReadLeaf) and site.owner.node is cls.node:
            _read(plan, site)
        elif isinstance(site, ApplyLayer) and site.owner.node is cls.node:
            _apply(plan, site)


def _read(plan: Plan, site: ReadLeaf) -> None:
    """`self.model.wte.embedding[...]`."""
    if any(not name.isidentifier() or iskeyword(name) for name in site.path):
        raise Blocked(site.node, "LNX312", "a parameter of a layer is read by a name that is no identifier")
    plan.edits.expressions[site.node] = template(f"{{}}.{'.'.join(site.path)}[...]", site.root)


def _apply(plan: Plan, site: ApplyLayer) -> None:
    """`jnp.dot(x, kernel)`, both as the type that the layer computes in."""
    layer = plan.facts.sites[site.layer]
    variables, x = site.node.args
    assert isinstance(layer, Layer) and isinstance(variables, ast.Dict)
    (leaves,) = variables.values
    assert isinstance(leaves, ast.Dict)
    if not imports_jnp(plan.facts.scopes.module(site.node)):
        raise Blocked(site.node, "LNX312", "the product for this call needs `import jax.numpy as jnp`")
    given = dict(layer.given)
    known = {
        name: init_text(plan.facts, layer.owner, given[name])
        for name in ("dtype", "precision")
        if name in given
    }
    others = given.keys() - {"features", "use_bias", "kernel_init", "bias_init", "param_dtype", *known}
    if others or None in known.values():
        raise Blocked(site.node, "LNX312", "a layer with options is applied to the parameters of another")
    kernel, *bias = [_as(node, known.get("dtype")) for node in leaves.values]
    options = f", precision={known['precision']}" if "precision" in known else ""
    product = Template(("jnp.dot(", _as(x, known.get("dtype")), ", ", kernel, f"{options})"))
    plan.edits.expressions[site.node] = template("{} + {}", product, *bias) if bias else product


def _as(node: ast.expr, dtype: str | None) -> Piece:
    return template(f"jnp.asarray({{}}, {dtype})", node) if dtype is not None else node
