"""A rule's page in Markdown."""

from __future__ import annotations

from migrate.report.rule_page import rule_list, rule_page, rules_page
from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX101",
    name="some-rule",
    title="A thing was found",
    fix="automatic",
    what="Finds it.",
    why="Because.",
    use_instead="Another.",
    fix_safety="Safe.",
    upstream="https://example.org/guide",
    invalid=(Example("a = 1\nb = 2\n", "a = 1\nb = 3\n"), Example("c = 1\n")),
    valid=("a = 1\n",),
)

PAGE = """\
## LNX101 some-rule

A thing was found

### What it does

Finds it.

### Why

Because.

### Example

```diff
 a = 1
-b = 2
+b = 3
```

### Use instead

Another.

### Fix safety

Fix: automatic. Safe.

### Upstream

<https://example.org/guide>
"""


def test_page() -> None:
    assert rule_page(RULE) == PAGE


def test_an_example_that_is_left_alone_is_shown_as_it_is() -> None:
    rule = Rule(**{**vars(RULE), "invalid": RULE.invalid[1:]})
    assert "### Example\n\n```python\nc = 1\n```\n" in rule_page(rule)


def test_no_example() -> None:
    assert "### Example" not in rule_page(Rule(**{**vars(RULE), "invalid": ()}))


def test_all_pages() -> None:
    page = rules_page([RULE])
    assert "| LNX101 | some-rule | A thing was found | automatic |\n" in page
    assert page.endswith(PAGE)


def test_no_rules() -> None:
    assert rule_list([]) == ""
    assert rules_page([]).startswith("# Rules\n")


def test_list() -> None:
    assert rule_list([RULE]) == "LNX101  some-rule  A thing was found\n"
