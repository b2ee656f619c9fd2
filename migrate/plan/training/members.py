"""Attributes that become models and optimizers: who else could read them, under this name or another."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Bound, Class, Symbol
from migrate.analysis.program.parameters import all_parameters, positional_parameters
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.parameters import origins
from migrate.plan.training.member_names import (
    PREFIX,
    bound_names,
    family,
    is_empty_place,
    is_member,
    is_set_to_none,
)
from migrate.plan.training.unseen_objects import check_unseen_objects

LOOPS = (ast.For, ast.AsyncFor, ast.While)


def check_members(plan: Plan) -> None:
    """Raise `Blocked` where an attribute could be read by other names, or by others."""
    _check_class_bodies(plan)
    _check_one_model(plan)
    _check_unknown_readers(plan)
    check_unseen_objects(plan)
    for variable, role in plan.roles.role.items():
        local = role in {"state", "model"} and not is_member(variable)
        if local and plan.naming.of(variable).model.startswith(PREFIX):
            _check_short_lived(plan, variable)


def _is_declared(plan: Plan, variable: Variable, statement: ast.stmt) -> bool:
    """Whether a statement of a class only says of which type an attribute is, and not that it is Linen's."""
    if not isinstance(statement, ast.AnnAssign) or statement.value is not None:
        return False
    named = [plan.facts.values.get(node) for node in ast.walk(statement.annotation)]
    linen = any(isinstance(value, Symbol) and value.name.startswith("flax.linen.") for value in named)
    role = plan.roles.role[variable]
    return role in {"state", "model", "optimizer"} or (role != "holder" and not linen)


def rewrite_declarations(plan: Plan) -> None:
    """`state: TrainState` in the body of a class becomes a line for each of the new attributes."""
    for variable, role in plan.roles.role.items():
        attribute = variable.name.removeprefix(PREFIX)
        for cls in family(plan.facts, variable.scope) if is_member(variable) else ():
            declared = {name for statement in cls.body for name in bound_names(statement)}
            for statement in cls.body:
                if attribute in bound_names(statement) and role in {"state", "model", "optimizer"}:
                    lines = _declarations(plan, variable, role)
                    kept = [f"{name}: {kind}" for name, kind in lines if name not in declared]
                    plan.edits.statements[statement] = [*kept]


def _declarations(plan: Plan, variable: Variable, role: str) -> list[tuple[str, str]]:
    names = plan.naming.of(variable)
    node = plan.roles.nodes[variable][0]
    model = (names.model.removeprefix(PREFIX), plan.type_of(origins(plan, plan.facts.values[node]), node))
    optimizer = (names.optimizer.removeprefix(PREFIX), "nnx.Optimizer")
    return {"state": [model, optimizer], "model": [model]}.get(role, [optimizer])


def rewrite_empty_places(plan: Plan) -> None:
    """`self.state = None` becomes two lines; what a definition was put aside for stays as it is."""
    for variable, role in plan.roles.role.items():
        if role == "optimizer" and not is_member(variable):
            _rename_missing(plan, variable)
        if is_member(variable) and role in {"state", "model", "optimizer"}:
            for node in plan.facts.scopes.names(variable):
                if is_empty_place(plan.facts, node):
                    names = plan.names(node)
                    texts = [*dict.fromkeys([names.model, names.optimizer][: 1 + (role == "state")])]
                    statement = plan.statement(node)
                    plan.edits.statements[statement] = [
                        f"{text} = None"
                        for text in texts
                        if not _is_place(plan, node, text) and not _is_built_above(plan, node, text)
                    ]


def _rename_missing(plan: Plan, variable: Variable) -> None:
    """`opt_state = None` on one path: there is no optimizer either."""
    for node in plan.facts.scopes.names(variable):
        if is_set_to_none(plan.facts, node):
            plan.edits.expressions[node] = plan.naming.of(variable).optimizer


def _is_place(plan: Plan, node: ast.Name, text: str) -> bool:
    """Whether a definition of this name has an empty place in the same block."""
    block = plan.facts.scopes.block(plan.statement(node))
    others = [n for s in block for n in ast.iter_child_nodes(s) if isinstance(n, ast.Name) and n is not node]
    return any(n.id == text and is_empty_place(plan.facts, n) for n in others)


