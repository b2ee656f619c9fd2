"""`self.scale = jnp.exp(self.param("log_scale", ...))` in `setup`, which Linen computes anew at every call.

Only the parameter is kept; where the attribute was read stands what it was computed from.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import (
    field_names,
    is_extended,
    methods,
    own_constants,
    own_methods,
)
from migrate.analysis.modules.derived import attribute_of, computing
from migrate.analysis.modules.hoisting import holes, spliced
from migrate.analysis.program.scopes import TURNS
from migrate.analysis.sites import Parameter
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Line
from migrate.plan.modules.reserved import RESERVED
from migrate.rewrite.edits import template

PRODUCTS = (ast.Mult, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod)
SUMS = (ast.Add, ast.Sub)
WHOLE = (ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Call, ast.Tuple)


@dataclass
class Computed:
    """The parameters that take the place of each statement, and the text for each read."""

    lines: dict[ast.stmt, list[Line]] = field(default_factory=dict)
    reads: dict[ast.expr, str] = field(default_factory=dict)

    def instead(self, line: Line) -> list[Line]:
        """What takes the place of a line of `setup`."""
        return self.lines.get(line[0], [line]) if isinstance(line[0], ast.stmt) else [line]


def computed(plan: Plan, cls: Class) -> Computed:
    """What becomes of the attributes that `setup` computes from parameters."""
    statements = computing(plan.facts, cls)
    found = Computed()
    if not statements:
        return found
    setup = own_methods(cls)["setup"]
    texts = _kept(plan, cls)
    names = {_name(cls, statement) for statement in statements}
    _check_sets(plan, cls, names, statements)
    for statement in setup.body:
        inside = _reads(cls, statement, {*texts} & names)
        if statement not in statements:
            found.reads |= {node: _placed(plan, node, texts[node.attr]) for node in inside}
            continue
        assert isinstance(statement, ast.Assign)
        made = _parameters(plan, statement)
        _check_names(cls, made, names)
        texts[_name(cls, statement)] = _text(plan, cls, statement.value, made, texts)
        found.lines[statement] = [(template(f"self.{p.name} = {{}}", p.node), None) for p in made]
    for method in own_methods(cls).values():
        if method is not setup:
            reads = _reads(cls, method, names)
            found.reads |= {node: _placed(plan, node, texts[node.attr]) for node in reads}
    for node, text in found.reads.items():
        _check_read(plan, node, text, setup)
    _check_once(plan, cls, names)
    return found


def _name(cls: Class, statement: ast.stmt) -> str:
    match statement:
        case ast.Assign(targets=[target]) if (name := attribute_of(cls, target)) is not None:
            return name
        case _:
            message = "`setup` computes with a parameter beyond attributes that it sets unconditionally"
            raise Blocked(statement, "LNX111", message)


def _kept(plan: Plan, cls: Class) -> dict[str, str]:
    """The attributes that hold a parameter itself."""
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Parameter) and s.owner.node is cls.node]
    return {site.kept: f"self.{site.name}[...]" for site in sites if site.kept is not None}


def _parameters(plan: Plan, statement: ast.stmt) -> list[Parameter]:
    sites = (plan.facts.sites.get(node) for node in ast.walk(statement))
    return [site for site in sites if isinstance(site, Parameter)]


def _check_sets(plan: Plan, cls: Class, names: set[str], statements: list[ast.stmt]) -> None:
    """Such an attribute is set nowhere else; classes that extend this one know nothing of it."""
    setup = own_methods(cls)["setup"]
    for method in methods(cls).values():
        for node in ast.walk(method):
            if attribute_of(cls, node) not in names or isinstance(getattr(node, "ctx", None), ast.Load):
                continue
            statement = plan.statement(node)
            value = statement.value if isinstance(statement, ast.Assign) else statement
            first = isinstance(plan.facts.sites.get(value), Parameter) and statement in setup.body
            if statement not in statements and not first:
                message = "what `setup` computes from a parameter is set in other places too"
                raise Blocked(node, "LNX111", message)
    if is_extended(cls, plan.facts.classes):
        raise Blocked(setup, "LNX111", "a class is extended that computes with parameters in `setup`")


def _check_names(cls: Class, made: list[Parameter], names: set[str]) -> None:
    nodes = [node for method in methods(cls).values() for node in ast.walk(method)]
    used = {name for node in nodes if (name := attribute_of(cls, node)) is not None}
    taken = {*(used - names), *methods(cls), *field_names(cls), *own_constants(cls), *RESERVED}
    for site in made:
        if site.name in taken:
            message = f"`{site.name}` is the name of a parameter and another attribute"
            raise Blocked(site.node, "LNX111", message)


def _reads(cls: Class, root: ast.AST, names: set[str]) -> list[ast.Attribute]:
    nodes = (node for node in ast.walk(root) if isinstance(node, ast.Attribute))
    return [n for n in nodes if attribute_of(cls, n) in names and isinstance(n.ctx, ast.Load)]


def _text(plan: Plan, cls: Class, value: ast.expr, made: list[Parameter], texts: dict[str, str]) -> str:
    """What is computed, from variables in place of parameters and of earlier attributes."""
    known: dict[ast.expr, str] = {site.node: f"self.{site.name}[...]" for site in made}
    known |= {node: texts[node.attr] for node in _reads(cls, value, {*texts})}
    found = holes(plan.facts, cls, value, known)
    if found is None:
        message = "`setup` computes from a parameter and something that methods cannot read"
        raise Blocked(value, "LNX111", message)
    text = spliced(plan.facts, value, found)
    return text if '"' in text else ast.unparse(ast.parse(text, mode="eval"))


def _placed(plan: Plan, node: ast.expr, text: str) -> str:
    """The text where the attribute stood, in parentheses where it would fall apart without them."""
    body = ast.parse(text, mode="eval").body
    parent = plan.parent(node)
    if isinstance(body, WHOLE) or isinstance(parent, ast.stmt | ast.keyword | ast.Tuple | ast.List):
        return text
    if isinstance(parent, ast.Call) and node in parent.args:
        return text
    if isinstance(parent, ast.BinOp) and parent.left is node and isinstance(body, ast.BinOp):
        for kind in (PRODUCTS, SUMS):
            if isinstance(body.op, kind) and isinstance(parent.op, kind):
                return text
    return f"({text})"


def _check_once(plan: Plan, cls: Class, names: set[str]) -> None:
    """What is computed more than once sums its gradient in another order, which shows in the last bits."""
    for name in sorted(names):
        reads = [node for node in _reads(cls, cls.node, {name}) if not _is_step(plan, cls, node, name)]
        again = [node for node in reads if plan.facts.scopes.within(node, TURNS) or _is_inside(plan, node)]
        if again or len(reads) > 1:
            message = f"`{name}`, which `setup` computes from a parameter, is read more than once"
            raise Blocked((again or reads)[-1], "LNX111", message)


def _is_step(plan: Plan, cls: Class, node: ast.Attribute, name: str) -> bool:
    """`self.scale = self.scale * 2`: the attribute goes on to hold what was made of it."""
    statement = plan.statement(node)
    return isinstance(statement, ast.Assign) and attribute_of(cls, statement.targets[0]) == name


def _is_inside(plan: Plan, node: ast.AST) -> bool:
    """Whether a node stands in a function inside of a method."""
    function = plan.facts.scopes.function(node)
    return not isinstance(plan.parent(function), ast.ClassDef)


def _check_read(plan: Plan, node: ast.expr, text: str, setup: ast.FunctionDef) -> None:
    """The names in the text mean the same where it goes."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != "self":
        raise Blocked(node, "LNX111", "the first parameter of a method is not called `self`")
    for part in ast.walk(ast.parse(text)):
        if not isinstance(part, ast.Name) or part.id == "self" or not isinstance(part.ctx, ast.Load):
            continue
        if plan.facts.scopes.variable(node, part.id) != plan.facts.scopes.variable(setup, part.id):
            message = f"`{part.id}`, which `setup` computes with, is another name where the attribute is read"
            raise Blocked(node, "LNX111", message)
