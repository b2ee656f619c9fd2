"""How one layer or parameter is made in `__init__`, and under which name it is kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.layers import LAYERS, OVER_WEIGHTS, WRAPPERS
from migrate.analysis.modules.presence import at_call
from migrate.analysis.program.syntax import names_in
from migrate.analysis.shapes.sizes import PLACEHOLDER, text_names
from migrate.analysis.sites import Layer, Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.helpers import write_helper
from migrate.plan.modules.layer_arguments import added, positional
from migrate.plan.modules.mapped import made_side_by_side
from migrate.plan.modules.moved import chosen_class, known_early, listed, moved
from migrate.plan.modules.own_modules import own_module
from migrate.plan.modules.quoting import quoted
from migrate.plan.modules.recurrent import wrapper
from migrate.plan.modules.reserved import RESERVED
from migrate.plan.modules.weight_norms import over_weights
from migrate.rewrite.edits import Piece, Template, template


def layer_line(plan: Plan, draft: Draft, site: Layer) -> Line:
    """`self.Dense_0 = nnx.Linear(...)`; the construction in the method becomes `self.Dense_0`."""
    made = construction(plan, draft, site)
    if site.name in RESERVED:
        raise Blocked(site.node, "LNX111", f"`{site.name}` is a method that every NNX module has")
    return _kept(plan, draft, site, made)


def _kept(plan: Plan, draft: Draft, site: Layer | Parameter, made: Piece, read: str = "") -> Line:
    """The line that keeps what was made under its name; the method reads it there."""
    if site.name.isidentifier():
        plan.edits.expressions[site.node] = f"self.{site.name}{read}"
        return template(f"self.{site.name} = {{}}", made), site.node
    name = quoted(plan, site)
    plan.edits.expressions[site.node] = f"getattr(self, {_computed_name(plan, draft, site, name)}){read}"
    return Template(("setattr(self, ", name, ", ", made, ")")), site.node


def _computed_name(plan: Plan, draft: Draft, site: Layer | Parameter, made: str) -> str:
    """A name as the method computes it, which knows whether it was given an input."""
    name = at_call(plan.facts, site.owner, made) or made
    if text_names(name) & {*_only_in_init(plan, draft)} or PLACEHOLDER.search(name):
        raise Blocked(
            site.node, "LNX111", "the number in the name of this layer depends on the size of its input"
        )
    return name


def _only_in_init(plan: Plan, draft: Draft) -> Iterator[str]:
    """The sizes that go round the loops of `__init__`."""
    inside = set(ast.walk(draft.cls.node))
    for node, turns in plan.facts.loops.items():
        if node in inside:
            yield from (running.name for running in turns.running)


def construction(plan: Plan, draft: Draft, site: Layer) -> Piece:
    """`nnx.Linear(in, out, ..., rngs=rngs)`, or a module of the project with its input sizes."""
    if site.layer in WRAPPERS:
        return wrapper(plan, site)
    if site.layer in OVER_WEIGHTS:
        return over_weights(plan, draft, site)
    given = {name: moved(plan, draft, site, node) for name, node in known_early(plan, site)}
    if site.cls is not None:
        return own_module(plan, draft, site, site.cls)
    kind = LAYERS[site.layer]
    if kind.helper is not None:
        write_helper(plan, site.node, kind.helper)
    pieces = positional(plan, draft, site, kind, given)
    pieces += [template(f"{name}={{}}", value) for name, value in given.items()]
    pieces += [f"{name}={text}" for name, text in added(plan, site, kind)]
    pieces += ["rngs=rngs"] if kind.streams else []
    own = kind.target if kind.helper is not None else f"nnx.{kind.target}"
    if site.extends is not None:
        return Template((site.node.func, "(", *listed(pieces), ")"))
    if written_at(plan.facts, site.node) in plan.facts.twins:
        return Template((chosen_class(plan, draft, site), "(", *listed(pieces), ")"))
    callee = f"self.{site.through.field}" if site.through is not None else own
    made = Template((f"{callee}(", *listed(pieces), ")"))
    return made_side_by_side(plan, site, made, lambda node: moved(plan, draft, site, node))


def parameter_line(plan: Plan, draft: Draft, site: Parameter) -> Line:
    """`self.scale = nnx.Param(...)`; the call in the method becomes `self.scale[...]`."""
    if site.name in RESERVED:
        raise Blocked(site.node, "LNX111", f"`{site.name}` is a method that every NNX module has")
    return _kept(plan, draft, site, parameter(plan, draft, site), "[...]")


def parameter(plan: Plan, draft: Draft, site: Parameter) -> Piece:
    """`nnx.Param(init(rngs.params(), shape))`."""
    init = moved(plan, draft, site, site.init)
    args: list[Piece] = [moved(plan, draft, site, arg) for arg in site.args]
    if isinstance(init, ast.Lambda):
        names = [a.arg for a in init.args.args]
        if not args and len(names) == 1 and names[0] not in names_in(init.body):
            return template("nnx.Param({})", init.body)
        return Template(("nnx.Param((", init, ")(", *listed(["rngs.params()", *args]), "))"))
    return Template(("nnx.Param(", init, "(", *listed(["rngs.params()", *args]), "))"))
