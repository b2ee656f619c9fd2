"""Labels and masks for transformations that are made of the paths of parameters."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import traverse_util
from flax.core import freeze, unfreeze
from flax.training.train_state import TrainState

ALL = {"a": optax.sgd(0.1), "b": optax.set_to_zero()}


def label(path, value):
    return "a" if "Dense_0" in path else "b"


"""
MAIN = """

def main(x, tree):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    {made}
    return TrainState.create(apply_fn=model.apply, params=params, tx=tx)
"""
PLAIN = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.Dense(3)(x))
"""
LABELS = "traverse_util.path_aware_map(label, params)"
WRITTEN = "nnx.map_state(label, nnx.state(model, nnx.Param))"
TAKEN = [
    pytest.param(f"tx = optax.multi_transform(ALL, {LABELS})", id="on-the-spot"),
    pytest.param(f"tx = optax.partition(ALL, param_labels={LABELS})", id="by-keyword"),
    pytest.param(f"labels = {LABELS}; tx = optax.multi_transform(ALL, labels)", id="with-a-name"),
    pytest.param(f"labels = freeze({LABELS}); tx = optax.multi_transform(ALL, labels)", id="frozen"),
    pytest.param(f"tx = optax.chain(optax.multi_transform(ALL, {LABELS}), optax.scale(2.0))", id="chain"),
]
REFUSED = [
    pytest.param(f"labels = {LABELS}; print(labels); tx = optax.multi_transform(ALL, labels)", id="printed"),
    pytest.param(f"labels = {LABELS}; labels['a'] = 'b'; tx = optax.multi_transform(ALL, labels)", id="set"),
    pytest.param(f"tx = optax.multi_transform(ALL, jax.tree.map(str, {LABELS}))", id="mapped"),
    pytest.param(f"tx = make({LABELS})", id="handed-on"),
    pytest.param(
        "tx = optax.multi_transform(ALL, traverse_util.path_aware_map(lambda p, v: str(v.sum()), params))",
        id="values-are-read",
    ),
    pytest.param(
        "tx = optax.multi_transform(ALL, traverse_util.path_aware_map(label, {'params': params}))", id="whole"
    ),
    pytest.param(
        "labels = traverse_util.path_aware_map(label, tree); tx = optax.multi_transform(ALL, labels)",
        id="labels-of-another-tree",
    ),
]
OTHER_PATHS = [
    pytest.param("return nn.Sequential([nn.Dense(3), nn.Dense(2)])(x)", id="chain"),
    pytest.param("return nn.RNN(nn.LSTMCell(3))(x)", id="cell"),
    pytest.param("return nn.MultiHeadDotProductAttention(2)(x)", id="attention"),
    pytest.param("return nn.remat(nn.Dense)(3)(x)", id="lifted"),
]


def _migrated(made: str, module: str = PLAIN) -> tuple[str, set[str]]:
    source = HEAD + dedent(module).lstrip() + MAIN.format(made=made.replace("; ", "\n    "))
    result = migrate_sources({"m.py": source}, Options(bridge=False))
    return result.changed.get("m.py", ""), {finding.code for finding in result.findings}


@pytest.mark.parametrize("made", TAKEN)
def test_labels_become_a_state(made: str) -> None:
    changed, _ = _migrated(made)
    assert WRITTEN in changed
    assert "freeze(" not in changed


@pytest.mark.parametrize("made", REFUSED)
def test_labels_that_go_elsewhere_stay(made: str) -> None:
    changed, codes = _migrated(made)
    assert "nnx.Optimizer" not in changed
    assert codes & {"LNX010", "LNX034"}


@pytest.mark.parametrize("body", OTHER_PATHS)
def test_labels_stay_where_paths_may_be_others(body: str) -> None:
    module = PLAIN.replace("return nn.Dense(2)(nn.Dense(3)(x))", body)
    changed, codes = _migrated(f"tx = optax.multi_transform(ALL, {LABELS})", module)
    assert "nnx.Optimizer" not in changed
    assert "LNX034" in codes


def test_a_wrapped_module_has_the_paths_of_linen() -> None:
    module = PLAIN.replace("(x))", "(x)) + hash(self)")
    own = "self.param('w', lambda key, s: jnp.ones(s), x.shape[:1])"
    module = module.replace("return", f"x = x + {own}\n        return")
    source = HEAD + module.lstrip() + MAIN.format(made=f"tx = optax.multi_transform(ALL, {LABELS})")
    changed = migrate_sources({"m.py": source}, Options()).changed["m.py"]
    assert "nnx.bridge.ToNNX" in changed
    assert "nnx.map_state(label, nnx.state(model, nnx.Param))" in changed
