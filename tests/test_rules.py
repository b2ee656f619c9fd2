"""Every rule's page and examples, which are its tests."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from migrate.cli import main
from migrate.pipeline import run
from migrate.report.rule_page import rule_page, rules_page
from migrate.result import Importer, Options, Result
from migrate.rule import Example, Rule
from migrate.selection import is_code_prefix
from rules import all_rules

ROOT = Path(__file__).parent.parent
RULES = [pytest.param(rule, id=rule.code) for rule in all_rules()]
INVALID = [
    pytest.param(rule, example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.invalid)
]
VALID = [
    pytest.param(rule, text, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, text in enumerate(rule.valid)
]
WITHOUT_EXAMPLE = {"LNX008", "LNX016", "LNX115", "LNX902", "LNX904"}
"""Rules about more than the text of one short file; tests of their own show them."""


def check(text: str) -> Result:
    return run({"example.py": text}, Options())


def codes(result: Result) -> set[str]:
    return {finding.code for finding in result.findings}


def test_codes_are_distinct() -> None:
    assert [code for code, count in Counter(rule.code for rule in all_rules()).items() if count > 1] == []
    assert [name for name, count in Counter(rule.name for rule in all_rules()).items() if count > 1] == []


def test_every_code_of_the_engine_has_a_page() -> None:
    sources = [*(ROOT / "migrate").rglob("*.py"), *(ROOT / "rules").glob("*.py")]
    raised = {code for path in sources for code in re.findall(r'"([LN]NX\d{3})"', path.read_text("utf-8"))}
    assert raised == {rule.code for rule in all_rules()}


@pytest.mark.parametrize("rule", RULES)
def test_page_is_filled(rule: Rule) -> None:
    assert is_code_prefix(rule.code)
    assert len(rule.code) == len("LNX000")
    assert rule.name == rule.name.lower().replace(" ", "-")
    assert not rule.title.endswith(".")
    for text in (rule.what, rule.why, rule.use_instead, rule.fix_safety):
        assert text.strip().endswith(".")
    assert rule.upstream.startswith("https://")
    assert bool(rule.invalid) is (rule.code not in WITHOUT_EXAMPLE)
    assert rule.valid


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_invalid(rule: Rule, example: Example) -> None:
    result = check(example.before)
    found = [finding for finding in result.findings if finding.code == rule.code]
    assert found
    by_hand = rule.fix == "automatic" and example.after is None
    assert {finding.fix for finding in found} <= {"manual" if by_hand else rule.fix, "none"}
    assert result.changed == ({} if example.after is None else {"example.py": example.after})
    if example.after is None:
        assert codes(result) == {rule.code}


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_fixed_examples_stay_as_they_are(rule: Rule, example: Example) -> None:
    if example.after is None:
        assert check(example.before).changed == {}
        return
    ast.parse(example.after)
    again = check(example.after)
    assert rule.code not in codes(again)
    assert again.changed == {}


def test_imported_elsewhere() -> None:
    text = next(rule for rule in all_rules() if rule.code == "LNX005").invalid[0].before
    importers = {"example.py": (Importer("other.py", 3, ("predict",)),)}
    result = run({"example.py": text}, Options(imported_by=importers))
    assert [(finding.code, finding.fix) for finding in result.findings] == [("LNX016", "manual")]
    assert result.changed == {}


def test_too_many_steps() -> None:
    text = next(rule for rule in all_rules() if rule.code == "LNX003").invalid[0].before
    functions = [f"def f{n}(v):\n    f{n - 1}(v)\n    f{n - 1}(v)\n\n\n" for n in range(1, 18)]
    deep = text.replace("def features", "def f0(v):\n    pass\n\n\n" + "".join(functions) + "def features")
    result = check(deep.replace("    return", "    f17(variables)\n    return"))
    assert [(finding.code, finding.fix) for finding in result.findings] == [("LNX904", "manual")]
    assert result.changed == {}


@pytest.mark.parametrize(("rule", "text"), VALID)
def test_valid(rule: Rule, text: str) -> None:
    assert rule.code not in codes(check(text))


@pytest.mark.parametrize("rule", RULES)
def test_the_command_prints_the_page(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", rule.code.lower()]) == 0
    printed = capsys.readouterr().out
    assert printed == rule_page(rule)
    assert f"<{rule.upstream}>" in printed
    for example in rule.invalid[:1]:
        assert all(line in printed for line in example.before.strip().splitlines())


def test_the_command_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [r.code for r in all_rules()]


def test_documentation_is_up_to_date() -> None:
    """`linen2nnx rule --all > docs/rules.md` writes it again."""
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == rules_page(all_rules())
