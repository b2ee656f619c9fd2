"""The state of one interpretation: the stack of frames, what may be updated, and the facts so far."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from collections.abc import Sequence as Items
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from migrate.analysis.ageing import renamed
from migrate.analysis.facts import Facts
from migrate.analysis.frames import Frame
from migrate.analysis.kinds import (
    NO_TOKENS,
    ApplyFn,
    Batched,
    Bound,
    BoundFunction,
    BoundModel,
    Class,
    Collected,
    Dict,
    Function,
    Grad,
    Grads,
    Instance,
    Jit,
    Loop,
    Method,
    Mixed,
    Partial,
    SavedState,
    Sequence,
    Thing,
    Token,
    Tokens,
    Value,
    Wrapped,
    followed,
    parts,
    tokens_of,
)
from migrate.analysis.nnx_code.nnx_kinds import Tracking
from migrate.analysis.objects import heap
from migrate.analysis.program.project import Modules
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.words import described
from migrate.result import Style

DEPTH = 40
BUDGET = 200_000


class TooComplex(Exception):
    """The project takes more steps to interpret than is reasonable."""


@dataclass(frozen=True)
class Hooks:
    """The parts of the interpreter that call one another, tied together where a run begins."""

    evaluate: Callable[[Run, ast.expr], Value]
    execute: Callable[[Run, Items[ast.stmt]], None]
    assign: Callable[[Run, ast.expr, Value], None]
    invoke: Callable[[Run, Value, Any], Value]


@dataclass(frozen=True)
class Guard:
    """A block that an exception may leave; `ways` are the variables at each place where it may."""

    frame: Frame
    ways: list[dict[str, Value]] = field(default_factory=list)


@dataclass
class Run:
    """One interpretation of a project."""

    facts: Facts
    style: Style
    hooks: Hooks
    modules: Modules
    module_frames: dict[str, Frame] = field(default_factory=dict)
    stack: list[Frame] = field(default_factory=list)
    frozen: list[Tokens] = field(default_factory=list)
    active: list[ast.AST] = field(default_factory=list)
    entered: set[ast.AST] = field(default_factory=set)
    definitions: dict[ast.AST, Function] = field(default_factory=dict)
    owner: Class | None = None
    counters: dict[str, Size] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    turning: tuple[ast.Call, frozenset[str]] | None = None
    tests: list[str | None] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    learnt: dict[str, int] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    pending: dict[ast.ClassDef, Class] = field(default_factory=dict)
    reading: set[ast.ClassDef] = field(default_factory=set)
    beside: bool = False
    beside_methods: set[ast.AST] = field(default_factory=set)
    steps: int = 0
    quiet: dict[Hashable, Value] = field(default_factory=dict)
    closures: set[Frame] = field(default_factory=set)
    kept: dict[ast.AST, Function] = field(default_factory=dict)
    decorated: dict[FunctionNode, ast.expr] = field(default_factory=dict)
    guarded: list[Guard] = field(default_factory=list)
    updated: list[set[Token]] = field(default_factory=list)
    differentiated: list[Tokens] = field(default_factory=list)
    nnx: Tracking = field(default_factory=Tracking)
    families: Mapping[ast.AST, ast.ClassDef] = field(default_factory=dict)
    bodies: dict[ast.ClassDef, dict[str, Value]] = field(default_factory=dict)
    things: dict[ast.ClassDef, set[Thing]] = field(default_factory=lambda: defaultdict(set))
    bare: set[tuple[ast.ClassDef, str]] = field(default_factory=set)
    repeated: set[Thing] = field(default_factory=set)
    rested: set[ast.ClassDef] = field(default_factory=set)
    attributes_read: dict[str, list[ast.Attribute]] = field(default_factory=dict)
    both_sides: dict[ast.IfExp, bool] = field(default_factory=dict)
    taken: set[tuple[ast.If | ast.IfExp, bool]] = field(default_factory=set)
    skipped: dict[tuple[ast.If | ast.IfExp, bool], Any] = field(default_factory=dict)
    resting: dict[tuple[ast.AST, ast.AST], tuple[Thing, Function]] = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """The frame that is running."""
        return self.stack[-1]

    def evaluate(self, node: ast.expr) -> Value:
        """The kind of an expression."""
        return self.hooks.evaluate(self, node)

    def execute(self, statements: Items[ast.stmt]) -> None:
        """Run statements in the current frame."""
        self.hooks.execute(self, statements)

    def assign(self, target: ast.expr, kind: Value) -> None:
        """Bind `kind` to a target."""
        self.hooks.assign(self, target, kind)

    def invoke(self, callee: Value, given: Any) -> Value:
        """What calling a value gives."""
        return self.hooks.invoke(self, callee, given)

    def begin_module(self, cls: Class) -> tuple[Any, ...]:
        """Start to read a module; what is known of the one outside of it is given back."""
        kept = (self.owner, self.counters, self.loops, self.tests, self.attributes, self.beside)
        sizes = (self.learnt, self.ranks)
        self.owner, self.counters, self.loops, self.tests = cls, {}, (), []
        self.attributes, self.learnt, self.beside = {}, {}, False
        return (*kept, *sizes)

    def end_module(self, kept: tuple[Any, ...]) -> None:
        """Go on with the module outside."""
        self.owner, self.counters, self.loops, self.tests, self.attributes, *rest = kept
        self.beside, self.learnt, self.ranks = rest

    def step(self) -> None:
        """Count one statement."""
        self.steps += 1
        if self.steps > BUDGET * max(1, len(self.module_frames)):
            raise TooComplex

    @contextmanager
    def entering(self, frame: Frame) -> Iterator[None]:
        """Run in `frame` for a while."""
        self.stack.append(frame)
        try:
            yield
        finally:
            self.stack.pop()

    @contextmanager
    def freezing(self, tokens: Tokens) -> Iterator[None]:
        """Inside a trace, what lies outside must not be updated."""
        self.frozen.append(tokens)
        try:
            yield
        finally:
            self.frozen.pop()

    @contextmanager
    def differentiating(self, tokens: Tokens = NO_TOKENS) -> Iterator[None]:
        """Inside, a gradient by these is taken; by none where a transform around would lose what changes."""
        self.differentiated.append(tokens)
        try:
            yield
        finally:
            self.differentiated.pop()

    def frames(self) -> set[Frame]:
        """Every frame that what runs now, or a closure, may read."""
        return {frame for entry in (*self.stack, *self.closures) for frame in entry.chain()}

    def visible(self) -> Tokens:
        """Every token that some live variable denotes."""
        frames = {frame for entry in self.stack for frame in entry.chain()}
        return frozenset().union(*(tokens_of(v) for frame in frames for v in frame.vars.values()))

    def origins_in_sight(self) -> dict[Token, frozenset[Instance]]:
        """The definitions that every such token comes from now."""
        return {token: known for token in self.visible() if (known := self.facts.origins.get(token))}

    def age(self, tokens: Tokens, stats: bool = False) -> None:
        """After an update: whatever still denotes the tokens is an old value, in closures too."""
        for collected in self.updated:
            collected |= tokens
        for frame in self.frames():
            frame.age(tokens, stats)

    def rename(self, names: dict[Token, Token]) -> None:
        """Let every live value that denotes one of the tokens denote its new name."""
        for frame in self.frames():
            frame.vars |= {name: renamed(value, names) for name, value in frame.vars.items()}
        self.frozen = [frozenset(names.get(t, t) for t in known) | known for known in self.frozen]

    def close_over(self, node: FunctionNode) -> Function:
        """The function that `node` makes here; its frame lives on in it."""
        function = Function(node, self.frame)
        self.closures.add(self.frame)
        return function

    def keep(self, *values: Value) -> None:
        """Remember functions that may be called when everything else has happened."""
        for value in values:
            for function in functions_in(value):
                self.kept[function.node] = function

    def note(self) -> None:
        """An exception may be raised here: remember what the guarded blocks would find."""
        for guard in self.guarded:
            way = guard.frame.vars | heap.of(heap.frame_of(self.frame).vars)
            if not guard.ways or guard.ways[-1] != way:
                guard.ways.append(way)

    @contextmanager
    def collecting(self) -> Iterator[set[Token]]:
        """The tokens that are updated inside."""
        self.updated.append(set())
        try:
            yield self.updated[-1]
        finally:
            self.updated.pop()

    @contextmanager
    def guarding(self) -> Iterator[Guard]:
        """Inside, an exception may be raised that does not end the frame."""
        guard = Guard(self.frame)
        self.guarded.append(guard)
        try:
            yield guard
        finally:
            self.guarded.pop()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Inside, an exception leaves everything as it was before."""
        guarded, self.guarded = self.guarded, []
        try:
            yield
        finally:
            self.guarded = guarded

    def escape(
        self, node: ast.AST, code: str, message: str, *values: Value, bridgeable: bool = False
    ) -> None:
        """Record that `values` reach a place that nothing covers, if any of them is followed.

        In the message, "a followed value" becomes what the first of them is.
        """
        lost = [value for value in values if followed(value)]
        if lost:
            self.facts.remapped |= {call for value in lost for call in made_leaf_by_leaf(value)}
            tokens: Tokens = frozenset().union(*(tokens_of(value) for value in lost))
            instances = frozenset().union(*(instances_of(value) for value in lost))
            said = message.replace("a followed value", described(lost[0]))
            definitions_only = bridgeable or all(is_definition(value) for value in lost)
            self.facts.escape(node, code, said, tokens, instances, bridgeable=definitions_only)


