"""LNX101: a Linen module class becomes an NNX module class."""

from __future__ import annotations

import ast
from itertools import groupby

from migrate.analysis.kinds import Class, Loop
from migrate.analysis.modules import field_names, fields, methods
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.called_fields import check_called_fields
from migrate.plan.construction import needed_inputs
from migrate.plan.constructor_names import check_names
from migrate.plan.context import Plan
from migrate.plan.layer import construction, renamed
from migrate.rewrite.edits import ClassEdit, Method, Piece, Suite, Template, template
from migrate.rule import Example, Rule

SITE = Class
RESERVED = frozenset(
    {"train", "eval", "sow", "perturb", "set_attributes", "iter_modules", "iter_children", "rngs", "self"}
)
Body = list[tuple[Piece | Suite, ast.AST | None]]

RULE = Rule(
    code="LNX101",
    name="module-class",
    title="A Linen module can become an NNX module",
    fix="automatic",
    what=(
        "Finds classes that extend `flax.linen.Module` and are built and initialised in the same file, with "
        "`setup` or with `@nn.compact`."
    ),
    why=(
        "Linen makes the layers anew at every call and keeps the parameters outside. An NNX module makes "
        "them once, in `__init__`, and holds them."
    ),
    use_instead=(
        "A class of `nnx.Module`: the fields become arguments of `__init__`, followed by the input sizes "
        "that Linen inferred and `rngs`; the layers are built there under the names that Linen gave them "
        "(`Dense_0`), so that trees of parameters, checkpoints and rules over paths stay as they were."
    ),
    fix_safety=(
        "`__call__` keeps its flow and its comments. A class that cannot be rewritten, and all that is tied "
        "to it, is left alone with the reason: LNX110 (layers), LNX111 (forms), LNX112 (sizes), LNX113 "
        "(nested modules), LNX114 (never built)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#basic-module-definition",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class MLP(nn.Module):
    width: int = 32

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(self.width)(x))
        return nn.Dense(1)(x)


def create(x):
    model = MLP()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
            after="""\
from flax import nnx


class MLP(nnx.Module):
    def __init__(self, width: int = 32, *, in_features: int, rngs: nnx.Rngs):
        self.width = width
        self.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)
        self.Dense_1 = nnx.Linear(self.width, 1, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.Dense_0(x))
        return self.Dense_1(x)


def create(x):
    model = MLP(in_features=x.shape[-1], rngs=nnx.Rngs(0))
    return model(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


class MLP(nnx.Module):
    def __init__(self, width: int = 32, *, in_features: int, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.hidden(x))
""",
    ),
)


def rewrite(plan: Plan, site: Class) -> None:
    """Fields become arguments of `__init__`, which also builds the layers; `__call__` keeps its flow."""
    node = site.node
    _check_form(plan, site)
    known = methods(site)
    layers = sorted(_layers(plan, node), key=lambda layer: (layer.node.lineno, layer.node.col_offset))
    arguments = needed_inputs(plan, node)
    check_names(plan, site, layers, arguments)
    check_called_fields(plan, site)
    body: Body = []
    for statement in fields(site):
        assert isinstance(statement.target, ast.Name)
        body.append((f"self.{statement.target.id} = {statement.target.id}", statement))
    removed: set[ast.stmt] = set(fields(site))
    setup = known.get("setup")
    if setup is not None:
        moved = _setup(plan, setup, layers, arguments)
        documented = ast.get_docstring(setup, clean=False) is not None
        body = [*moved[:documented], *body, *moved[documented:]]
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
    names = set(field_names(site))
    if names & (RESERVED | {"name", "parent", "self"}):
        raise Blocked(node, "LNX111", f"a field of `{node.name}` has a name that NNX modules use themselves")
    own = {
        n.id for s in node.body if isinstance(s, ast.Assign) for n in ast.walk(s) if isinstance(n, ast.Name)
    }
    for statement in fields(site):
        if statement.value is not None and _reads(statement.value) & (names | own):
            raise Blocked(statement, "LNX111", "the default of a field reads another field or the class")
        if _reads(statement.annotation) & {"KW_ONLY", "InitVar"} or "KW_ONLY" in ast.unparse(
            statement.annotation
        ):
            raise Blocked(statement, "LNX111", "a field marks keywords or is no field of the instance")
        if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).endswith("field"):
            raise Blocked(statement, "LNX111", "a field is declared by `field(...)`")
    if "__call__" not in methods(site):
        raise Blocked(node, "LNX111", f"`{node.name}` has no `__call__` of its own")
    for name, method in methods(site).items():
        if name in {"setup", "__call__"} and [a.arg for a in method.args.args[:1]] != ["self"]:
            raise Blocked(method, "LNX111", f"the first parameter of `{name}` is not called `self`")
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
    if layer.name in RESERVED:
        raise Blocked(layer.node, "LNX111", f"`{layer.name}` is a method that every NNX module has")
    if "{" not in layer.name:
        plan.edits.expressions[layer.node] = f"self.{layer.name}"
        return template(f"self.{layer.name} = {{}}", made), layer.node
    name = _f_string(plan, layer)
    plan.edits.expressions[layer.node] = f"getattr(self, {name})"
    return Template(("setattr(self, ", name, ", ", made, ")")), layer.node


def _f_string(plan: Plan, layer: Layer) -> str:
    """A computed name in the quotes that the file uses; before Python 3.12 they may not stand inside too."""
    text = plan.facts.file(layer.node).source.text
    preferred = sorted(('"', "'"), key=text.count, reverse=True)
    quote = next((q for q in preferred if q not in layer.name), None)
    if quote is None:
        raise Blocked(layer.node, "LNX111", "the name of a layer in a loop would need nested quotes")
    return f"f{quote}{layer.name}{quote}"


def _looped(
    plan: Plan, loop: Loop, lines: list[tuple[Piece, ast.AST | None]], arguments: dict[str, str]
) -> Body:
    """The loop in `__init__`, with the size that goes round; the one in `__call__` must count its turns."""
    text = plan.facts.files.segment
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