def _is_built_above(plan: Plan, node: ast.Name, text: str) -> bool:
    """Whether the model of this name stands above by now, although its `init` stood below."""
    scopes = plan.facts.scopes
    for site in plan.component.sites:
        if isinstance(site, Init) and isinstance(site.node.func, ast.Attribute):
            begin, end = scopes.statement(site.instance.site), scopes.statement(site.node)
            named = isinstance(site.node.func.value, ast.Name) and site.node.func.value.id == text
            stays = plan.edits.statements.get(begin) != []
            here = scopes.function(begin) is scopes.function(node)
            if named and stays and here and begin.lineno < node.lineno < end.lineno:
                return True
    return False


def _check_one_model(plan: Plan) -> None:
    """Two attributes may not become one: they could hold different models at one time."""
    taken: dict[tuple[ast.AST, str], Variable] = {}
    for variable, role in plan.roles.role.items():
        if role in {"state", "model"} and is_member(variable):
            name = plan.naming.of(variable).model
            other = taken.setdefault((variable.scope, name), variable)
            if other != variable:
                message = f"`{variable.name}` and `{other.name}` would become one attribute: keep one of them"
                raise Blocked(plan.roles.nodes[variable][0], "LNX018", message)


def _check_class_bodies(plan: Plan) -> None:
    """A property or class attribute of the same name would go on under the old one."""
    for variable in plan.roles.role:
        attribute = variable.name.removeprefix(PREFIX)
        for cls in family(plan.facts, variable.scope) if is_member(variable) else ():
            for statement in cls.body:
                if attribute in bound_names(statement) and not _is_declared(plan, variable, statement):
                    message = f"`{variable.name}` is also declared in the body of `{cls.name}`"
                    raise Blocked(statement, "LNX022", message)


def _check_unknown_readers(plan: Plan) -> None:
    """A function for callers elsewhere may be handed one of the objects."""
    members = {v.name.removeprefix(PREFIX) for v in plan.roles.role if is_member(v)}
    for node in plan.facts.values:
        if not isinstance(node, ast.Attribute) or node.attr not in members:
            continue
        base = node.value
        variable = plan.facts.scopes.variable(base, base.id) if isinstance(base, ast.Name) else None
        if variable is None or not isinstance(variable.scope, FUNCTIONS):
            continue
        positional = positional_parameters(variable.scope)
        of_method = isinstance(plan.facts.scopes.scope[variable.scope], ast.ClassDef)
        is_self = of_method and bool(positional) and positional[0].arg == variable.name
        parameter = (variable.scope, variable.name) in plan.facts.parameters
        uncalled = not plan.facts.references.get(variable.scope)
        arguments = {a.arg for a in all_parameters(variable.scope)}
        if uncalled and not is_self and not parameter and variable.name in arguments:
            message = f"`{variable.name}` may be an object whose `{node.attr}` becomes a model here"
            raise Blocked(node, "LNX015", message)


def _check_short_lived(plan: Plan, variable: Variable) -> None:
    """A local name for what an attribute holds is only used until the attribute is set anew."""
    scopes, name = plan.facts.scopes, plan.naming.of(variable).model
    nodes = plan.roles.nodes[variable]
    message = f"`{variable.name}` would be another name of `{name}`, which may be set in the meantime"
    for node in nodes:
        if (
            isinstance(node, ast.arg)
            or scopes.function(node) is not variable.scope
            or scopes.within(node, LOOPS)
        ):
            raise Blocked(node, "LNX018", message)
    statements = [scopes.statement(node) for node in nodes]
    first = min(s.lineno for s in statements)
    last = max(s.end_lineno or s.lineno for s in statements)
    for other in ast.walk(variable.scope):
        if isinstance(other, (ast.Call, ast.Name)) and first <= other.lineno <= last:
            if _sets(plan, other, name) and scopes.statement(other) not in statements:
                raise Blocked(other, "LNX018", message)
            if isinstance(other, ast.Call) and isinstance(plan.facts.values.get(other.func), (Bound, Class)):
                raise Blocked(other, "LNX018", message)


def _sets(plan: Plan, node: ast.AST, name: str) -> bool:
    """Whether a node sets an attribute to a model of this name."""
    if node not in plan.facts.scopes.members or not isinstance(getattr(node, "ctx", None), ast.Store):
        return False
    variable = plan.facts.scopes.members[node].variable
    return plan.roles.role.get(variable) in {"state", "model"} and plan.naming.of(variable).model == name


def owners(plan: Plan) -> list[ast.AST]:
    """The classes whose objects have other attributes from now on."""
    changed = {variable.scope for variable in plan.roles.role if is_member(variable)}
    return [cls for owner in changed for cls in family(plan.facts, owner)]
