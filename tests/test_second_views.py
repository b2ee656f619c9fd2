"""Definitions that are applied to the parameters of others, and questions of the type of a state."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import after

NET = """

class Net(nn.Module):
    kind: str = "relu"

    @nn.compact
    def __call__(self, x, flip=False):
        return getattr(nn, self.kind)(nn.Dense(2)(x)) + nn.BatchNorm(use_running_average=True)(x)[:, :2]
"""
STATELESS = NET.replace(" + nn.BatchNorm(use_running_average=True)(x)[:, :2]", "")
MAKE = """

def make(kind, flat=None):
    return Net(kind)


def create(model, seed):
    params = model.init(jax.random.key(seed), X)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
"""
TREE = "nnx.to_pure_dict(nnx.state(model, nnx.Param))"


def migrated(body: str, net: str = STATELESS, style: Style = "functional") -> str | None:
    found = migrate_sources({"train.py": after(net, MAKE, body)}, Options(style=style))
    assert found.findings
    return found.changed.get("train.py")


def flat(text: str) -> str:
    """The text on one line, as if everything fitted into it."""
    return " ".join(text.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")


def applying(call: str, before: str = "pass") -> str:
    return f"""
def main(other, config):
    state = create(make("relu"), 0)
    params = state.params
    {before}
    return {call}
"""


VIEWS = [
    pytest.param(
        applying('make("tanh").apply({"params": params}, X)'),
        f'make("tanh").apply({{"params": {TREE}}}, X)',
        id="another-call",
    ),
    pytest.param(
        applying('Net("relu").apply({"params": state.params}, X)'),
        f'Net("relu").apply({{"params": {TREE}}}, X)',
        id="another-construction",
    ),
    pytest.param(
        applying('second.apply({"params": params}, X, flip=True, rngs=other)', 'second = make("tanh")'),
        f'second.apply({{"params": {TREE}}}, X, flip=True, rngs=other)',
        id="under-a-name-with-options",
    ),
    pytest.param(
        applying("second.apply(variables, X)", 'second, variables = make("tanh"), {"params": params}'),
        None,
        id="variables-that-cannot-be-seen",
    ),
    pytest.param(
        applying('make("relu").apply({"params": params}, X)'), "return model(X)", id="an-equal-call"
    ),
    pytest.param(
        applying('make("relu", other).apply({"params": params}, X)'),
        f'make("relu", other).apply({{"params": {TREE}}}, X)',
        id="an-argument-more",
    ),
    pytest.param(
        applying('make("tanh").apply({"params": params}, X, mutable=["cache"])'),
        f'make("tanh").apply({{"params": {TREE}}}, X, mutable=["cache"])',
        id="collections",
    ),
    pytest.param(
        applying('net.apply({"params": params, "cache": other}, X, mutable="cache")', 'net = make("relu")'),
        f'net.apply({{"params": {TREE}, "cache": other}}, X, mutable="cache")',
        id="collections-of-the-same-definition",
    ),
    pytest.param(
        applying('make("relu").apply({"cache": other, "params": params}, X)'),
        f'make("relu").apply({{"cache": other, "params": {TREE}}}, X)',
        id="collections-that-are-only-read",
    ),
    pytest.param(
        applying('make("tanh").apply({"params": params, "cache": params}, X)'), None, id="parameters-as-both"
    ),
    pytest.param(
        applying('make("tanh").apply({"params": params}, X, mutable=["cache", "params"])'),
        None,
        id="parameters-that-may-change",
    ),
    pytest.param(
        applying('make("tanh").apply({"params": params}, X, mutable=True)'), None, id="all-may-change"
    ),
    pytest.param(
        applying('make("tanh").apply({"params": params, other: X}, X)'), None, id="a-computed-collection"
    ),
    pytest.param(
        applying(
            'make("tanh").apply(given, X, mutable=["cache"])',
            'given = {"params": params, "cache": other}\n    other = 3',
        ),
        None,
        id="collections-in-a-dict-with-a-name",
    ),
    pytest.param(
        applying("variables['cache'], params", 'variables = make("relu").init(jax.random.key(2), X)'),
        None,
        id="a-collection-beside-what-is-trained",
    ),
    pytest.param(
        applying('forward({"params": params}, X)', 'forward = make("tanh").apply'), None, id="a-function"
    ),
    pytest.param(
        applying('create(make("tanh"), 1).apply_fn({"params": params}, X)'),
        None,
        id="the-function-of-a-state",
    ),
    pytest.param(
        applying("make(config.kind).apply(p, X)", "p = make(config.kind).init(jax.random.key(2), X)"),
        None,
        id="what-nothing-trains",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("body", "written"), VIEWS)
def test_second_views(body: str, written: str | None, style: Style) -> None:
    text = migrated(body, style=style)
    if written is None:
        assert text is None
        return
    assert text is not None
    assert written in flat(text)


def test_a_view_of_more_than_parameters_is_left() -> None:
    body = applying('make("tanh").apply(variables, X)', 'variables = make("relu").init(jax.random.key(0), X)')
    assert 'make("tanh").apply(variables, X)' in (migrated(body, NET) or body)


CHANGED = """
def main(config):
    config.kind = "relu"
    state = create(make(config.kind), 0)
    {change}
    return make(config.kind).apply({{"params": state.params}}, X)