def is_definition(value: Value) -> bool:
    """Whether all that is followed in the value are module definitions, which stay what they are in Linen."""
    match value:
        case Instance():
            return True
        case Method(receiver, name):
            return name != "apply" and is_definition(receiver)
        case Sequence() | Collected() | Dict() | Mixed() | Partial():
            return all(is_definition(part) for part in parts(value) if followed(part))
        case _:
            return False


def functions_in(value: Value) -> Iterator[Function]:
    """The functions that a call of the value, or of a part of it, would run."""
    for function, _ in callables_in(value):
        yield function


def callables_in(value: Value, first: Value | None = None) -> Iterator[tuple[Function, Value | None]]:
    """The same functions, each with the first argument that it has already."""
    match value:
        case Function():
            yield value, first
        case Bound(object_or_class, function):
            yield from callables_in(function, object_or_class)
        case Partial(function) | Jit(function) | Grad(function) | Batched(function, _) | Wrapped(_, function):
            yield from callables_in(function, first)
        case Sequence() | Dict() | Mixed():
            for part in parts(value):
                yield from callables_in(part)
        case _:
            pass


def instances_of(value: Value) -> frozenset[Instance]:
    """The module definitions in a value."""
    match value:
        case Instance():
            return frozenset({value})
        case ApplyFn(instances) | BoundFunction(_, instances) | BoundModel(instances=instances):
            return instances
        case Method(receiver, _):
            return instances_of(receiver)
        case Mixed() | Partial() | Sequence() | Collected():
            return frozenset().union(*(instances_of(part) for part in parts(value)))
        case _:
            return frozenset()


def made_leaf_by_leaf(value: Value) -> Iterator[ast.Call]:
    """The calls that made what is in the value of parameters or states, leaf by leaf."""
    if isinstance(value, Grads | SavedState):
        yield from value.made
    for part in parts(value):
        yield from made_leaf_by_leaf(part)
