"""NNX501: `nnx.Optimizer` without `wrt`."""

from __future__ import annotations

from migrate.analysis.facts import Facts
from migrate.analysis.nnx_code.pitfalls import MissingWrt
from migrate.plan.naming.nnx_names import spelled
from migrate.rewrite.edits import Edits
from migrate.rule import Example, Rule

PITFALL = MissingWrt

RULE = Rule(
    code="NNX501",
    name="optimizer-without-wrt",
    title="`nnx.Optimizer` is called without `wrt`",
    fix="automatic",
    what=(
        "Finds calls of `nnx.Optimizer`, under whatever name it is imported, that do not say by `wrt` which "
        "variables it trains."
    ),
    why=(
        "Since Flax 0.11 the call raises `TypeError`: `wrt` has no default any more, because the filter has "
        "to be the same as that of the gradient, and the optimizer no longer keeps the model."
    ),
    use_instead=(
        "`nnx.Optimizer(model, tx, wrt=nnx.Param)`, which is what `wrt` was by default, or the filter that "
        "`nnx.grad` is given. Code that reads `optimizer.model` or calls `optimizer.update(grads)` can use "
        "`nnx.ModelAndOptimizer` meanwhile, which is deprecated."
    ),
    fix_safety=(
        "`wrt=nnx.Param` is added to a call that is given exactly a model and a transformation; that was "
        "the default before Flax 0.11. Other calls are reported only."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/nnx_010_to_nnx_011.html#optimizer-updates",
    invalid=(
        Example(
            before="""\
import optax
from flax import nnx

model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(1e-3))
""",
            after="""\
import optax
from flax import nnx

model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
""",
        ),
        Example(
            before="""\
import optax
from flax import nnx

model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(1e-3), nnx.Param)
"""
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx

model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
""",
        """\
import optax
from flax import nnx

options = {"wrt": nnx.Param}
optimizer = nnx.Optimizer(nnx.Linear(2, 3, rngs=nnx.Rngs(0)), optax.sgd(0.1), **options)
""",
    ),
)


def report(facts: Facts, pitfall: MissingWrt, edits: Edits) -> tuple[str, bool]:
    """`wrt` is added where the call has nothing else that could be meant for it."""
    message = "`nnx.Optimizer` needs `wrt` since Flax 0.11: add `wrt=nnx.Param`"
    param = spelled(facts, pitfall.node, "Param", pitfall.node.func)
    if not pitfall.plain or param is None:
        return message, False
    edits.added[pitfall.node].append(("wrt", param))
    return message, True
