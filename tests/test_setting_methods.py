"""Methods of strings and dicts in fields, and what Linen offers that has no rewriting."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
NET = """
class Net(nn.Module):
    kind: str = "Wide"
    config: Any = None

    @nn.compact
    def __call__(self, x):
        {body}
"""
FORMS = [
    pytest.param(
        'if self.kind.lower() == "wide":\n            x = nn.Dense(9)(x)\n        return nn.Dense(2)(x)',
        id="a-condition",
    ),
    pytest.param(
        'if self.kind.startswith("W"):\n            x = nn.Dense(7)(x)\n        return nn.Dense(2)(x)',
        id="a-prefix",
    ),
    pytest.param('return nn.Dense(self.config.get("width", 4))(x)', id="a-width"),
]


@pytest.mark.parametrize("body", FORMS)
def test_methods_of_settings(body: str) -> None:
    """They build nothing, and mean the same in `__init__`."""
    assert_identical(compared(program(NET.format(body=body), 'Net(config={"width": 3})', FLAT)))


REFUSED = [
    pytest.param("return self.config.values(x)", "may build layers", id="a-layer-of-that-name"),
    pytest.param("return self.perturb('p', nn.Dense(2)(x))", "at the first call", id="perturb"),
    pytest.param(
        "y = nn.Dense(2)(x)\n        return jnp.where(self.is_initializing(), y, 2 * y)",
        "is more than a test",
        id="is-initializing",
    ),
    pytest.param(
        "y = nn.Dense(2)(x)\n        return y if self.is_mutable_collection('s') else 2 * y",
        "make it an argument",
        id="is-mutable",
    ),
    pytest.param(
        "init = nn.with_partitioning(nn.initializers.ones, (None, 'model'))\n"
        "        return nn.Dense(2, kernel_init=init)(x)",
        "see the boxes",
        id="partitioning",
    ),
    pytest.param(
        "return nn.map_variables(nn.Dense, 'params', jnp.abs, init=True)(3)(x)",
        "on their way into a layer",
        id="map-variables",
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_refused(body: str, reason: str) -> None:
    """The finding says what is in the way."""
    found = findings(program(NET.format(body=body), "Net()", FLAT))
    assert any(reason in finding for finding in found), found


INITIALISED = """
class Net(nn.Module):
    @staticmethod
    def scale_init(key, shape, dtype=jnp.float32):
        return nn.initializers.normal(0.02)(key, shape, dtype) + 1.0

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x * self.param("scale", {name}, (x.shape[-1],)))
"""


@pytest.mark.parametrize("name", ["Net.scale_init", "self.scale_init"])
def test_static_methods_that_initialise(name: str) -> None:
    """A static method makes the first value of a parameter, read from the class or the instance."""
    assert_identical(compared(program(INITIALISED.format(name=name), "Net()", FLAT)))


@pytest.mark.parametrize("value", ["jax.tree.map(Net.scale_init, x)", "Net.scale_init"])
def test_static_methods_as_values(value: str) -> None:
    """Any other use of a class stays, as it could be anything."""
    text = INITIALISED.format(name="nn.initializers.ones") + f"\n\nx = X\nother = {value}\n"
    assert findings(program(text, "Net()", FLAT))
