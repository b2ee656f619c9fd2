"""Whole train states in files: old files are read, and new ones are the same byte for byte."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import CREATE, JITTED_STEP, NET, after

START = "state = create(0)\nstate, loss = step(state, X)\n"
TOP = """
import pickle
from flax import serialization
from flax.serialization import from_bytes, from_state_dict, to_bytes, to_state_dict
from flax.training.checkpoints import restore_checkpoint, save_checkpoint
"""
SAVED = "linen_state(model, optimizer)"


def text_of(body: str) -> str:
    return after(TOP, NET, CREATE, JITTED_STEP, body)


def migrated(body: str, style: Style = "functional") -> tuple[str, set[str]]:
    result = migrate_sources({"train.py": text_of(body)}, Options(style=style, bridge=False))
    codes = {finding.code for finding in result.findings if finding.fix != "automatic"}
    return result.changed.get("train.py", ""), codes


TRANSFORMATIONS = [
    pytest.param("optax.adam(0.1)", "functional", id="adam"),
    pytest.param("optax.chain(optax.clip(1.0), optax.sgd(0.1, momentum=0.9))", "stateful", id="empty-states"),
    pytest.param("optax.MultiSteps(optax.adam(0.1), 2)", "stateful", id="multi-steps"),
    pytest.param(
        "optax.inject_hyperparams(optax.adamw)(learning_rate=0.1)", "functional", id="hyperparameters"
    ),
]
RUN = """
def run(folder, steps):
    state = restore_checkpoint(folder, create(0))
    for _ in range(steps):
        state, loss = step(state, X)
    save_checkpoint(folder, state, int(state.step))
    return to_bytes(state), float(loss)
"""


@pytest.mark.parametrize(("tx", "style"), TRANSFORMATIONS)
def test_old_files_are_read_and_training_goes_on(
    tx: str, style: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = text_of(RUN).replace("optax.adam(0.1)", tx)
    text = migrate_sources({"train.py": before}, Options(style=style)).changed["train.py"]
    linen, nnx = _program(before, monkeypatch), _program(text, monkeypatch)
    linen.run(str(tmp_path / "linen"), 3)
    shutil.copytree(tmp_path / "linen", tmp_path / "nnx")
    expected = linen.run(str(tmp_path / "linen"), 4)
    assert nnx.run(str(tmp_path / "nnx"), 4) == expected
    assert linen.run(str(tmp_path / "nnx"), 2) == linen.run(str(tmp_path / "linen"), 2)


def _program(text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("program")
    monkeypatch.setitem(sys.modules, "program", module)
    exec(compile(text, "program.py", "exec"), vars(module))
    return module


WRITTEN = [
    pytest.param("to_bytes(state)", f"to_bytes({SAVED})", id="bytes"),
    pytest.param("to_state_dict(target=state)", f"to_state_dict(target={SAVED})", id="keyword"),
    pytest.param("to_bytes([{'s': state}, 1])", f"to_bytes([{{'s': {SAVED}}}, 1])", id="nested"),
    pytest.param("to_bytes((state, 1))", f"to_bytes(({SAVED}, 1))", id="tuple"),
    pytest.param(
        "to_bytes((state.params, 1))",
        "to_bytes((nnx.to_pure_dict(nnx.state(model, nnx.Param)), 1))",
        id="parameters-in-a-tuple",
    ),
    pytest.param(
        "state = from_bytes(state, X)",
        f"load_linen_state(model, optimizer, from_bytes({SAVED}, X))",
        id="loaded",
    ),
    pytest.param(
        "state = from_state_dict(create(1), X)",
        f"model, optimizer = create(1)\nload_linen_state(model, optimizer, from_state_dict({SAVED}, X))",
        id="into-what-a-call-makes",
    ),
    pytest.param(
        "old_state = from_bytes(state, X)\nstep(old_state, X)\nprint(state.step)",
        "old_model, old_optimizer = nnx.clone((model, optimizer))\n"
        "load_linen_state(\n"
        "    old_model, old_optimizer, from_bytes(linen_state(old_model, old_optimizer), X)\n"
        ")\nstep(old_model, old_optimizer, X)\nprint(optimizer.step[...])",
        id="into-copies",
    ),
]


@pytest.mark.parametrize(("body", "expected"), WRITTEN)
def test_written(body: str, expected: str) -> None:
    text, _ = migrated(START + body)
    assert text.endswith(f"(model, optimizer), loss = step(model, optimizer, X)\n{expected}\n")


REFUSED = [
    pytest.param("pickle.dumps(state)", "LNX403", id="pickle"),
    pytest.param("print(state)", "LNX403", id="print"),
    pytest.param("to_bytes(state.opt_state)", "LNX403", id="optimizer-state-alone"),
    pytest.param("new = from_bytes({'s': state}, X)", "LNX403", id="in-a-dict-that-is-loaded"),
    pytest.param("print(from_bytes(state, X).step)", "LNX405", id="in-an-expression"),
    pytest.param(
        "@jax.jit\ndef inner(x):\n    other = from_bytes(state, X)\n    return step(other, x)\ninner(X)",
        "LNX011",
        id="inside-a-trace",
    ),
    pytest.param("linen_state = 3\nto_bytes(state)", "LNX403", id="taken-name"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_refused(body: str, code: str) -> None:
    text, codes = migrated(START + body)
    assert text == ""
    assert code in codes


def test_old_state_of_the_caller() -> None:
    body = """
    def load(state):
        return from_bytes(state, X)
    state, loss = step(create(0), X)
    new = load(state)
    state, loss = step(state, X)
    new, loss = step(new, X)
    """
    assert migrated(body) == ("", {"LNX011"})


def test_functions_stand_before_the_module_needs_them() -> None:
    script = """
    net = Net()
    params = net.init(jax.random.key(0), X)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
    data = to_bytes(state)

    def later():
        return 1
    """
    result = migrate_sources(
        {"train.py": after(TOP + dedent(script)).replace("Net()", "nn.Dense(2)")}, Options()
    )
    lines = result.changed["train.py"].splitlines()
    assert lines.index("def linen_state(model, optimizer):") < lines.index(
        "data = to_bytes(linen_state(net, optimizer))"
    )


BRIDGED = """
class Odd(nn.Module):
    @nn.compact
    def __call__(self, x):
        for name in dir(self)[:1]:
            x = nn.Dense(2, name=name.strip("_"))(x)
        return x


