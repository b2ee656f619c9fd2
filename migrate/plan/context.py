"""What a rule works with: the facts, the names of its component, and the edits it adds to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    Class,
    Dict,
    Group,
    Holder,
    Instance,
    Optimizer,
    Params,
    State,
    Symbol,
    Variables,
)
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.scopes import Variable
from migrate.analysis.run import instances_of
from migrate.analysis.sites import (
    CreateHolder,
    CreateState,
    Init,
    ParamsItem,
    ReadHolder,
    ReadItem,
    ReadRecord,
    ReadState,
    Replicate,
    SameTree,
    Site,
)
from migrate.plan.blocked import Blocked
from migrate.plan.components import ComponentFacts
from migrate.plan.functions.roles import Roles
from migrate.plan.modules.drafts import Draft
from migrate.plan.naming.names import STATE, Names, Naming, proposed
from migrate.plan.training.definitions import Definitions
from migrate.plan.training.holders import field_name
from migrate.plan.training.lasting_params import is_beside
from migrate.plan.training.member_names import written_at
from migrate.plan.training.records import new_names
from migrate.plan.training.transformations import Transformations
from migrate.plan.training.variable_dicts import display_of
from migrate.result import Style
from migrate.rewrite.edits import Edits


@dataclass
class Plan:
    """The plan of one component while the rules fill it."""

    facts: Facts
    component: ComponentFacts
    style: Style
    roles: Roles
    naming: Naming
    needs: dict[Variable, frozenset[str]]
    definitions: Definitions
    transformations: Transformations
    edits: Edits = field(default_factory=Edits)
    claimed: set[ast.AST] = field(default_factory=set)
    drafts: dict[ast.ClassDef, Draft] = field(default_factory=dict)
    drafting: set[ast.ClassDef] = field(default_factory=set)
    drawing: dict[ast.ClassDef, set[str]] = field(default_factory=dict)

    @property
    def bridged(self) -> bool:
        """Whether the modules stay Linen and are wrapped."""
        return self.definitions.bridged

    def parent(self, node: ast.AST) -> ast.AST:
        """The node that holds `node`."""
        return self.facts.scopes.parent[node]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that holds `node`."""
        return self.facts.scopes.statement(node)

    def site(self, node: ast.AST) -> Site | None:
        """The site at `node`, if it is one."""
        return self.facts.sites.get(node)

    def names(self, node: ast.Name) -> Names:
        """The names that stand for the variable that `node` names."""
        variable = self.facts.scopes.variable(node, node.id)
        assert variable is not None
        if variable not in self.roles.role:
            raise Blocked(
                node, "LNX010", f"`{node.id}` holds parameters in a dict: write the dict at the call"
            )
        names = self.naming.of(variable)
        return Names(*(written_at(self.facts, node, name) for name in (names.model, names.optimizer)))

    def model_of(self, node: ast.expr) -> str:
        """The name of the model whose parameters, variables or state `node` is."""
        self.check_fresh(node)
        return self.name_of(node)

    def name_of(self, node: ast.expr) -> str:
        """The name of the model, also where it has been updated since: the place of the old one is known."""
        site = self.site(node)
        if self.is_item(node):
            return f"{self.place(node)}[0]"
        match node, site:
            case _, ReadHolder(node=ast.Attribute(value=inner), field=name):
                return f"{self.written(inner)}.{'model' if name == 'params' else field_name(name)}"
            case ast.Attribute(), ReadRecord():
                return self._field(site)
            case ast.Subscript(value=inner, slice=index), ReadItem():
                return f"{self.model_of(inner)}[{self.facts.files.segment(index)}]"
            case ast.Name(), _ if isinstance(self.facts.values.get(node), Dict):
                return self.model_of(display_of(self.facts, node))
            case ast.Name(), _:
                names = self.names(node)
                self._check_visible(node, names.model)
                return names.model
            case _, (
                ReadState(node=ast.Attribute(value=inner)) | ParamsItem(node=ast.Subscript(value=inner))
            ):
                return self.model_of(inner)
            case _, SameTree(tree=inner):
                return self.model_of(inner)
            case ast.Dict(values=[inner, *others]), _ if len(others) < 2:
                return self.model_of(inner)
            case _, Init():
                return self._name_of_initialised(node, site)
            case _:
                raise Blocked(node, "LNX010", "the model that these parameters belong to has no name here")

    def _name_of_initialised(self, node: ast.expr, site: Init) -> str:
        """What the model of an `init` in the middle of an expression is called."""
        if (name := self.naming.initialised(site)) is not None:
            callee = site.init
            assert isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name)
            return written_at(self.facts, callee.value, name)
        statement = self.statement(node)
        match statement:
            case ast.Assign(targets=[ast.Name() as target]) if isinstance(self.facts.values[target], State):
                return self.names(target).model
            case ast.Assign(targets=[ast.Name() as target]) if is_beside(self.facts, site):
                return self.names(target).model
            case ast.Return() | ast.Assign(targets=[ast.Name()]):
                return self.unused_name(node)
            case _:
                raise Blocked(node, "LNX010", "the model that these parameters belong to has no name here")

    def unused_name(self, node: ast.expr) -> str:
        """A name for the one model, or the several, that are initialised inside the creation of a state."""
        scopes = self.facts.scopes
        function = scopes.function(node)
        creations = (s for s in self.component.sites if isinstance(s, (CreateState, CreateHolder)))
        several = {s.node for s in self.component.sites if isinstance(s, CreateState) and s.group is not None}
        here = [s for s in creations if scopes.function(s.node) is function]
        inline = [s for s in here if s.node in several or _calls(s.params)]
        given = {n for v in self.roles.role if v.scope is function for n in self._given(v)}
        candidates = ("model", "nnx_model") if len(inline) == 1 else (self._named_after_target(node),)
        for name in ("models",) if node in several else candidates:
            mentions = scopes.mentions(scopes.module(node), name)
            inside = [n for n in mentions if function in scopes.enclosing(scopes.scope[n])]
            if name and not inside and name not in given:
                return name
        raise Blocked(node, "LNX010", "the model that these parameters belong to has no name here")

    def _named_after_target(self, node: ast.expr) -> str:
        """`actor_model` for what becomes part of `actor_state`."""
        match self.statement(node):
            case ast.Assign(targets=[ast.Name(id=name)]):
                stem = proposed(name.rpartition(".")[2], STATE).model
                return f"{stem}_model" if stem != "model" else ""
            case _:
                return ""

    def optimizer_of(self, node: ast.expr) -> str:
        """The name of the optimizer of the train state, or the optimizer state, `node`."""
        self.check_fresh(node)
        self._check_whole(node)
        if isinstance(self.facts.values.get(node), Holder):
            return f"{self.written(node)}.optimizer"
        if self.is_item(node):
            return f"{self.place(node)}[1]"
        if isinstance(site := self.site(node), ReadRecord):
            return self._field(site)
        if isinstance(node, ast.Name):
            names = self.names(node)
            self._check_visible(node, names.optimizer)
            return names.optimizer
        raise Blocked(node, "LNX010", "the optimizer of this train state has no name here")

    def _check_whole(self, node: ast.expr) -> None:
        """Raise `Blocked` for a state that stands for its model alone."""
        value = self.facts.values.get(node)
        if isinstance(value, State) and value.view:
            message = "a train state that was made for its parameters or `apply_fn` alone goes on as a whole"
            raise Blocked(node, "LNX012", message)

    def is_bare(self, node: ast.expr) -> bool:
        """Whether a train state may have been made without an optimizer."""
        value = self.facts.values.get(node)
        return isinstance(value, State) and value.bare

    def is_item(self, node: ast.expr) -> bool:
        """Whether a train state is read from a tuple, a dict or a record, which hold it as a pair."""
        held = isinstance(node, ast.Subscript) or isinstance(self.site(node), ReadRecord)
        return held and isinstance(self.facts.values.get(node), State)

    def place(self, node: ast.expr) -> str:
        """An item as the program reads it, where model and optimizer stand now."""
        base = node
        while isinstance(base, ast.Subscript | ast.Attribute) and self._is_way(base):
            base = base.value
        copied = isinstance(site := self.site(base), Replicate) and isinstance(site.tree, ast.Name)
        if not isinstance(base, ast.Name) and not copied:
            raise Blocked(node, "LNX010", "a train state is read inside an expression: name it first")
        return self.facts.files.segment(node)

    def _is_way(self, node: ast.Subscript | ast.Attribute) -> bool:
        if isinstance(node, ast.Attribute):
            return isinstance(self.site(node), ReadRecord)
        return isinstance(node.slice, (ast.Constant, ast.UnaryOp))

    def _field(self, site: ReadRecord) -> str:
        """A field of a record under its new name."""
        if isinstance(self.facts.values.get(site.node.value), Group):
            return f"{self.model_of(site.node.value)}.{new_names(self.facts, site.cls)[site.field]}"
        if not isinstance(site.node.value, ast.Name):
            raise Blocked(site.node, "LNX010", "a record is read inside an expression: name it first")
        return f"{site.node.value.id}.{new_names(self.facts, site.cls)[site.field]}"

    def written(self, node: ast.expr) -> str:
        """A train state that stays one value, as the program names it."""
        if not isinstance(node, ast.Name):
            raise Blocked(node, "LNX010", "a train state is read inside an expression: name it first")
        return node.id

    def type_of(self, instances: frozenset[Instance], node: ast.AST) -> str:
        """The NNX type of a set of definitions, as it can be written at `node`."""
        names = {self._type_name(instance, node) for instance in instances}
        name = names.pop() if len(names) == 1 else None
        return name or "nnx.Module"

    def _type_name(self, instance: Instance, node: ast.AST) -> str | None:
        if self.bridged:
            return None
        match instance.cls:
            case Symbol(name):
                plain = name in LAYERS and LAYERS[name].helper is None
                return f"nnx.{LAYERS[name].target}" if plain else None
            case Class(definition):
                return self.class_name(definition, node)

    def class_name(self, definition: ast.ClassDef, node: ast.AST) -> str | None:
        """What a class of the project is called in the file of `node`."""
        file = self.facts.file(node)
        if self.facts.file(definition) is file:
            return definition.name
        return next((name for name, known in file.classes.items() if known is definition), None)

    def instances(self, node: ast.AST) -> frozenset[Instance]:
        """The definitions that a node's value stands for."""
        return instances_of(self.facts.values[node])

    def check_fresh(self, node: ast.expr) -> None:
        """Raise `Blocked` where a value is read that an update has left behind."""
        value = self.facts.values.get(node)
        if isinstance(value, (State, Holder, Params, Variables, Group, Optimizer)) and value.stale:
            message = "the old value is used here after the update; an NNX object would show the new one"
            raise Blocked(node, "LNX011", message)

    def _check_visible(self, node: ast.Name, name: str) -> None:
        """No scope between the use and the variable may give its new name to something else."""
        scopes = self.facts.scopes
        variable = scopes.variable(node, node.id)
        for scope in scopes.enclosing(scopes.scope[node]):
            if variable is None or scope is variable.scope:
                return
            theirs = {n for other in self.roles.role if other.scope is scope for n in self._given(other)}
            seen = not isinstance(scope, ast.ClassDef) or scope is scopes.scope[node]
            if name in theirs or (seen and name in scopes.bound[scope]):
                message = f"`{name}` of the enclosing function is needed where `{name}` is something else"
                raise Blocked(node, "LNX018", message)

    def _given(self, variable: Variable) -> set[str]:
        """The names that a variable will have."""
        role = self.roles.role[variable]
        names = self.naming.of(variable) if role in {"state", "model", "optimizer"} else None
        if names is None:
            return set()
        return {names.model, names.optimizer} if role == "state" else {names.model}


def _calls(node: ast.expr) -> bool:
    """Whether parameters are made on the spot: `net.init(key, x)["params"]`."""
    return isinstance(node.value if isinstance(node, ast.Subscript) else node, ast.Call)
