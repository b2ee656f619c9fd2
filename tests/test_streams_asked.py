"""`self.has_rng(name)`: whether the caller handed over a stream of that name."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import findings

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp

"""
CALLER = """

def use(x, key):
    net = Net()
    variables = net.init(key, x)
    return net.apply(variables, x, rngs={"noise": key}), net.apply(variables, x)
"""
FORMS = [
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                if self.has_rng("noise") and x.ndim > 1:
                    x = x * 2
                x = nn.Dense(4)(x)
                return nn.Dropout(0.0, deterministic=not self.has_rng("noise"))(x)
        """,
        [
            'if (rngs is not None and "noise" in rngs) and x.ndim > 1:',
            'deterministic=not (rngs is not None and "noise" in rngs)',
        ],
        id="conditions-and-flags",
    ),
    pytest.param(
        """
        class Inner(nn.Module):
            @nn.compact
            def __call__(self, x):
                noisy = self.has_rng("noise")
                y = nn.Dense(4)(x)
                return y + 1 if noisy else y


        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(2)(Inner()(x))
        """,
        ['noisy = rngs is not None and "noise" in rngs', "self.Dense_0(self.Inner_0(x, rngs=rngs))"],
        id="under-a-name-in-a-module",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Dense(4)(x)
                drawn = self.make_rng("noise") if self.has_rng("noise") else None
                return x if drawn is None else -x
        """,
        ['drawn = rngs.noise() if rngs is not None and "noise" in rngs else None'],
        id="where-it-is-drawn",
    ),
]


@pytest.mark.parametrize(("module", "expected"), FORMS)
def test_a_stream_is_asked_for(module: str, expected: list[str]) -> None:
    text = f"{HEAD}{dedent(module)}{CALLER}"
    new = migrate_sources({"model.py": text}, Options()).changed["model.py"]
    assert all(part in new for part in expected), new
    assert "return net(x, rngs=nnx.Rngs(noise=key)), net(x)" in new
    scopes: list[dict[str, Any]] = [{}, {}]
    for scope, source in zip(scopes, (text, new), strict=True):
        exec(compile(source, "model.py", "exec"), scope)
    x, key = jnp.sin(jnp.arange(6.0)).reshape(2, 3), jax.random.key(0)
    linen, model = scopes[0]["Net"](), scopes[1]["Net"](in_features=3, rngs=nnx.Rngs(0))
    variables = redrawn(linen.init(key, x))
    copy_into(variables, model)
    for name in ("noise", "other"):
        assert np.array_equal(
            linen.apply(variables, x, rngs={name: key}), model(x, rngs=nnx.Rngs(**{name: key}))
        )
    assert np.array_equal(linen.apply(variables, x), model(x))
    assert not np.array_equal(model(x), model(x, rngs=nnx.Rngs(noise=key)))


REFUSED = [
    pytest.param(
        "return nn.Dense(2)(x) if self.has_rng('params') else x",
        "LNX311 `has_rng` of this stream has no rewriting",
        id="that-of-init",
    ),
    pytest.param(
        "return nn.Dense(2)(x) * (2 if self.has_rng(self.name_of) else 1)",
        "LNX311 `has_rng` of this stream has no rewriting",
        id="a-name-that-is-a-field",
    ),
    pytest.param(
        "if self.has_rng('noise'):\n            x = nn.Dense(3)(x)\n        return x",
        "LNX111 a layer is built under a condition",
        id="a-layer-that-depends-on-it",
    ),
    pytest.param(
        "return nn.Dense(2)(x) * len(list(map(self.has_rng, ['noise'])))",
        "LNX311 `self.has_rng` of a Linen module has no rewriting",
        id="the-method-itself",
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_what_is_near_stays(body: str, reason: str) -> None:
    module = f"""class Net(nn.Module):
    name_of: str = "noise"

    @nn.compact
    def __call__(self, x):
        {body}
"""
    said = findings(f"{HEAD}\n{module}{CALLER}")
    assert any(finding.startswith(reason) for finding in said), said
