"""A module of the project made in another one: its fields, then its input sizes and `rngs`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.kinds import Array, Class, Const
from migrate.analysis.modules.choices import exclusive
from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.classes import inputs_of, methods
from migrate.analysis.modules.ensembles import is_made_elsewhere
from migrate.analysis.modules.item_inputs import with_items
from migrate.analysis.modules.optional_inputs import optional_inputs
from migrate.analysis.modules.presence import asked as asked_for
from migrate.analysis.shapes.sizes import Shape, Size, placeholder, product, rest, without_parentheses
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Told
from migrate.plan.modules.given_inputs import argument_given
from migrate.plan.modules.handed_layers import goes_with_call
from migrate.plan.modules.input_sizes import InputSize, input_sizes
from migrate.plan.modules.known_behind import is_behind
from migrate.plan.modules.layer_sizes import check_size, last_size
from migrate.plan.modules.lifted import class_of
from migrate.plan.modules.mapped import made_side_by_side
from migrate.plan.modules.moved import chosen_class, in_setup, listed, moved
from migrate.plan.modules.spread_settings import check_settings
from migrate.plan.modules.told_sizes import asked, told_size
from migrate.rewrite.edits import Piece, Template, template


def own_module(plan: Plan, draft: Draft, site: Layer, cls: Class) -> Piece:
    """A module of the project: its fields as they were given, then its input sizes and `rngs`."""
    from migrate.plan.modules.module_drafts import draft_of

    check_settings(plan, site, cls)
    inner = draft_of(plan, cls)
    node = site.node
    pieces: list[Piece] = [
        moved(plan, draft, site, arg) for arg in node.args if not goes_with_call(plan, site, arg)
    ]
    for keyword in node.keywords:
        if keyword.arg != "name" and not goes_with_call(plan, site, keyword.value):
            start = "**" if keyword.arg is None else f"{keyword.arg}="
            pieces.append(template(f"{start}{{}}", moved(plan, draft, site, keyword.value)))
    for argument in input_sizes(plan, cls, inner).arguments:
        if argument.optional:
            pieces += _optional_size(plan, inner, site, argument)
            continue
        pieces.append(f"{argument.argument}={_given_size(plan, draft, inner, site, argument)}")
    if is_made_elsewhere(plan.facts, node, site.lifted):
        return Template((node.func, "(", *listed([*pieces, "rngs=rngs"]), ")"))
    if site.lifted is not None:
        made = Template((class_of(plan, site), "(", *listed([*pieces, "rngs=rngs"]), ")"))
        return made_side_by_side(plan, site, made, lambda node: moved(plan, draft, site, node))
    callee = (
        chosen_class(plan, draft, site)
        if written_at(plan.facts, node) in plan.facts.twins
        else _known_early(plan, node)
    )
    return Template((callee, "(", *listed([*pieces, "rngs=rngs"]), ")"))


def _known_early(plan: Plan, node: ast.Call) -> ast.expr:
    """The class by a name that `__init__` knows as well."""
    callee = node.func
    variable = plan.facts.scopes.variable(callee, callee.id) if isinstance(callee, ast.Name) else None
    if variable is not None and isinstance(variable.scope, ast.FunctionDef) and not in_setup(plan, node):
        message = f"a module class goes by the local name `{variable.name}` here: build the class itself"
        raise Blocked(node, "LNX111", message)
    return callee


def _optional_size(plan: Plan, inner: Draft, site: Layer, argument: InputSize) -> list[Piece]:
    """The size of an optional input, where a call may give one."""
    condition = None
    if argument.parameter in asked_for(inner.texts()):
        condition = _given_if(plan, inner.cls, site, argument.parameter)
    value = dict(site.inputs or ()).get(argument.parameter, Const(None))
    if value == Const(None):
        return []
    axis = last_size(value)
    if axis is None:
        message = f"the size of `{argument.parameter}`, which this module needs, cannot be told from the code"
        raise Blocked(site.node, "LNX112", message)
    check_size(plan, site, axis)
    own = optional_inputs(site.owner)
    handed = any(axis == placeholder(name) for name in own)
    text = f"({axis.text} or None)" if handed else axis.text
    return [f"{argument.argument}={f'{text} if {condition} else None' if condition else text}"]


def _given_if(plan: Plan, cls: Class, site: Layer, name: str) -> str | None:
    """The condition on fields that parts the calls of a module with an input from those without it."""
    call = methods(cls).get("__call__")
    names = inputs_of(call) if call is not None else []
    parted: tuple[list[ast.Call], list[ast.Call]] = ([], [])
    for use in site.calls:
        node = argument_given(use, names, name)
        parted[node is None or plan.facts.values.get(node) == Const(None)].append(use)
    yes, no = parted
    if not yes or not no:
        return None
    under = plan.facts.called_under
    tests = [exclusive(under.get(one, ()), under.get(other, ())) for one in yes for other in no]
    if len(tests) == 1 and tests[0] is not None:
        return without_parentheses(tests[0])
    message = f"this module is called with `{name}` and without, which decides what layers it has"
    raise Blocked(site.node, "LNX111", message)


def _given_size(plan: Plan, draft: Draft, inner: Draft, site: Layer, argument: InputSize) -> str:
    value = with_items(plan.facts, inner.cls, dict(site.inputs or ())).get(argument.parameter)
    shape = value.shape if isinstance(value, Array) else Shape()
    message = f"the size of `{argument.parameter}`, which this module needs, cannot be told from the code"
    if argument.form == "told":
        return told_size(
            plan, draft, site, argument.argument, replace(asked(inner, argument.argument), site=site.node)
        )
    found: tuple[Size | None, ...]
    match argument.form:
        case "last":
            found = (shape.axis(-1),)
        case "first":
            whole_shape = shape.exact and shape.axes and site.lifted is None
            found = (shape.axes[0] if whole_shape else None,)
        case "rest":
            whole = product(shape.axes[1:]) if shape.exact else None
            plain = shape.base is not None and not shape.axes and not shape.exact
            found = (rest(shape.base) if plain and shape.base is not None else whole,)
        case _:
            found = shape.axes[1:] if shape.rank == argument.rank else (None,)
    if None in found or any(one is not None and is_behind(plan, site, one) for one in found):
        return told_size(
            plan, draft, site, argument.argument, Told(site.node, site.node, message, argument.rank)
        )
    for one in found:
        if one is not None:
            check_size(plan, site, one)
    texts = [one.text for one in found if one is not None]
    return (
        f"({', '.join(texts)})"
        if argument.form == "shape" and len(texts) > 1
        else (f"({texts[0]},)" if argument.form == "shape" else texts[0])
    )
