"""Variables of collections as attributes: made in `__init__`, or at the call that first needs them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import base_of, field_names, is_extended, methods, own_constants
from migrate.analysis.modules.hoisting import is_self
from migrate.analysis.sites import Construct, OwnVariable, UseVariable
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.at_init import never_at_init
from migrate.plan.modules.drafts import Draft, Line
from migrate.plan.modules.helpers import write_helper
from migrate.plan.modules.moved import moved
from migrate.plan.modules.reserved import RESERVED
from migrate.plan.modules.stored_cells import block_of, is_stored, store
from migrate.rewrite.edits import Piece, Template, template

TYPES = {"cache": "nnx.Cache", "batch_stats": "nnx.BatchStat"}
SHAPE = frozenset({"shape", "dtype", "ndim", "size"})


def variables(plan: Plan, cls: Class) -> list[OwnVariable]:
    """The variables of collections that a class declares, in order."""
    found = [s for s in plan.facts.sites.values() if isinstance(s, OwnVariable) and s.owner.node is cls.node]
    return sorted(found, key=lambda s: (s.node.lineno, s.node.col_offset))


def uses(plan: Plan, cls: Class) -> list[UseVariable]:
    """The places of a class that read, set or ask for a variable."""
    return [s for s in plan.facts.sites.values() if isinstance(s, UseVariable) and s.owner.node is cls.node]


def is_late(plan: Plan, site: OwnVariable) -> bool:
    """Whether a variable comes into being at a call, as the class asks for it or for one made beside it."""
    asked = {use.name for use in uses(plan, site.owner) if use.asks}
    return any(asked & {one.name for one in run} for run in _runs(plan, site.owner) if site in run)


def _runs(plan: Plan, cls: Class) -> list[list[OwnVariable]]:
    """The variables that are declared in one statement after the other: all of them are there, or none."""
    runs: list[list[OwnVariable]] = []
    for site in variables(plan, cls):
        before = plan.statement(runs[-1][-1].node) if runs else None
        if before is not None and _next(plan, before) is plan.statement(site.node):
            runs[-1].append(site)
        else:
            runs.append([site])
    return runs


def _next(plan: Plan, statement: ast.stmt) -> ast.stmt | None:
    block = block_of(plan, statement)
    at = block.index(statement) + 1
    return block[at] if at < len(block) else None


def declarations(plan: Plan, cls: Class) -> Iterator[Line]:
    """The lines of `__init__` for what only a call makes."""
    for site in variables(plan, cls):
        if is_late(plan, site):
            yield f"self.{site.name}: {variable_type(plan, site)} | None = nnx.data(None)", None


def early(plan: Plan, cls: Class, setup: ast.FunctionDef | None) -> list[OwnVariable]:
    """The variables that `__init__` makes where `__call__` did."""
    inside = set(ast.walk(setup)) if setup is not None else set()
    return [s for s in variables(plan, cls) if not is_late(plan, s) and s.node not in inside]


def make_in_setup(plan: Plan, draft: Draft, setup: ast.FunctionDef) -> None:
    """`self.scale = self.variable(...)` in `setup`, whose statements move as they are."""
    for site in variables(plan, draft.cls):
        if site.node in set(ast.walk(setup)):
            plan.edits.expressions[site.node] = made(plan, site, site.init, [*site.args], [*site.named])
            if site.target is not None:
                plan.edits.expressions[site.target] = f"self.{site.name}"


def cell_line(plan: Plan, draft: Draft, site: OwnVariable) -> Line:
    """`self.scale = nnx.BatchStat(jnp.ones(...))` in `__init__`."""
    init, *args = (moved(plan, draft, site, node) for node in (site.init, *site.args))
    named = [(name, moved(plan, draft, site, node)) for name, node in site.named]
    return template(f"self.{site.name} = {{}}", made(plan, site, init, args, named)), None


def variable_type(plan: Plan, site: OwnVariable) -> str:
    """The type of variable that stands for a collection: one of NNX, or a class of its own."""
    if site.collection in TYPES:
        return TYPES[site.collection]
    name = "".join(part.capitalize() for part in site.collection.split("_")) or site.collection
    others = (s for s in plan.facts.sites.values() if isinstance(s, OwnVariable))
    files = {plan.facts.file(s.node).path for s in others if s.collection == site.collection}
    if len(files) > 1:
        message = f"the variables of the collection `{site.collection}` are made in several files"
        raise Blocked(site.node, "LNX312", message)
    write_helper(plan, site.node, name)
    return name


def rewrite_cells(plan: Plan, cls: Class) -> None:
    """Every place that declares, reads, sets or asks for a variable."""
    _check(plan, cls)
    for run in _runs(plan, cls):
        if is_late(plan, run[0]):
            _make_at_call(plan, run)
        else:
            for site in run:
                if site.kept is None and site.target is not None:
                    plan.edits.statements[plan.statement(site.node)] = []
    for use in uses(plan, cls):
        if use.asks:
            plan.edits.expressions[use.node] = _question(plan, use)
        elif is_stored(plan, use):
            store(plan, use)
        else:
            reads_shape = isinstance(above := plan.parent(use.node), ast.Attribute) and above.attr in SHAPE
            plan.edits.expressions[use.node] = f"self.{use.name}{'' if reads_shape else '[...]'}"


def _make_at_call(plan: Plan, run: list[OwnVariable]) -> None:
    """`if self.key is None: self.key = nnx.Cache(jnp.zeros(...))`, once for what is made side by side."""
    parts: list[Piece] = [f"if self.{run[0].name} is None:"]
    for site in run:
        parts += [f"\n    self.{site.name} = ", made(plan, site, site.init, [*site.args], [*site.named])]
    *others, last = (plan.statement(site.node) for site in run)
    plan.edits.statements[last] = [Template(tuple(parts))]
    plan.edits.statements |= {statement: [] for statement in others}


def made(
    plan: Plan, site: OwnVariable, init: Piece, args: list[Piece], named: list[tuple[str, Piece]]
) -> Template:
    """`nnx.Cache(init(*args))`."""
    kind = variable_type(plan, site)
    if isinstance(init, ast.Lambda) and not args and not named and not ast.unparse(init.args):
        return template(f"{kind}({{}})", init.body)
    pieces: list[Piece] = []
    for piece in (*args, *(template(f"{name}={{}}", node) for name, node in named)):
        pieces += [", ", piece] if pieces else [piece]
    call: list[Piece] = ["(", init, ")"] if isinstance(init, ast.Lambda) else [init]
    return Template((f"{kind}(", *call, "(", *pieces, "))"))


def _question(plan: Plan, use: UseVariable) -> str:
    """`self.has_variable(...)`, in parentheses where `is not None` would bind otherwise."""
    text = f"self.{use.name} is not None"
    above = plan.parent(use.node)
    return f"({text})" if isinstance(above, (ast.Compare, ast.UnaryOp, ast.BinOp)) else text


def changes_variables(plan: Plan, cls: Class) -> bool:
    """Whether calls of a module change a variable that it keeps."""
    return any(is_stored(plan, use) for use in uses(plan, cls))


def _check(plan: Plan, cls: Class) -> None:
    """What has to hold for the variables of a class to be attributes."""
    declared = variables(plan, cls)
    if not declared and not uses(plan, cls):
        return
    if base_of(cls) is not None or is_extended(cls, plan.facts.classes):
        raise Blocked(cls.node, "LNX312", "a class with variables of its own extends another, or is extended")
    seen: dict[str, OwnVariable] = {}
    taken = {*methods(cls), *field_names(cls), *own_constants(cls), *RESERVED, *_set_in_setup(cls)}
    for site in declared:
        if seen.setdefault(site.name, site) is not site or site.name in taken - {site.kept}:
            raise Blocked(site.node, "LNX312", f"`{site.name}` is a variable and something else of the class")
        _check_place(plan, site)
        _check_reads(plan, site)
    for use in uses(plan, cls):
        if use.name not in seen or seen[use.name].collection != use.collection:
            raise Blocked(use.node, "LNX312", f"`{use.name}` is not a variable that this class declares")
        if not isinstance(plan.parent(plan.facts.scopes.function(use.node)), ast.ClassDef):
            raise Blocked(use.node, "LNX312", "a variable of a collection is used inside a nested function")
    for site in declared:
        stored = [u for u in uses(plan, cls) if u.name == site.name and is_stored(plan, u)]
        early_ones = [use for use in stored if not never_at_init(plan, use.node)]
        if early_ones and not is_late(plan, site):
            message = f"`init` may change `{site.name}` already: it is not known what the module starts with"
            raise Blocked(early_ones[0].node, "LNX312", message)
        if is_late(plan, site):
            _check_callers(plan, site)


def _set_in_setup(cls: Class) -> set[str]:
    nodes = (node for method in methods(cls).values() for node in ast.walk(method))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}


def _check_place(plan: Plan, site: OwnVariable) -> None:
    function = plan.facts.scopes.function(site.node)
    if not isinstance(plan.parent(function), ast.ClassDef) or site.loops:
        raise Blocked(site.node, "LNX312", "a variable is made in a loop or a nested function")
    if is_late(plan, site):
        if site.kept is not None or site.target is None:
            message = "a variable that `setup` makes, or that has no name, is asked for"
            raise Blocked(site.node, "LNX312", message)
        return
    always = isinstance(function, ast.FunctionDef) and function.name in {"setup", "__call__"}
    if not always or plan.statement(site.node) not in getattr(function, "body", ()):
        raise Blocked(site.node, "LNX312", "a variable of a collection is made under a condition")


def _check_reads(plan: Plan, site: OwnVariable) -> None:
    """Every mention of the name or attribute that a variable is bound to must be understood."""
    known = {id(use.node) for use in uses(plan, site.owner)}
    if site.target is None:
        return
    if isinstance(site.target, ast.Name):
        variable = plan.facts.scopes.variable(site.target, site.target.id)
        nodes: list[ast.expr] = [*plan.facts.scopes.names(variable)]
    else:
        everything = (node for method in methods(site.owner).values() for node in ast.walk(method))
        named = (n for n in everything if isinstance(n, ast.Attribute) and n.attr == site.target.attr)
        nodes = [n for n in named if is_self(site.owner, n.value)]
    for node in nodes:
        if node is not site.target and id(plan.parent(node)) not in known:
            raise Blocked(node, "LNX312", "a variable of a collection is used in an unknown way")


def _check_callers(plan: Plan, site: OwnVariable) -> None:
    """`init` makes such variables, and `apply` finds them or not: callers would have to change with them."""
    built = [s for s in plan.component.sites if isinstance(s, Construct)]
    if built:
        message = f"`{site.name}` is made at a call, and whether `init` has made it decides what `apply` does"
        raise Blocked(built[0].node, "LNX312", message)
