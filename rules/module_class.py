"""LNX101: a Linen module class becomes an NNX module class."""

from __future__ import annotations

import ast
from itertools import groupby

from migrate.analysis.kinds import Class, Loop
from migrate.analysis.modules import fields, methods
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.construction import needed_inputs
from migrate.plan.context import Plan
from migrate.plan.layer import construction, renamed
from migrate.rewrite.edits import ClassEdit, Method, Piece, Suite, Template, template
from migrate.rule import Rule

SITE = Class
Body = list[tuple[Piece | Suite, ast.AST | None]]

RULE = Rule(
    code="LNX101",
    name="module-class",
    title="a Linen module can become an NNX module",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: Class) -> None:
    """Fields become arguments of `__init__`, which also builds the layers; `__call__` keeps its flow."""
    node = site.node
    _check_form(plan, site)
    known = methods(site)
    layers = sorted(_layers(plan, node), key=lambda layer: (layer.node.lineno, layer.node.col_offset))
    arguments = needed_inputs(plan, node)
    body: Body = []
    for statement in fields(site):
        assert isinstance(statement.target, ast.Name)
        body.append((f"self.{statement.target.id} = {statement.target.id}", statement))
    removed: set[ast.stmt] = set(fields(site))
    setup = known.get("setup")
    if setup is not None:
        body += _setup(plan, setup, layers, arguments)
        removed.add(setup)
    else:
        body += _compact(plan, layers, arguments)
    parameters = [*_fields_as_parameters(site), "*", *(f"{name}: int" for name in arguments.values())]
    method = Method("__init__", ("self", *parameters, "rngs: nnx.Rngs"), tuple(body))
    plan.edits.classes[node] = ClassEdit(
        method, removed, setup if setup is not None and not fields(site) else None
    )
    plan.edits.expressions[node.bases[0]] = "nnx.Module"
    _drop_compact(plan, known)


def _check_form(plan: Plan, site: Class) -> None:
    node = site.node
    if len(node.bases) != 1 or node.keywords or node.decorator_list:
        raise Blocked(node, "LNX111", f"`{node.name}` has other bases, keywords or decorators")
    base = plan.facts.values.get(node.bases[0])
    if getattr(base, "name", None) != "flax.linen.Module":
        raise Blocked(node, "LNX111", f"`{node.name}` inherits from another module of the project")
    names = {s.target.id for s in fields(site) if isinstance(s.target, ast.Name)}
    if names & {"name", "parent", "train", "eval", "sow", "perturb", "rngs"}:
        raise Blocked(node, "LNX111", f"a field of `{node.name}` has a name that NNX modules use themselves")
    for statement in fields(site):
        if statement.value is not None and _reads(statement.value) & names:
            raise Blocked(statement, "LNX111", "the default of a field reads another field")
        if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).endswith("field"):
            raise Blocked(statement, "LNX111", "a field is declared by `field(...)`")
    if "__call__" not in methods(site):
        raise Blocked(node, "LNX111", f"`{node.name}` has no `__call__` of its own")
    for name, method in methods(site).items():
        if name in {"__init__", "__post_init__", "__getattr__", "__setattr__"}:
            raise Blocked(method, "LNX111", f"`{node.name}` defines `{name}`")
        if name != "__call__" and method.decorator_list and name != "setup":
            raise Blocked(method, "LNX111", f"the method `{name}` is decorated")


def _reads(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _layers(plan: Plan, node: ast.ClassDef) -> list[Layer]:
    return [s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.owner.node is node]


def _fields_as_parameters(site: Class) -> list[Piece]:
    parameters: list[Piece] = []
    for statement in fields(site):
        assert isinstance(statement.target, ast.Name)
        text = f"{statement.target.id}: {{}}"
        if statement.value is None:
            parameters.append(template(text, statement.annotation))
        else:
            parameters.append(template(text + " = {}", statement.annotation, statement.value))
    return parameters


def _compact(plan: Plan, layers: list[Layer], arguments: dict[str, str]) -> Body:
    """The layers in the order in which they are built, those of a loop in the same loop."""
    body: Body = []
    for loop, group in groupby(layers, key=lambda layer: layer.loop):
        lines = [_layer(plan, layer, arguments) for layer in group]
        body += lines if loop is None else _looped(plan, loop, lines, arguments)
    names = [layer.name for layer in layers]
    for layer in layers:
        if names.count(layer.name) > 1:
            raise Blocked(layer.node, "LNX111", f"two layers are called `{layer.name}`")
    return body


def _layer(plan: Plan, layer: Layer, arguments: dict[str, str]) -> tuple[Piece, ast.AST | None]:
    made = construction(plan, layer, arguments)
    if "{" not in layer.name:
        plan.edits.expressions[layer.node] = f"self.{layer.name}"
        return template(f"self.{layer.name} = {{}}", made), layer.node
    name = _f_string(plan, layer)
    plan.edits.expressions[layer.node] = f"getattr(self, {name})"
    return Template(("setattr(self, ", name, ", ", made, ")")), layer.node


def _f_string(plan: Plan, layer: Layer) -> str:
    """A computed name in the quotes that the file uses; before Python 3.12 they may not stand inside too."""
    text = plan.facts.source.text
    preferred = sorted(('"', "'"), key=text.count, reverse=True)
    quote = next((q for q in preferred if q not in layer.name), None)
    if quote is None:
        raise Blocked(layer.node, "LNX111", "the name of a layer in a loop would need nested quotes")
    return f"f{quote}{layer.name}{quote}"


def _looped(
    plan: Plan, loop: Loop, lines: list[tuple[Piece, ast.AST | None]], arguments: dict[str, str]
) -> Body:
    """The loop in `__init__`, with the size that goes round; the one in `__call__` must count its turns."""
    text = plan.facts.source.segment
    element = text(loop.element) if loop.element is not None else ""
    iterated = f"enumerate({text(loop.iterated)})" if element else text(loop.node.iter)
    target = f"{loop.index}, {element}" if element else loop.index
    if target != text(loop.node.target).strip("()"):
        plan.edits.expressions[loop.node.target] = target
        plan.edits.expressions[loop.node.iter] = iterated
    running = plan.facts.loops.get(loop.node)
    if running is None:
        return [(Suite(f"for {target} in {iterated}:", tuple(lines)), None)]
    lines = [*lines, (f"{running.name} = {renamed(running.end, arguments)}", None)]
    start = f"{running.name} = {renamed(running.start, arguments)}"
    return [(start, None), (Suite(f"for {target} in {iterated}:", tuple(lines)), None)]


def _setup(plan: Plan, setup: ast.FunctionDef, layers: list[Layer], arguments: dict[str, str]) -> Body:
    for layer in layers:
        if setup not in plan.facts.scopes.enclosing(plan.facts.scopes.scope[layer.node]):
            raise Blocked(layer.node, "LNX111", "a class has both `setup` and layers built elsewhere")
        plan.edits.expressions[layer.node] = construction(plan, layer, arguments)
    return [(statement, None) for statement in setup.body]


def _drop_compact(plan: Plan, known: dict[str, ast.FunctionDef]) -> None:
    for decorator in known["__call__"].decorator_list:
        if getattr(plan.facts.values.get(decorator), "name", None) != "flax.linen.compact":
            raise Blocked(decorator, "LNX111", "`__call__` is decorated by something else than `compact`")
        plan.edits.decorators.add(decorator)
