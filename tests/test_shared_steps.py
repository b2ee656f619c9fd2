"""Compiled functions that take the apply function and the parameters of one model after another."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import NET, after

OTHER = """

class Other(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


@partial(jax.jit, static_argnums=0)
def predict(apply_fn, params, x):
    return apply_fn({"params": params}, x)


net, other = Net(), Other()
params = net.init(jax.random.key(0), X)["params"]
other_params = other.init(jax.random.key(1), X)["params"]
first = predict(net.apply, params, X)
"""
STYLES: tuple[Style, ...] = ("functional", "stateful")


def migrated(line: str, style: Style) -> tuple[str | None, set[str]]:
    text = after("\nfrom functools import partial\n", NET, OTHER, line)
    result = migrate_sources({"train.py": text}, Options(style=style, bridge=False))
    return result.changed.get("train.py"), {f.code for f in result.findings if f.fix != "automatic"}


@pytest.mark.parametrize("style", STYLES)
def test_each_call_has_a_model_of_its_own(style: Style) -> None:
    text, _ = migrated("predict(other.apply, other_params, X)", style)
    assert text is not None
    assert "def predict(model, x):\n    return model(x)\n" in text
    assert text.endswith("first = predict(net, X)\n\n\npredict(other, X)\n")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "line",
    [
        pytest.param("predict(net.apply, other_params, X)", id="other-parameters"),
        pytest.param("predict(other.apply, params, X)", id="other-definition"),
    ],
)
def test_parameters_of_another_model_stay(line: str, style: Style) -> None:
    assert migrated(line, style) == (None, {"LNX003"})
