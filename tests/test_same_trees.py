"""`freeze`, `unfreeze`, `pop("params")` and compiled `init`: nothing is left of them."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import NET, after

TOP = "from flax.core import FrozenDict, freeze, unfreeze\nimport flax\n\n\ndef main(key):\n    net = Net()\n"
INIT = "net.init(key, X)"
CALL = 'return net.apply({"params": params}, X)'


def migrated(body: str) -> str | None:
    text = after(NET, TOP + indent(dedent(body), "    "))
    found = migrate_sources({"train.py": text}, Options(bridge=False))
    assert found.findings
    return found.changed.get("train.py")


SAME = [
    pytest.param(f'params = unfreeze({INIT}["params"])\n{CALL}', id="thawed"),
    pytest.param(f'params = unfreeze({INIT})["params"]\n{CALL}', id="first"),
    pytest.param(f"variables = freeze({INIT})\nreturn net.apply(variables, X)", id="whole"),
    pytest.param(
        f"variables = {INIT}\nvariables = flax.core.unfreeze(variables)\nreturn net.apply(variables, X)",
        id="again",
    ),
    pytest.param(f'params = {INIT}.pop("params")\n{CALL}', id="popped-on-the-spot"),
    pytest.param(
        f'variables = {INIT}\nparams = variables.pop("params")\n{CALL}',
        id="popped",
    ),
    pytest.param(
        f'variables = {INIT}\nrest, params = variables.pop("params")\n{CALL}',
        id="popped-from-a-frozen-dict",
    ),
    pytest.param(
        f'_, params = {INIT}.pop("params")\n{CALL}',
        id="popped-from-a-frozen-dict-on-the-spot",
    ),
    pytest.param(
        f'variables = {INIT}\n_, weights = flax.core.pop(variables, "params")\n'
        'return net.apply({"params": weights}, X)',
        id="popped-by-a-function",
    ),
    pytest.param(
        f'_, params = flax.core.pop({INIT}, "params")\n{CALL}',
        id="popped-by-a-function-on-the-spot",
    ),
    pytest.param(
        f'params = {INIT}["params"].unfreeze()\nreturn net.apply({{"params": FrozenDict(params)}}, X)',
        id="methods",
    ),
    pytest.param("variables = jax.jit(net.init)(key, X)\nreturn net.apply(variables, X)", id="compiled-init"),
    pytest.param(
        'return net.apply({"params": jax.jit(net.init)(key, X)["params"]}, X)', id="compiled-and-unnamed"
    ),
]


@pytest.mark.parametrize("body", SAME)
def test_nothing_is_left(body: str) -> None:
    text = migrated(body)
    assert text is not None
    built = "    net = Net(in_features=X.shape[-1], rngs=nnx.Rngs(key))\n    return net(X)\n"
    assert text.endswith(f"def main(key):\n{built}")


STAYS = [
    pytest.param(
        f'variables = {INIT}\nparams = variables.pop("params")\nreturn net.apply(variables, X)',
        id="the-rest-is-applied",
    ),
    pytest.param(
        f'variables = {INIT}\nparams = variables.pop("params", None)\n{CALL}',
        id="pop-with-a-default",
    ),
    pytest.param(
        f'params = unfreeze({INIT}["params"])\nparams["Dense_0"]["bias"] = X[0, :1]\n'
        'return net.apply({"params": params}, X)',
        id="thawed-and-written",
    ),
    pytest.param(
        f'variables = {INIT}\nif key is None:\n    variables.pop("params")\nreturn net.apply(variables, X)',
        id="popped-under-a-condition",
    ),
    pytest.param(
        f'variables = {INIT}\ndef take():\n    return variables.pop("params")\n'
        'return net.apply({"params": take()}, X)',
        id="popped-by-a-closure",
    ),
    pytest.param(
        "variables = jax.jit(net.init, static_argnums=1)(key, X)\nreturn net.apply(variables, X)",
        id="compiled-init-with-options",
    ),
    pytest.param(
        "init = jax.jit(net.init)\nreturn net.apply(init(key, X), X)", id="compiled-init-under-a-name"
    ),
    pytest.param(f'params = freeze({INIT}["params"], 1)\n{CALL}', id="more"),
    pytest.param(
        f'variables = {INIT}\nboth = flax.core.pop(variables, "params")\n'
        'return net.apply({"params": both[1]}, X)',
        id="popped-without-two-names",
    ),
    pytest.param(
        f'variables = {INIT}\nparams, params = variables.pop("params")\n{CALL}',
        id="popped-into-one-name",
    ),
    pytest.param(
        f'variables = {INIT}\none, two = variables.pop("params")\nprint(one, two)\n'
        "return net.apply(variables, X)",
        id="names-of-layers",
    ),
    pytest.param(
        f'variables = {INIT}\nrest, params = flax.core.pop(variables, "params")\nprint(rest)\n{CALL}',
        id="the-rest-is-read",
    ),
    pytest.param(
        f'variables = {INIT}\n_, stats = flax.core.pop(variables, "batch_stats")\n'
        "return net.apply(variables, X)",
        id="another-collection-is-popped",
    ),
]


@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str) -> None:
    assert migrated(body) is None
