"""What is computed in one tuple with an update that moves out of it."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, followed
from migrate.analysis.sites import CreateRecord, ReadRecord, ReplaceRecord
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def check_beside(plan: Plan, update: ast.expr, result: ast.Tuple) -> None:
    """What stands beside the update must not read the model: it would see the new weights."""
    _check_unread(plan, update, result.elts)


def check_beside_in_record(plan: Plan, update: ast.expr, record: ast.Call) -> None:
    """The same where a record is given the update, in a statement that does nothing else."""
    above = plan.parent(record)
    site = plan.site(record)
    source = site.record if isinstance(site, ReplaceRecord) else None
    others = [arg for arg in record.args if arg is not source]
    others += [keyword.value for keyword in record.keywords]
    if isinstance(above, ast.Tuple) and isinstance(plan.parent(above), ast.Return):
        others += [element for element in above.elts if element is not record]
    elif not isinstance(above, ast.Assign | ast.AnnAssign | ast.Return):
        message = "a record that is given an updated state is made inside an expression: give it a name first"
        raise Blocked(record, "LNX002", message)
    _check_unread(plan, update, others)


def record_of(plan: Plan, node: ast.expr) -> ast.Call | None:
    """The call that makes or replaces a record and is given a value."""
    parent = plan.parent(node)
    call = plan.parent(parent) if isinstance(parent, ast.keyword) else parent
    known = isinstance(call, ast.Call) and isinstance(plan.site(call), CreateRecord | ReplaceRecord)
    return call if known and isinstance(call, ast.Call) and node is not call.func else None


def _check_unread(plan: Plan, update: ast.expr, elements: list[ast.expr]) -> None:
    for element in elements:
        nodes = [*ast.walk(element)] if element is not update else []
        if any(_is_read(plan, node) or _is_read_by_call(plan, node) for node in nodes):
            raise Blocked(element, "LNX011", "the old state is read beside the update that replaces it")


def _is_read(plan: Plan, node: ast.AST) -> bool:
    value = plan.facts.values.get(node)
    if value is None or not followed(value) or isinstance(value, VANISHING):
        return False
    field = plan.site(plan.parent(node))
    return not (isinstance(field, ReadRecord) and not followed(plan.facts.values[field.node]))


def _is_read_by_call(plan: Plan, node: ast.AST) -> bool:
    """Whether a call enters a function that reads a model of a scope around it."""
    waiting = [*plan.facts.bindings.get(node, ())] if isinstance(node, ast.Call) else []
    seen: set[ast.AST] = set()
    while waiting:
        function = waiting.pop()
        seen.add(function)
        for inner in ast.walk(function):
            if (
                isinstance(inner, ast.Name)
                and _is_read(plan, inner)
                and not _is_within(plan, inner, function)
            ):
                return True
            if isinstance(inner, ast.Call):
                waiting += [called for called in plan.facts.bindings.get(inner, ()) if called not in seen]
    return False


def _is_within(plan: Plan, node: ast.Name, function: ast.AST) -> bool:
    """Whether a name stands for a variable of the function, or of one inside of it."""
    variable = plan.facts.scopes.variable(node, node.id)
    return variable is not None and function in plan.facts.scopes.enclosing(variable.scope)
