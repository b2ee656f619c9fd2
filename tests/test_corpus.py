"""Public code: as much is migrated as was accepted, or more, and every rewritten file stands."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.corpus.distributions import DISTRIBUTIONS, Distribution
from benchmarks.corpus.examine import counts, examine
from benchmarks.corpus.faults import faults
from benchmarks.corpus.fetching import Unavailable, WrongContents, default_cache, fetch
from benchmarks.corpus.linen_code import module_classes, training_calls
from benchmarks.corpus.project import Project, read_project
from benchmarks.corpus.reasons import ranking
from benchmarks.corpus.snapshot import BAD, GIVEN, accepted, worse
from migrate.result import Finding, Style

FIXTURE = Path(__file__).parent.parent / "fixtures" / "one_step"
ACCEPT = "look at the difference, then run `python -m benchmarks.corpus --accept`"


@pytest.mark.corpus
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    try:
        root = fetch(distribution, default_cache())
    except Unavailable as error:
        pytest.skip(str(error))
    project = read_project(name, root, distribution.pattern)
    styles: tuple[Style, ...] = get_args(Style)
    found = {style: examine(project, style) for style in styles}
    assert [fault for each in found.values() for fault in each.faults] == []
    kept = accepted()[name]
    assert {style: worse(kept[style], counts(each)) for style, each in found.items()} == {
        style: {} for style in styles
    }, ACCEPT


@pytest.mark.parametrize(
    ("key", "found", "expected"),
    [
        pytest.param("untouched", 2, {}, id="as-kept"),
        pytest.param("untouched", 1, {}, id="better"),
        pytest.param("untouched", 3, {"untouched": (2, 3)}, id="more-stays"),
        pytest.param("faults", 3, {"faults": (2, 3)}, id="more-faults"),
        pytest.param("classes", 1, {"classes": (2, 1)}, id="another-distribution"),
        pytest.param("migrated", 3, {}, id="more-migrated"),
    ],
)
def test_worse_counts(key: str, found: int, expected: dict[str, tuple[int, int]]) -> None:
    kept = dict.fromkeys((*GIVEN, *BAD, "migrated"), 2)
    assert worse(kept, {**kept, key: found}) == expected


def project_of(text: str) -> Project:
    return Project("own", {"a.py": text}, {"a.py": text})


def test_a_migrated_program() -> None:
    found = counts(examine(project_of((FIXTURE / "linen.py").read_text()), "functional"))
    wanted = {
        "changed": 1,
        "training": 1,
        "migrated": 1,
        "calls": 2,
        "calls left": 0,
        "faults": 0,
        "silent": 0,
    }
    assert {key: found[key] for key in wanted} == wanted


def test_a_program_that_stays() -> None:
    text = "from flax.training.train_state import TrainState\n\n\ndef start(f, p, tx):\n"
    text += "    return TrainState.create(apply_fn=f, params=p, tx=tx).apply_gradients(grads=p)\n"
    done = examine(project_of(text), "functional")
    assert counts(done)["calls left"] == 2
    assert [bool(findings) for findings in done.unfinished()] == [True]


BEFORE = "import jax\nfrom flax import linen as nn\n\nloss = jax.numpy.zeros(())\nnet = nn.Dense(lost)\n"


@pytest.mark.parametrize(
    ("after", "message"),
    [
        pytest.param("net = (\n", "does not compile", id="syntax"),
        pytest.param("return 1\n", "does not compile", id="return"),
        pytest.param("net = optimizer\n", "Undefined name `optimizer`", id="undefined"),
        pytest.param("import optax\n", "`optax` imported but unused", id="unused-import"),
        pytest.param("def f():\n    model = 1\n", "`model` is assigned to but never used", id="unused-name"),
        pytest.param("def f():\n    model = print(1)\n", None, id="unused-result-of-a-call"),
        pytest.param(
            "from flax import nnx\n\nnnx.Dense(1)\n", "`flax.nnx.Dense` does not exist", id="attribute"
        ),
        pytest.param("from flax.nnx import Denser\n\nDenser(1)\n", "`flax.nnx.Denser`", id="imported"),
        pytest.param("import optax as o\n\no.adma(1)\n", "`optax.adma` does not exist", id="optax"),
        pytest.param("from flax import nnx\n\nnnx.bridge.ToNNX.any\n", None, id="right"),
        pytest.param("import jax\nimport lost\n\njax.tree.map(lost, 1)\n", None, id="right-too"),
        pytest.param("net = lost\n", None, id="undefined-before"),
    ],
)
def test_faults(after: str, message: str | None) -> None:
    found = faults({"pkg/a.py": BEFORE}, {"pkg/a.py": after})
    assert [message in fault.message for fault in found if message] == [True] * (message is not None)
    assert len(found) == (message is not None)


MODULES = {
    "base.py": "import flax.linen as nn\nclass Base(nn.Module): pass\nclass Cell(nn.RNNCellBase): pass\n",
    "net.py": "from .base import Base\nclass Net(Base):\n    class Config: pass\nclass Sub(Net): pass\n",
    "other.py": "from torch import nn\nclass Base(nn.Module): pass\nclass Net(Base): pass\n",
    "nnx.py": "from flax import nnx\nclass Done(nnx.Module): pass\n",
}


def test_module_classes_are_counted() -> None:
    assert [place.name for place in module_classes(MODULES)] == ["Base", "Cell", "Net", "Sub"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("s = TrainState.create(apply_fn=f, params=p, tx=t)", ["create"], id="create"),
        pytest.param("s = s.apply_gradients(grads=g)", ["apply_gradients"], id="apply-gradients"),
        pytest.param("p = apply_updates(p, u)", ["apply_updates"], id="apply-updates"),
        pytest.param("s = Config.create(rate=1)", [], id="another-create"),
        pytest.param("optimizer.update(model, grads)", [], id="nnx"),
    ],
)
def test_training_calls_are_counted(text: str, names: list[str]) -> None:
    assert [place.name for place in training_calls({"a.py": text})] == names


def test_reasons_that_alone_block_come_first() -> None:
    def finding(line: int, code: str, message: str) -> Finding:
        return Finding("a.py", line, 1, code, message)

    both = [finding(1, "LNX003", "`f` is lost"), finding(2, "LNX010", "`g` of x.py:3 takes 2 states")]
    single = [
        finding(5, "LNX010", "`h` of y.py takes 3 states"),
        finding(6, "LNX010", "`k` of z.py takes 9 states"),
    ]
    ranked = ranking([("one", both), ("two", single)])
    found = [(each.reason.code, each.alone, each.blocked, each.example) for each in ranked]
    assert found == [("LNX010", 1, 2, "one: a.py:2"), ("LNX003", 0, 1, "one: a.py:1")]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribution:
    """A distribution that pip finds in a directory, and nothing else anywhere."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "own-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("own/train.py", "x = 1\n")
        archive.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
        archive.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("own-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Distribution("own", "1.0", "0" * 64)


def test_an_archive_with_other_contents_is_not_kept(wheel: Distribution, tmp_path: Path) -> None:
    with pytest.raises(WrongContents, match="pinned is 000"):
        fetch(wheel, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_archive(wheel: Distribution, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"absent==1\.0: ERROR: No matching distribution"):
        fetch(Distribution("absent", "1.0", wheel.sha256), tmp_path / "cache")


def test_an_archive_is_fetched_once(
    wheel: Distribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (archive,) = (tmp_path / "index").iterdir()
    pinned = Distribution("own", "1.0", hashlib.sha256(archive.read_bytes()).hexdigest())
    root = fetch(pinned, tmp_path / "cache")
    archive.unlink()
    assert fetch(pinned, tmp_path / "cache") == root
    assert (root / "own" / "train.py").read_text() == "x = 1\n"
