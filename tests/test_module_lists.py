"""Lists of modules that callers elsewhere give for a field: compared with Linen, or left with a reason."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from migrate.core import migrate_sources
from migrate.result import Options

STACK = """\
from typing import List, Optional, Sequence, Tuple

import flax.linen as nn
import jax.numpy as jnp


class Scale(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, reverse=False):
        scale = self.param("scale", nn.initializers.normal(), (self.width,))
        return x / scale if reverse else x * scale


class Stack(nn.Module):
    steps: Sequence[nn.Module]
    extra: Optional[List[nn.Module]] = None
    slope: float = 0.5

    def __call__(self, x):
        for step in self.steps:
            x = step(x) * self.slope
        if self.extra is not None:
            for i, step in enumerate(reversed(self.extra)):
                x = step(x + i, reverse=True)
        return x, self.steps[-1](x)
"""


def changed(text: str) -> str | None:
    return migrate_sources({"net.py": text}, Options()).changed.get("net.py")


@pytest.mark.parametrize("more", [True, False])
def test_lists_of_modules_compute_the_same(more: bool) -> None:
    new = changed(STACK)
    assert new is not None
    assert "self.steps = nnx.List(steps)" in new
    assert "self.extra = None if extra is None else nnx.List(extra)" in new
    old_scope: dict[str, Any] = {}
    new_scope: dict[str, Any] = {}
    exec(STACK, old_scope)
    exec(new, new_scope)
    x = np.linspace(0.1, 1.0, 6, dtype=np.float32).reshape(2, 3)
    scale = old_scope["Scale"](3)
    net = old_scope["Stack"]([scale, old_scope["Scale"](3)], [old_scope["Scale"](3)] if more else None)
    variables = redrawn(net.init(jax.random.key(0), x))
    made = [new_scope["Scale"](3, rngs=nnx.Rngs(seed)) for seed in range(3)]
    model = new_scope["Stack"](made[:2], made[2:] if more else None, rngs=nnx.Rngs(0))
    copy_into(variables, model)
    before = linen_results(net, variables, (x,), {})
    after = nnx_results(model, (x,), {}, variables["params"])
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


REFUSED = [
    pytest.param("for step in self.steps:", "for step in self.steps[1:]:", id="a-part"),
    pytest.param("for step in self.steps:", "for step in self.steps + self.steps:", id="put-together"),
    pytest.param("for step in self.steps:", "steps = self.steps\n        for step in steps:", id="named"),
    pytest.param("for step in self.steps:", "for step in tuple(self.steps):", id="handed-on"),
    pytest.param("Sequence[nn.Module]", "Sequence[Sequence[nn.Module]]", id="lists-of-lists"),
    pytest.param("Sequence[nn.Module]", "dict[str, nn.Module]", id="a-dict"),
    pytest.param("Sequence[nn.Module]", "Tuple[nn.Module, int]", id="a-module-and-a-number"),
]


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_other_lists_stay(before: str, after: str) -> None:
    assert before in STACK
    new = changed(STACK.replace(before, after))
    assert new is None or "class Stack(nn.Module)" in new


BUILT = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Stack({})(x)
"""


GIVEN = ["[Scale(3)]", "steps=(Scale(3), Scale(3))", "[Scale(3) for _ in range(2)]"]


@pytest.mark.parametrize("given", GIVEN)
def test_lists_that_the_sources_give_stay(given: str) -> None:
    new = changed(STACK + BUILT.format(given))
    assert new is None or "class Stack(nn.Module)" in new


def test_tuples_of_any_length_are_lists() -> None:
    new = changed(STACK.replace("Sequence[nn.Module]", "Tuple[nn.Module, ...]"))
    assert new is not None and "steps: Tuple[nnx.Module, ...]" in new


DEQUANT = """\
import flax.linen as nn
import jax.numpy as jnp


class Squash(nn.Module):
    slope: float = 1.0

    def __call__(self, x):
        return jnp.tanh(self.prepared(x))

    def prepared(self, x):
        return x * self.slope


class Cut(Squash):
    def prepared(self, x):
        return x[..., :2]


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(Cut()(x))
"""


def test_the_result_behind_a_method_that_is_replaced_is_not_known() -> None:
    new = changed(DEQUANT)
    assert new is not None
    assert "class Cut(Squash):\n    def prepared" in new
    assert "dense_0_in_features" in new
