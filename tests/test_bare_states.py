"""Train states that are made without an optimizer, as a function or a trainer makes them before training."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import NET, after

BARE = """
def main(flag):
    net = Net()
    params = net.init(jax.random.key(0), X){item}
    state = TrainState(step={step}, apply_fn={apply_fn}, params=params, tx=None, opt_state=None)
"""
TRAINER = """
class Trainer:
    def __init__(self):
        self.net = Net()
        params = self.net.init(jax.random.key(0), X)["params"]
        self.state = TrainState(step=0, apply_fn=self.net.apply, params=params, tx=None, opt_state=None)

    def begin(self):
        self.state = TrainState.create(
            apply_fn=self.state.apply_fn, params=self.state.params, tx={tx}
        )

    def step(self):
        loss = lambda params: jnp.mean(self.net.apply({{"params": params}}, X) ** 2)
        self.state = self.state.apply_gradients(grads=jax.grad(loss)(self.state.params))
"""
USED = """
trainer = Trainer()
trainer.begin()
trainer.step()
"""


def migrated(
    body: str,
    step: str = "0",
    apply_fn: str = "net.apply",
    item: str = '["params"]',
    style: Style = "functional",
) -> str | None:
    text = after(NET, BARE.format(step=step, apply_fn=apply_fn, item=item) + body)
    result = migrate_sources({"train.py": text}, Options(style=style))
    assert result.findings
    return result.changed.get("train.py")


WRITTEN = [
    pytest.param(
        "    return state.apply_fn({'params': state.params}, X)\n", ["return net(X)"], id="only-applied"
    ),
    pytest.param(
        "    tx = state.tx if state.tx else optax.sgd(0.1)\n"
        "    return TrainState.create(apply_fn=net.apply, params=state.params, tx=tx)\n",
        ["optimizer = None", "tx = optimizer.tx if optimizer else optax.sgd(0.1)"],
        id="asked-for",
    ),
    pytest.param(
        "    tx = optax.sgd(0.1) if state.tx is None else state.tx\n"
        "    return TrainState.create(apply_fn=net.apply, params=state.params, tx=tx)\n",
        ["tx = optax.sgd(0.1) if optimizer is None else optimizer.tx"],
        id="asked-the-other-way",
    ),
    pytest.param(
        "    if flag:\n"
        "        state = TrainState.create(apply_fn=net.apply, params=state.params, tx=optax.sgd(0.1))\n"
        "    return state.apply_fn({'params': state.params}, X)\n",
        ["optimizer = None", "return net(X)"],
        id="on-one-path",
    ),
    pytest.param("    return state\n", ["return net, optimizer"], id="given-back"),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "lines"), WRITTEN)
def test_the_optimizer_is_none(body: str, lines: list[str], style: Style) -> None:
    text = migrated(body, style=style)
    assert text is not None
    for line in lines:
        assert line in text


READ = "    return state.apply_fn({'params': state.params}, X)\n"
LEFT = [
    pytest.param("    return state.step\n", {}, id="step"),
    pytest.param("    return state.tx\n", {}, id="unasked"),
    pytest.param("    return state.tx if flag else None\n", {}, id="asked-for-something-else"),
    pytest.param("    return optax.sgd(1.0) if state.tx else state.tx\n", {}, id="wrong-side"),
    pytest.param("    return state.opt_state\n", {}, id="optimizer-state"),
    pytest.param("    state = state.replace(step=1)\n" + READ, {}, id="replaced"),
    pytest.param("    from flax.serialization import to_bytes\n    return to_bytes(state)\n", {}, id="saved"),
    pytest.param(
        "    if flag:\n"
        "        state = TrainState.create(apply_fn=net.apply, params=state.params, tx=optax.sgd(0.1))\n"
        "    return state.step\n",
        {},
        id="step-on-both-paths",
    ),
    pytest.param(
        "    one = TrainState.create(apply_fn=net.apply, params=state.params, tx=optax.sgd(0.1))\n"
        "    two = TrainState.create(apply_fn=net.apply, params=state.params, tx=optax.sgd(0.1))\n"
        "    return one, two\n",
        {},
        id="two-states-of-it",
    ),
    pytest.param(
        "    other = TrainState.create(apply_fn=net.apply, params=state.params, tx=optax.sgd(0.1))\n"
        "    other = other.apply_gradients(grads=jax.grad(lambda p: jnp.mean(net.apply({'params': p}, X)))"
        "(other.params))\n"
        "    return other.params, state.apply_fn({'params': state.params}, X)\n",
        {},
        id="read-behind-the-update",
    ),
    pytest.param(READ, {"step": "flag"}, id="another-step"),
    pytest.param(READ, {"apply_fn": "None"}, id="no-apply-function"),
    pytest.param(READ, {"apply_fn": "Net().apply"}, id="another-definition"),
]


@pytest.mark.parametrize(("body", "parts"), LEFT)
def test_what_would_be_asked_of_none_stays(body: str, parts: dict[str, str]) -> None:
    assert migrated(body, **parts) is None


CALLED = [
    pytest.param("optax.sgd(0.1)", USED, True, id="made-anew"),
    pytest.param("self.state.tx if self.state.tx else optax.sgd(0.1)", USED, True, id="asked-for"),
    pytest.param("self.state.tx", USED, False, id="unasked"),
    pytest.param("optax.sgd(0.1 if self.state else 0.2)", USED, False, id="tested-itself"),
    pytest.param(
        "optax.sgd(0.1)",
        USED + "\n\ndef progress(trainer: Trainer):\n    return trainer.state.step\n",
        False,
        id="read-of-any",
    ),
]


@pytest.mark.parametrize(("tx", "body", "changed"), CALLED)
def test_an_attribute_may_be_bare_at_any_time(tx: str, body: str, changed: bool) -> None:
    text = after(NET, TRAINER.format(tx=tx) + body)
    result = migrate_sources({"train.py": text}, Options())
    assert ("train.py" in result.changed) is changed


def test_a_method_that_nothing_calls_may_find_a_bare_one() -> None:
    method = "\n    def progress(self):\n        return self.state.step\n"
    text = after(NET, TRAINER.format(tx="optax.sgd(0.1)") + method + USED)
    assert not migrate_sources({"train.py": text}, Options()).changed
