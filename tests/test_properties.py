"""Properties of every migration, on generated programs."""

from __future__ import annotations

import io
import tokenize
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.generated_programs import programs
from tests.generated_training import carriers, program, training_programs

PATH = "train.py"
STYLES = st.sampled_from(["functional", "stateful"])
ANY = st.one_of(programs(), training_programs())
QUICK = settings(max_examples=25)
FEW = settings(max_examples=4)


def migrated(text: str, style: Style) -> str | None:
    """The new text, or None for a program that stays, which a finding must explain."""
    result = migrate_sources({PATH: text}, Options(style=style))
    assert result.findings
    return result.changed.get(PATH)


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def numbers(text: str) -> list[object] | None:
    """What `main()` of a program returns; None where it fails by itself."""
    scope: dict[str, object] = {}
    exec(compile(text, PATH, "exec"), scope)
    main = scope["main"]
    assert callable(main)
    try:
        return [np.asarray(value).tolist() for value in main()]
    except ValueError:
        return None


@QUICK
@given(ANY, STYLES)
def test_the_result_is_python_and_stays(text: str, style: Style) -> None:
    first = migrate_sources({PATH: text}, Options(style=style))
    new = first.changed.get(PATH)
    if new is not None:
        compile(new, PATH, "exec")
        again = migrate_sources({PATH: new}, Options(style=style))
        assert again.changed == {}
        stays = any(component.status == "untouched" for component in first.components)
        assert stays or again.findings == ()


WRAPPED = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import nnx


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


def create(seed):
    net = Net()
    net = nnx.bridge.ToNNX(net).lazy_init(jnp.ones((1, 3)), rngs=jax.random.key(seed))
    return net, nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)


def beside(model, x):
    return Net().apply({"params": nnx.to_pure_dict(nnx.state(model, nnx.Param))}, x)


def main():
    model, optimizer = create(0)
    return [beside(model, jnp.ones((1, 3)))]
"""


def test_wrapped_modules_stay() -> None:
    result = migrate_sources({PATH: WRAPPED})
    assert (result.changed, result.findings) == ({}, ())


@QUICK
@given(ANY, STYLES)
def test_comments_stay(text: str, style: Style) -> None:
    new = migrated(text, style)
    assert new is None or comments(new) == comments(text)


@QUICK
@given(ANY, STYLES)
def test_newlines_stay(text: str, style: Style) -> None:
    new = migrated(text, style)
    crlf = migrated(text.replace("\n", "\r\n"), style)
    assert crlf == (None if new is None else new.replace("\n", "\r\n"))


@FEW
@given(ANY, STYLES)
def test_numbers_stay(text: str, style: Style) -> None:
    new = migrated(text, style)
    if new is not None:
        before = numbers(text)
        assert before is None or numbers(new) == before


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        pytest.param(kind, style, id=f"{kind}-{style}")
        for kind, styles in {
            "state": ("functional", "stateful"),
            "own-class": ("functional", "stateful"),
            "pair": ("functional", "stateful"),
            "tuple": ("functional",),
            "dict": ("functional",),
            "named-tuple": ("functional", "stateful"),
            "record": ("functional", "stateful"),
        }.items()
        for style in styles
    ],
)
def test_the_simplest_program_of_a_kind_is_rewritten(kind: str, style: Style) -> None:
    """Or the properties above would hold of programs that all stay."""
    carrier = carriers("adam(0.1)", "")[kind]
    run = [carrier.advance, carrier.norm, *filter(None, [carrier.scan])]
    text = program(carrier, run, keeps=False)
    new = migrated(text, style)
    assert new is not None
    assert numbers(new) == numbers(text)
