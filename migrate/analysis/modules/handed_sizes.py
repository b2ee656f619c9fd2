"""What a module knows of a layer that it is handed: its sizes, in the terms of the module that takes it."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names
from migrate.analysis.modules.copied_settings import with_same
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import text_names


def learn_features(run: Run, cls: Class, name: str, features: str | None, given: Arguments) -> None:
    """The size of an embedding: `self.config.d_model`."""
    settings = (features or "").split(".")
    found = _exchanged(features, cls, given, lambda node: with_same(run, node, settings))
    known = run.facts.handed_features.setdefault((cls.node, name), found)
    if known and known != found:
        message = f"`{name}` of `{cls.node.name}` is handed layers of different sizes"
        blocked(run, given.node, "LNX112", message)


def learn_fields(run: Run, cls: Class, name: str, fields: dict[str, str | None], given: Arguments) -> None:
    """The fields of a module of the project, as far as they are the same wherever it is handed."""
    owner = run.owner
    assert owner is not None
    found = {
        field: _exchanged(text, cls, given, lambda node: init_text(run.facts, owner, node)) or None
        for field, text in fields.items()
    }
    known = run.facts.handed_fields.setdefault((cls.node, name), found)
    same = {field: text if found.get(field) == text else None for field, text in known.items()}
    run.facts.handed_fields[cls.node, name] = {**dict.fromkeys(found), **same}
    if run.facts.handed_fields[cls.node, name] != known:
        run.facts.summaries.pop(cls.node, None)


def _exchanged(
    text: str | None, cls: Class, given: Arguments, written: Callable[[ast.expr], str | None]
) -> str:
    """An expression of the module that hands, in the fields of the one that takes; empty if there is none."""
    if text is None or not text_names(text):
        return text or ""
    pairs = [*zip(field_names(cls), given.node.args, strict=False)]
    pairs += [(keyword.arg or "", keyword.value) for keyword in given.node.keywords]
    found = ""
    for field, node in pairs:
        own = written(node)
        if own is not None and f"{text}.".startswith(f"{own}."):
            found = f"self.{field}{text.removeprefix(own)}"
    return found
