"""Classes that extend a table of embeddings: another size, or indices that are shifted."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, migrated, program

NET = """
class Positions(nn.Embed):
    def setup(self):
        self.offset = 2
        {table}

    def __call__(self, positions):
        return {found}


class Net(nn.Module):
    size: int = 4

    def setup(self):
        self.words = nn.Embed(6, self.size)
        self.positions = {built}
        self.head = nn.Dense(3)

    def __call__(self, ids):
        x = self.words(ids) + self.positions(ids)
        return {use}
"""
SHAPE = "(self.num_embeddings + self.offset, self.features)"
TABLE = f'self.embedding = self.param("embedding", self.embedding_init, {SHAPE}, self.param_dtype)'
FOUND = "super().__call__(positions + self.offset)"
BUILT = "Positions(6, self.size)"


def of(table: str = TABLE, found: str = FOUND, built: str = BUILT, use: str = "self.head(x)") -> str:
    return program(NET.format(table=table, found=found, built=built, use=use), "Net()", (2, 3), inputs="IDS")


BARE = of().replace(f"    def setup(self):\n        self.offset = 2\n        {TABLE}\n\n", "", 1)
FORMS = [
    pytest.param(of(), ["class Positions(nnx.Embed):", "        self.offset = 2\n", f"return {FOUND}",
                 "self.positions = Positions(6, self.size, rngs=rngs)"], id="another-size"),
    pytest.param(of(built="Positions(num_embeddings=6, features=self.size, dtype=jnp.float32)"),
                 ["Positions(6, self.size, dtype=jnp.float32, rngs=rngs)"], id="keywords"),
    pytest.param(of(built="Positions(6, self.size, jnp.bfloat16, jnp.float32)"),
                 ["Positions(6, self.size, dtype=jnp.bfloat16, "], id="half-precision"),
    pytest.param(of(found="super().__call__(positions - 1 + 2 * self.offset)",
                    table=TABLE.replace("self.num_embeddings + self", "2 * self.num_embeddings + self")),
                 ["(2 * self.num_embeddings + self.offset, self.features)"], id="numbers"),
    pytest.param(BARE.replace("positions + self.offset", "positions - 0"),
                 ["class Positions(nnx.Embed):\n    def __call__(self, positions):"], id="only-a-call"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_same_numbers(text: str, written: list[str]) -> None:
    outcome = compared(text, inputs="IDS")
    assert_identical(outcome)
    assert [part for part in written if part not in outcome.text] == []


SCALED = TABLE.replace("self.embedding = self.param", "self.embedding = 2 * self.param")
STAYS = "extends `nn.Embed`"
REFUSED = [
    pytest.param(of(SCALED), STAYS, id="a-table-that-is-scaled"),
    pytest.param(of(TABLE.replace("self.embedding =", "self.table =")), STAYS, id="another-attribute"),
    pytest.param(of(TABLE.replace('"embedding"', '"table"')), STAYS, id="another-name"),
    pytest.param(of("pass"), STAYS, id="no-table"),
    pytest.param(of(TABLE.replace("self.features)", "2 * self.features)")), STAYS, id="another-width"),
    pytest.param(of(f"{TABLE}\n        self.head = nn.Dense(3)"), STAYS, id="a-layer"),
    pytest.param(of(found=f"2 * {FOUND}"), STAYS, id="more-than-a-look-up"),
    pytest.param(of(found="super().__call__(positions[..., None])"), STAYS, id="other-axes"),
    pytest.param(of(found="super().__call__(positions % 2)"), STAYS, id="another-operation"),
    pytest.param(of().replace("(nn.Embed):", "(nn.Embed):\n    scale: int = 2"), STAYS, id="a-field"),
    pytest.param(of().replace("self, positions)", "self, positions, shift=0)"), STAYS, id="another-argument"),
    pytest.param(of().replace("class Net", "class More(Positions):\n    pass\n\n\nclass Net"), STAYS,
                 id="extended-in-turn"),
    pytest.param(of() + "\n\nkept = [Positions]\n", STAYS, id="a-value"),
    pytest.param(of() + "\n\ntable = Positions(3, 4)\n", STAYS, id="built-outside"),
    pytest.param(of(use="self.head(x) * isinstance(self.words, Positions)"), STAYS, id="asked-for"),
    pytest.param(of().replace("(nn.Embed)", "(nn.Embed, kw_only=True)"), STAYS, id="options"),
    pytest.param(of().replace("(nn.Embed)", "(nn.Dense)"), "extends `nn.Dense`", id="another-layer"),
    pytest.param(of().replace("import jax.numpy as jnp", "from jax import numpy as jnp2\nimport jax.numpy")
                 .replace("jnp.", "jax.numpy."), "needs `import jax.numpy as jnp`", id="no-jnp"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refused(text: str, words: str) -> None:
    assert any(words in finding for finding in findings(text))


def test_named_by_its_class() -> None:
    """In `__call__` Linen names such a layer after the class itself."""
    one = of().partition("class Net")[0] + (
        "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, ids):\n"
        "        return nn.Dense(3)(Positions(6, 4)(ids))\n\n\nnet = Net()\n"
        "variables = net.init(jax.random.key(0), IDS)\n"
    )
    assert "self.Positions_0 = Positions(6, 4, rngs=rngs)" in migrated(one)
    assert_identical(compared(one, inputs="IDS"))


def test_in_another_file() -> None:
    table, _, net = of().partition("class Net")
    head = table.partition("class Positions")[0]
    texts = {"tables.py": table, "model.py": f"{head}from tables import Positions\n\n\nclass Net{net}"}
    result = migrate_sources(texts, Options())
    assert "class Positions(nnx.Embed):" in result.changed["tables.py"]
    assert "self.positions = Positions(6, self.size, rngs=rngs)" in result.changed["model.py"]


def test_code_that_is_never_reached() -> None:
    text = of() + "\n\ndef later():\n    raise ValueError\n    return Positions(2, 2)\n"
    assert any("cannot be followed" in finding or STAYS in finding for finding in findings(text))
