"""Runs a Linen module and its rewriting side by side: same parameters, outputs and gradients compared.

The parameters are drawn anew for every leaf, as initial ones and zeros hide faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import numpy as np

from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from migrate.core import migrate_sources
from migrate.result import Options

PATH = "model.py"
HEAD = """\
from functools import partial
from typing import Any, Callable, Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.linen import attention

X = jnp.sin(jnp.arange({size}.0)).reshape({shape})
IDS = jnp.arange(6).reshape(2, 3)
"""


@dataclass(frozen=True)
class Outcome:
    """Outputs and gradients of both modules, and the new text."""

    text: str
    before: list[np.ndarray]
    after: list[np.ndarray]


def program(module: str, build: str, shape: tuple[int, ...], given: str = "", inputs: str = "X") -> str:
    """A whole program around a module `Net`."""
    head = HEAD.format(size=int(np.prod(shape)), shape=shape)
    more = f", {given}" if given else ""
    use = f"""

net = {build}
variables = net.init(jax.random.key(0), {inputs}{more})
"""
    return f"{head}\n\n{dedent(module).strip()}\n{use}"


def findings(text: str) -> list[str]:
    """What stands against a program that stays."""
    result = migrate_sources({PATH: text}, Options())
    assert result.changed == {}
    return [f"{finding.code} {finding.message}" for finding in result.findings]


def migrated(text: str) -> str:
    """The new text, which parses and stays in a second run."""
    result = migrate_sources({PATH: text}, Options())
    assert PATH in result.changed, [f"{f.line} {f.code} {f.message}" for f in result.findings]
    new = result.changed[PATH]
    again = migrate_sources({PATH: new}, Options())
    assert again.changed == {}
    return new


def compared(text: str, inputs: str = "X", given: str = "", compiled: bool = False) -> Outcome:
    """Run both programs and compare what they compute from the same random parameters."""
    new = migrated(text)
    old_scope: dict[str, Any] = {}
    exec(compile(text, PATH, "exec"), old_scope)
    new_scope: dict[str, Any] = {}
    exec(compile(new, PATH, "exec"), new_scope)
    variables = redrawn(old_scope["variables"])
    model = new_scope["net"]
    copy_into(variables, model)
    args, kwargs = _arguments(old_scope, inputs, given)
    before = linen_results(old_scope["net"], variables, args, kwargs)
    after = nnx_results(model, args, kwargs, variables.get("params", {}))
    return Outcome(new, before, after)


def _arguments(scope: dict[str, Any], inputs: str, given: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    call = f"(lambda *args, **kwargs: (args, kwargs))({inputs}{', ' if given else ''}{given})"
    found: tuple[tuple[Any, ...], dict[str, Any]] = eval(call, scope)
    return found


def assert_identical(outcome: Outcome) -> None:
    """Every output, gradient and statistic has the same bits."""
    assert len(outcome.before) == len(outcome.after)
    for old, new in zip(outcome.before, outcome.after, strict=True):
        assert old.dtype == new.dtype
        assert old.shape == new.shape
        assert np.array_equal(old, new, equal_nan=True), (outcome.text, np.abs(old - new).max())
