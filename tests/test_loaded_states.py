"""States that are created from a tree which nothing follows, as one that a file gave."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.linen_programs import NET, after

TRAIN = """
net = Net()
params = net.init(jax.random.key(0), X){item}
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))


def loss_fn(params):
    return jnp.mean(net.apply({variables}, X) ** 2)


state = state.apply_gradients(grads=jax.grad(loss_fn)(state.params))
"""
PARAMS = TRAIN.format(item='["params"]', variables='{"params": params}')
WHOLE = TRAIN.format(item="", variables="params")
LATER = """

def load(data):
    tree = restored(data)
    {before}
    other = TrainState.create(apply_fn={apply_fn}, params={tree}, tx=optax.sgd(0.1))
    {after}
    return other.apply_fn({variables}, X)
"""


def migrated(
    top: str = PARAMS,
    apply_fn: str = "net.apply",
    tree: str = "tree",
    before: str = "pass",
    later: str = "pass",
    variables: str = '{"params": other.params}',
    bridge: str = "yes",
) -> str | None:
    body = LATER.format(before=before, apply_fn=apply_fn, tree=tree, after=later, variables=variables)
    text = after("from elsewhere import restored", NET, dedent(top) + body)
    result = migrate_sources({"train.py": text}, Options(bridge=bridge == "yes"))
    assert result.findings
    return result.changed.get("train.py")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({}, '(net, {"params": tree})', id="parameters"),
        pytest.param({"top": WHOLE, "variables": "other.params"}, "(net, tree)", id="all-variables"),
        pytest.param({"tree": 'tree["params"]'}, '(net, {"params": tree["params"]})', id="an-item"),
        pytest.param({"tree": "restored(data)"}, '(net, {"params": restored(data)})', id="made-on-the-spot"),
        pytest.param({"before": 'tree["head"] = 0'}, '(net, {"params": tree})', id="changed-before"),
        pytest.param(
            {"apply_fn": "state.apply_fn"}, '(net.to_nnx__module, {"params": tree})', id="of-another-state"
        ),
    ],
)
def test_the_definition_is_wrapped_with_the_tree(parts: dict[str, str], expected: str) -> None:
    text = migrated(**parts)
    assert text is not None
    assert f"= with_linen_variables{expected}\n" in text
    assert "def with_linen_variables(module, variables):" in text
    assert "nnx.bridge.ToNNX(net).lazy_init" in text


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"later": 'tree["head"] = 0'}, id="changed-afterwards"),
        pytest.param({"later": "tree.update(head=0)"}, id="perhaps-changed-afterwards"),
        pytest.param({"tree": "data.params"}, id="an-attribute"),
        pytest.param({"before": "apply = net.apply", "apply_fn": "apply"}, id="no-definition-at-hand"),
        pytest.param({"variables": "other.params"}, id="read-as-all-variables"),
        pytest.param({"top": "net = Net()\nnet.init(jax.random.key(0), X)"}, id="nothing-to-compare-with"),
        pytest.param({"bridge": "no"}, id="without-a-wrapper"),
    ],
)
def test_what_is_not_known_stays(parts: dict[str, str]) -> None:
    assert migrated(**parts) is None
