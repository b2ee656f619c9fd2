"""Variables that get one name although they may hold different models at the same time.

In Linen `new_state, loss = step(state, x)` leaves `state` as it was. Where both variables become `model`,
the line binds that name anew, and the old model is out of reach until `state` is assigned again. Each
scope is walked once to find a read in between.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrate.analysis.interpreter import swallows
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import (
    ApplyGradients,
    ApplyUpdates,
    CreateState,
    LoadState,
    ParamsItem,
    ReadState,
    RenewTree,
    ReplaceStats,
    ReplaceTrees,
    SameTree,
    UpdateModel,
    ViewState,
)
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

Lost = frozenset[Variable]
NOTHING: Lost = frozenset()
MESSAGE = "`{}` is read here while the name it would share holds another model"


def check_overwritten(plan: Plan) -> None:
    """Raise `Blocked` where a variable is read whose name was given to another model in the meantime."""
    groups: dict[tuple[ast.AST, str], set[Variable]] = defaultdict(set)
    for variable, role in plan.roles.role.items():
        if role in {"state", "model", "optimizer"} and not isinstance(variable.scope, ast.Lambda):
            groups[variable.scope, plan.naming.of(variable).model].add(variable)
    for (scope, name), members in groups.items():
        if len(members) > 1:
            body = (
                scope.body if isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)) else []
            )
            _Walk(plan, name, frozenset(members)).block(body, NOTHING)


@dataclass
class _Jumps:
    """What is lost where a loop is left or begun anew."""

    breaks: Lost = NOTHING
    continues: Lost = NOTHING


@dataclass
class _Walk:
    """One walk; a set holds the variables that are lost, None stands for code that is not reached."""

    plan: Plan
    name: str
    members: Lost
    captured: Lost = NOTHING
    loops: list[_Jumps] = field(default_factory=list)
    seen: list[Lost] = field(default_factory=list)

    def block(self, statements: Iterable[ast.stmt], lost: Lost | None) -> Lost | None:
        """What is lost after the statements."""
        for statement in statements:
            if lost is None:
                return None
            lost = self._statement(statement, lost)
        return lost

    def _statement(self, node: ast.stmt, lost: Lost) -> Lost | None:
        self._mark(lost)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.captured |= self._variables(ast.walk(node))
                self._check_captured(node, lost)
                return lost
            case ast.If(test=test, body=body, orelse=orelse):
                self._read([test], lost)
                return _joined([self.block(body, lost), self.block(orelse, lost)])
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, lost)
            case ast.Try() | ast.TryStar():
                return self._try(node, lost)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                self._read([item.context_expr for item in items], lost)
                return self._with(items, body, lost)
            case ast.Match(subject=subject, cases=cases):
                self._read([subject, *(case.guard for case in cases if case.guard)], lost)
                return _joined([lost, *(self.block(case.body, lost) for case in cases)])
            case ast.Break() | ast.Continue():
                self._jump(node, lost)
                return None
            case ast.Return() | ast.Raise():
                self._read([node], lost)
                return None
            case _:
                return self._simple(node, lost)

    def _simple(self, node: ast.stmt, lost: Lost) -> Lost:
        """An assignment or an expression: what it reads, then what it binds."""
        source = self._alias(node)
        if source is None:
            self._read([node], lost)
        stored = self._variables(ast.walk(node), ast.Store)
        if self._defines(node):
            stored, lost = NOTHING, self.members
        elif stored and self._keeps_object(node, source):
            lost = lost | stored if source in lost else lost - stored
        elif stored:
            lost = (lost | self.members) - stored
        self._check_captured(node, lost)
        self._mark(lost)
        return lost

    def _alias(self, node: ast.stmt) -> Variable | None:
        """The member that a plain `a = b` or `a = b.params` gives another name to; the line will go."""
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            return None
        value = node.value
        if value in self.plan.facts.snapshots:
            return None
        site = self.plan.facts.sites.get(value) if value else None
        if isinstance(site, ViewState) and not site.own:
            value = site.params
        while isinstance(
            site := self.plan.facts.sites.get(value) if value else None, (ReadState, ParamsItem, SameTree)
        ):
            value = site.tree if isinstance(site, SameTree) else site.node.value
        variable = self._variable(value) if isinstance(value, ast.Name) else None
        return variable if variable in self.members else None

    def _keeps_object(self, node: ast.stmt, source: Variable | None) -> bool:
        """Whether the statement binds no new model: it names one anew, updates it, or adds an optimizer."""
        if source is not None:
            return True
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        site = self.plan.facts.sites.get(value) if value is not None else None
        if isinstance(node, ast.Assign) and isinstance(self.plan.facts.sites.get(node.targets[0]), RenewTree):
            return True
        if isinstance(site, ApplyUpdates | UpdateModel):
            return isinstance(site.params if isinstance(site, ApplyUpdates) else site.optimizer, ast.Name)
        if isinstance(site, ApplyGradients | ReplaceStats | ReplaceTrees) or (
            isinstance(site, ViewState) and site.own
        ):
            return isinstance(site.state, ast.Name)
        if isinstance(site, LoadState):
            return site.in_place and isinstance(site.state, ast.Name)
        if not isinstance(site, CreateState) or site.copied:
            return False
        return bool(self._variables(ast.walk(site.params)))

    def _defines(self, node: ast.stmt) -> bool:
        """Whether this is where the model itself will be built, under the name of its definition."""
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            return False
        variable = self._variable(node.targets[0])
        definition = variable is not None and self.plan.roles.role.get(variable) == "definition"
        return definition and node.targets[0].id == self.name

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, lost: Lost) -> Lost | None:
        header = node.test if isinstance(node, ast.While) else node.iter
        while True:
            self._read([header], lost)
            self.loops.append(_Jumps())
            end = self.block(node.body, lost)
            jumps = self.loops.pop()
            again = lost | (end or NOTHING) | jumps.continues
            if again == lost:
                break
            lost = again
        return _joined([self.block(node.orelse, lost), lost | jumps.breaks])

    def _jump(self, node: ast.Break | ast.Continue, lost: Lost) -> None:
        if self.loops and isinstance(node, ast.Break):
            self.loops[-1].breaks |= lost
        elif self.loops:
            self.loops[-1].continues |= lost

    def _try(self, node: ast.Try | ast.TryStar, lost: Lost) -> Lost | None:
        start = len(self.seen)
        end = self.block([*node.body, *node.orelse], lost)
        broken = lost.union(*self.seen[start:])
        ends = [end, *(self.block(handler.body, broken) for handler in node.handlers)]
        result = _joined(ends)
        self.block(node.finalbody, lost.union(*self.seen[start:]))
        return self.block(node.finalbody, result)

    def _with(self, items: list[ast.withitem], body: list[ast.stmt], lost: Lost) -> Lost | None:
        start = len(self.seen)
        end = self.block(body, lost)
        broken = any(swallows(self.plan.facts, item.context_expr) for item in items)
        return lost.union(*self.seen[start:]) if broken else end

    def _read(self, nodes: Iterable[ast.AST], lost: Lost) -> None:
        for root in nodes:
            for node in ast.walk(root):
                if isinstance(node, ast.Lambda):
                    self.captured |= self._variables(ast.walk(node))
                if self._is_read(node) and self._variable(node) in lost:
                    raise Blocked(node, "LNX011", MESSAGE.format(getattr(node, "id", "")))

    def _check_captured(self, node: ast.AST, lost: Lost) -> None:
        for variable in sorted(lost & self.captured, key=lambda v: v.name):
            message = (
                f"`{variable.name}` is read by a function while the name it would share holds another model"
            )
            raise Blocked(node, "LNX011", message)

    def _is_read(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            return False
        site = self.plan.facts.sites.get(self.plan.parent(node))
        return not (isinstance(site, ReadState) and site.field == "apply_fn")

    def _variables(self, nodes: Iterable[ast.AST], context: type = ast.Load) -> Lost:
        """The members that the names among the nodes read or bind."""
        named = (n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, context))
        found = (self._variable(n) for n in named if context is ast.Store or self._is_read(n))
        return frozenset(variable for variable in found if variable in self.members)

    def _variable(self, node: ast.AST) -> Variable | None:
        return self.plan.facts.scopes.variable(node, node.id) if isinstance(node, ast.Name) else None

    def _mark(self, lost: Lost) -> None:
        self.seen.append(lost)


def _joined(ends: Iterable[Lost | None]) -> Lost | None:
    live = [end for end in ends if end is not None]
    return NOTHING.union(*live) if live else None
