"""Classes that extend a table of embeddings: they extend NNX's, which `__init__` gives another table."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.helpers import imports_jnp
from migrate.rewrite.edits import ClassEdit, Method, template

PARAMETERS = (
    *("self", "num_embeddings: int", "features: int"),
    *("dtype: jnp.dtype | None = None", "param_dtype: jnp.dtype = jnp.float32"),
    *("embedding_init: nnx.Initializer = nnx.nn.linear.default_embed_init", "*", "rngs: nnx.Rngs"),
)
OPTIONS = ", ".join(f"{name}={name}" for name in ("dtype", "param_dtype", "embedding_init", "rngs"))
SUPER = f"super().__init__(num_embeddings, features, {OPTIONS})"


def extended(plan: Plan) -> Iterator[tuple[Class, str]]:
    """The classes of a component that extend a layer, each with the layer."""
    sites = [site for site in plan.component.sites if isinstance(site, Layer)]
    yield from {site.extends: site.layer for site in sites if site.extends is not None}.items()


def rewrite_extended(plan: Plan) -> None:
    """Write each of them anew."""
    for cls, layer in extended(plan):
        plan.edits.expressions[cls.node.bases[0]] = f"nnx.{LAYERS[layer].target}"
        for statement in cls.node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "setup":
                _constructor(plan, cls, statement)


def _constructor(plan: Plan, cls: Class, setup: ast.FunctionDef) -> None:
    """`__init__`, where `setup` made the table."""
    if not imports_jnp(plan.facts.scopes.module(setup)):
        message = f"the constructor of `{cls.node.name}` needs `import jax.numpy as jnp`"
        raise Blocked(cls.node, "LNX111", message)
    for node in ast.walk(setup):
        match node:
            case ast.Call(func=ast.Attribute(attr="param"), args=[_, init, shape, dtype]):
                made = template("nnx.Param({}(rngs.params(), {}, {}))", init, shape, dtype)
                plan.edits.expressions[node] = made
            case ast.Attribute(attr="embedding_init"):
                plan.edits.expressions[node] = "embedding_init"
    documented = ast.get_docstring(setup, clean=False) is not None
    lines: list[tuple[ast.stmt | str, ast.stmt | None]] = [(s, s) for s in setup.body]
    lines.insert(int(documented), (SUPER, None))
    plan.edits.classes[cls.node] = ClassEdit(Method("__init__", PARAMETERS, tuple(lines)), {setup}, setup)
