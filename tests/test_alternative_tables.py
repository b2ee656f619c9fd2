"""Fields for a table of which a module makes one itself, where the sources never give one."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from flax import linen, nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import HEAD, assert_identical, compared, program

DECODER = """
class Decoder(nn.Module):
    vocab: int
    width: int
    table: Any = None

    @nn.compact
    def __call__(self, ids):
        if self.table is None:
            embed = nn.Embed(self.vocab, self.width)
        else:
            embed = self.table
        x = embed(ids)
        x = nn.LayerNorm()(nn.Dense(self.width)(x))
        return embed.attend(x)


"""
NET = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, ids):
        return nn.softmax(Decoder(7, 5, table=None)(ids))
"""
OWN = """\
        if self.table is None:
            self.Embed_0 = nnx.Embed(self.vocab, self.width, rngs=rngs)
        self.LayerNorm_0 = nnx.LayerNorm(self.width, rngs=rngs)
        self.Dense_0 = nnx.Linear(self.width, self.width, rngs=rngs)

    def __call__(self, ids):
        if self.table is None:
            embed = self.Embed_0
        else:
            embed = self.table
        x = embed(ids)
"""
OTHER_ORDER = DECODER.replace(
    """is None:
            embed = nn.Embed(self.vocab, self.width)
        else:
            embed = self.table
""",
    """is not None:
            embed = self.table
        else:
            embed = nn.Embed(self.vocab, self.width)
""",
)
FORMS = [
    pytest.param(DECODER + NET, id="none-is-given"),
    pytest.param(DECODER + NET.replace(", table=None", ""), id="nothing-is-given"),
    pytest.param(DECODER + NET.replace("table=None", "None"), id="by-position"),
    pytest.param(OTHER_ORDER + NET, id="the-other-order"),
]


@pytest.mark.parametrize("module", FORMS)
def test_the_module_makes_its_own(module: str) -> None:
    text = program(module, "Net()", (2, 3)).replace("key(0), X", "key(0), IDS")
    done = compared(text, "IDS")
    assert_identical(done)
    assert OTHER_ORDER in module or OWN in done.text, done.text


def test_callers_elsewhere_may_give_one() -> None:
    head = HEAD.format(size=6, shape=(2, 3))
    result = migrate_sources({"model.py": head + DECODER}, Options())
    (told,) = (finding.message for finding in result.findings if finding.code == "LNX116")
    assert told.endswith("; `table` may be an `nnx.Embed` as wide as its own")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    exec(head + DECODER, before)
    exec(result.changed["model.py"], after)
    net = before["Decoder"](7, 5, table=linen.Embed(7, 5))
    variables = redrawn(net.init(jax.random.key(0), before["IDS"]))
    model = after["Decoder"](7, 5, nnx.Embed(7, 5, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(0))
    copy_into(variables, model)
    assert np.array_equal(net.apply(variables, before["IDS"]), model(before["IDS"]))


UNSEEN = "LNX111 it cannot be seen which layer `table` of this module is"
REFUSED = [
    pytest.param("table=None", "table=self.own", UNSEEN, id="a-field"),
    pytest.param("table=None", "table=jnp.sin", UNSEEN, id="a-function"),
    pytest.param("7, 5, table=None", "*self.sizes",
                 "LNX110 the arguments of a layer are spread from a tuple or dict", id="spread"),
    pytest.param("7, 5, table=None", "7, 5, **self.more", UNSEEN, id="keywords"),
    pytest.param("table=None", "table=nn.Embed(7, 5)",
                 "LNX010 a module definition is handed to the constructor of a module",
                 id="a-table-of-compact"),
    pytest.param("x = embed(ids)", "x = embed.embedding[ids]",
                 "LNX299 `.embedding` of a value that is a train state or model on some paths only has no "
                 "counterpart that is known", id="its-parameter"),
    pytest.param("self.table is None:", "self.table is None and self.width:",
                 "LNX111 `embed` is called inside a module and may build layers", id="more-than-the-field"),
    pytest.param("embed = self.table", "embed = self.table.clone()",
                 "LNX111 `embed` is called inside a module and may build layers", id="more-than-a-name"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "reason"), REFUSED)
def test_other_forms_stay(before: str, after: str, reason: str) -> None:
    net = NET.replace("    @nn", "    own: Any = None\n    sizes: Any = ()\n    more: Any = None\n\n    @nn")
    module = DECODER + net
    assert before in module
    text = program(module.replace(before, after), "Net()", (2, 3)).replace("key(0), X", "key(0), IDS")
    found = migrate_sources({"model.py": text}, Options()).findings
    assert reason in [f"{finding.code} {finding.message}" for finding in found]
