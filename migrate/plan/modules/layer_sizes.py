"""The sizes of what reaches a layer, as expressions for `__init__`."""

from __future__ import annotations

from migrate.analysis.kinds import Array, Const, Sequence, Value
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
from migrate.plan.modules.known_behind import BEHIND, is_behind
from migrate.plan.modules.told_sizes import told_size

UNTOLD = "the size of this layer's input cannot be told from the code"


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
