"""Class methods of modules: `Block.empty_cache(...)`, which the class itself is asked for."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import HEAD, PATH, assert_identical, compared, migrated

MODULES = """
class Block(nn.Module):
    width: int = 6

    def setup(self):
        self.dense = nn.Dense(self.width)

    def __call__(self, x, cache):
        y = nn.tanh(self.dense(x))
        return x + y, cache + y

    @classmethod
    def empty_cache(cls, batch: int, width: int):
        {body}


class Net(nn.Module):
    width: int = 6

    def setup(self):
        self.first = Block(self.width)
        self.second = Block(self.width)

    def __call__(self, x, caches=None):
        if caches is None:
            caches = [Block.empty_cache(len(x), self.width) for _ in range(2)]
        x, first = self.first(x, caches[0])
        x, second = self.second(x, caches[1])
        return x, first * second

    @classmethod
    def empty_caches(cls, batch: int, width: int):
        return [Block.empty_cache(batch, width), cls.half_cache(batch, width)]

    @classmethod
    def half_cache(cls, batch: int, width: int):
        return Block.empty_cache(batch, width) + 0.5


net = Net()
caches = Net.empty_caches(4, 6)
variables = net.init(jax.random.key(0), X, caches)
print(net.apply(variables, X, caches)[1].shape)
"""
ZEROS = "return jnp.zeros((batch, width))"


def of(body: str = ZEROS) -> str:
    return f"{HEAD.format(size=24, shape=(4, 6))}\n{MODULES.format(body=body)}"


def test_they_go_on_as_they_are() -> None:
    outcome = compared(of(), given="caches")
    assert_identical(outcome)
    assert "return [Block.empty_cache(batch, width), cls.half_cache(batch, width)]" in outcome.text


REFUSED = [
    pytest.param("return cls(width).width * jnp.zeros((batch, width))", id="builds-the-class"),
    pytest.param("return jnp.zeros((batch, cls.width))", id="reads-a-field-of-the-class"),
    pytest.param("return made(cls, batch, width)", id="hands-the-class-on"),
    pytest.param(
        "cell = nn.GRUCell(width, parent=None)\n"
        "        return cell.initialize_carry(jax.random.key(0), (batch, width))",
        id="builds-a-layer",
    ),
    pytest.param("return nn.Dense(width)(jnp.zeros((batch, 3)))", id="builds-and-calls-a-layer"),
]


@pytest.mark.parametrize("body", REFUSED)
def test_what_stays(body: str) -> None:
    changed = migrate_sources({PATH: of(body)}, Options()).changed
    assert "class Block(nn.Module)" in changed.get(PATH, of(body))
    assert "class Net(nn.Module)" in changed.get(PATH, of(body))


def test_a_class_method_that_is_handed_on_stays() -> None:
    text = of().replace("[Block.empty_cache(batch, width), ", "[*map(Block.empty_cache, [batch], [width]), ")
    assert "class Block(nn.Module)" in migrate_sources({PATH: text}, Options()).changed.get(PATH, text)
    assert "class Block(nnx.Module)" in migrated(of())
