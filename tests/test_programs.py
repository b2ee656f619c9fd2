"""Public programs train the same after their migration, and the harness sees it when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.corpus.fetching import Unavailable, default_cache, fetch
from benchmarks.programs import running
from benchmarks.programs.catalogue import DRIVERS, PROGRAMS, Program
from benchmarks.programs.running import compare, migrated
from benchmarks.programs.snapshot import accepted
from benchmarks.programs.sources import SOURCES

ACCEPT = "look at the difference, then run `python -m benchmarks.programs --accept`"
TRAIN = """\
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


def train(x, steps):
    net = Net()
    params = net.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    for _ in range(steps):
        grads = jax.grad(lambda params: jnp.mean(state.apply_fn({"params": params}, x) ** 2))(state.params)
        state = state.apply_gradients(grads=grads)
"""
DRIVER = "import jax.numpy as jnp\nimport train\n\ntrain.train(jnp.ones((3, 4)), 3)\n"


@pytest.mark.corpus(one_in=100)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    program = PROGRAMS[name]
    try:
        source = fetch(SOURCES[program.distribution], default_cache()) / program.folder
    except Unavailable as error:
        pytest.skip(str(error))
    outcome = compare(program, source, "functional")
    assert outcome.verdict in {"pass", accepted()[name]["functional"]}, f"{outcome.detail}\n{ACCEPT}"


def test_every_driver_has_its_program() -> None:
    assert {path.stem for path in DRIVERS.glob("*.py")} == set(PROGRAMS)


def test_no_program_was_accepted_that_differs() -> None:
    verdicts = accepted()
    assert verdicts.keys() == PROGRAMS.keys()
    assert {verdict for found in verdicts.values() for verdict in found.values()} <= {"pass", "untouched"}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A project of one file, and its driver."""
    (tmp_path / "drivers").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "drivers" / "own.py").write_text(DRIVER)
    (tmp_path / "project" / "train.py").write_text(TRAIN)
    return Program("own", "none", ("train.py",), steps=2, drivers=tmp_path / "drivers")


def test_a_migrated_program_passes(program: Program, tmp_path: Path) -> None:
    outcome = compare(program, tmp_path / "project", "functional")
    assert (outcome.verdict, outcome.detail) == ("pass", "bitwise")


def test_a_wrong_migration_fails(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = migrated(program, tmp_path / "project", "functional")["train.py"]
    wrong = {"train.py": text.replace("sgd(0.1)", "sgd(0.2)")}
    assert wrong["train.py"] != text
    monkeypatch.setattr(running, "migrated", lambda *arguments: wrong)
    assert compare(program, tmp_path / "project", "functional").verdict == "fail"


@pytest.mark.parametrize(
    ("replaced", "verdict", "detail"),
    [
        pytest.param(("jnp.ones", "jnp.missing"), "broken", "crashed with AttributeError", id="driver"),
        pytest.param((", 3)", ", 0)"), "broken", "never took an optimizer step", id="no-step"),
    ],
)
def test_a_driver_that_does_not_train(
    program: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    replaced: tuple[str, str],
    verdict: str,
    detail: str,
) -> None:
    program.path.write_text(DRIVER.replace(*replaced))
    monkeypatch.setattr(running, "migrated", lambda *arguments: {})
    outcome = compare(program, tmp_path / "project", "functional")
    assert outcome.verdict == verdict
    assert detail in outcome.detail


def test_an_original_that_trains(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "migrated", lambda *arguments: {})
    outcome = compare(program, tmp_path / "project", "functional")
    assert (outcome.verdict, outcome.detail) == ("untouched", "the original takes 3 steps")
