"""A rule's page and the page of all rules, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.report.diff import diff_body
from migrate.rule import Example, Rule

_INTRODUCTION = """\
# Rules

This page is generated from the modules in `rules/`. After a change there, write it again with

```
linen2nnx rule --all > docs/rules.md
```

"""


def rule_page(rule: Rule) -> str:
    """Return what `linen2nnx rule CODE` prints."""
    sections = {
        "What it does": rule.what,
        "Why": rule.why,
        "Example": _example(rule.invalid[0]) if rule.invalid else "",
        "Use instead": rule.use_instead,
        "Fix safety": f"Fix: {rule.fix}. {rule.fix_safety.strip()}",
        "Upstream": f"<{rule.upstream}>",
    }
    body = "".join(f"\n### {heading}\n\n{text.strip()}\n" for heading, text in sections.items() if text)
    return f"## {rule.code} {rule.name}\n\n{rule.title.strip()}\n{body}"


def rules_page(rules: Sequence[Rule]) -> str:
    """Return docs/rules.md: a table of all rules, then every page."""
    rows = "".join(f"| {r.code} | {r.name} | {r.title} | {r.fix} |\n" for r in rules)
    table = f"| Code | Name | What is found | Fix |\n|---|---|---|---|\n{rows}"
    return f"{_INTRODUCTION}{table}\n" + "\n".join(rule_page(rule) for rule in rules)


def rule_list(rules: Sequence[Rule]) -> str:
    """Return one line a rule, in columns."""
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(f"{rule.code}  {rule.name:<{width}}  {rule.title}\n" for rule in rules)


def _example(example: Example) -> str:
    if example.after is None:
        return f"```python\n{example.before.strip()}\n```"
    return f"```diff\n{diff_body(example.before, example.after).rstrip()}\n```"
