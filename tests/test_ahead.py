"""Functions that are compiled ahead of their calls, by `lower` and `compile`."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CREATE, NET, STEP, after


def migrated(body: str, style: Style = "functional") -> str | None:
    text = after(NET, CREATE, STEP, "state = create(0)\n" + dedent(body))
    result = migrate_sources({"train.py": text}, Options(style=style, bridge=False))
    assert result.findings
    return result.changed.get("train.py")


CALLED = "\nfor _ in range(3):\n    state, loss = fast(state, X)\nprint(state.step)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            f"fast = jax.jit(step).lower(state, X).compile(){CALLED}",
            "fast = jax.jit(step).lower(model, optimizer, X).compile()",
            id="at-once",
        ),
        pytest.param(
            f"compiled = jax.jit(step)\nlowered = compiled.lower(state, X)\nprint(lowered.as_text())\n"
            f"fast = lowered.compile()\nprint(fast.cost_analysis()){CALLED}",
            "lowered = compiled.lower(model, optimizer, X)\nprint(lowered.as_text())\n"
            "fast = lowered.compile()\nprint(fast.cost_analysis())",
            id="by-steps",
        ),
        pytest.param(
            f"fast = jax.jit(step, donate_argnums=0).lower(x=X, state=state).compile(){CALLED}",
            "fast = jax.jit(step, donate_argnums=(0, 1)).lower(\n"
            "x=X, model=model, optimizer=optimizer).compile()",
            id="donated-and-by-keywords",
        ),
    ],
)
def test_what_is_lowered_gets_the_arguments_of_a_call(body: str, expected: str) -> None:
    text = migrated(body)
    assert text is not None
    assert "".join(expected.split()) in "".join(text.split())
    assert "(model, optimizer), loss = fast(model, optimizer, X)" in text


def test_pmap_in_the_stateful_style() -> None:
    text = migrated(
        "fast = jax.pmap(step).lower(state, X[None]).compile()\nstate, loss = fast(state, X[None])",
        "stateful",
    )
    assert text is not None
    assert "fast = jax.pmap(step).lower(model, optimizer, X[None]).compile()\n" in text


@pytest.mark.parametrize(
    ("body", "style"),
    [
        pytest.param(f"fast = jax.jit(step).lower(state, X).compile(){CALLED}", "stateful", id="in-place"),
        pytest.param(
            f"fast = jax.jit(step, static_argnames='kind').lower(state, X).compile(){CALLED}",
            "functional",
            id="static-arguments-are-dropped",
        ),
        pytest.param(
            "fast = jax.jit(step).lower(state, X).compile()\nstep(state, X)\n"
            "later, loss = fast(state, X)\nprint(later.step)",
            "functional",
            id="old-state",
        ),
        pytest.param("print(jax.jit(step).trace(state, X))", "functional", id="another-method"),
    ],
)
def test_what_stays(body: str, style: Style) -> None:
    assert migrated(body, style) is None
