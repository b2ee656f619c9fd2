"""Parameters that are saved, shown and loaded: plain dicts made from a model, and written into one."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import JITTED_STEP, NET, after

TOP = """
import pickle
import orbax.checkpoint as ocp
from flax import serialization
from flax.serialization import from_bytes, to_bytes
from flax.training.orbax_utils import save_args_from_target
from flax.training.checkpoints import restore_checkpoint, save_checkpoint

net = Net()
params = net.init(jax.random.key(0), X)["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
state, loss = step(state, X)
"""
TREE = "nnx.to_pure_dict(nnx.state(net, nnx.Param))"
STYLES: list[Style] = ["functional", "stateful"]


def migrated(body: str, style: Style = "functional") -> str | None:
    text = after(NET, JITTED_STEP, TOP + dedent(body))
    result = migrate_sources({"train.py": text}, Options(style=style, bridge=False))
    assert result.findings
    return result.changed.get("train.py")


SAVED = [
    pytest.param("to_bytes(state.params)", f"to_bytes({TREE})", id="bytes"),
    pytest.param(
        "save_checkpoint('here', state.params, 3)", f"save_checkpoint('here', {TREE}, 3)", id="checkpoint"
    ),
    pytest.param("pickle.dumps(state.params)", f"pickle.dumps({TREE})", id="pickle"),
    pytest.param("to_bytes(target=state.params)", f"to_bytes(target={TREE})", id="keyword"),
    pytest.param(
        "to_bytes({'params': state.params, 'n': 3})", f"to_bytes({{'params': {TREE}, 'n': 3}})", id="dict"
    ),
    pytest.param("to_bytes([{'a': state.params}, 1])", f"to_bytes([{{'a': {TREE}}}, 1])", id="nested"),
    pytest.param(
        "to = ocp.PyTreeCheckpointer()\nto.save(X, {'w': state.params})",
        f"to = ocp.PyTreeCheckpointer()\nto.save(X, {{'w': {TREE}}})",
        id="orbax",
    ),
    pytest.param(
        "kept = {'w': state.params}\nmanager = ocp.CheckpointManager('here', ocp.PyTreeCheckpointer())\n"
        "manager.save(3, kept, save_kwargs={'save_args': save_args_from_target(kept)})",
        f"kept = {{'w': {TREE}}}\nmanager = ocp.CheckpointManager('here', ocp.PyTreeCheckpointer())\n"
        "manager.save(3, kept, save_kwargs={'save_args': save_args_from_target(kept)})",
        id="orbax-manager",
    ),
    pytest.param("print(jax.device_get(state.params))", f"print(jax.device_get({TREE}))", id="device-get"),
    pytest.param("print(1, state.params)", f"print(1, {TREE})", id="print"),
    pytest.param(
        "kept = {'w': state.params}\nto_bytes(kept)", f"kept = {{'w': {TREE}}}\nto_bytes(kept)", id="name"
    ),
    pytest.param(
        "first = jax.tree.map(lambda x: x[0], state.params)\nto_bytes({'first': first})",
        f"first = jax.tree.map(lambda x: x[0], {TREE})\nto_bytes({{'first': first}})",
        id="mapped",
    ),
    pytest.param(
        "first = jax.tree.map(lambda x: x[0], state.params)\nstate, loss = step(state, X)\nunknown(first)",
        f"first = jax.tree.map(lambda x: x[0], {TREE})\n"
        "net, optimizer = step(net, optimizer, X)\nunknown(first)",
        id="mapped-before-an-update",
    ),
    pytest.param(
        "more = jax.tree.map(jnp.sin, jax.tree.map(jnp.tanh, state.params))\nunknown(more)",
        f"more = jax.tree.map(jnp.sin, jax.tree.map(jnp.tanh, {TREE}))\nunknown(more)",
        id="mapped-twice",
    ),
    pytest.param(
        "half = jax.tree.map(lambda x: x / 2, state.params)\nstate = state.replace(params=half)",
        "half = jax.tree.map(lambda x: x / 2, nnx.state(net, nnx.Param))\nnnx.update(net, half)",
        id="mapped-and-put-back",
    ),
    pytest.param(
        "sums = jax.tree.map(jnp.sum, state.params)\nprint([name for name, leaves in sums.items()])",
        f"sums = jax.tree.map(jnp.sum, {TREE})\nprint([name for name, leaves in sums.items()])",
        id="mapped-and-looked-through",
    ),
    pytest.param(
        "kept = {'w': state.params}\nstate, loss = step(state, X)\nto_bytes(kept)",
        f"kept = {{'w': {TREE}}}\nnet, optimizer = step(net, optimizer, X)\nto_bytes(kept)",
        id="what-was-kept-before-an-update",
    ),
]


@pytest.mark.parametrize(("body", "expected"), SAVED)
def test_saved(body: str, expected: str) -> None:
    text = migrated(body)
    assert text is not None
    assert _joined(text.replace("(net, optimizer), loss =", "net, optimizer =")).endswith(_joined(expected))


def test_loaded_in_place() -> None:
    text = migrated("later = state.params\nlater = from_bytes(later, X)\nnet.apply({'params': later}, X)")
    assert text is not None
    assert text.endswith(f"nnx.update(net, from_bytes({TREE}, X))\nnet(X)\n")


@pytest.mark.parametrize("style", STYLES)
def test_loaded_into_a_model_of_its_own(style: Style) -> None:
    text = migrated(
        "old_params = from_bytes(state.params, X)\nstate, loss = step(state, X)\n"
        "net.apply({'params': old_params}, X)",
        style,
    )
    assert text is not None
    assert f"old_model = nnx.clone(net)\nnnx.update(old_model, from_bytes({TREE}, X))\n" in text
    assert text.endswith("old_model(X)\n")


def test_a_whole_dict_of_variables() -> None:
    body = """
    def load(data):
        net = Net()
        variables = net.init(jax.random.key(0), X)
        variables = from_bytes(variables, data)
        to_bytes(variables)
        return net.apply(variables, X)
    """
    text = migrated(body)
    assert text is not None
    assert _joined(f'nnx.update(net, from_bytes({{"params": {TREE}}}, data)["params"])') in _joined(text)
    assert _joined(f'to_bytes({{"params": {TREE}}})') in _joined(text)


def _joined(text: str) -> str:
    """The text without its layout."""
    return "".join(text.split()).replace(",)", ")")


def test_a_checkpoint_is_loaded_by_its_target() -> None:
    body = "later = state.params\nlater = restore_checkpoint(target=later, ckpt_dir='here')"
    text = migrated(f"{body}\nnet.apply({{'params': later}}, X)")
    assert text is not None
    loaded = f"nnx.update(net, restore_checkpoint(target={TREE}, ckpt_dir='here'))"
    assert _joined(text).endswith(_joined(f"{loaded}\nnet(X)"))


WHOLE = [
    pytest.param("pickle.dumps(state)", id="saved"),
    pytest.param("save_checkpoint('here', {'state': state.opt_state}, 3)", id="saved-in-a-dict"),
    pytest.param("later = restore_checkpoint('here', {'state': state})", id="loaded"),
    pytest.param("pickle.dumps(state.opt_state)", id="optimizer-state"),
]


@pytest.mark.parametrize("body", WHOLE)
def test_a_whole_state_says_what_is_in_the_way(body: str) -> None:
    found = migrate_sources({"train.py": after(NET, JITTED_STEP, TOP + body)}, Options(bridge=False))
    assert not found.changed
    assert "LNX403" in {finding.code for finding in found.findings}


STAYS = [
    pytest.param("ocp.PyTreeCheckpointer().restore('here', state.params)", id="orbax-restore"),
    pytest.param("ocp.StandardCheckpointer().save('here', state.params)", id="another-checkpointer"),
    pytest.param("restore_checkpoint('here', *[state.params])", id="starred-target"),
    pytest.param("later = restore_checkpoint(state.params, None)", id="parameters-in-another-place"),
    pytest.param("pickle.dumps(state)", id="whole-state"),
    pytest.param("to_bytes(state.opt_state)", id="optimizer-state"),
    pytest.param("pickle.dumps({'a': state})", id="state-in-a-dict"),
    pytest.param(
        "to_bytes(jax.grad(lambda p: jnp.sum(net.apply({'params': p}, X)))(state.params))", id="grads"
    ),
    pytest.param(
        "grads = jax.grad(lambda p: jnp.sum(net.apply({'params': p}, X)))(state.params)\n"
        "print([*grads.values()])",
        id="values-of-grads",
    ),
    pytest.param("state = from_bytes({'a': state}, X)", id="load-a-state-in-a-dict"),
    pytest.param("kept = {'w': state.params}\nto_bytes(kept)\nlen(kept)", id="dict-is-read-elsewhere"),
    pytest.param("kept = {'w': state.params}\nkept = kept\nto_bytes(kept)", id="bound-twice"),
    pytest.param("to_bytes(*[state.params])", id="starred"),
    pytest.param(
        "half = jax.tree.map(lambda x: x / 2, state.params)\nto_bytes(half)\n"
        "state = state.replace(params=half)",
        id="mapped-saved-and-put-back",
    ),
    pytest.param(
        "half = jax.tree.map(lambda x: x / 2, state.params)\nto_bytes(half)\n"
        "state = state.apply_gradients(grads=half)",
        id="mapped-saved-and-applied",
    ),
    pytest.param(
        "one = jax.tree.map(jnp.sin, state.params)\nto_bytes(one)\n"
        "grads = jax.grad(lambda p: jnp.sum(net.apply({'params': p}, X)))(state.params)\n"
        "to_bytes(jax.tree.map(jnp.add, one, grads))",
        id="mapped-with-grads",
    ),
    pytest.param("print(from_bytes(state.params, X))", id="loaded-in-an-expression"),
    pytest.param("from_bytes(state.params, state.params)", id="loaded-from-parameters"),
    pytest.param(
        "later = state.params\nlater = from_bytes(later, X)\nstate, loss = step(state, X)",
        id="the-state-goes-on-with-the-old-parameters",
    ),
    pytest.param(
        "both = (state, 1)\nlater = state.params\nlater = from_bytes(later, X)\n"
        "print(both[0].step, net.apply({'params': both[0].params}, X))",
        id="an-old-state-in-a-tuple",
    ),
    pytest.param(
        "@jax.jit\ndef f(x):\n    later = state.params\n"
        "    later = from_bytes(later, x)\n    return net.apply({'params': later}, x)\nf(X)",
        id="loaded-inside-a-traced-function",
    ),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str, style: Style) -> None:
    assert migrated(body, style) is None


TOGETHER = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import serialization

one = nn.Dense(3)
two = nn.Dense(1)
x = jnp.ones((2, 4))
one_params = one.init(jax.random.key(0), x)
two_params = two.init(jax.random.key(1), x)["params"]
data = open("saved", "rb").read()
LOAD
print(one.apply(one_params, x), two.apply({"params": two_params}, x))
"""
LOADS = [
    pytest.param(
        "step, (one_params, two_params) = serialization.from_bytes((0, (one_params, two_params)), data)",
        ['nnx.update(one, one_params["params"])', "nnx.update(two, two_params)"],
        id="under-their-names",
    ),
    pytest.param(
        "two_params, one_params = serialization.from_bytes((one_params, two_params), data)",
        [],
        id="exchanged",
    ),
    pytest.param(
        "step, both = serialization.from_bytes((0, (one_params, two_params)), data)", [], id="not-taken-apart"
    ),
]


@pytest.mark.parametrize(("load", "written"), LOADS)
def test_trees_that_are_loaded_together(load: str, written: list[str]) -> None:
    result = migrate_sources({"train.py": TOGETHER.replace("LOAD", load)}, Options())
    assert bool(result.changed) is bool(written)
    for text in written:
        assert text in result.changed["train.py"]
