"""What is run on a tree, and what shows that it was really done."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.peers import Environments
from benchmarks.timing import Command
from benchmarks.trees import Tree

ROOT = Path(__file__).parent.parent
MODERN = ("--py311-plus", "--exit-zero-even-if-changed")
SILENCE = r"\A\Z"

READ = """
import os, sys
count = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as stream:
                b"flax" in stream.read()
            count += 1
print(count, "done")
"""
PARSE = """
import pathlib, sys
import libcst
count = 0
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    libcst.parse_module(path.read_bytes())
    count += 1
print(count, "done")
"""


def ours(environments: Environments, tree: Tree, command: str) -> Command:
    """`linen2nnx check` or `linen2nnx migrate` from this checkout."""
    count = f"{len(tree.files)} files? scanned"
    proof = count if tree.changing is None else rf"{count}.*\b{tree.changing} would change"
    argv = ("-P", "-m", "migrate", command, tree.path.name)
    return _python(environments, tree, f"linen2nnx {command}", argv, proof, (0, 1))


def read(environments: Environments, tree: Tree) -> Command:
    """Find and read every file, and look for one word in it."""
    argv = ("-P", "-c", READ, tree.path.name)
    return _python(environments, tree, "read the files", argv, f"{len(tree.files)} done")


def parse(environments: Environments, tree: Tree) -> Command:
    """`libcst.parse_module` on every file."""
    argv = ("-P", "-c", PARSE, tree.path.name)
    return _python(environments, tree, "libcst.parse_module", argv, f"{len(tree.files)} done")


def _python(
    environments: Environments,
    tree: Tree,
    name: str,
    argv: tuple[str, ...],
    proof: str,
    codes: tuple[int, ...] = (0,),
) -> Command:
    python = str(environments.ours / "python")
    return Command(name, (python, *argv), tree.path.parent, proof, codes, {"PYTHONPATH": str(ROOT)})


def others(environments: Environments, tree: Tree) -> list[Command]:
    """The peers on the same files, by relative path since bump-pydantic fails on others.

    `settle` the tree first, or pyupgrade writes to it.
    """
    arguments = {
        "pyupgrade": (*MODERN, *_names(tree)),
        "bump-pydantic": ("--diff", "--log-file", "/dev/null", tree.path.name),
        "torchfix": ("--select", "ALL", "--show-stderr", "-j", "1", tree.path.name),
    }
    proofs = {
        "pyupgrade": SILENCE,
        "bump-pydantic": rf"(?s)Found {len(tree.files)} files? to process.*Run successfully",
        "torchfix": f"Finished checking {tree.torch_files} files" if tree.torch_files else SILENCE,
    }
    codes = {"bump-pydantic": (0, 1)}
    return [
        Command(
            peer,
            (str(folder / peer), *arguments[peer]),
            tree.path.parent,
            proofs[peer],
            codes.get(peer, (0,)),
        )
        for peer, folder in environments.peers.items()
    ]


def settle(environments: Environments, tree: Tree) -> None:
    """Let pyupgrade rewrite what it wants to, so that every timed command reads the same text."""
    if folder := environments.peers.get("pyupgrade"):
        command = (str(folder / "pyupgrade"), *MODERN, *_names(tree))
        subprocess.run(command, cwd=tree.path.parent, check=True, capture_output=True)


def _names(tree: Tree) -> list[str]:
    return [str(file.relative_to(tree.path.parent)) for file in tree.files]