def create(seed):
    net = Odd()
    params = net.init(jax.random.key(seed), X)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
"""


def test_the_state_of_a_wrapped_module_has_the_same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
    def run(data):
        state = create(0)
        if data:
            state = from_bytes(state, data)
        state, loss = step(state, X)
        return to_bytes(state)
    """
    before = after(TOP, BRIDGED, JITTED_STEP, body)
    text = migrate_sources({"train.py": before}, Options()).changed["train.py"]
    assert "nnx.bridge.ToNNX(net)" in text
    linen, nnx = _program(before, monkeypatch), _program(text, monkeypatch)
    first = linen.run(None)
    assert nnx.run(first) == linen.run(first)


DELETED = [
    pytest.param("del params\nreturn state", "return net, optimizer", id="alone"),
    pytest.param("del x, params\nreturn state", "del x\n    return net, optimizer", id="beside-others"),
    pytest.param("del params, net\nreturn state", "return net, optimizer", id="definition"),
]


@pytest.mark.parametrize(("body", "expected"), DELETED)
def test_deleted_names(body: str, expected: str) -> None:
    made = CREATE.rpartition("    return")[0].replace("create(seed)", "create(seed, x)")
    made += "    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))\n"
    made += "".join(f"    {line}\n" for line in body.splitlines())
    text = migrate_sources({"train.py": after(NET, made, "create(0, X)")}, Options()).changed["train.py"]
    assert f"    {expected}\n" in text


KEPT = [
    pytest.param("kept = {'a': state.params}\ndel kept['a']", id="item"),
    pytest.param("variables = {'params': state.params}\ndel variables", id="dict"),
]


@pytest.mark.parametrize("body", KEPT)
def test_other_deletions_stay(body: str) -> None:
    assert migrated(START + body)[0] == ""
