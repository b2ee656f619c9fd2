"""Norms over the weights of layers: the layers stay what they are, and the numbers are Linen's."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

TOKENS = (2, 5, 6)
COMPACT = [
    pytest.param("nn.WeightNorm(nn.Dense(4))(x)", id="weights"),
    pytest.param("nn.WeightNorm(nn.Dense(4, dtype=jnp.bfloat16))(x)", id="half-layer"),
    pytest.param("nn.WeightNorm(nn.Dense(4), dtype=jnp.bfloat16)(x)", id="half-weights"),
    pytest.param("nn.WeightNorm(nn.Conv(4, (3,)), use_scale=False, feature_axes=(1, 2))(x)", id="axes"),
    pytest.param("nn.WeightNorm(nn.DenseGeneral((2, 3)), 1e-3, feature_axes=None)(x)", id="no-axes"),
    pytest.param("nn.WeightNorm(nn.Dense(4), feature_axes=0, variable_filter=None)(x)", id="all-weights"),
    pytest.param("nn.WeightNorm(nn.Dense(4, name='kernel_one'))(x)", id="bias-by-its-path"),
    pytest.param("nn.WeightNorm(nn.ConvLocal(4, (3,)))(x)", id="local"),
    pytest.param("nn.SpectralNorm(nn.Dense(4))(x, update_stats=True)", id="spectrum"),
    pytest.param("nn.SpectralNorm(nn.Dense(4))(x, update_stats=False)", id="spectrum-that-stays"),
    pytest.param("nn.SpectralNorm(nn.Conv(4, (3,)), n_steps=3)(x, update_stats=True)", id="more-steps"),
    pytest.param("nn.SpectralNorm(nn.Conv(4, (3,)), 0)(x, update_stats=True)", id="no-steps"),
    pytest.param(
        "nn.SpectralNorm(nn.DenseGeneral((2, 3)), epsilon=1e-3, collection_name='batch_stats')"
        "(x, update_stats=True)",
        id="matrices-of-biases",
    ),
    pytest.param("nn.SpectralNorm(nn.Dense(4), dtype=jnp.bfloat16)(x, update_stats=True)", id="half-matrix"),
    pytest.param("nn.SpectralNorm(nn.Embed(7, 4))(IDS, update_stats=True)", id="table"),
]


@pytest.mark.parametrize("expression", COMPACT)
def test_one_norm(expression: str) -> None:
    module = f"""
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Dense(6)(x)
                x = {expression}
                return nn.Dense(2)(x.astype(jnp.float32))
        """
    assert_identical(compared(program(module, "Net()", TOKENS)))


FORMS = [
    pytest.param(
        """
        class Net(nn.Module):
            spectral: bool = True

            @nn.compact
            def __call__(self, x, train: bool = True):
                for i in range(2):
                    if self.spectral:
                        x = nn.SpectralNorm(nn.Dense(4))(x, update_stats=train)
                    else:
                        x = nn.Dense(4)(x)
                inner = nn.Dense(3, name="inner")
                norm = nn.WeightNorm(inner, name="norm")
                return norm(x) + inner(x)
        """,
        [
            'self.norm = LinenWeightNorm(self.inner, "inner", rngs=rngs)',
            "return norm(x, layer=self.inner) + inner(x)",
        ],
        id="loops-and-names",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            def setup(self):
                self.first = nn.WeightNorm(nn.Conv(4, (3,)))  # held
                self.second = nn.Dense(4)
                self.spectrum = nn.SpectralNorm(self.second)
                self.rest = [nn.WeightNorm(nn.Dense(4)) for _ in range(2)]

            def __call__(self, x):
                x = self.spectrum(self.first(x), update_stats=True) + self.second(self.first(x))
                for layer in self.rest:
                    x = layer(x)
                return x
        """,
        [
            "self.first = LinenWeightNorm(nnx.Conv(in_features, 4, (3,), rngs=rngs), rngs=rngs)",
            'self.spectrum = LinenSpectralNorm(self.second, "second", rngs=rngs)',
            "x = self.spectrum(self.first(x), update_stats=True, layer=self.second)",
            "nnx.List([LinenWeightNorm(nnx.Linear(4, 4, rngs=rngs), rngs=rngs) for _ in range(2)])",
        ],
        id="in-setup",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                norm = nn.SpectralNorm(nn.Dense(6))
                return norm(nn.relu(norm(x, update_stats=True)), update_stats=True)
        """,
        [
            "return norm(nnx.relu(norm(x, update_stats=True, layer=self.Dense_0)), update_stats=True, "
            "layer=self.Dense_0)"
        ],
        id="called-twice",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            def setup(self):
                self.net = nn.Sequential([nn.WeightNorm(nn.Dense(3)), nn.relu, nn.WeightNorm(nn.Dense(3))])

            def __call__(self, x):
                return self.net(x)
        """,
        ["LinenWeightNorm(nnx.Linear(3, 3, rngs=rngs), rngs=rngs)"],
        id="in-a-chain",
    ),
]


