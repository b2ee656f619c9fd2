"""What callers outside of the sources have to be told of the classes that only they build."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import fields, lineage
from migrate.analysis.modules.item_inputs import written
from migrate.analysis.modules.own_sizes import SAID
from migrate.analysis.sites import Construct, Layer, OwnVariable
from migrate.plan.context import Plan
from migrate.plan.modules.cells import is_late
from migrate.plan.modules.decoding import decodes
from migrate.plan.modules.guards import is_uncertain
from migrate.plan.modules.held import held_by
from migrate.plan.modules.inheritance import is_abstract
from migrate.plan.modules.input_sizes import InputSize, input_sizes
from migrate.plan.modules.module_drafts import draft_of
from migrate.plan.modules.module_fields import module_fields
from migrate.plan.modules.mutable_stats import told_of_modes
from migrate.plan.modules.own_sizes import saying_fields
from migrate.plan.modules.own_tables import told_of_tables
from migrate.plan.modules.partitions import told_of_partitions
from migrate.plan.modules.sown import told_of_sown


def told_to_callers(plan: Plan) -> Iterator[tuple[ast.AST, str, str]]:
    """For each rewritten class that nothing in the sources builds: its node, a code and a sentence."""
    for node, cls in plan.facts.classes.items():
        rewritten = any(one.node in plan.edits.classes for one in lineage(cls))
        if rewritten and node in plan.facts.unbuilt and not (_is_built(plan, cls) or is_abstract(cls)):
            yield node, "LNX116", _sentence(plan, cls)


def _is_built(plan: Plan, cls: Class) -> bool:
    sites = plan.component.sites
    built = {s.instance.cls for s in sites if isinstance(s, Construct)}
    built |= {s.cls for s in sites if isinstance(s, Layer) and s.cls is not None}
    return cls in built


def _sentence(plan: Plan, cls: Class) -> str:
    sizes = input_sizes(plan, cls, draft_of(plan, cls)).arguments
    arguments = [*(_described(size, written(plan.facts, cls, size.parameter)) for size in sizes), "`rngs`"]
    listed = " and ".join([", ".join(arguments[:-1]), arguments[-1]]) if len(arguments) > 1 else arguments[0]
    return (
        f"`{cls.node.name}` is built outside of these files: callers must now pass {listed}"
        f"{_classes(plan, cls)}, and call the module itself instead of `init` and `apply`"
        f"{_always(plan, cls)}{_caches(plan, cls)}{_decoding(plan, cls)}{told_of_sown(plan, cls)}"
        f"{told_of_partitions(plan, cls)}{told_of_modes(plan, cls)}{told_of_tables(plan, cls)}"
    )


def _always(plan: Plan, cls: Class) -> str:
    """The layers that have parameters whatever the first call is given."""
    layers = [s for s in plan.component.sites if isinstance(s, Layer) and s.owner.node is cls.node]
    names = sorted(f"`{site.name}`" for site in layers if is_uncertain(plan, site))
    if not names:
        return ""
    return f"; {' and '.join(names)} {'has' if len(names) == 1 else 'have'} parameters whatever it is given"


def _caches(plan: Plan, cls: Class) -> str:
    """The collections that a call makes, in the class or in what it builds."""
    held = held_by(plan, cls.node)
    late = (s for s in plan.component.sites if isinstance(s, OwnVariable) and s.owner.node in held)
    names = sorted({f"`{site.collection}`" for site in late if is_late(plan, site)})
    if not names:
        return ""
    return f"; a call with the arguments that `init` was given makes the variables of {' and '.join(names)}"


def _decoding(plan: Plan, cls: Class) -> str:
    """What has to be done before attention layers decode, in the class or in what it builds."""
    held = held_by(plan, cls.node)
    layers = (s for s in plan.component.sites if isinstance(s, Layer) and s.owner.node in held)
    told = "; `init_cache` of the attention layers has to be called before they decode"
    return told if any(decodes(plan, site) for site in layers) else ""


def _described(size: InputSize, given: str) -> str:
    what = {"last": f"the last axis of `{given}`",
            "rest": f"the number of values in one item of `{given}`",
            "shape": f"the shape of `{given}` without its first axis",
            "first": f"the first axis of `{given}`",
            "told": "what a layer inside is called with: the code does not tell"}[size.form]  # fmt: skip
    return f"`{size.argument}` ({what}{', where it is given' if size.optional else ''})"


def _classes(plan: Plan, cls: Class) -> str:
    """The fields that take a layer class, which has to be one of NNX."""
    held = [s.target.id for s in fields(cls) if isinstance(s.target, ast.Name)]
    names = [f"`{name}`" for name in held if (cls.node, name) in plan.facts.class_fields]
    modules = [f"`{name}`" for name in module_fields(cls)]
    told = f", NNX classes for {' and '.join(names)}" if names else ""
    if saying := [f"`{name}`" for name in saying_fields(plan, cls, draft_of(plan, cls))]:
        told += f" (with the last axis of their results in `{SAID}`: {' and '.join(saying)})"
    return f"{told}, NNX modules for {' and '.join(modules)}" if modules else told
