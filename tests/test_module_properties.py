"""Properties of every migrated module, on generated ones."""

from __future__ import annotations

from hypothesis import assume, given, settings

from migrate.core import migrate_sources
from tests.generated_modules import SIMPLE, modules
from tests.module_harness import PATH, assert_identical, compared, migrated

QUICK = settings(max_examples=25, deadline=None)
FEW = settings(max_examples=3, deadline=None)


@QUICK
@given(modules())
def test_the_result_is_python_and_stays(text: str) -> None:
    result = migrate_sources({PATH: text})
    assert result.findings
    if (new := result.changed.get(PATH)) is not None:
        compile(new, PATH, "exec")
        assert migrate_sources({PATH: new}).changed == {}


@FEW
@given(modules())
def test_outputs_and_gradients_stay(text: str) -> None:
    assume("class Net(nnx.Module)" in migrate_sources({PATH: text}).changed.get(PATH, ""))
    assert_identical(compared(text))


def test_the_simplest_module_is_rewritten() -> None:
    """Or the properties above would hold of modules that all stay."""
    assert "class Net(nnx.Module)" in migrated(SIMPLE)
