"""Nothing that the before program keeps may be left out of the comparison in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.pairing import partner_path
from migrate.verify.recorder.leafmap import Pair
from tests.verify.planting import compare, plant, source

Edits = tuple[tuple[str, str], ...]
NO_AVERAGE = (
    ("        self.ema_params = nnx.data(nnx.clone(nnx.state(critic, nnx.Param)))\n", ""),
    ("    ema = jax.tree.map(lambda old, new: 0.8 * old + 0.2 * new, agent.ema_params, params)\n", ""),
    ("    nnx.update(agent.ema_params, ema)\n", ""),
)
LOGGED = (
    ("    ema_params: Any\n", "    ema_params: Any\n    seen: Any\n"),
    ("ema_params=params, tx", "ema_params=params, seen=jnp.zeros(2), tx"),
)
COUNTED = (("adam(1e-2)", "sgd(optax.constant_schedule(1e-2))"),)
UNCOUNTED = (("adam(1e-2)", "sgd(1e-2)"),)


@pytest.mark.parametrize(
    ("case", "before", "after", "verdict", "words"),
    [
        pytest.param("target", (), NO_AVERAGE, "inconclusive", "keeps ema_params/Dense_0/bias", id="average"),
        pytest.param(
            "mlp", COUNTED, UNCOUNTED, "fail", "the place of opt_state/1/count", id="optimizer-state"
        ),
        pytest.param("target", LOGGED, (), "pass", "not compared: seen", id="something-else"),
        pytest.param(
            "mlp", COUNTED, COUNTED, "pass", "identical bits", id="all-there", marks=pytest.mark.corpus
        ),
    ],
)
def test_what_is_kept_is_compared(
    case: str, before: Edits, after: Edits, verdict: str, words: str, tmp_path: Path
) -> None:
    texts = plant(source(case, "linen"), *before), plant(source(case, "nnx"), *after)
    report = compare(tmp_path, *texts)
    assert report.verdict == verdict, report.message
    assert words in " ".join((report.message, *report.notes))


NAMES = {("Dense_0", "kernel"): Pair(("Dense_0", "kernel"), ("dense", "kernel"), "user")}


@pytest.mark.parametrize(
    ("path", "places", "partner"),
    [
        pytest.param("0/mu/Dense_0/kernel", ["0/mu/dense/kernel"], "0/mu/dense/kernel", id="same-nesting"),
        pytest.param("0/mu/Dense_0/kernel", ["1/0/mu/dense/kernel"], "1/0/mu/dense/kernel", id="deeper"),
        pytest.param("stats/Dense_0/mean", ["stats/dense/mean"], "stats/dense/mean", id="statistic"),
        pytest.param("0/count", ["1/count", "2/count"], None, id="two-choices"),
        pytest.param("0/count", ["0/mu/dense/kernel"], None, id="absent"),
    ],
)
def test_partner_of_optimizer_state(path: str, places: list[str], partner: str | None) -> None:
    after = {tuple(place.split("/")): 0 for place in places}
    found = partner_path(tuple(path.split("/")), after, NAMES)
    assert found == (tuple(partner.split("/")) if partner else None)
