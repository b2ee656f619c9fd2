"""Public modules by themselves: those that become NNX classes compute what their originals do."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import pytest
from flax import linen as nn

from benchmarks.corpus.distributions import DISTRIBUTIONS
from benchmarks.corpus.fetching import Unavailable, default_cache, fetch
from benchmarks.corpus.project import Project, read_project
from benchmarks.modules.asking import Notes, ways
from benchmarks.modules.examine import compared, examine
from benchmarks.modules.extract import by_themselves, settings_of
from benchmarks.modules.guesses import TRIES, Parameter, calls, flipped
from benchmarks.modules.snapshot import PACKAGES, accepted

ACCEPT = "look at the difference, then run `python -m benchmarks.modules --accept`"
SAMPLE = 4
"""How many classes of a package are built; `python -m benchmarks.modules` builds all."""


@pytest.mark.corpus
@pytest.mark.parametrize("name", PACKAGES)
def test_package(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    try:
        root = fetch(distribution, default_cache())
    except Unavailable as error:
        pytest.skip(str(error))
    done = examine(read_project(name, root, distribution.pattern, near=False), limit=SAMPLE)
    assert [each for each in done.verdicts if each.verdict == "wrong"] == []
    kept = accepted()[name]
    found = done.counts()
    assert found["classes"] == kept["classes"]
    assert found["migrated"] >= kept["migrated"], ACCEPT
    assert kept["wrong"] == 0


PACKAGE = {
    "own/sizes.py": "WIDTH = 4\nOTHER = 5\n",
    "own/net.py": textwrap.dedent(
        """\
        import flax.linen as nn
        import jax
        from absent import Config, trace

        from .sizes import OTHER, WIDTH


        class Net(nn.Module):
            settings: Config

            @nn.compact
            def __call__(self, hidden_states):
                return nn.Dense(self.settings.hidden_size)(nn.Dense(WIDTH)(hidden_states))


        def features(net, x):
            return net.apply({"params": trace(x)}, x, OTHER)
        """
    ),
}


def test_modules_are_cut_out_with_what_they_need() -> None:
    found = by_themselves(PACKAGE, PACKAGE)
    assert found["own/sizes.py"] == "from __future__ import annotations\nWIDTH = 4\n"
    assert "class Net" in found["own/net.py"]
    words = set(found["own/net.py"].replace(".", " ").split())
    assert not {"features", "trace", "OTHER", "jax", "absent"} & words


def test_a_class_and_its_counterpart() -> None:
    done = examine(Project("own", PACKAGE, PACKAGE))
    assert [(each.name, each.verdict) for each in done.verdicts] == [("Net", "bitwise")]
    assert done.counts() == {
        "classes": 1,
        "migrated": 1,
        "compared": 1,
        "bitwise": 1,
        "ulp": 0,
        "wrong": 0,
    }


FAULTS = [
    ("nnx.Linear(4", "nnx.Linear(5", "wrong"),
    ("return self", "return 2 * self", "wrong"),
    ("self.Dense_0", "self.first", "wrong"),
    ("return self", "return (1 + 1e-7) * self", "ulp"),
]


def test_faults_are_seen() -> None:
    """One file for each fault, so that one process looks at all."""
    done = examine(Project("own", PACKAGE, PACKAGE), build=False)
    before, after = dict(done.sources), {**done.sources, **done.result.changed}
    for index, (old, new, _) in enumerate(FAULTS):
        assert old in after["own/net.py"]
        before[f"own/net{index}.py"] = before["own/net.py"]
        after[f"own/net{index}.py"] = after["own/net.py"].replace(old, new)
    places = [replace(done.migrated[0], path=f"own/net{index}.py") for index in range(len(FAULTS))]
    found = compared(before, after, places)
    assert [each.verdict for each in found] == [verdict for _, _, verdict in FAULTS]


CONFIGURED = {
    "own/configuration.py": textwrap.dedent(
        """\
        from .utils import PretrainedConfig


        class NetConfig(PretrainedConfig):
            attribute_map = {"num_heads": "n_head"}

            def __init__(self, hidden_size=512, n_head=16, peculiar_width=300, hidden_dropout=0.1, **kwargs):
                self.hidden_size = hidden_size
                self.n_head = n_head
                self.peculiar_width = peculiar_width
                self.hidden_dropout = hidden_dropout
                super().__init__(**kwargs)
        """
    ),
    "own/utils.py": "class PretrainedConfig:\n    pass\n",
    "own/net.py": textwrap.dedent(
        """\
        import flax.linen as nn
        import jax.numpy as jnp

        from .configuration import NetConfig


        class Net(nn.Module):
            config: NetConfig

            def setup(self):
                self.first = nn.Dense(self.config.hidden_size)
                self.second = nn.Dense(self.config.peculiar_width)
                self.dropout = nn.Dropout(self.config.hidden_dropout)

            def __call__(self, hidden_states, attention_mask, deterministic: bool = True):
                hidden_states = self.first(hidden_states)
                hidden_states = hidden_states * attention_mask[..., None]
                hidden_states = self.dropout(hidden_states, deterministic=deterministic)
                heads = hidden_states.reshape((*hidden_states.shape[:2], self.config.num_heads, -1))
                hidden_states = self.second(hidden_states)
                return hidden_states, heads
        """
    ),
}


def test_configurations_come_from_the_project() -> None:
    done = examine(Project("own", CONFIGURED, CONFIGURED))
    assert [(each.name, each.verdict, each.detail) for each in done.verdicts] == [("Net", "bitwise", "")]


def test_a_fault_in_training_is_seen() -> None:
    done = examine(Project("own", CONFIGURED, CONFIGURED), build=False)
    text = done.result.changed["own/net.py"]
    wrong = text.replace("self.second(hidden_states)", "self.second(hidden_states) * (2 - deterministic)")
    assert wrong != text
    configurations = settings_of(CONFIGURED, CONFIGURED)
    (found,) = compared(done.sources, {**done.sources, "own/net.py": wrong}, done.migrated, configurations)
    assert found.verdict == "wrong"
    assert "deterministic=False" in found.detail


def test_likely_calls_come_first() -> None:
    parameters = [(name, "", None, True) for name in ("input_ids", "attention_mask", "position_ids")]
    first, second, *rest = calls(parameters, {})
    assert [value.shape for value in first.values()] == [(2, 5)] * 3
    assert [value.shape for value in second.values()] == [(2, 3, 5)] * 3
    assert len(rest) < TRIES


class Pooler(nn.Module):
    @nn.compact
    def __call__(self, hidden_states: Any) -> Any:
        return nn.Dense(4)(hidden_states[:, 0])


def test_no_parameters_depend_on_the_number_of_examples() -> None:
    found = [arguments["hidden_states"].shape for _, arguments in ways(Pooler, {}, Notes({}))]
    assert (2, 5, 8) in found
    assert (2, 8) not in found


FLATTENED = {
    "own/net.py": textwrap.dedent(
        """\
        import flax.linen as nn


        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Conv(4, (3, 3))(x)
                return nn.Dense(2)(x.reshape((x.shape[0], -1)))
        """
    )
}


def test_inputs_of_another_rank_are_left_out() -> None:
    done = examine(Project("own", FLATTENED, FLATTENED))
    assert [(each.name, each.verdict) for each in done.verdicts] == [("Net", "bitwise")]


def test_flags_are_turned() -> None:
    parameters: list[Parameter] = [
        ("x", "", None, True),
        ("deterministic", "bool", True, False),
        ("init_cache", "bool", False, False),
        ("output_attentions", "bool", False, False),
        ("return_dict", "bool", True, False),
    ]
    training, others = flipped(parameters, {"x": 1})
    assert training == {"x": 1, "deterministic": False}
    assert others == {"x": 1, "output_attentions": True, "return_dict": False}
