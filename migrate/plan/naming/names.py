"""The names of model and optimizer in each scope.

A name is taken from what the program calls things already; which variables there are, and what they
stand for, never depends on a name.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Group, State, Tokens
from migrate.analysis.objects.libraries import extends_library
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.sites import CreateState, Init, ParamsItem, ReadState, SameTree
from migrate.analysis.training.same_trees import rest_and_tree
from migrate.analysis.training.snapshots import is_apart, is_snapshot
from migrate.plan.blocked import Blocked
from migrate.plan.functions.roles import Roles, is_parameter
from migrate.plan.training.carries import carried
from migrate.plan.training.definitions import Definitions
from migrate.plan.training.lasting_params import is_beside, lasts
from migrate.plan.training.member_names import PREFIX, family, is_attribute, is_member, other_use
from migrate.plan.training.transformations import Transformations

STATE = re.compile(r"^(?P<before>.*?)_?(?:train(?:ing)?_?)?(?:state|ts)_?(?P<after>\w*)$", re.IGNORECASE)
PARAMS = re.compile(r"^(?P<before>.*?)_?(?:params|variables|weights|vars)_?(?P<after>\w*)$", re.IGNORECASE)
OPTIMIZER = re.compile(
    r"^(?P<before>.*?)_?(?:opt(?:im(?:i[sz]er|izer)?)?_?(?:states?)?|state)_?(?P<after>\w*)$", re.IGNORECASE
)
PATTERNS = {"state": STATE, "model": PARAMS, "optimizer": OPTIMIZER}
ADJECTIVES = frozenset(
    {"new", "old", "best", "init", "initial", "prev", "previous", "next", "last", "final", "updated"}
    | {"loaded", "restored", "saved"}
)


@dataclass(frozen=True)
class Names:
    """What a train state becomes in one scope."""

    model: str
    optimizer: str


def proposed(name: str, pattern: re.Pattern[str]) -> Names:
    """Names for a variable, from its own: `actor_state` gives `actor` and `actor_optimizer`."""
    match = pattern.match(name)
    if match is None:
        return Names("model", "optimizer") if pattern is PARAMS else Names(name, f"{name}_optimizer")
    if not match["before"] and match["after"] == "s":
        return Names("models", "optimizers")
    stem = match["before"].strip("_") or match["after"]
    if not stem:
        return Names("model", "optimizer")
    if stem.isdigit():
        return Names(f"model{stem}", f"optimizer{stem}")
    if stem.lower() in ADJECTIVES or hasattr(builtins, stem):
        return Names(f"{stem}_model", f"{stem}_optimizer")
    return Names(stem, f"{stem}_optimizer")


class Naming:
    """Names by variable, for one component."""

    def __init__(
        self, facts: Facts, roles: Roles, definitions: Definitions, transformations: Transformations
    ) -> None:
        self._facts = facts
        self._roles = roles
        self._definitions = definitions
        going = transformations.dropped | transformations.renamable
        self._going = {id(node) for variable in going for node in facts.scopes.names(variable)}
        self._going |= {id(arg) for variable in transformations.dropped for arg in _arguments(variable)}
        self._known: dict[Variable, Names] = {}
        self._pending: set[Variable] = set()

    def of(self, variable: Variable) -> Names:
        """The names that stand for `variable` and all that is one object with it."""
        if variable not in self._known:
            group = self._group(variable)
            names = self._choose(group)
            self._known |= dict.fromkeys(group, names)
        return self._known[variable]

    def settle(self) -> None:
        """Choose every name, and check that no two things get one."""
        taken: dict[tuple[ast.AST, str], Tokens] = {}
        for variable, role in self._roles.role.items():
            if role not in PATTERNS:
                continue
            names = self.of(variable)
            tokens = self._roles.tokens[variable]
            for name in [names.model, names.optimizer] if role == "state" else [names.model]:
                self._check_free(variable, name)
                known = taken.setdefault((variable.scope, name), tokens)
                if not known & tokens:
                    node = self._roles.nodes[variable][0]
                    raise Blocked(node, "LNX018", f"two models in one scope would both be called `{name}`")
                taken[variable.scope, name] = known | tokens

    def model_in(self, node: ast.expr) -> str | None:
        """The name of the model that an expression's parameters belong to, if it has one there."""
        site = self._facts.sites.get(node)
        match node, site:
            case _, ReadState(node=ast.Attribute(value=value)) | ParamsItem(node=ast.Subscript(value=value)):
                return self.model_in(value)
            case _, SameTree(tree=tree):
                return self.model_in(tree)
            case _, Init():
                return self.initialised(site)
            case _, CreateState(params=params, copied=copied):
                return None if copied else self.model_in(params)
            case ast.Dict(values=[value]), _:
                return self.model_in(value)
            case ast.Name(id=name), _:
                variable = self._facts.scopes.variable(node, name)
                known = variable in self._roles.role and variable not in self._pending
                return self.of(variable).model if variable and known else None
            case _:
                return None

    def initialised(self, site: Init) -> str | None:
        """The name that the model gets where it is initialised, if the definition's name is free for it."""
        match site.init:
            case ast.Attribute(value=ast.Name(id=name) as node):
                variable = self._facts.scopes.variable(node, name)
                if variable is not None and is_member(variable):
                    name = variable.name
                if is_beside(self._facts, site):
                    return None
                apart = self._definitions.bridged or site.node in self._definitions.apart
                taken = apart and variable not in self._definitions.rebound
                return None if taken else self._without_definition(node, name) if apart else name
            case _:
                return None

    def _without_definition(self, node: ast.Name, name: str) -> str:
        """`critic` for the model of `critic_def`, where nothing else is called so."""
        scopes, stem = self._facts.scopes, name.removesuffix("_def")
        if not stem.isidentifier() or iskeyword(stem) or hasattr(builtins, stem):
            return name
        function = scopes.function(node)
        mentions = scopes.mentions(scopes.module(node), stem)
        inside = any(function in scopes.enclosing(scopes.scope[mention]) for mention in mentions)
        return name if inside or scopes.variable(node, stem) is not None else stem

    def _group(self, variable: Variable) -> list[Variable]:
        root = self._roles.groups.find(variable)
        return [v for v in self._roles.role if self._roles.groups.find(v) == root]

    def _choose(self, group: list[Variable]) -> Names:
        self._pending.update(group)
        found = {name for variable in group for name in self._structural(variable)}
        self._pending.difference_update(group)
        shortest = min(group, key=lambda v: (len(v.name), v.name))
        role = self._roles.role[shortest]
        if role == "optimizer":
            return self._optimizer(group, shortest)
        names = proposed(shortest.name.removeprefix(PREFIX), STATE if role == "state" else PARAMS)
        if names.model == "model" and any(self._are_several(variable) for variable in group):
            names = Names("models", names.optimizer)
        if names.model == "model" and role == "model" and is_snapshot(self._facts, shortest):
            names = Names(shortest.name, f"{shortest.name}_optimizer")
        if is_member(shortest):
            names = Names(f"{PREFIX}{names.model}", f"{PREFIX}{names.optimizer}")
        if names.model == shortest.name and shortest in carried(self._facts):
            names = Names("model", "optimizer")
        if len(found) > 1:
            node = self._roles.nodes[shortest][0]
            raise Blocked(node, "LNX018", f"`{shortest.name}` holds different models at different times")
        if is_member(shortest):
            return self._of_member(group, Names(next(iter(found), names.model), names.optimizer))
        if found:
            return Names(next(iter(found)), names.optimizer)
        return Names(self._free(group, names.model), names.optimizer) if self._definitions.kept else names

    def _are_several(self, variable: Variable) -> bool:
        """Whether a variable stands for several models that are trained as one."""
        scope, name = variable.scope, variable.name
        values = [self._facts.values.get(node) for node in self._roles.nodes[variable]]
        values += [self._facts.parameters.get((scope, name))] if isinstance(scope, FUNCTIONS) else []
        return any(isinstance(v, Group) or (isinstance(v, State) and v.group) for v in values)

    def _optimizer(self, group: list[Variable], shortest: Variable) -> Names:
        """One name, in both places: such a variable is one object."""
        own = shortest.name.removeprefix(PREFIX)
        name = proposed(own, OPTIMIZER).optimizer if OPTIMIZER.match(own) else "optimizer"
        if is_member(shortest):
            first = f"{PREFIX}{name}" if not self._may_inherit(shortest) else f"{PREFIX}nnx_{name}"
            name = self._free(group, first, f"{PREFIX}nnx_{name}")
            return Names(name, name)
        name = self._free(group, name)
        return Names(name, name)

    def _of_member(self, group: list[Variable], names: Names) -> Names:
        """Names of attributes that nothing else of the objects has."""
        if self._may_inherit(group[0]):
            names = self._from_own(group, names)
        model = names.model if names.model.startswith(PREFIX) else f"{PREFIX}{names.model}"
        model = self._free(group, model, f"{PREFIX}nnx_{model.removeprefix(PREFIX)}")
        return Names(model, self._free(group, names.optimizer, f"{model}_optimizer"))

    def _may_inherit(self, variable: Variable) -> bool:
        """Whether the objects may have attributes of a library, whose names are not known."""
        return any(extends_library(self._facts.classes[c]) for c in family(self._facts, variable.scope))

    def _from_own(self, group: list[Variable], names: Names) -> Names:
        """Names that hold one of the project's own attributes in them, or are one."""
        shortest = min(group, key=lambda v: (len(v.name), v.name))
        stem = names.optimizer.removeprefix(PREFIX).removesuffix("optimizer").strip("_")
        stem = stem or shortest.name.removeprefix(PREFIX)
        own = {f"{PREFIX}{m.attribute}" for m in self._facts.scopes.members.values()}
        model = names.model if names.model in own else f"{PREFIX}{stem}_model"
        return Names(model, f"{PREFIX}{stem}_optimizer")

    def _free(self, group: list[Variable], name: str, other: str | None = None) -> str:
        """A name for a model beside its definition, which may have the best one already."""
        for candidate in (name, other or f"nnx_{name}"):
            if not any(self._is_taken(variable, candidate) for variable in group):
                return candidate
        return name

    def _is_taken(self, variable: Variable, name: str) -> bool:
        try:
            self._check_free(variable, name)
        except Blocked:
            return True
        return False

    def _structural(self, variable: Variable) -> Iterator[str]:
        """The model names that the program's own structure gives."""
        if is_parameter(variable):
            if self._roles.role[variable] == "model":
                yield from self._from_nested_calls(variable)
            return
        if self._roles.role[variable] == "model" and lasts(self._facts, variable):
            return
        for node in self._roles.nodes[variable]:
            statement = self._facts.scopes.statement(node)
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                targets = [rest_and_tree(self._facts.scopes, statement.value) or targets[0], *targets[1:]]
                name = self.model_in(statement.value) if targets == [node] else None
                if name is not None and not self._by_itself(variable, statement.value):
                    yield name

    def _by_itself(self, variable: Variable, value: ast.expr) -> bool:
        """Whether a model goes over between an attribute and a name, which both keep names of their own."""
        if (is_member(variable) and isinstance(value, ast.Name)) or is_apart(self._facts, value):
            return True
        while isinstance(site := self._facts.sites.get(value), (ReadState, ParamsItem)):
            value = site.node.value
        return is_attribute(self._facts, value)

    def _from_nested_calls(self, variable: Variable) -> Iterator[str]:
        """A function inside the scope of its callers calls the model as they do."""
        scope = self._facts.scopes.function(variable.scope)
        if isinstance(scope, ast.Module) and not isinstance(variable.scope, ast.Lambda):
            return
        names = set()
        for bindings in self._facts.bindings.values():
            for function, binding in bindings.items():
                if function is variable.scope:
                    arguments = dict(binding.arguments)
                    if variable.name in arguments:
                        name = self.model_in(arguments[variable.name])
                        names.add(None if name is None or name.startswith(PREFIX) else name)
        if len(names) == 1 and (name := names.pop()) is not None:
            yield name

    def _check_free(self, variable: Variable, name: str) -> None:
        """The name must not belong to something else that is still needed in the scope."""
        staying = self._definitions.kept - self._definitions.rebound
        staying |= {variable for variable, role in self._roles.role.items() if role == "holder"}
        replaced = {id(node) for v, nodes in self._roles.nodes.items() if v not in staying for node in nodes}
        replaced |= self._going
        scopes = self._facts.scopes
        if is_member(variable):
            if (other := other_use(self._facts, variable, name, replaced)) is not None:
                message = f"the name `{name}` that the model or optimizer would get is taken here"
                raise Blocked(other, "LNX018", message)
            return
        for node in scopes.mentions(scopes.module(variable.scope), name):
            inside = variable.scope in scopes.enclosing(scopes.scope[node])
            if inside and id(node) not in replaced and not self._harmless(variable, node, name):
                message = f"the name `{name}` that the model or optimizer would get is taken here"
                raise Blocked(node, "LNX018", message)

    def _harmless(self, variable: Variable, node: ast.AST, name: str) -> bool:
        """Whether the other use of the name is local further in, or over where the variable begins."""
        scopes = self._facts.scopes
        other = scopes.variable(node, name)
        if other is not None and other.scope is not variable.scope:
            return variable.scope in [*scopes.enclosing(other.scope)][1:]
        if other is None or not isinstance(node, ast.Name) or scopes.scope[node] is not variable.scope:
            return False
        first = min(self._roles.nodes[variable], key=lambda n: (n.lineno, n.col_offset))
        if isinstance(first, ast.arg):
            return False
        begin = scopes.statement(first)
        looped = isinstance(scopes.parent[begin], (ast.For, ast.While, ast.AsyncFor))
        return not looped and node.lineno <= (begin.end_lineno or begin.lineno)


def _arguments(variable: Variable) -> list[ast.arg]:
    """The nodes that declare a parameter."""
    assert isinstance(variable.scope, FUNCTIONS)
    every = ast.walk(variable.scope.args)
    return [node for node in every if isinstance(node, ast.arg) and node.arg == variable.name]
