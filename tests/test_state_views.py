"""States that stand for a model alone: in a loss, and beside the training with another definition."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import after

NET = """

class Net(nn.Module):
    kind: str = "relu"

    @nn.compact
    def __call__(self, x):
        return getattr(nn, self.kind)(nn.Dense(2)(x))
"""
MAKE = """

def make(kind):
    return Net(kind)


def predict(state, x):
    return state.apply_fn({"params": state.params}, x)


def train_step(state, x):
    def loss_fn(params):
        return jnp.mean(predict(state.replace(params=params), x) ** 2)

    return state.apply_gradients(grads=jax.grad(loss_fn)(state.params))
"""
STEP = MAKE.replace(
    "        return jnp.mean(predict(state.replace(params=params), x) ** 2)",
    "        view = state.replace(params=params)\n        return jnp.mean(predict(view, x) ** 2)",
)
CREATE = """
def main(flag):
    net = make("relu")
    params = net.init(jax.random.key(0), X)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    state = train_step(state, X)
"""
OTHER = """\
    eval_net = make("tanh")
    eval_state = state.replace(apply_fn=eval_net.apply)
"""


def migrated(body: str, make: str = STEP, style: Style = "functional", net: str = NET) -> str | None:
    found = migrate_sources({"train.py": after(net, make, CREATE + body)}, Options(style=style))
    assert found.findings
    return found.changed.get("train.py")


WRITTEN = [
    pytest.param(
        "    return predict(state, X)\n",
        ["return jnp.mean(predict(model, x) ** 2)", "return predict(net, X)"],
        id="in-a-loss",
    ),
    pytest.param(
        OTHER + "    state = train_step(state, X)\n    return predict(eval_state, X)\n",
        ["eval_model = nnx.clone(model)", "eval_model.to_nnx__module = eval_net", "predict(eval_model, X)"],
        id="another-definition",
    ),
    pytest.param(
        OTHER
        + "    state = train_step(state, X)\n    eval_state = eval_state.replace(params=state.params)\n"
        + "    return predict(eval_state, X)\n",
        ["nnx.update(eval_model, nnx.state(model, nnx.Param))", "return predict(eval_model, X)"],
        id="brought-up-to-date",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "lines"), WRITTEN)
def test_view(body: str, lines: list[str], style: Style) -> None:
    text = migrated(body, style=style)
    assert text is not None
    for line in lines if style == "functional" else lines[-1:]:
        assert line in text


LEFT = [
    pytest.param(OTHER + "    return eval_state\n", STEP, id="goes-on-as-a-whole"),
    pytest.param(OTHER + "    return eval_state.step\n", STEP, id="another-field"),
    pytest.param(OTHER + "    return train_step(eval_state, X)\n", STEP, id="trained-itself"),
    pytest.param(
        OTHER + "    held = (eval_state, 1)\n    return predict(held[0], X)\n", STEP, id="kept-in-a-tuple"
    ),
    pytest.param(
        OTHER
        + "    old = eval_state\n    state = train_step(state, X)\n"
        + "    eval_state = eval_state.replace(params=state.params)\n    return predict(old, X)\n",
        STEP,
        id="old-view-read",
    ),
    pytest.param(
        OTHER
        + "    state = train_step(state, X)\n    fresh = eval_state.replace(params=state.params)\n"
        + "    return predict(fresh, X)\n",
        STEP,
        id="another-name",
    ),
    pytest.param(
        "    view = state.replace(params=state.params)\n    state = train_step(state, X)\n"
        "    return predict(view, X)\n",
        STEP,
        id="read-after-the-update",
    ),
    pytest.param("    return predict(state.replace(params=state.params), X)\n", STEP, id="in-an-expression"),
    pytest.param("    return train_step(state, X)\n", MAKE, id="in-an-expression-of-a-loss"),
    pytest.param(
        "    best = state.params\n    state = train_step(state, X)\n    view = state.replace(params=best)\n"
        "    return predict(view, X)\n",
        STEP,
        id="old-parameters",
    ),
    pytest.param(
        "    def inner(x):\n        view = state.replace(params=state.params)\n        return view\n\n"
        "    return predict(inner(X), X)\n",
        STEP,
        id="given-back",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "make"), LEFT)
def test_what_is_left(body: str, make: str, style: Style) -> None:
    found = migrate_sources({"train.py": after(NET, make, CREATE + body)}, Options(style=style))
    assert not found.changed
    assert {finding.code for finding in found.findings} - {"LNX111", "LNX015"}


def test_another_definition_needs_a_wrapped_model() -> None:
    net = NET.replace("getattr(nn, self.kind)(nn.Dense(2)(x))", "nn.Dense(2)(x)")
    plain = after(net, STEP, CREATE + OTHER + "    return predict(eval_state, X)\n")
    found = migrate_sources({"train.py": plain}, Options(bridge=False))
    assert not found.changed
    assert "another definition" in " ".join(f.message for f in found.findings)


def test_clu_checkpoints_hold_whole_states() -> None:
    body = """\
    saver = checkpoint.Checkpoint("folder", max_to_keep=2)
    state = saver.restore_or_initialize(state)
    state = train_step(state, X)
    saver.save(state)
    return predict(state, X)
"""
    source = "from clu import checkpoint\n" + after(NET, STEP, CREATE + body)
    text = migrate_sources({"train.py": source}, Options()).changed["train.py"]
    assert "saver.restore_or_initialize(linen_state(net, optimizer))" in text
    assert "saver.save(linen_state(net, optimizer))" in text
