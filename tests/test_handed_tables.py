"""A module that uses the table that it is handed, or makes one of its own."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

PROGRAM = """
class Inner(nn.Module):
    dim: int
    table: Any = None

    @nn.compact
    def __call__(self, ids):
        if self.table is None:
            embed = nn.Embed(8, self.dim)
        else:
            embed = self.table
        x = nn.LayerNorm()(embed(ids))
        {more}
        return embed.attend(x)


class Net(nn.Module):
    dim: int = 4
    shared: bool = {shared}

    def setup(self):
        if self.shared:
            self.table = nn.Embed(8, self.dim)
        else:
            self.table = None
        self.a = Inner(self.dim, self.table)
        self.b = Inner(self.dim, {other})

    def __call__(self, ids):
        return self.a(ids) + self.b(ids)
"""


def of(shared: bool = True, other: str = "table=self.table", more: str = "x = nn.Dense(self.dim)(x)") -> str:
    lines = more.replace("....", "    ").replace("; ", "\n        ")
    return program(PROGRAM.format(shared=shared, other=other, more=lines), "Net()", (2, 3), inputs="IDS")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(of(), id="shared"),
        pytest.param(of(shared=False), id="each-its-own"),
        pytest.param(of(other=""), id="one-of-both"),
        pytest.param(of(other="self.table if self.shared else None"), id="a-choice"),
    ],
)
def test_a_table_of_its_own_or_the_one_that_is_handed(text: str) -> None:
    outcome = compared(text, inputs="IDS")
    assert_identical(outcome)
    assert "        if table is None:\n            self.Embed_0 = nnx.Embed(" in outcome.text
    assert "self.a(ids, table=self.table)" in outcome.text
    assert "self.table = table" not in outcome.text


CALLED = "whether this layer is called, and so has parameters"
DEPENDS = "is there decides which layers there are"
REFUSED = [
    pytest.param(of(more="table = 1.0; x = x * table"), DEPENDS, id="the-name-is-taken"),
    pytest.param(of().replace("table: Any = None", "table: Any"), DEPENDS, id="no-default"),
    pytest.param(of(more="if self.dim > 2:; ....x = embed(ids)").replace("(embed(ids))", "(jnp.ones((2, 4)))")
                 .replace("return embed.attend(x)", "return x"), CALLED, id="called-under-a-condition"),
    pytest.param(of(more="x = jax.vmap(embed)(ids)"), "", id="used-as-a-value"),
    pytest.param(of(more="x = x + embed.embedding.mean()"), "", id="its-parameter"),
    pytest.param(of(more="x = nn.Embed(3, self.dim)(ids)"), "depends on `table`", id="names-it-decides"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_stays(text: str, reason: str) -> None:
    assert [finding for finding in findings(text) if reason in finding]
