"""The pure one-step problem: `optimizer_one_step(seed, x, y, lr)` called over a small grid."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from .session import Session

FUNCTION = "optimizer_one_step"
SEEDS = (0, 7)
SHAPES = ((8, 3, 2), (16, 5, 1))
RATES = (0.01, 0.1)


def run_cases(session: Session, function: Callable[..., Any]) -> None:
    """Call the function for every case; each is one segment of the record, with what it returned.

    Features have shape `(rows, inputs)`, targets `(rows, outputs)`, both float32, from the seed.
    """
    session.unlimited = True
    for seed, (rows, inputs, outputs), rate in itertools.product(SEEDS, SHAPES, RATES):
        session.segment += 1
        draw = np.random.default_rng(seed)
        x = draw.normal(size=(rows, inputs)).astype(np.float32)
        y = draw.normal(size=(rows, outputs)).astype(np.float32)
        returned = np.asarray(function(seed, jnp.asarray(x), jnp.asarray(y), rate))
        case = {"seed": seed, "shape": [rows, inputs, outputs], "lr": rate}
        session.write({"kind": "case", "case": case}, [("returned", (), returned)])
