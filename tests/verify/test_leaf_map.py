"""Which leaf belongs to which, by ever weaker evidence, never one leaf twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import VerifyError
from migrate.verify.recorder.leafmap import pair_leaves
from migrate.verify.request import read_leaf_map

Tree = dict[str, tuple[int, ...]]
DENSE = {"Dense_0/kernel": (3, 4), "Dense_0/bias": (4,), "Dense_1/kernel": (4, 4), "Dense_1/bias": (4,)}


def paired(before: Tree, after: Tree, given: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    found = pair_leaves(_paths(before), _paths(after), {_path(k): _path(v) for k, v in (given or {}).items()})
    assert found.complete
    return {"/".join(pair.before): ("/".join(pair.after), pair.how) for pair in found.pairs}


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("/"))


def _paths(tree: Tree) -> dict[tuple[str, ...], tuple[int, ...]]:
    return {_path(path): shape for path, shape in tree.items()}


@pytest.mark.parametrize(
    ("before", "after", "leaf", "partner", "how"),
    [
        pytest.param(DENSE, DENSE, "Dense_0/bias", "Dense_0/bias", "same", id="same-names"),
        pytest.param(
            DENSE,
            {path.replace("Dense", "dense"): shape for path, shape in DENSE.items()},
            "Dense_1/kernel",
            "dense_1/kernel",
            "name",
            id="snake-names",
        ),
        pytest.param(
            {"layers_0/kernel": (2, 2), "layers_1/kernel": (2, 2)},
            {"layers/0/kernel": (2, 2), "layers/1/kernel": (2, 2)},
            "layers_1/kernel",
            "layers/1/kernel",
            "name",
            id="list-indices",
        ),
        pytest.param(
            {"lstm/if/kernel": (2, 3)},
            {"lstm/if_/kernel": (2, 3)},
            "lstm/if/kernel",
            "lstm/if_/kernel",
            "name",
            id="renamed-gate",
        ),
        pytest.param(
            {"q/kernel": (4, 6)}, {"q/kernel": (4, 2, 3)}, "q/kernel", "q/kernel", "reshaped", id="reshaped"
        ),
        pytest.param(
            DENSE,
            {"first/kernel": (3, 4), "first/bias": (4,), "last/kernel": (4, 4), "last/bias": (4,)},
            "Dense_1/bias",
            "last/bias",
            "module",
            id="by-shape-of-the-layer",
        ),
        pytest.param(
            {"a/kernel": (2, 2), "b/kernel": (2, 2)},
            {"x/kernel": (2, 2), "y/kernel": (2, 2)},
            "b/kernel",
            "y/kernel",
            "order",
            id="by-order",
        ),
        pytest.param(
            {"SimpleCell_0/i/kernel": (2, 2), "SimpleCell_0/h/kernel": (2, 2)},
            {"rnn/cell/dense_i/kernel": (2, 2), "rnn/cell/dense_h/kernel": (2, 2)},
            "SimpleCell_0/h/kernel",
            "rnn/cell/dense_h/kernel",
            "suffix",
            id="simple-cell-gates",
        ),
    ],
)
def test_leaf_finds_its_partner(before: Tree, after: Tree, leaf: str, partner: str, how: str) -> None:
    assert paired(before, after)[leaf] == (partner, how)


def test_gates_are_fused_in_their_order() -> None:
    before = {f"cell/{gate}/kernel": (3, 5) for gate in ("ig", "ii", "io", "if")}
    found = pair_leaves(_paths(before), {("cell", "dense_i", "kernel"): (3, 20)})
    assert found.complete
    assert {pair.before[1]: pair.part for pair in found.pairs} == {"ii": 0, "if": 1, "ig": 2, "io": 3}


def test_given_pairs_win() -> None:
    swapped = {"a/kernel": "y/kernel", "b/kernel": "x/kernel"}
    found = paired(
        {"a/kernel": (2, 2), "b/kernel": (2, 2)}, {"x/kernel": (2, 2), "y/kernel": (2, 2)}, swapped
    )
    assert found == {"a/kernel": ("y/kernel", "user"), "b/kernel": ("x/kernel", "user")}


def test_leaves_without_partner_are_listed() -> None:
    found = pair_leaves({("a", "bias"): (2,)}, {("a", "bias"): (3,)})
    assert (found.only_before, found.only_after) == ((("a", "bias"),), (("a", "bias"),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("leaves = 3", "needs a table", id="no-table"),
        pytest.param("[leaves", "cannot be read", id="not-toml"),
        pytest.param('[leaves]\na = "x"\nb = "x"', "twice", id="not-bijective"),
    ],
)
def test_bad_leaf_map(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VerifyError, match=words):
        read_leaf_map(path)
