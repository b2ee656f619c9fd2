"""`migrate --trace`: sizes that the code does not tell, read off a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.cli import main
from migrate.tracing.request import traced
from migrate.verify.api import Request, verify

MODEL = """\
import flax.linen as nn
import jax.numpy as jnp
import numpy as np

KEPT = np.array([True, False, True, True, False, False])


class Block(nn.Module):
    width: int

    def setup(self):
        self.first = nn.Dense(self.width)
        self.second = nn.Conv(
            2, (3, 3), padding="VALID"
        )

    def __call__(self, x):
        x = nn.relu(self.first(x[..., np.flatnonzero(KEPT[: x.shape[-1]])]))
        return self.second(x[..., jnp.array([0, 1])])
"""
PROGRAM = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training.train_state import TrainState

from parts import Block


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Block(4)(x).reshape((x.shape[0], -1))
        return nn.Dense(1)(x[:, np.flatnonzero(x.shape[-1] * [True])[::6]])


def create(key, x):
    model = Net()
    params = model.init(key, x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.adam(0.05))


def main():
    x = jax.random.normal(jax.random.key(1), (8, 5, 5, 6))
    state = create(jax.random.key(0), x)
    for _ in range(5):

        def loss_fn(params):
            return jnp.mean((state.apply_fn({"params": params}, x) - x[:, 0, 0, :1]) ** 2)

        loss, grads = jax.value_and_grad(loss_fn)(state.params)
        state = state.apply_gradients(grads=grads)
        print(float(loss))


if __name__ == "__main__":
    main()
"""
CALL = "program.py:create(jax.random.key(0), jnp.zeros((8, 5, 5, 6)))"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(written(tmp_path / "project"))
    return tmp_path / "project"


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    (folder / "parts.py").write_text(MODEL)
    return folder


def test_sizes_are_numbers_and_the_program_is_the_same(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = written(tmp_path_factory.mktemp("before") / "project")
    assert main(["migrate", "program.py", "parts.py", "--no-bridge", "--quiet"]) == 1
    assert main(["migrate", "--write", "program.py", "parts.py", "--trace", CALL, "--quiet"]) == 0
    assert "self.first = nnx.Linear(3, self.width, rngs=rngs)" in (project / "parts.py").read_text()
    assert "self.Dense_0 = nnx.Linear(3, 1, rngs=rngs)" in (project / "program.py").read_text()
    report = verify(Request(before / "program.py", project / "program.py", steps=5, verdict_only=True))
    assert (report.verdict, report.grade) == ("pass", "bitwise"), report.message


def test_places_are_those_of_the_calls_that_build(project: Path) -> None:
    found = traced(CALL, ["program.py", "parts.py"])
    assert {(place.path, place.line, size) for place, size in found.items()} == {
        ("parts.py", 12, 3),
        ("parts.py", 13, 2),
        ("program.py", 14, 6),
        ("program.py", 15, 3),
    }


def test_other_files_have_no_places(project: Path) -> None:
    assert {place.path for place in traced(CALL, ["program.py"])} == {"program.py"}


def test_a_layer_that_several_sizes_reach_has_none(project: Path) -> None:
    both = f"program.py:({CALL.partition(':')[2]}, Block(4).init(jax.random.key(0), jnp.ones((2, 5, 5, 3))))"
    assert {(place.path, place.line) for place in traced(both, ["parts.py"])} == {("parts.py", 13)}


def test_a_package_is_imported_by_its_name(tmp_path: Path) -> None:
    package = tmp_path / "src" / "nets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text(MODEL)
    (package / "program.py").write_text(PROGRAM.replace("from parts", "from .parts"))
    call = CALL.partition(":")[2]
    assert len(traced(f"{package / 'program.py'}:{call}", [str(package / "parts.py")])) == 2


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param("create(1)", "give a file and a call", id="no-file"),
        pytest.param("absent.py:create(1)", "absent.py is no file", id="absent-file"),
        pytest.param("program.py:create(1)", "failed: TypeError: create() missing", id="wrong-call"),
        pytest.param("program.py:created()", "NameError: name 'created' is not defined", id="no-name"),
        pytest.param("program.py:create(", "failed: SyntaxError", id="no-call"),
    ],
)
def test_wrong_use(project: Path, capsys: pytest.CaptureFixture[str], wanted: str, message: str) -> None:
    assert main(["migrate", "program.py", "--trace", wanted]) == 2
    assert message in capsys.readouterr().err
