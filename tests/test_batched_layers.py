"""Layers that a module calls under `jax.vmap`: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, program

IMAGES = (2, 3, 4, 4, 2)
TOKENS = (2, 5, 6)
CNN = """
class CNN(nn.Module):
    size: int = 3
    act: Callable = nn.relu

    @nn.compact
    def __call__(self, x):
        x = self.act(nn.Conv(4, (3, 3))(x))
        return nn.Dense(self.size)(x.reshape((x.shape[0], -1)))


"""
NET = """
class Net(nn.Module):
    name_of_act: str = "tanh"

    @nn.compact
    def __call__(self, x):
        if self.name_of_act == "relu":
            act = nn.relu
        else:
            act = nn.tanh
        cnn = CNN(size=5, act=act)
        y = jax.vmap(cnn)(x)
        y = y + jax.vmap(nn.Dense(5))(y)
        return nn.Dense(2)(act(y))
"""
ADDING = """
class Pair(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        return nn.Dense(4)(x) * nn.Dense(4, use_bias=False)(y)


class Net(nn.Module):
    def setup(self):
        self.pair = Pair()
        self.out = nn.Dense(2)

    def __call__(self, x):
        return self.out(jax.vmap(self.pair)(x, jnp.concatenate([x, x[..., :1]], axis=-1)))
"""
FORMS = [
    pytest.param(CNN + NET, IMAGES, ["y = jax.vmap(cnn)(x)", "in_shape=(height, width, in_features)"],
                 id="images-in-a-sequence"),
    pytest.param(ADDING, TOKENS, ["jax.vmap(self.pair)(x, jnp.concatenate"], id="two-inputs"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "shape", "written"), FORMS)
def test_one_layer_for_every_entry(module: str, shape: tuple[int, ...], written: list[str]) -> None:
    done = compared(program(module, "Net()", shape))
    assert_identical(done)
    assert all(each in done.text for each in written), done.text


def test_an_input_of_unknown_shape_is_told() -> None:
    head = program(CNN + NET, "", IMAGES).partition("\n\nnet = ")[0]
    new = migrate_sources({"model.py": head}, Options())
    assert "cnn_0_in_shape: tuple[int, int, int]" in new.changed["model.py"]


REFUSED = [
    pytest.param("jax.vmap(cnn)(x)", "jax.vmap(cnn, in_axes=1, out_axes=1)(x)", id="another-axis"),
    pytest.param("jax.vmap(cnn)(x)", "jax.vmap(cnn)(x=x)", id="keywords"),
    pytest.param("jax.vmap(cnn)(x)", "jax.vmap(cnn)(*[x])", id="spread"),
    pytest.param("y = jax.vmap(cnn)(x)", "many = jax.vmap(cnn)\n        y = many(x)", id="not-on-the-spot"),
    pytest.param("jax.vmap(cnn)(x)", "jax.jit(cnn)(x[0])[None]", id="another-transform"),
    pytest.param("self.act(nn.Conv(4, (3, 3))(x))",
                 "nn.BatchNorm(use_running_average=False)(nn.Conv(4, (3, 3))(x))", id="statistics"),
    pytest.param("self.act(nn.Conv(4, (3, 3))(x))",
                 "nn.Dropout(0.5, deterministic=False)(nn.Conv(4, (3, 3))(x))", id="random-numbers"),
    pytest.param("nn.Dense(self.size)(x.reshape((x.shape[0], -1)))",
                 "nn.Dense(x.shape[0])(x.reshape((x.shape[0], -1)))", id="the-first-axis"),
    pytest.param("            act = nn.tanh", "            act = CNN(4)", id="a-layer-among-the-functions"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_other_calls_stay(before: str, after: str) -> None:
    module = CNN + NET
    assert before in module
    assert findings(program(module.replace(before, after), "Net()", IMAGES))
