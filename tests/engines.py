"""Stand-ins for the engine, so that the house around it is tested by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from migrate.result import Component, Finding, Options, Result, SiteCount

Engine = Callable[[Mapping[str, str], Options], Result]

OLD = "oldword"
NEW = "newword"


def renaming(sources: Mapping[str, str], options: Options) -> Result:
    """Rewrite `oldword` to `newword`; report `MANUAL` as LNX204; raise on `BOOM`; spoil on `SPOIL`."""
    if any("BOOM" in text for text in sources.values()):
        raise RuntimeError("boom")
    free = {path: text for path, text in sources.items() if path not in options.imported_by}
    changed = {path: _rewrite(text) for path, text in free.items() if OLD in text}
    findings = [_finding(path, *place) for path, text in sources.items() for place in _places(text)]
    return Result(
        changed=changed,
        findings=tuple(findings),
        components=tuple(_component(path, path in changed) for path, text in sources.items() if OLD in text),
        sites={"apply_gradients": SiteCount(len(sources), len(changed))},
        shared=frozenset(changed),
    )


def install(monkeypatch: pytest.MonkeyPatch, engine: Engine = renaming) -> None:
    """Put `engine` in the place of the real one."""
    monkeypatch.setattr("migrate.core.migrate_sources", engine)


def _rewrite(text: str) -> str:
    return text.replace(OLD, NEW).replace("SPOIL", "(")


def _places(text: str) -> list[tuple[int, int, str]]:
    words = {OLD: "LNX001", "MANUAL": "LNX204"}
    return [
        (number, line.index(word) + 1, code)
        for number, line in enumerate(text.split("\n"), 1)
        for word, code in words.items()
        if word in line
    ]


def _finding(path: str, line: int, column: int, code: str) -> Finding:
    automatic = code == "LNX001"
    message = f"the word on line {line}"
    return Finding(path, line, column, code, message, "automatic" if automatic else "manual", path)


def _component(path: str, changed: bool) -> Component:
    blocker = Finding(path, 1, 1, "LNX290", "imported elsewhere")
    if changed:
        return Component(path, path, 1, "migrated", "pair")
    return Component(path, path, 1, "untouched", "pair", blockers=(blocker,))
