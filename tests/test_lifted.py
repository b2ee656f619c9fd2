"""Module classes under transforms: ensembles, blocks that are computed again, compiled blocks."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

CRITIC = """
class Critic(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, x, scale=1.0):
        x = nn.relu(nn.Dense(self.hidden)(x))
        return nn.Dense(2)(x) * scale


"""
NOISY = """
class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(3)(x))
        return nn.Dropout(0.1, deterministic=True)(x)


"""
ENSEMBLE = 'variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=self.num'
FORMS = [
    pytest.param(
        [
            f"VmapCritic = nn.vmap(Critic, {ENSEMBLE}, out_axes=0)",
            "q = VmapCritic(self.hidden)(x, 2.0)",
            "q = nn.Dense(3)(q)",
            "r = nn.remat(Critic)(hidden=5)(x, scale=3.0)",
            "s = nn.jit(Critic)(4, name='compiled')(x)",
            "t = nn.checkpoint(Noisy, static_argnums=(2,))()(x, True)",
            "return q, nn.Dense(2)(r), nn.Dense(2)(s), nn.Dense(2)(t)",
        ],
        id="all",
    ),
    pytest.param(
        [f"return nn.vmap(Critic, {ENSEMBLE})(4)(x), nn.vmap(Critic, {ENSEMBLE})(5)(x)"], id="on-the-spot"
    ),
]


def net(lines: list[str]) -> str:
    head = "class Net(nn.Module):\n    hidden: int = 4\n    num: int = 3\n\n"
    head += "    @nn.compact\n    def __call__(self, x):\n"
    text = "".join(lines)
    classes = CRITIC * ("Critic" in text) + NOISY * ("Noisy" in text)
    return classes + head + "".join(f"        {line}\n" for line in lines)


@pytest.mark.parametrize("lines", FORMS)
def test_same_numbers(lines: list[str]) -> None:
    assert_identical(compared(program(net(lines), "Net()", (4, 6))))


def test_jax_is_imported_where_it_is_needed() -> None:
    text = program(net([f"return nn.vmap(Critic, {ENSEMBLE})(4)(x)"]), "Net()", (4, 6))
    text = text.replace("import jax\n", "").replace("jax.random.key(0)", "jnp.zeros(2, 'uint32')")
    assert "import jax\nimport jax.numpy as jnp\n" in migrated(text)


DROPPING = """
class Critic(nn.Module):
    rate: Any = None

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3)(x)
        if self.rate is not None:
            x = nn.Dropout(self.rate, deterministic=False)(x)
        return nn.Dense(1)(x)


class Net(nn.Module):
    num: int = 2

    @nn.compact
    def __call__(self, x):
        return nn.vmap(Critic, {ensemble})()(x)
"""


@pytest.mark.parametrize(("keys", "migrates"), [("", True), (", rngs={'dropout': jax.random.key(1)}", False)])
def test_members_that_may_draw(keys: str, migrates: bool) -> None:
    text = program(DROPPING.replace("{ensemble}", ENSEMBLE), "Net()", (4, 6))
    text += f"print(net.apply(variables, X{keys}))\n"
    if migrates:
        assert "jax.vmap(lambda member: member(x))(self.VmapCritic_0)" in migrated(text)
    else:
        assert any(found.startswith("LNX130") for found in findings(text))


FLAGGED = """
class Inner(nn.Module):
    @nn.compact
    def __call__(self, x, training: bool = False):
        return nn.Dropout(0.5)(nn.Dense(3)(x), deterministic={flag})


class Critic(nn.Module):
    @nn.compact
    def __call__(self, x, training: bool = {default}):
        return nn.Dense(1)(Inner()({inner}))


class Net(nn.Module):
    num: int = 2

    @nn.compact
    def __call__(self, x):
        return nn.vmap(Critic, {ensemble})()(x)
"""


@pytest.mark.parametrize(
    ("flag", "default", "inner", "migrates"),
    [
        pytest.param("not training", "True", "x", True, id="the-default-of-the-inner-module"),
        pytest.param("not training", "False", "x, training", True, id="the-default-handed-on"),
        pytest.param("not training", "False", "x, training=not training", False, id="the-opposite"),
        pytest.param("not training", "True", "x, training", False, id="a-default-that-draws"),
        pytest.param("not bool(training)", "False", "x", False, id="computed"),
    ],
)
def test_flags_that_keep_their_defaults(flag: str, default: str, inner: str, migrates: bool) -> None:
    module = FLAGGED.format(flag=flag, default=default, inner=inner, ensemble=ENSEMBLE)
    text = program(module, "Net()", (4, 6))
    if migrates:
        outcome = compared(text)
        assert "jax.vmap(lambda member: member(x))(self.VmapCritic_0)" in outcome.text
        assert_identical(outcome)
    else:
        assert any(found.startswith("LNX130") for found in findings(text))


REFUSED = [
    pytest.param(
        "return nn.vmap(Critic, {'params': None, 's': None}, split_rngs={'params': False})(4)(x)",
        id="shared-variables",
    ),
    pytest.param(f"return nn.vmap(Noisy, {ENSEMBLE})()(x, True)", id="statistics"),
    pytest.param(f"v = nn.vmap(Critic, {ENSEMBLE})\n        k = v\n        return k(4)(x)", id="handed-on"),
    pytest.param(f"return nn.vmap(Critic, {ENSEMBLE})(4)(x, scale=2.0)", id="keywords-that-linen-ignores"),
    pytest.param(f"return nn.vmap(nn.BatchNorm, {ENSEMBLE})(True)(x)", id="layer-with-statistics"),
    pytest.param("return nn.remat(Critic, rngs=['params'])(4)(x)", id="option"),
    pytest.param("return nn.jit(Critic, variables=['params'])(4)(x)", id="compiled-option"),
]  # fmt: skip


@pytest.mark.parametrize("line", REFUSED)
def test_refused(line: str) -> None:
    assert any(text.startswith("LNX130") for text in findings(program(net([line]), "Net()", (4, 6))))
