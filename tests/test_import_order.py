"""Where `from flax import nnx` goes among imports: sorted ones stay sorted."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources

BODY = """

def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
"""
STATE = "from flax.training.train_state import TrainState"
PLAIN = "import flax.linen as nn\nimport jax\nimport optax\n"
LEFT = "import optax\n"
ORDERS = [
    pytest.param(
        f"{PLAIN}from flax.core import FrozenDict\n{STATE}",
        f"{LEFT}from flax import nnx\nfrom flax.core import FrozenDict",
        id="sorted",
    ),
    pytest.param(
        f"{PLAIN}\nfrom flax.core import FrozenDict\n{STATE}\nfrom zlib import crc32",
        f"{LEFT}\nfrom flax import nnx\nfrom flax.core import FrozenDict\nfrom zlib import crc32",
        id="first-of-its-group",
    ),
    pytest.param(
        f"{PLAIN}from zlib import crc32\nfrom flax.core import FrozenDict\n{STATE}",
        f"{LEFT}from zlib import crc32\nfrom flax.core import FrozenDict\nfrom flax import nnx",
        id="not-sorted",
    ),
    pytest.param(
        f"{PLAIN}# Trees.\nfrom flax.core import FrozenDict\n{STATE}",
        f"{LEFT}# Trees.\nfrom flax.core import FrozenDict\nfrom flax import nnx",
        id="behind-a-comment",
    ),
    pytest.param(
        f"{PLAIN}from flax.core import FrozenDict\n\n{STATE}",
        f"{LEFT}from flax.core import FrozenDict\n\nfrom flax import nnx",
        id="in-a-group-of-its-own",
    ),
]


@pytest.mark.parametrize(("before", "expected"), ORDERS)
def test_order(before: str, expected: str) -> None:
    text = migrate_sources({"train.py": f"{before}\n\nprint(FrozenDict)\n{BODY}"}).changed["train.py"]
    assert text.startswith(f"{expected}\n\nprint(FrozenDict)\n")
