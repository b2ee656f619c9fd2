"""Fields of definitions that training code reads."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

HEAD = """\
import flax.linen as nn
import jax


class Base(nn.Module):
    limit: int = 1

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


class Net(nn.Module):
    classes: int
    rate: float = 0.5
    sizes: tuple = (2, 3)

    def twice(self):
        return 2 * self.classes

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.classes)(x)


"""
TRAINING = """
def main(x, key, flag):
    net = Net(4)
    {before}
    key, other = jax.random.split(key)
    params = net.init(key, x)["params"]

    def loss(params):
        {inside}
        return net.apply({{"params": params}}, x).sum()

    grads = jax.grad(loss)(params)
    {behind}
    return grads
"""
CASES = [
    pytest.param("behind", "print(net.classes, net.rate)", "migrated", id="behind-init"),
    pytest.param("behind", "for _ in range(net.classes): print(net.rate)", "migrated", id="in-a-loop"),
    pytest.param("before", "print(net.classes)", "bridged", id="before-init"),
    pytest.param("inside", "print(net.classes)", "bridged", id="in-another-function"),
    pytest.param("behind", "print(net.sizes)", "bridged", id="no-number"),
    pytest.param("behind", "print(net.twice())", "bridged", id="method"),
    pytest.param("behind", "print(net.missing)", "bridged", id="no-field"),
    pytest.param("behind", "net.classes = 3", "bridged", id="set"),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("place", "line", "status"), CASES)
def test_a_field_is_read_of_the_model(place: str, line: str, status: str, style: Style) -> None:
    lines = {"before": "pass", "inside": "pass", "behind": "pass"} | {place: line}
    result = migrate_sources({"m.py": HEAD + dedent(TRAINING).format(**lines)}, Options(style=style))
    found = {component.status for component in result.components if "Net" in component.modules}
    assert found == {status}
    assert line in result.changed.get("m.py", line)