@pytest.mark.parametrize(("module", "expected"), FORMS)
def test_norms_among_layers(module: str, expected: list[str]) -> None:
    outcome = compared(program(module, "Net()", TOKENS))
    assert_identical(outcome)
    for text in expected:
        assert flat(text) in flat(outcome.text), outcome.text


def flat(text: str) -> str:
    """A text without the ways in which it is broken into lines."""
    return "".join(text.split()).replace(",)", ")")


REFUSED = [
    pytest.param(
        "nn.SpectralNorm(nn.BatchNorm(True))(x, update_stats=True)",
        "LNX110 the layer under this norm has more than plain weights, or is not built in sight",
        id="statistics",
    ),
    pytest.param(
        "nn.SpectralNorm(nn.SelfAttention(2))(x, update_stats=True)",
        "LNX110 the layer under this norm has more than plain weights, or is not built in sight",
        id="several-layers-in-one",
    ),
    pytest.param(
        "nn.SpectralNorm(nn.Dense(3), collection_name='spectra')(x, update_stats=True)",
        "LNX110 `collection_name` of this layer has no counterpart in NNX",
        id="another-collection",
    ),
    pytest.param(
        "nn.WeightNorm(nn.WeightNorm(nn.Dense(3)))(x)",
        "LNX110 the layer under this norm has more than plain weights, or is not built in sight",
        id="a-norm-of-a-norm",
    ),
    pytest.param(
        "nn.Sequential([nn.WeightNorm(nn.Dense(3)), nn.relu])(x)",
        "LNX111 a layer of this `Sequential` would need a flag at its call",
        id="in-a-chain-that-holds-nothing",
    ),
    pytest.param(
        "nn.remat(nn.WeightNorm)(nn.Dense(3))(x)",
        "LNX130 `nn.remat` is used in a form that has no rewriting",
        id="lifted",
    ),
    pytest.param(
        "jax.vmap(nn.WeightNorm(nn.Dense(3)))(x)",
        "LNX130 a layer under `jax.vmap` keeps statistics, draws, or would need more at its call",
        id="batched",
    ),
    pytest.param(
        "(lambda layer: nn.WeightNorm(layer))(nn.Dense(3))(x)",
        "LNX111 a layer is built under a condition, in a loop or in a nested function",
        id="in-a-function",
    ),
]


@pytest.mark.parametrize(("expression", "reason"), REFUSED)
def test_what_is_near_stays(expression: str, reason: str) -> None:
    module = f"""
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return {expression}
        """
    said = findings(program(module, "Net()", TOKENS))
    assert reason in said, said


def test_a_layer_of_setup_that_no_attribute_keeps_stays() -> None:
    module = """
        class Net(nn.Module):
            def setup(self):
                layer = nn.Dense(4)
                self.norm = nn.WeightNorm(layer)

            def __call__(self, x):
                return self.norm(x)
        """
    reason = "LNX110 the layer under this norm of its weights belongs to no attribute: build it on the spot"
    assert reason in findings(program(module, "Net()", TOKENS))


def test_init_leaves_normalised_weights_as_in_linen() -> None:
    import jax.numpy as jnp

    module = """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.WeightNorm(nn.Dense(4))(x)
        """
    scope: dict[str, object] = {}
    exec(compile(migrated(program(module, "Net()", TOKENS)), "model.py", "exec"), scope)
    kernel = scope["net"].Dense_0.kernel[...]  # type: ignore[attr-defined]
    assert jnp.allclose((kernel * kernel).sum(axis=0), 1.0, atol=1e-5)
