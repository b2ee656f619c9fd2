"""The sizes of what reaches a layer, as expressions for `__init__`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Class, Const, Sequence, Value
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.setup_names import is_final
from migrate.analysis.shapes.plain_shapes import integers
from migrate.analysis.shapes.sizes import Shape, Size
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.built_before import check_built
from migrate.plan.modules.drafts import Draft, Told
from migrate.plan.modules.told_sizes import told_size

UNTOLD = "the size of this layer's input cannot be told from the code"
BEHIND = "`setup` knows the size of this layer's input only behind the layer: build it there"


def last_size(value: Value | None) -> Size | None:
    """The size of the last axis of an array."""
    return value.shape.axis(-1) if isinstance(value, Array) else None


def input_of(site: Layer) -> Shape:
    """The shape of what reaches a layer."""
    value = dict(site.inputs or ()).get("inputs")
    return value.shape if isinstance(value, Array) else Shape()


def last_axis(plan: Plan, draft: Draft, site: Layer) -> str:
    """The size of the input of a layer, as an expression for `__init__`."""
    axis = -1
    given = dict(site.given)
    for name in ("axis", "feature_axes"):
        if name in given and LAYERS[site.layer].first == ("in",):
            known = integers(plan.facts.values.get(given[name]))
            if known is None or len(known) != 1:
                raise Blocked(site.node, "LNX110", f"`{name}` of this layer is not one known axis")
            axis = known[0]
    found = input_of(site).axis(axis)
    if found is None or is_behind(plan, site, found):
        return told_size(plan, draft, site, "in_features", Told(site.node, site.node, UNTOLD))
    check_size(plan, site, found)
    return found.text


def whole_shape(plan: Plan, site: Layer) -> str:
    """The axes that a convolution slides over and the one of the features, as a tuple for `__init__`."""
    window = plan.facts.values.get(dict(site.given).get("kernel_size", site.node))
    count = len(window.items) if isinstance(window, Sequence) else 1 if isinstance(window, Const) else 0
    found = input_of(site).last(count + 1)
    texts = []
    for one in found if count else (None,):
        if one is None:
            raise Blocked(site.node, "LNX112", UNTOLD)
        check_size(plan, site, one)
        texts.append(one.text)
    return f"({', '.join(texts)})"


def check_size(plan: Plan, site: Layer, found: Size) -> None:
    """A size may be made from fields, inputs, the loops around and names of the file."""
    if (name := _local_name(plan, site, found)) is not None:
        message = f"the size of this layer's input is made from `{name}`, which is local to a method"
        raise Blocked(site.node, "LNX112", message)
    check_built(plan, site, found)
    if is_behind(plan, site, found):
        raise Blocked(site.node, "LNX112", BEHIND)


def check_start(plan: Plan, site: Layer, start: Size, place: ast.AST) -> None:
    """The size that a running one begins with must be known where the layers are built."""
    if _runs_behind(plan, site, start) or not names_are_final(plan, site.owner, start, place):
        raise Blocked(site.node, "LNX112", BEHIND)


def is_behind(plan: Plan, site: Layer, found: Size) -> bool:
    """Whether a size is known only behind what needs it in `setup`, or elsewhere."""
    return _runs_behind(plan, site, found) or not names_are_final(plan, site.owner, found, site.node)


def names_are_final(plan: Plan, owner: Class, found: Size, place: ast.AST) -> bool:
    """Whether the names of `setup` that a size reads mean the same from this place on."""
    setup = methods(owner).get("setup")
    bound = plan.facts.scopes.bound[setup] if setup is not None else set()
    running = {r.name for turns in plan.facts.loops.values() for r in turns.running}
    local = (found.names & {*bound}) - running - {"self"}
    return all(is_final(plan.facts, owner, name, place) for name in local)


def _runs_behind(plan: Plan, site: Layer, found: Size) -> bool:
    inside = set(ast.walk(site.owner.node))
    for loop, turns in plan.facts.loops.items():
        running = {each.name for each in turns.running} & found.names
        if not running or turns.built is None or loop not in inside or not isinstance(loop, ast.For):
            continue
        same = plan.facts.scopes.function(site.node) is plan.facts.scopes.function(loop)
        behind = site.node.lineno > (loop.end_lineno or loop.lineno)
        if turns.built is not site.node and not (same and behind):
            return True
    return False


def _local_name(plan: Plan, site: Layer, found: Size) -> str | None:
    running = {r.name for turns in plan.facts.loops.values() for r in turns.running}
    turns = {name for loop in site.loops for name in loop.bound}
    around = {plan.facts.scopes.function(site.node), *methods(site.owner).values()}
    bound = {name for method in around for name in plan.facts.scopes.bound[method]}
    for name in found.names - running - turns - {"self"}:
        if is_final(plan.facts, site.owner, name, site.node):
            continue
        if not name.startswith(("_axis_", "_rest_", "_first_")) and name in bound:
            return name
    return None


def contracted(plan: Plan, draft: Draft, site: Layer) -> str:
    """The axes that `DenseGeneral` contracts."""
    given = dict(site.given)
    axes = integers(plan.facts.values.get(given["axis"])) if "axis" in given else (-1,)
    if axes is None:
        raise Blocked(site.node, "LNX110", "the axes of this layer are not known numbers")
    axes = _in_order(axes, input_of(site))
    found = [input_of(site).axis(axis) for axis in axes]
    texts = []
    if found == [None] and "axis" not in given:
        return told_size(plan, draft, site, "in_features", Told(site.node, site.node, UNTOLD))
    for one in found:
        if one is None:
            raise Blocked(site.node, "LNX112", UNTOLD)
        check_size(plan, site, one)
        texts.append(one.text)
    return (
        texts[0]
        if len(texts) == 1 and "axis" not in given
        else f"({', '.join(texts)},)".replace(",)", ")" if len(texts) > 1 else ",)")
    )


def _in_order(axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """Axes as Linen sorts them: in the order of the input."""
    rank = shape.rank
    return tuple(sorted(axes, key=lambda axis: axis % rank if rank else axis))
