"""The map from Linen's variables to those of the NNX model."""

from __future__ import annotations

from pathlib import Path

from migrate.cli import main
from migrate.verify.request import read_leaf_map

TEXT = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Part(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.BatchNorm(use_running_average=True)(nn.Dense(3, use_bias=False, name="first")(x))
        for _ in range(2):
            x = nn.Dense(3)(x)
        return nn.RNN(nn.LSTMCell(2))(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        scale = self.param("scale", nn.initializers.ones, (1,))
        return nn.SelfAttention(1)(Part()(x)) * scale


x = jnp.ones((2, 3, 4))
net = Net()
print(net.apply(net.init(jax.random.key(0), x), x))
"""


def test_leaves_of_nested_modules(tmp_path: Path) -> None:
    program, file = tmp_path / "program.py", tmp_path / "paths.toml"
    program.write_text(TEXT)
    main(["migrate", str(program), "--path-map", str(file), "--quiet"])
    pairs = {"/".join(one): "/".join(other) for one, other in read_leaf_map(file).items()}
    assert pairs["scale"] == "scale"
    assert pairs["Part_0/first/kernel"] == "Part_0/first/kernel"
    assert pairs["Part_0/BatchNorm_0/mean"] == "Part_0/BatchNorm_0/mean"
    assert pairs["Part_0/LSTMCell_0/if/kernel"] == "Part_0/LSTMCell_0/if_/kernel"
    assert pairs["SelfAttention_0/query/kernel"] == "SelfAttention_0/query/kernel"
    assert "Part_0/first/bias" not in pairs
    assert len(set(pairs.values())) == len(pairs)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(TEXT)
    assert main(["migrate", str(program), "--path-map", str(tmp_path / "missing" / "paths.toml")]) == 2