"""


@pytest.mark.parametrize("change", ['config.kind = "tanh"', 'config["kind"] = "tanh"'])
def test_settings_that_change_make_another_definition(change: str) -> None:
    text = migrated(CHANGED.format(change=change))
    assert text is not None
    assert "make(config.kind).apply(" in text


MODES = """
def made(seed):
    first, second = Net("relu"), Net("tanh")
    params = first.init(jax.random.key(seed), X)["params"]
    {between}
    state = TrainState.create(apply_fn={function}, params=params, tx=optax.sgd(0.1))
    return {result}


def main():
    state = made(0)
    return state.apply_fn({{"params": state.params}}, X)
"""
FIRST = f'first.apply({{"params": {TREE}}}, X)'
CREATED = [
    pytest.param("pass", "second.apply", "state", "model.to_nnx__module = second", id="another-definition"),
    pytest.param("pass", "make('tanh').apply", "state", "to_nnx__module = make('tanh')", id="a-call"),
    pytest.param(
        'print(first.apply({"params": params}, X))', "second.apply", "state", FIRST, id="used-before"
    ),
    pytest.param("forward = second.apply", "forward", "state", None, id="a-function"),
    pytest.param(
        'f = first.apply\n    print(f({"params": params}, X))',
        "second.apply",
        "state",
        None,
        id="used-by-name",
    ),
    pytest.param("first.apply = jax.jit(first.apply)", "second.apply", "state", None, id="compiled-apply"),
    pytest.param(
        'print(nn.apply(lambda m: m(X), first)({"params": params}))',
        "second.apply",
        "state",
        None,
        id="a-bound-function",
    ),
]


@pytest.mark.parametrize(("between", "function", "result", "written"), CREATED)
def test_states_of_another_definition(between: str, function: str, result: str, written: str | None) -> None:
    text = migrated(MODES.format(between=between, function=function, result=result))
    if written is None:
        assert text is None
        return
    assert text is not None
    assert written in flat(text)


ASKED = """
import unittest


class Case({base}):
    def test(self):
        state = create(make("relu"), 0)
        {call}
        self.assertLess(state.apply_fn({{"params": state.params}}, X), 1)
"""
ASSERTED = "self.assertIsInstance(state, TrainState)"
QUESTIONS = [
    pytest.param(
        "assert isinstance(state, TrainState)", "isinstance(optimizer, nnx.Optimizer)", id="isinstance"
    ),
    pytest.param(ASSERTED, "self.assertIsInstance(optimizer, nnx.Optimizer)", id="a-test-case"),
    pytest.param("isinstance(state, (TrainState, int))", None, id="several-classes"),
    pytest.param("isinstance(state, optax.OptState)", None, id="another-type"),
    pytest.param("isinstance(*[state], TrainState)", None, id="a-star"),
]


@pytest.mark.parametrize(("call", "written"), QUESTIONS)
def test_questions_of_the_type(call: str, written: str | None) -> None:
    text = migrated(ASKED.format(call=call, base="unittest.TestCase"))
    assert (text is None) if written is None else (text is not None and written in text)


def test_another_class_may_ask_something_else() -> None:
    assert migrated(ASKED.format(call=ASSERTED, base="object")) is None
