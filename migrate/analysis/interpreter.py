"""Statements: a small abstract interpreter that follows Linen values through a project.

Branches are run both ways and joined, loops until nothing changes, calls of the project's own
functions are entered with the kinds of their arguments. Every name that is not understood is
`Unknown`; every followed value that reaches something unknown is recorded as an escape.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass
from itertools import islice

from migrate.analysis import calls, decided, leftovers, unseen
from migrate.analysis.activation import given_back
from migrate.analysis.expressions import evaluate
from migrate.analysis.facts import Attributes, Facts
from migrate.analysis.frames import Frame, merge
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Cell,
    Class,
    Instance,
    Record,
    Results,
    Sequence,
    ShapeOf,
    Symbol,
    Thing,
    Token,
    Value,
    followed,
    tokens_of,
)
from migrate.analysis.modules import (
    branches,
    cells,
    changing_lists,
    collected,
    filled_sequences,
    item_inputs,
    layer_tuples,
    loops,
    named_lists,
    running_lists,
    sequences,
    unbuilt,
)
from migrate.analysis.modules import methods as modules
from migrate.analysis.nnx_code import nnx_bindings, nnx_contexts
from migrate.analysis.objects import empty_places, heap, members, resting, things
from migrate.analysis.program import imports
from migrate.analysis.program.imports import in_order_of_import, related, when_imported, when_started
from migrate.analysis.program.project import Modules
from migrate.analysis.program.scopes import FUNCTIONS, Scopes, Variable
from migrate.analysis.program.source import File, Files, Source
from migrate.analysis.run import Hooks, Run, TooComplex, instances_of, is_definition
from migrate.analysis.shapes import arrays
from migrate.analysis.training import compiled_apply, deleted, groups, snapshots
from migrate.analysis.words import described
from migrate.result import Place, Style

ROUNDS = 6
READINGS = 6
Several = Mapping[tuple[ast.ClassDef, str], frozenset[ast.ClassDef | str]]
"""Fields that are given several module classes of the project."""
"""How often a project is read at most; if that does not suffice, what is left is not followed."""


@dataclass(frozen=True)
class Project:
    """What is read, and how: texts and trees by their paths, and sizes that were traced."""

    texts: Mapping[str, str]
    trees: Mapping[str, ast.Module]
    style: Style
    traced: Mapping[Place, int]


def interpret(project: Project) -> Facts:
    """What a project means; its trees are changed where attributes have to be followed like names."""
    return _read_again(project, Attributes())


def reinterpret(facts: Facts, style: Style) -> Facts:
    """The same in the other style, with facts about the same nodes."""
    files = facts.files.by_path
    texts = {path: file.source.text for path, file in files.items()}
    trees = {path: file.tree for path, file in files.items()}
    return _read_again(Project(texts, trees, style, facts.traced), facts.attributes)


def _read_again(project: Project, known: Attributes) -> Facts:
    """Read the project, again as long as it shows attributes that have to be followed."""
    facts = _read(project, known)
    for _ in range(READINGS):
        more = members.read_again(facts, known, project.trees)
        if more is None:
            break
        known = more
        facts = _read(project, known)
    return facts


def _read(project: Project, known: Attributes) -> Facts:
    """Read the project, again where something was learnt that changes what was read before.

    That is a test that may go both ways, a map that gives something else, a name that gives a copy, or a
    field that is given one more class.
    """
    undecided: frozenset[ast.AST] = frozenset()
    remapped: frozenset[ast.AST] = frozenset()
    copies: dict[ast.expr, Variable] = {}
    several: Several = {}
    while True:
        facts = _run_all(project, known, undecided, remapped, copies, several)
        known_already = facts.undecided <= undecided and facts.remapped <= remapped
        if known_already and facts.snapshots.keys() <= copies.keys() and facts.several == several:
            return facts
        undecided, remapped = frozenset(facts.undecided), frozenset(facts.remapped)
        copies, several = facts.snapshots, facts.several


def _run_all(
    project: Project,
    known: Attributes,
    undecided: frozenset[ast.AST],
    remapped: frozenset[ast.AST],
    copies: Mapping[ast.expr, Variable],
    several: Several,
) -> Facts:
    """Run every module, those that are imported first, then every function that nothing has called."""
    texts, trees, style = project.texts, project.trees, project.style
    files = {path: File(path, Source(text), trees[path]) for path, text in texts.items()}
    scopes = Scopes(trees.values(), known.members)
    facts = Facts(Files(files, scopes), scopes, known, undecided={*undecided}, remapped={*remapped})
    facts.traced = project.traced
    facts.snapshots |= copies
    facts.several |= several
    run = Run(facts, style, Hooks(evaluate, run_block, assign, calls.invoke), Modules(texts))
    run.families = known.families
    try:
        ordered = in_order_of_import(files, run.modules)
        for file in ordered:
            frame = run.module_frames[file.path] = Frame(file.tree, None)
            with run.entering(frame):
                run_block(run, when_imported(file.tree))
            facts.exports[file.path] = frame.vars
        for file in ordered:
            with run.entering(run.module_frames[file.path]):
                run_block(run, when_started(file.tree))
        _run_uncalled(run)
        resting.run_called_by_libraries(run)
        empty_places.settle(run)
        resting.settle(run)
        _run_kept(run)
        _check_decorated(run)
        unseen.settle(run)
        modules.read_pending(run)
        unbuilt.read(run)
        leftovers.record(facts, run.entered)
        nnx_bindings.settle(run)
        if facts.partitioned_outside:
            facts.related = related(files, run.modules)
    except TooComplex:
        _give_up(run)
    return facts


def _give_up(run: Run) -> None:
    """Too many steps: nothing of the project is changed."""
    facts = run.facts
    linked = frozenset(item for link in facts.links for item in link if isinstance(item, Token))
    tokens = linked | frozenset(facts.origins)
    instances = frozenset().union(*facts.origins.values())
    tree = (
        facts.scopes.module(run.frame.scope) if run.stack else next(iter(facts.files.by_path.values())).tree
    )
    message = "this file takes too many steps to follow its values: split it"
    facts.escape(tree, "LNX904", message, tokens, instances)


def _run_uncalled(run: Run) -> None:
    """Run what nothing has called, callers before what they call, so that arguments are known there.

    Methods come last of those that nothing names: the functions of their module may well call them.
    """
    frames = [*run.module_frames.values()]
    order = {frame.scope: place for place, frame in enumerate(frames)}
    waiting: list[dict[ast.AST, set[ast.AST]]] = [{} for _ in frames]
    seen = 0
    while True:
        for function in islice(run.definitions, seen, None):
            waiting[order[run.facts.scopes.module(function)]][function] = _users(run, function)
        seen = len(run.definitions)
        waiting = [{n: users for n, users in here.items() if n not in run.entered} for here in waiting]
        last = next((place for place in reversed(range(len(frames))) if waiting[place]), None)
        if last is None:
            return
        here = waiting[last]
        roots = [n for n, users in here.items() if not users & here.keys()] or [*here]
        node = min(roots, key=lambda n: isinstance(run.facts.scopes.scope[n], ast.ClassDef))
        if isinstance(run.facts.scopes.scope[node], FUNCTIONS) and unseen.settle(run):
            continue
        with run.entering(frames[last]):
            resting.run_method(run, run.definitions[node])


def _users(run: Run, node: ast.AST) -> set[ast.AST]:
    """The functions that name a function, other than itself."""
    scopes = run.facts.scopes
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return set()
    uses = _uses(scopes, scopes.variable(node, node.name))
    return {scope for use in uses for scope in scopes.enclosing(scopes.scope[use])} - {node} | resting.users(
        run, node
    )


def _uses(scopes: Scopes, variable: Variable | None) -> Iterator[ast.Name]:
    """Every use of a function, also by names of what is made of it: `step = jax.jit(_step)`."""
    waiting, seen = [variable], {variable}
    while waiting:
        for use in scopes.names(waiting.pop()):
            yield use
            match scopes.statement(use):
                case ast.Assign(targets=[ast.Name() as target]) if target is not use:
                    made = scopes.variable(target, target.id)
                    waiting += [made] if made not in seen else []
                    seen.add(made)
                case _:
                    pass


def _run_kept(run: Run) -> None:
    """What was put away or handed over may be called at the very end, when its closures are old."""
    for node, function in run.kept.items():
        given = [value for (of, _), value in run.facts.parameters.items() if of is node]
        if not any(followed(value) for value in given):
            with run.entering(run.module_frames[run.facts.file(node).path]):
                resting.run_method(run, function)


def _check_decorated(run: Run) -> None:
    """What a function gives below a decorator that is not known goes where nothing is known of it."""
    for node, decorator in run.decorated.items():
        owner = run.facts.classes.get(run.facts.scopes.parent[node])  # type: ignore[call-overload]
        if owner is not None and modules.is_module(owner):
            continue
        given_back(run, decorator, ast.unparse(decorator)[:40], run.facts.returns.get(node, UNKNOWN))


def run_block(run: Run, statements: Items[ast.stmt]) -> None:
    """Run statements until the frame leaves the block."""
    for statement in statements:
        if not run.frame.live:
            return
        run.step()
        run.note()
        _run(run, statement)


def _run(run: Run, statement: ast.stmt) -> None:
    match statement:
        case ast.Import() | ast.ImportFrom():
            imports.bind(run, statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _define(run, statement)
        case ast.ClassDef():
            _define_class(run, statement)
        case ast.Assign(targets=targets, value=value):
            kind = evaluate(run, value)
            if len(targets) == 1:
                kind = groups.bound(run, targets[0], kind)
                kind = snapshots.renewed(run, statement, kind)
                snapshots.note(run, statement)
            for target in targets:
                assign(run, target, kind)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                assign(run, target, groups.bound(run, target, evaluate(run, value)))
        case ast.AugAssign(target=target, value=value):
            kinds = [evaluate(run, part) for part in (target, value)]
            if layer_tuples.lengthens(run, statement, kinds[1]) or filled_sequences.lengthens(
                run, statement, kinds[1]
            ):
                return
            result = arrays.arithmetic(run, statement, *kinds)
            run.escape(statement, "LNX299", "a followed value is changed in place", *kinds)
            assign(run, target, result)
        case ast.Return(value=value):
            kind = evaluate(run, value) if value is not None else UNKNOWN
            known = run.frame.returned
            run.frame.returned = kind if known is None else join(known, kind)
            run.frame.exits.append(heap.of(heap.frame_of(run.frame).vars))
            run.frame.live = False
        case ast.Expr(value=value):
            evaluate(run, value)
        case ast.If() if run.owner is not None:
            branches.run_if(run, statement)
        case ast.If(test=test):
            evaluate(run, test)
            _if(run, statement)
        case ast.For() | ast.AsyncFor() | ast.While():
            _loop(run, statement)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                kind = evaluate(run, item.context_expr)
                run.escape(item.context_expr, "LNX299", "a followed value is used as a context manager", kind)
                if item.optional_vars is not None:
                    assign(run, item.optional_vars, UNKNOWN)
            _with(run, items, body)
        case ast.Try() | ast.TryStar():
            _try(run, statement)
        case ast.Match(subject=subject, cases=cases):
            run.escape(subject, "LNX299", "a followed value is matched by pattern", evaluate(run, subject))
            for case in cases:
                if case.guard is not None:
                    evaluate(run, case.guard)
            blocks = [*(case.body for case in cases), list[ast.stmt]()]
            if run.owner is not None:
                branches.run_match(run, blocks)
            else:
                _branch(run, blocks)
        case ast.Raise() | ast.Break() | ast.Continue():
            _leave(run, statement)
        case ast.Assert(test=test, msg=msg):
            evaluate(run, test)
            if msg is not None:
                evaluate(run, msg)
        case ast.Delete(targets=targets):
            for target in targets:
                deleted.delete(run, target)
        case _:
            pass


def assign(run: Run, target: ast.expr, kind: Value) -> None:
    """Bind `kind` to a target, taking tuples apart."""
    kind = nnx_bindings.bound(run, target, kind)
    run.facts.record(target, kind)
    match target:
        case ast.Name() if target in run.facts.scopes.members:
            run.keep(kind)
            things.set_member(run, target, kind)
        case ast.Name(id=name):
            if name in run.facts.scopes.outer[run.frame.scope]:
                run.escape(target, "LNX013", "a followed value is shared by `global` or `nonlocal`", kind)
            snapshots.part(run, target, kind)
            run.frame.vars[name] = kind
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            _unpack(run, elements, kind)
        case ast.Starred(value=value):
            run.escape(
                target, "LNX010", "a followed value is unpacked with a star: write its items out", kind
            )
            assign(run, value, UNKNOWN)
        case ast.Attribute(value=holder):
            held = evaluate(run, holder)
            if isinstance(held, Cell):
                cells.value(run, target, held)
                return
            if modules.keep(run, target, held, kind):
                return
            if isinstance(held, Instance) and target.attr == "apply":
                compiled_apply.keep(run, target, held, kind)
                return
            if target.attr == "to_nnx__module" and followed(kind) and is_definition(kind):
                return
            run.keep(kind)
            if isinstance(held, Thing):
                things.set_attribute(run, target, held, target.attr, kind)
                if isinstance(kind, Thing):
                    return
            else:
                _check_set(run, target, held)
            run.escape(
                target, "LNX013", "a followed value is kept in an attribute, which has no rewriting yet", kind
            )
        case ast.Subscript(value=holder, slice=index):
            evaluate(run, index)
            run.keep(kind)
            run.escape(
                target, "LNX013", "a followed value is kept in a container, which has no rewriting yet", kind
            )
            held = evaluate(run, holder)
            collected.forget(run, held)
            run.escape(target, "LNX014", "a followed value is changed in place", held)
        case _:
            pass


def _check_set(run: Run, target: ast.Attribute, held: Value) -> None:
    """Setting an attribute of a definition or a state changes what it is, wrapped or not."""
    if followed(held):
        message = f"an attribute of {described(held)} is set"
        run.facts.escape(target, "LNX013", message, tokens_of(held), instances_of(held))


def _unpack(run: Run, elements: Items[ast.expr], kind: Value) -> None:
    starred = any(isinstance(element, ast.Starred) for element in elements)
    if isinstance(kind, ShapeOf):
        kind = arrays.unpacked(run, kind, len(elements))
    kind = item_inputs.unpacked(run, elements, groups.unpacked(kind))
    if isinstance(kind, Record) and Symbol("typing.NamedTuple") in kind.cls.bases:
        kind = Sequence(tuple(value for _, value in kind.fields))
    if isinstance(kind, Sequence) and not starred and len(kind.items) == len(elements):
        for element, item in zip(elements, kind.items, strict=True):
            assign(run, element, item)
        return
    if isinstance(kind, Results) and not kind.fields and not starred:
        items = [*kind.items[: len(elements)], *[UNKNOWN] * (len(elements) - len(kind.items))]
        if len(kind.items) < len(elements):
            items[-1] = kind.last
        for element, item in zip(elements, items, strict=True):
            assign(run, element, item)
        return
    for element in elements:
        run.escape(element, "LNX010", "a followed value is unpacked in a way that is not known", kind)
        assign(run, element, UNKNOWN)


def _define(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    function = run.close_over(node)
    run.definitions[node] = function
    for default in [*node.args.defaults, *node.args.kw_defaults]:
        if default is not None:
            value = evaluate(run, default)
            run.escape(
                default, "LNX010", "a followed value is a default argument: hand it over at the calls", value
            )
    kind: Value = function
    for decorator in reversed(node.decorator_list):
        kind = calls.decorate(run, decorator, kind)
    run.frame.vars[node.name] = kind


def _define_class(run: Run, node: ast.ClassDef) -> None:
    bases = tuple(evaluate(run, base) for base in node.bases)
    cls = Class(node, run.frame, bases)
    run.facts.classes[node] = cls
    for decorator in node.decorator_list:
        evaluate(run, decorator)
    frame = Frame(node, run.frame)
    if modules.is_module(cls):
        run.frame.vars[node.name] = cls
        return
    with run.entering(frame):
        run_block(run, node.body)
    run.bodies[node] = frame.vars
    message = "a followed value is an attribute of a class: keep it in an object or in the module"
    run.escape(node, "LNX013", message, *frame.vars.values())
    run.frame.vars[node.name] = cls


def _if(run: Run, node: ast.If) -> None:
    start, sides = unseen.here(run), decided.possible(run, node)
    _branch(run, [node.body if side else node.orelse for side in sides])
    start.end = dict(run.frame.vars) if run.frame.live else None
    decided.pass_by(run, node, sides, start)


def _branch(run: Run, blocks: Items[Items[ast.stmt]]) -> None:
    frame = run.frame
    start = dict(frame.vars)
    ends = []
    for block in blocks:
        frame.vars = dict(start)
        frame.live = True
        run_block(run, block)
        if frame.live:
            ends.append(frame.vars)
    frame.live = bool(ends)
    if ends:
        merged = ends[0]
        for end in ends[1:]:
            merged = merge(merged, end)
        frame.vars = merged


def _loop(run: Run, node: ast.For | ast.AsyncFor | ast.While) -> None:
    if run.owner is not None and isinstance(node, ast.For) and changing_lists.run_numbered(run, node):
        return
    if run.owner is not None and isinstance(node, ast.For) and named_lists.run_filling(run, node):
        return
    if run.owner is not None and isinstance(node, ast.For) and filled_sequences.run_filling(run, node):
        return
    layers = loops.recognised(run, node)
    if layers is not None:
        loops.execute(run, layers)
        return
    frame = run.frame
    iterated = evaluate(run, node.iter) if not isinstance(node, ast.While) else UNKNOWN
    inside = run.owner is not None and isinstance(node, ast.For) and not loops.leaves(node)
    turns = sequences.over_layers(run, node.iter) if inside and not isinstance(node, ast.While) else None
    if turns is not None and isinstance(node, ast.For):
        if running_lists.run_filled(run, node):
            return
        changing_lists.run_list(run, node, turns)
        return
    if not isinstance(node, ast.While):
        run.escape(node.iter, "LNX010", "a loop runs over a followed value", iterated)
    exits: list[dict[str, Value]] = []
    for _ in range(ROUNDS):
        entry = dict(frame.vars)
        frame.jumps.append(([], []))
        if isinstance(node, ast.While):
            evaluate(run, node.test)
        else:
            assign(run, node.target, UNKNOWN)
        with nnx_contexts.turn(run, node):
            run_block(run, node.body)
        breaks, continues = frame.jumps.pop()
        exits.extend(breaks)
        ends = [*continues, *([frame.vars] if frame.live else [])]
        frame.live = True
        frame.vars = dict(entry)
        for end in ends:
            frame.vars = merge(frame.vars, end)
        if frame.vars == entry:
            break
    run_block(run, node.orelse)
    for end in exits:
        frame.vars = merge(frame.vars, end) if frame.live else dict(end)
        frame.live = True


def _leave(run: Run, statement: ast.Raise | ast.Break | ast.Continue) -> None:
    frame = run.frame
    if isinstance(statement, ast.Raise):
        for part in (statement.exc, statement.cause):
            if part is not None:
                run.escape(part, "LNX010", "a followed value is raised", evaluate(run, part))
    elif frame.jumps:
        breaks, continues = frame.jumps[-1]
        (breaks if isinstance(statement, ast.Break) else continues).append(dict(frame.vars))
    frame.live = False


def _try(run: Run, node: ast.Try | ast.TryStar) -> None:
    frame = run.frame
    middle = dict(frame.vars)
    with run.guarding() as guard:
        run_block(run, [*node.body, *node.orelse])
        run.note()
    ends = [frame.vars] if frame.live else []
    for way in guard.ways:
        middle = merge(middle, way)
    for handler in node.handlers:
        frame.vars = dict(middle)
        frame.live = True
        if handler.name:
            frame.vars[handler.name] = UNKNOWN
        run_block(run, handler.body)
        if frame.live:
            ends.append(frame.vars)
    frame.live = bool(ends)
    frame.vars = ends[0] if ends else middle
    for end in ends[1:]:
        frame.vars = merge(frame.vars, end)
    live, after = frame.live, frame.vars
    for way in (middle, after):
        frame.live, frame.vars = True, dict(way)
        run_block(run, node.finalbody)
    frame.live = frame.live and live


SWALLOWING = frozenset({"contextlib.suppress", "pytest.raises"})


def swallows(facts: Facts, context: ast.expr) -> bool:
    """Whether an exception in the block may end there: a context manager of the program may do that."""
    if not isinstance(context, ast.Call):
        return False
    callee = facts.values.get(context.func)
    if isinstance(callee, Symbol):
        return callee.name in SWALLOWING
    return isinstance(context.func, ast.Name)


def _with(run: Run, items: Items[ast.withitem], body: Items[ast.stmt]) -> None:
    """The block; some context managers go on behind it after an exception inside."""
    with run.guarding() as guard:
        run_block(run, body)
    if any(swallows(run.facts, item.context_expr) for item in items):
        for way in guard.ways:
            run.frame.vars = merge(run.frame.vars, way) if run.frame.live else dict(way)
            run.frame.live = True
