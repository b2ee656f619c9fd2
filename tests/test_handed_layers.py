"""Layers that a module is handed through a field: who keeps them, and where they come from at a call."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

INNER = """
class Inner(nn.Module):
    dim: int
    table: nn.Embed

    def setup(self):
        self.norm = nn.LayerNorm()

    def look(self, ids):
        return self.table(ids)

    def __call__(self, ids):
        return self.norm({read})


"""
NET = """
class Net(nn.Module):
    dim: int = 4

    def setup(self):
        {setup}

    def __call__(self, ids):
        return {call}
"""
MIDDLE = """
class Middle(nn.Module):
    dim: int
    words: nn.Embed

    def setup(self):
        self.inner = Inner(self.dim, table=self.words)

    def __call__(self, ids):
        return self.inner(ids)


"""


def of(setup: str, call: str, read: str = "self.look(ids)", more: str = "") -> str:
    lines = setup.replace("; ", "\n        ")
    net = NET.format(setup=lines, call=call)
    return program(INNER.format(read=read) + more + net, "Net()", (2, 3), inputs="IDS")


KEPT = "self.shared = nn.Embed(8, self.dim); "
FORMS = [
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared); "
                    "self.b = Inner(self.dim, table=self.shared)",
                    "self.a(ids) + self.b(ids) + self.shared(ids)"),
                 ["self.a(ids, table=self.shared)", "def look(self, ids, *, table: nnx.Embed)"],
                 id="kept-by-an-attribute"),
    pytest.param(of("table = nn.Embed(8, self.dim); self.a = Inner(self.dim, table)", "self.a(ids)"),
                 ["self.table = table", "table: nnx.Embed"], id="made-for-one-module"),
    pytest.param(of("self.a = Inner(self.dim, nn.Embed(8, self.dim))", "self.a(ids)"),
                 ["self.a = Inner(self.dim, nnx.Embed(8, self.dim, rngs=rngs), rngs=rngs)"],
                 id="made-in-the-construction"),
    pytest.param(of(f"{KEPT}table = nn.Embed(8, self.dim); self.a = Inner(self.dim, self.shared); "
                    "self.b = Inner(self.dim, table)", "self.a(ids) + self.b(ids)"),
                 ["self.b.table = table", "self.b(ids, table=self.b.table)"], id="both-for-one-class"),
    pytest.param(of(f"{KEPT}self.a = Middle(self.dim, self.shared)", "self.a(ids)", more=MIDDLE),
                 ["self.inner(ids, table=words)", "self.a(ids, words=self.shared)"], id="handed-on"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_each_layer_is_held_once(text: str, written: list[str]) -> None:
    outcome = compared(text, inputs="IDS", compiled=True)
    assert_identical(outcome)
    assert not [part for part in written if part not in outcome.text]


REFUSED = [
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", "self.a(ids)",
                    "self.table.embedding[ids]"),
                 "a layer that the module is handed is used as a value", id="its-parameter"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", "self.a(ids)",
                    "jax.vmap(self.table)(ids)"),
                 "a layer that the module is handed is used as a value", id="used-as-a-value"),
    pytest.param(of(f"{KEPT}self.other = nn.Embed(8, 2 * self.dim); self.a = Inner(self.dim, self.shared); "
                    "self.b = Inner(self.dim, self.other)", "self.a(ids).sum() + self.b(ids)"),
                 "layers of different sizes", id="different-sizes"),
    pytest.param(of("table = nn.Embed(8, self.dim); self.a = Inner(self.dim, table); "
                    "self.b = Inner(self.dim, table)", "self.a(ids) + self.b(ids)"),
                 "handed to the constructor of a module", id="one-local-layer-for-two"),
    pytest.param(of("self.table = nn.Dense(4); self.a = Inner(self.dim, self.table)", "self.a(ids)"),
                 "handed to the constructor of a module", id="another-layer"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", "self.a.look(ids)"),
                 "needs a layer that another module keeps", id="a-method-from-outside"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_seen_through_stays(text: str, reason: str) -> None:
    assert [finding for finding in findings(text) if reason in finding]
