"""LNX101: a Linen module class becomes an NNX module class."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.checkers import is_checker
from migrate.analysis.modules.classes import base_of, field_names, own_fields, own_methods
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Scan
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.called_fields import check_called_fields
from migrate.plan.modules.cells import rewrite_cells
from migrate.plan.modules.class_fields import check_class_fields
from migrate.plan.modules.class_values import rewrite_class_values
from migrate.plan.modules.constructor_names import check_names
from migrate.plan.modules.documenting import only_documents
from migrate.plan.modules.drafts import Line, changed
from migrate.plan.modules.field_checks import field_checks
from migrate.plan.modules.field_defaults import parameters
from migrate.plan.modules.inheritance import is_abstract, needs_constructor
from migrate.plan.modules.initializing import rewrite_initializing
from migrate.plan.modules.input_sizes import input_sizes
from migrate.plan.modules.layer_calls import rewrite_calls
from migrate.plan.modules.lent_layers import check_lent, rewrite_lent
from migrate.plan.modules.lifted_methods import lifts_class, lifts_method
from migrate.plan.modules.listed_names import read_listed
from migrate.plan.modules.mixins import check_lent_methods, module_base
from migrate.plan.modules.module_drafts import draft_of
from migrate.plan.modules.module_fields import rewrite_annotations
from migrate.plan.modules.mutable_stats import rewrite_mutable_stats
from migrate.plan.modules.named_lists import read_named_lists
from migrate.plan.modules.own_parameters import read_attributes, rename_setup
from migrate.plan.modules.own_sizes import saying
from migrate.plan.modules.own_tables import check_own_tables
from migrate.plan.modules.partitions import rewrite_partitions
from migrate.plan.modules.reserved import MODES, RESERVED
from migrate.plan.modules.scanned import rewrite_scan
from migrate.plan.modules.sown import rewrite_sown
from migrate.plan.modules.submodule_calls import check_submodule_calls
from migrate.plan.modules.tied import rewrite_tied
from migrate.plan.modules.twins import rewrite_choices
from migrate.rewrite.edits import ClassEdit, Method
from migrate.rule import Example, Rule

SITE = Class

RULE = Rule(
    code="LNX101",
    name="module-class",
    title="A Linen module can become an NNX module",
    fix="automatic",
    what=(
        "Finds classes that extend `flax.linen.Module` and are built and initialised where that can be "
        "followed, with `setup` or with `@nn.compact`."
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
    known = own_methods(site)
    draft = draft_of(plan, site)
    sizes = input_sizes(plan, site, draft)
    check_names(plan, site, sizes)
    check_called_fields(plan, site)
    check_class_fields(plan, site)
    check_own_tables(plan, site)
    lines = [
        (changed(piece, sizes.renamed), origin)
        for piece, origin in (*draft.lines, *saying(plan, site, draft))
    ]
    for part, text in draft.edits.items():
        plan.edits.expressions[part] = sizes.renamed(text)
    rename_setup(plan, known.get("setup"), sizes)
    body: list[Line] = [(text, None) for text in sizes.unpacking]
    setup = known.get("setup")
    documented = setup is not None and ast.get_docstring(setup, clean=False) is not None
    body = [*lines[:documented], *body, *lines[documented:]]
    arguments = [argument.annotated for argument in sizes.arguments]
    given = ["self", *parameters(plan, site)]
    marked = ["*"] if "*" not in given else []
    signature = [*given, *([] if is_abstract(site) else [*marked, *arguments, "rngs: nnx.Rngs"])]
    method = Method("__init__", tuple(signature), tuple(body))
    gone = [known[name] for name in ("setup", "__post_init__") if name in known]
    removed: set[ast.stmt] = {*own_fields(site), *gone}
    if needs_constructor(site):
        at = setup if setup is not None and not own_fields(site) else None
        plan.edits.classes[node] = ClassEdit(method, removed, at)
    if base_of(site) is None:
        plan.edits.expressions[module_base(site) or node.bases[0]] = "nnx.Module"
    rewrite_lent(plan, site, draft)
    rewrite_calls(plan, site)
    check_submodule_calls(plan, site)
    rewrite_mutable_stats(plan, site)
    rewrite_cells(plan, site)
    rewrite_initializing(plan, site)
    rewrite_sown(plan, site)
    rewrite_partitions(plan, site)
    rewrite_tied(plan, site)
    read_attributes(plan, site)
    read_named_lists(plan, site)
    read_listed(plan, site)
    rewrite_class_values(plan, site)
    rewrite_choices(plan, site)
    rewrite_annotations(plan, site)
    check_lent(plan, site)
    _drop_compact(plan, site, known, rewrite_scan(plan, site))


def _check_form(plan: Plan, site: Class) -> None:
    node = site.node
    keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
    if (
        (module := module_base(site)) is None
        or keywords not in ({}, {"kw_only": "True"})
        or not all(only_documents(plan, d) or lifts_class(plan, site, d) for d in node.decorator_list)
    ):
        raise Blocked(node, "LNX111", f"`{node.name}` has other bases, keywords or decorators")
    check_lent_methods(plan, site)
    base = plan.facts.values.get(module)
    if getattr(base, "name", None) != "flax.linen.Module" and base_of(site) is None:
        raise Blocked(node, "LNX111", f"`{node.name}` has another base than a module")
    names = set(field_names(site))
    if names & (RESERVED - MODES | {"name", "parent", "self"}):
        raise Blocked(node, "LNX111", f"a field of `{node.name}` has a name that NNX modules use themselves")
    own = {name for s in node.body if isinstance(s, ast.Assign) for name in names_in(s)}
    for statement in own_fields(site):
        if statement.value is not None and names_in(statement.value) & (names | own):
            raise Blocked(statement, "LNX111", "the default of a field reads another field or the class")
        if ast.unparse(statement.annotation).rpartition(".")[2].startswith(("KW_ONLY", "InitVar")):
            raise Blocked(statement, "LNX111", "a field marks keywords or is no field of the instance")
    for name, method in own_methods(site).items():
        if name in {"setup", "__call__"} and [a.arg for a in method.args.args[:1]] != ["self"]:
            raise Blocked(method, "LNX111", f"the first parameter of `{name}` is not called `self`")
        checks = name == "__post_init__" and field_checks(plan, site) is not None
        if name in {"__init__", "__post_init__", "__getattr__", "__setattr__"} and not checks:
            raise Blocked(method, "LNX111", f"`{node.name}` defines `{name}`")
        if name != "__call__":
            _check_decorators(plan, method)


def _check_decorators(plan: Plan, method: ast.FunctionDef) -> None:
    """Properties stay what they are; `nowrap` is about Linen alone."""
    for decorator in method.decorator_list:
        match plan.facts.values.get(decorator):
            case Symbol("flax.linen.nowrap" | "flax.linen.compact"):
                plan.edits.decorators.add(decorator)
            case Symbol("builtins.property" | "builtins.classmethod" | "builtins.staticmethod"):
                pass
            case Symbol("abc.abstractmethod"):
                pass
            case checker if is_checker(plan.facts, checker):
                pass
            case _:
                raise Blocked(method, "LNX111", f"the method `{method.name}` is decorated")


def _drop_compact(plan: Plan, site: Class, known: dict[str, ast.FunctionDef], scan: Scan | None) -> None:
    for decorator in known["__call__"].decorator_list if "__call__" in known else ():
        value = plan.facts.values.get(decorator)
        if (scan is not None and decorator is scan.decorator) or is_checker(plan.facts, value):
            continue
        if decorator in plan.edits.expressions or lifts_method(plan, site, decorator):
            continue
        if getattr(value, "name", None) != "flax.linen.compact":
            raise Blocked(decorator, "LNX111", "`__call__` is decorated by something else than `compact`")
        plan.edits.decorators.add(decorator)
