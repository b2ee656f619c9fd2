"""Functions of the project that are compiled or vectorised, called inside of modules."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

FLAT = (4, 6)
KERNEL = """
@functools.partial(jax.jit, static_argnums=2)
def kernel(c, a, length):
    return jax.vmap(lambda i: (c * a**i).sum())(jnp.arange(length))


@jax.jit
def double(x):
    return nn.relu(2 * x)


@jax.vmap
def shifted(x):
    return x + 1


fast = jax.jit(shifted)


class Net(nn.Module):
    size: int = 4

    @nn.compact
    def __call__(self, x):
        c = self.param("c", nn.initializers.normal(), (self.size,))
        a = self.param("a", nn.initializers.normal(), (self.size,))
        x = double(nn.Dense(5)(x))
        for _ in range(2):
            x = double(nn.Dense(self.size)(x))
        return nn.Dense(3)(fast(shifted(x))) + kernel(c, a, 4).sum()
"""


def test_compiled_functions_are_called() -> None:
    done = compared(program("import functools\n" + KERNEL, "Net()", FLAT))
    assert_identical(done)
    assert "return nnx.relu(2 * x)" in done.text
    assert "x = double(self.Dense_0(x))" in done.text


REFUSED = [
    pytest.param(
        "@jax.jit\ndef block(x):\n    return nn.Dense(3)(x)\n",
        "block(x)",
        id="builds-a-layer",
    ),
    pytest.param(
        "@functools.partial(jax.jit, static_argnums=0)\ndef twice(layer, x):\n    return layer(layer(x))\n",
        "twice(nn.Dense(x.shape[-1]), x)",
        id="is-handed-a-layer",
    ),
]


@pytest.mark.parametrize(("function", "call"), REFUSED)
def test_functions_that_reach_layers_stay(function: str, call: str) -> None:
    module = f"class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return {call}\n"
    assert findings(program(f"import functools\n{function}\n\n{module}", "Net()", FLAT))
