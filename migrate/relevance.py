"""Which files the engine has to read: those that mention Linen or a train state, and their neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

NEEDLES = ("linen", "train_state", "TrainState", "nnx")
"""A text without any of these holds nothing of its own that the engine knows of."""

_STATEMENT = re.compile(r"^[ \t]*(?:from|import)\b(?:[^\n(\\]|\\\r?\n|\([^)]*\))*", re.MULTILINE)
_WORD = re.compile(r"\w+")


def is_relevant(text: str) -> bool:
    """Whether a text mentions what the engine looks for."""
    return any(needle in text for needle in NEEDLES)


def connected(relevant: Iterable[str], others: Iterable[str], text_of: Callable[[str], str]) -> list[str]:
    """Those paths among `others` that import a `relevant` one, or that any of these import.

    Names of modules are compared, not their packages: a file too many costs time and nothing else.
    """
    relevant, others = [*relevant], [*others]
    names = {_module_name(path) for path in relevant}
    importing = [path for path in others if names & _imported_words(text_of(path))] if names else []
    rest = [path for path in others if path not in {*importing}]
    return [*importing, *_imported([*relevant, *importing], rest, text_of)]


def _imported(relevant: list[str], others: list[str], text_of: Callable[[str], str]) -> list[str]:
    """What the relevant files import, directly or through one another."""
    by_name: dict[str, list[str]] = {}
    for path in others:
        by_name.setdefault(_module_name(path), []).append(path)
    found: list[str] = []
    waiting = [*relevant]
    while waiting and by_name:
        for word in _imported_words(text_of(waiting.pop())) & by_name.keys():
            reached = by_name.pop(word)
            found += reached
            waiting += reached
    return found


def _module_name(path: str) -> str:
    pure = PurePosixPath(path.replace("\\", "/"))
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _imported_words(text: str) -> set[str]:
    return {word for statement in _STATEMENT.findall(text) for word in _WORD.findall(statement)}
