"""The arguments of `nnx.Einsum`: NNX wants the shape of the bias, which Linen infers."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def bias_shape(plan: Plan, site: Layer) -> str | None:
    """The axes of the kernel that are left in the result, in the order of the result; None for no bias."""
    given = dict(site.given)
    use_bias = plan.facts.values.get(given["use_bias"], Const(None)) if "use_bias" in given else Const(True)
    pattern = plan.facts.values.get(given.get("einsum_str", site.node))
    if use_bias == Const(False):
        return None
    kernel, result = _operands(pattern.value if isinstance(pattern, Const) else None)
    shape = given.get("shape")
    plain = isinstance(shape, ast.Tuple | ast.List) and not any(
        isinstance(e, ast.Starred) for e in shape.elts
    )
    if use_bias != Const(True) or kernel is None or not plain or not isinstance(shape, ast.Tuple | ast.List):
        raise Blocked(
            site.node, "LNX112", "the shape of the bias of this `Einsum` cannot be told from the code"
        )
    sizes = {
        letter: init_text(plan.facts, site.owner, size)
        for letter, size in zip(kernel, shape.elts, strict=False)
    }
    texts = [sizes.get(letter) for letter in result if letter in kernel]
    if len(kernel) != len(shape.elts) or None in texts:
        raise Blocked(
            site.node, "LNX112", "the shape of the bias of this `Einsum` cannot be told from the code"
        )
    return f"({', '.join(text for text in texts if text)}{',' if len(texts) == 1 else ''})"


def _operands(pattern: object) -> tuple[str | None, str]:
    """The letters of the kernel, without an ellipsis, and those of the result."""
    if not isinstance(pattern, str) or pattern.count(",") != 1 or "->" not in pattern:
        return None, ""
    operands, _, result = pattern.replace(" ", "").partition("->")
    kernel = operands.partition(",")[2]
    return (kernel if kernel.isalpha() else None), result.replace("...", "")
