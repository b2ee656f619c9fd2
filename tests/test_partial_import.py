"""Where `from functools import partial` goes when a definition becomes a partial call."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources

BODY = """

class Net(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)


def create(model, x):
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def main(x):
    state = create(Net(3), x)
    return state.apply_fn({"params": state.params}, x)
"""
LINEN = (
    "import flax.linen as nn\nimport jax\nimport optax\nfrom flax.training.train_state import TrainState\n"
)
NNX = "import optax\nfrom flax import nnx\n"
PLACES = [
    pytest.param(LINEN, f"from functools import partial\n\n{NNX}", "partial", id="no-standard-library"),
    pytest.param(
        f'"""Doc."""\n\nfrom __future__ import annotations\n\n{LINEN}',
        f'"""Doc."""\n\nfrom __future__ import annotations\n\nfrom functools import partial\n\n{NNX}',
        "partial",
        id="behind-the-future",
    ),
    pytest.param(
        f"import os\nfrom pathlib import Path\n\n{LINEN}\nprint(os, Path)\n",
        f"import os\nfrom functools import partial\nfrom pathlib import Path\n\n{NNX}\nprint(os, Path)\n",
        "partial",
        id="among-the-standard-library",
    ),
    pytest.param(
        f"import functools\n\n{LINEN}\nprint(functools)\n",
        f"import functools\n\n{NNX}\nprint(functools)\n",
        "functools.partial",
        id="functools-is-there",
    ),
    pytest.param(
        f"from functools import partial as p\n\n{LINEN}\nprint(p)\n",
        f"from functools import partial as p\n\n{NNX}\nprint(p)\n",
        "p",
        id="under-another-name",
    ),
]


@pytest.mark.parametrize(("head", "after", "name"), PLACES)
def test_place(head: str, after: str, name: str) -> None:
    text = migrate_sources({"train.py": head + BODY}).changed["train.py"]
    assert text[: text.index("class")].rstrip() == after.rstrip()
    assert f"create({name}(Net, 3), x)" in text


def test_imports_further_down_come_too_late() -> None:
    text = migrate_sources({"train.py": f"{LINEN}{BODY}\n\nimport os\n\nprint(os)\n"}).changed["train.py"]
    assert text.startswith(f"from functools import partial\n\n{NNX}")


def test_a_program_that_has_another_partial_is_wrapped() -> None:
    body = BODY.replace("def main(x):", "def main(x, partial=None):")
    result = migrate_sources({"train.py": LINEN + body})
    assert {component.status for component in result.components} == {"bridged"}
