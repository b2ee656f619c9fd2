"""Projects of several files: what crosses from one file to another changes in both, or in neither."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate import cli
from migrate.core import migrate_sources
from migrate.relevance import connected
from migrate.result import Importer, Options

MODEL = """\
# --- pkg/models.py
import flax.linen as nn


class Net(nn.Module):
    width: int = 8

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(nn.relu(nn.Dense(self.width)(x)))
"""
MODEL_AFTER = """\
# --- pkg/models.py
from flax import nnx


class Net(nnx.Module):
    def __init__(self, width: int = 8, *, in_features: int, rngs: nnx.Rngs):
        self.width = width
        self.Dense_0 = nnx.Linear(self.width, 1, rngs=rngs)
        self.Dense_1 = nnx.Linear(in_features, self.width, rngs=rngs)

    def __call__(self, x):
        return self.Dense_0(nnx.relu(self.Dense_1(x)))
"""
STEPS = """\
# --- pkg/steps.py
import jax
import jax.numpy as jnp
from flax.training.train_state import TrainState


@jax.jit
def train_step(state: TrainState, x, y):
    def loss_fn(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss
"""
STEPS_AFTER = """\
# --- pkg/steps.py
import jax
import jax.numpy as jnp
from flax import nnx


@jax.jit
def train_step(model: nnx.Module, optimizer: nnx.Optimizer, x, y):
    def loss_fn(model):
        return jnp.mean((model(x) - y) ** 2)

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return (model, optimizer), loss
"""


def main(imports: str, model: str, step: str) -> str:
    """A program that builds and trains, before and after."""
    return f"""\
# --- {{path}}
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

{imports}


def main():
    x, y = jnp.ones((4, 3)), jnp.zeros((4, 1))
    model = {model}(width=16)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    for _ in range(3):
        state, loss = {step}(state, x, y)
        print(loss)
"""


def main_after(imports: str, model: str, step: str) -> str:
    """What becomes of `main`."""
    return f"""\
# --- {{path}}
import jax.numpy as jnp
import optax
from flax import nnx

{imports}


def main():
    x, y = jnp.ones((4, 3)), jnp.zeros((4, 1))
    model = {model}(width=16, in_features=x.shape[-1], rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    for _ in range(3):
        (model, optimizer), loss = {step}(model, optimizer, x, y)
        print(loss)
"""


WAYS = [
    pytest.param(
        "train.py",
        "from pkg.models import Net\nfrom pkg.steps import train_step",
        "Net",
        "train_step",
        id="from",
    ),
    pytest.param(
        "pkg/main.py",
        "from . import steps\nfrom .models import Net",
        "Net",
        "steps.train_step",
        id="relative",
    ),
    pytest.param(
        "train.py",
        "import pkg.models\nimport pkg.steps",
        "pkg.models.Net",
        "pkg.steps.train_step",
        id="dotted",
    ),
    pytest.param(
        "tools/train.py",
        "from pkg import models as m\nimport pkg.steps as s",
        "m.Net",
        "s.train_step",
        id="alias",
    ),
    pytest.param(
        "pkg/sub/main.py",
        "from ..models import Net as Model\nfrom ..steps import train_step as step",
        "Model",
        "step",
        id="renamed",
    ),
    pytest.param(
        "train.py",
        "from pkg import Net\nfrom pkg.steps import *",
        "Net",
        "train_step",
        id="exported-and-star",
    ),
]
PACKAGE = """\
# --- pkg/__init__.py
from .models import Net
"""

PROJECT = (
    PACKAGE
    + MODEL
    + STEPS
    + main("from pkg import Net, steps", "Net", "steps.train_step").replace("{path}", "train.py")
)


def files(text: str) -> dict[str, str]:
    """The files of a text in which lines `# --- path` stand before each."""
    parts = re.split(r"^# --- (.*)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("root", ["", "src/"])
@pytest.mark.parametrize(("path", "imports", "model", "step"), WAYS)
def test_a_program_in_several_files(root: str, path: str, imports: str, model: str, step: str) -> None:
    before = files(PACKAGE + MODEL + STEPS + main(imports, model, step).replace("{path}", path))
    after = files(
        PACKAGE + MODEL_AFTER + STEPS_AFTER + main_after(imports, model, step).replace("{path}", path)
    )
    result = migrate_sources({root + name: text for name, text in before.items()})
    changed = {root + name: text for name, text in after.items() if text != before[name]}
    assert dict(result.changed) == changed
    again = migrate_sources({**{root + name: text for name, text in before.items()}, **result.changed})
    assert not again.changed


def test_annotations_name_what_the_file_knows() -> None:
    steps = STEPS.replace("import jax\n", "import jax\nfrom pkg.models import Net\n", 1)
    text = PROJECT.replace(STEPS, steps)
    result = migrate_sources(files(text))
    assert "def train_step(model: Net, optimizer: nnx.Optimizer, x, y):" in result.changed["pkg/steps.py"]


def test_a_file_that_is_not_there_keeps_what_it_imports() -> None:
    text = PROJECT
    options = Options(imported_by={"pkg/steps.py": (Importer("other.py", 3, ("train_step",)),)})
    result = migrate_sources(files(text), options)
    assert not result.changed
    assert {f.code for f in result.findings} == {"LNX016", "LNX008"}


FACTORY = """\
# --- pkg/factory.py
from pkg.steps import create, train_step


def fresh(x):
    return create(x)


def advance(state, x, y):
    return train_step(state, x, y)
"""
CREATE = """

def create(x):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
"""
LAUNCH = """\
# --- launch.py
import jax.numpy as jnp

from pkg.factory import advance, fresh

x, y = jnp.ones((4, 3)), jnp.zeros((4, 1))
state = fresh(x)
state, loss = advance(state, x, y)
print(state.step, loss)
"""
FAR = (
    MODEL
    + STEPS.replace("import jax\n", "import jax\nimport optax\nfrom pkg.models import Net\n", 1)
    + CREATE
    + FACTORY
)


def test_a_caller_is_read_that_reaches_a_state_through_other_files() -> None:
    """Neither `factory.py` nor `launch.py` mentions Linen."""
    result = migrate_sources(files(FAR + LAUNCH))
    assert "(model, optimizer), loss = advance(model, optimizer, x, y)" in result.changed["launch.py"]
    assert "def advance(model, optimizer, x, y):" in result.changed["pkg/factory.py"]
    assert set(result.changed) == {"launch.py", "pkg/factory.py", "pkg/models.py", "pkg/steps.py"}


@pytest.mark.parametrize(
    ("path", "names", "held"),
    [
        pytest.param("pkg/factory.py", ("fresh",), True, id="a-name-that-returns-the-state"),
        pytest.param("pkg/factory.py", (), True, id="its-module"),
        pytest.param("pkg/factory.py", ("other",), False, id="another-name"),
    ],
)
def test_a_file_may_import_through_another(path: str, names: tuple[str, ...], held: bool) -> None:
    options = Options(imported_by={path: (Importer("other.py", 3, names),)})
    assert bool(migrate_sources(files(FAR + LAUNCH), options).changed) is not held


@pytest.mark.parametrize("given", ["relative", "absolute"])
def test_the_command_reads_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for path, text in files(FAR + LAUNCH).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate", "--write", "." if given == "relative" else str(tmp_path)]) == 0
    assert "model, optimizer = fresh(x)" in (tmp_path / "launch.py").read_text("utf-8")


def test_a_file_that_is_held_back_says_by_what() -> None:
    train = PROJECT.replace("        print(loss)\n", "        print(loss, save(state))\n")
    result = migrate_sources(files(train.replace("import optax\n", "import optax\nfrom store import save\n")))
    assert not result.changed
    held = [finding for finding in result.findings if finding.code == "LNX008"]
    assert [finding.path for finding in held] == ["pkg/models.py", "pkg/steps.py"]
    assert {f.message for f in held} == {"this stays as it is because of train.py:17 (LNX010)"}


def test_the_result_says_from_where_changes_can_be_imported() -> None:
    result = migrate_sources(files(FAR + LAUNCH))
    assert result.shared == {"launch.py", "pkg/factory.py", "pkg/models.py", "pkg/steps.py"}


def test_a_file_that_imports_what_stays_the_same_is_no_reason() -> None:
    text = PROJECT
    options = Options(imported_by={"train.py": (Importer("other.py", 3, ("main",)),)})
    assert migrate_sources(files(text), options).changed


@pytest.mark.parametrize("missing", ["pkg/models.py", "pkg/steps.py"])
def test_without_one_of_its_files_nothing_is_changed(missing: str) -> None:
    text = PROJECT
    before = {name: t for name, t in files(text).items() if name != missing}
    assert not migrate_sources(before).changed


def test_a_circle_of_imports_is_read() -> None:
    steps = STEPS.replace("import jax\n", "import jax\nimport train\n", 1)
    text = PROJECT.replace(STEPS, steps)
    before = files(text)
    assert set(migrate_sources(before).changed) in ({"train.py", "pkg/models.py", "pkg/steps.py"}, set())


def test_a_state_of_unknown_origin_holds_back_only_what_is_near() -> None:
    head = "from flax.training.train_state import TrainState\n\n\n"
    stray = f"{head}def update(state, grads):\n    return state.apply_gradients(grads=grads)\n"
    assert migrate_sources({**files(PROJECT), "stray.py": stray}).changed
    near = {**files(PROJECT), "stray.py": f"import train\n{stray}"}
    assert not migrate_sources(near).changed


def test_a_file_that_only_calls_is_read_too() -> None:
    """`launch.py` mentions nothing that the engine looks for; whatever `main` gives back, it drops it."""
    train = PROJECT.replace("        print(loss)\n", "        print(loss)\n    return state\n")
    before = {**files(train), "launch.py": "import train\n\ntrain.main()\n"}
    result = migrate_sources(before)
    assert "    return model, optimizer\n" in result.changed["train.py"]
    assert "launch.py" not in result.changed
    reading = {**before, "launch.py": "import train\n\nprint(train.main().step)\n"}
    assert not migrate_sources(reading).changed


HELPERS = {
    "pkg/net.py": (
        "import flax.linen as nn\nfrom pkg import encoding\n\n\nclass Net(nn.Module):\n    @nn.compact\n"
        "    def __call__(self, x):\n        return nn.Dense(3)(encoding.encode(x))\n"
    ),
    "pkg/encoding.py": "import jax.numpy as jnp\nfrom pkg import waves\n\n\ndef encode(x):\n"
    "    return jnp.concatenate([x, waves.wave(x)], axis=-1)\n",
    "pkg/waves.py": "import jax.numpy as jnp\n\n\ndef wave(x):\n    return jnp.sin(x)\n",
}


def test_what_a_helper_needs_is_read_too() -> None:
    """Otherwise `wave` might build a layer."""
    result = migrate_sources(HELPERS, Options())
    assert [*result.changed] == ["pkg/net.py"]
    assert "nnx.Linear(in_features + in_features, 3" in result.changed["pkg/net.py"]


def test_what_is_needed_by_files_without_jax_is_not_read() -> None:
    assert connected(["pkg/net.py"], ["pkg/encoding.py", "pkg/waves.py"], HELPERS.__getitem__) == [
        "pkg/encoding.py",
        "pkg/waves.py",
    ]
    plain = {**HELPERS, "pkg/encoding.py": HELPERS["pkg/encoding.py"].replace("jax.numpy", "numpy")}
    found = connected(["pkg/net.py"], ["pkg/encoding.py", "pkg/waves.py"], plain.__getitem__)
    assert found == ["pkg/encoding.py"]
