"""An update of what a record holds, which goes back into the record: it was updated in place."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import ReadRecord, ReplaceRecord, UpdateModel
from migrate.plan.context import Plan


@dataclass(frozen=True)
class PutBack:
    """The `replace` that puts model and optimizer back into the record, and its keywords that do."""

    record: str
    call: ast.Call
    keywords: tuple[ast.keyword, ...]


def put_back(plan: Plan, site: UpdateModel) -> PutBack | None:
    """Where both results of an update only go back into the fields of the record that they came from."""
    held = [_field(plan, node) for node in (site.optimizer, site.application.args[0])]
    targets = [_target(plan, site.node), _target(plan, site.application)]
    returns = [_keyword(plan, target) for target in targets if target is not None]
    if len(returns) < 2 or None in held:
        return None
    calls = {plan.parent(keyword) for keyword in returns if keyword is not None}
    call = calls.pop() if len(calls) == 1 and None not in returns else None
    replaced = plan.site(call) if call is not None else None
    if not isinstance(replaced, ReplaceRecord) or not isinstance(replaced.record, ast.Name):
        return None
    variable = _variable(plan, replaced.record)
    fields = [(variable, keyword.arg) for keyword in returns if keyword is not None]
    if held != fields or not _stays(plan, variable, site.node, replaced.node):
        return None
    return PutBack(replaced.record.id, replaced.node, tuple(k for k in returns if k is not None))


def all_put_back(plan: Plan) -> list[PutBack]:
    """Every such update of the component."""
    found = (put_back(plan, site) for site in plan.component.sites if isinstance(site, UpdateModel))
    return [one for one in found if one is not None]


def _field(plan: Plan, node: ast.expr) -> tuple[Variable | None, str] | None:
    site = plan.site(node)
    if isinstance(site, ReadRecord) and isinstance(site.node.value, ast.Name):
        return _variable(plan, site.node.value), site.field
    return None


def _variable(plan: Plan, name: ast.Name) -> Variable | None:
    return plan.facts.scopes.variable(name, name.id)


def _target(plan: Plan, call: ast.Call) -> ast.Name | None:
    """The name that a result of the update is given."""
    match plan.parent(call):
        case ast.Assign(targets=[ast.Name() as target]):
            return target
        case ast.Assign(targets=[ast.Tuple(elts=[_, ast.Name() as target])]):
            return target
        case _:
            return None


def _keyword(plan: Plan, target: ast.Name) -> ast.keyword | None:
    """The keyword that is the only use of a name."""
    uses = [node for node in plan.facts.scopes.names(_variable(plan, target)) if node is not target]
    above = plan.parent(uses[0]) if len(uses) == 1 else None
    return above if isinstance(above, ast.keyword) and above.arg is not None else None


def _stays(plan: Plan, variable: Variable | None, update: ast.Call, call: ast.Call) -> bool:
    """Whether the name of the record is the same object at both places."""
    scopes = plan.facts.scopes
    first, last = scopes.statement(update), scopes.statement(call)
    block = scopes.block(first)
    if variable is None or last not in block or scopes.function(first) is not variable.scope:
        return False
    between = block[block.index(first) : block.index(last)]
    stores = [node for node in scopes.names(variable) if not isinstance(node.ctx, ast.Load)]
    return not any(node in {*ast.walk(statement)} for statement in between for node in stores)
