"""Public modules by themselves: those that become NNX classes compute what their originals do."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from benchmarks.corpus.distributions import DISTRIBUTIONS
from benchmarks.corpus.fetching import Unavailable, default_cache, fetch
from benchmarks.corpus.project import Project, read_project
from benchmarks.modules.examine import compared, examine
from benchmarks.modules.extract import by_themselves
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
