"""The calls that make Linen training code: definitions, init, apply, train states, gradients, jit."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter, lost, with_renamed
from migrate.analysis.ageing import only_stats, renamed, without_stats
from migrate.analysis.gradients import shaped
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    NO_TOKENS,
    UNKNOWN,
    ApplyFn,
    Array,
    Batched,
    Bound,
    BoundModel,
    Class,
    Collected,
    Dict,
    Function,
    GivenLayer,
    Grad,
    Grads,
    Group,
    Holder,
    Instance,
    Jit,
    Method,
    Mixed,
    Outputs,
    Params,
    Sequence,
    State,
    Stats,
    Symbol,
    Thing,
    Token,
    Value,
    Variables,
    followed,
    tokens_of,
)
from migrate.analysis.modules import (
    building,
    class_fields,
    collected,
    filled_sequences,
    given_layers,
    layer_lists,
    recurrent,
    submodules,
    tied,
)
from migrate.analysis.modules import methods as modules
from migrate.analysis.modules.applied_layers import layer_of
from migrate.analysis.modules.classes import field_names
from migrate.analysis.run import Run, instances_of
from migrate.analysis.shapes import array_functions, arrays
from migrate.analysis.shapes.sizes import UNKNOWN_SHAPE
from migrate.analysis.sites import (
    Apply,
    Batch,
    Compile,
    Construct,
    CreateState,
    Differentiate,
    Init,
)
from migrate.analysis.training import (
    apply_options,
    bound_models,
    dynamic_scales,
    groups,
    holders,
    initial_outputs,
    lasting_params,
    loaded_states,
    outlines,
    replaced_trees,
    same_trees,
    state_views,
    stats_states,
    train_states,
    views,
)
from migrate.analysis.training.copies import adopt, adopted, place, returned
from migrate.analysis.training.copies import copies as copies_of
from migrate.analysis.training.train_states import check_created, is_apply


def define(run: Run, cls: Class, given: Arguments) -> Value:
    """`Net(...)`: a module definition."""
    _no_followed_arguments(run, given, cls)
    class_fields.bind(run, cls, given)
    if run.owner is not None:
        run.entered.add(cls.node)
        return building.construct(run, cls.node.name, cls, given)
    run.entered.add(cls.node)
    run.facts.partials[given.node] = given.sources
    run.pending.setdefault(cls.node, cls)
    return _definition(run, Instance(cls, given.node))


def define_layer(run: Run, name: str, given: Arguments) -> Value:
    """`nn.Dense(...)` outside of any module: a model that is one layer."""
    _no_followed_arguments(run, given)
    return _definition(run, Instance(Symbol(name), given.node))


def _definition(run: Run, instance: Instance) -> Value:
    run.facts.site(Construct(instance.site, instance))
    return instance


def _no_followed_arguments(run: Run, given: Arguments, cls: Class | None = None) -> None:
    values = [v for v, accepted in _arguments(run, given, cls) if not accepted]
    run.escape(given.node, "LNX010", "a followed value is handed to the constructor of a module", *values)


def _arguments(run: Run, given: Arguments, cls: Class | None) -> Iterator[tuple[Value, bool]]:
    """The arguments of a construction, and whether they are layers that may be handed to it."""
    written = [*given.node.args, *(keyword.value for keyword in given.node.keywords)]
    names = field_names(cls) if cls is not None else ()
    named = (*zip(names, given.args, strict=False), *given.keywords)
    plain = len(written) == len(named) and not given.sources
    if cls is not None and plain:
        for (name, value), node in zip(named, written, strict=True):
            yield value, given_layers.accepts(run, cls, name, node, value, given)
    else:
        yield from ((value, False) for _, value in named)
    yield from ((value, False) for value in given.args[len(names) :])


def call(run: Run, callee: Method | ApplyFn | Instance, given: Arguments) -> Value:
    """A call of something that belongs to a model or a train state."""
    match callee:
        case ApplyFn(instances) if (layer := layer_of(run, instances, given.node)) is not None:
            return tied.applied(run, layer, given)
        case ApplyFn(instances):
            return _apply(run, instances, given)
        case Instance():
            return building.call(run, callee, given)
        case Method(Instance() as instance, "attend") if run.owner is not None:
            return building.attend(run, instance, given)
        case Method(GivenLayer() | Mixed(), "attend") if run.owner is not None:
            return given_layers.attended(run, given)
        case Method(Instance(Symbol()) as instance, "initialize_carry") if run.owner is not None:
            return recurrent.initial_carry(run, instance, given)
        case Method(Instance() as instance, name) if submodules.used(run, instance, name):
            return submodules.call(run, instance, name, given)
        case Method(Instance() as instance, "bind"):
            return bound_models.bind(run, instance, given)
        case Method(BoundModel() as model):
            return bound_models.called(run, model, given)
        case Method(Instance() as instance, "tabulate") if run.owner is None:
            return outlines.tabulated(run, instance, given)
        case Method((Instance() | Mixed()) as receiver, "init"):
            return _init_one_of(run, receiver, given)
        case Method((Instance() | Mixed()) as receiver, "init_with_output"):
            return initial_outputs.with_output(run, given.node, _init_one_of(run, receiver, given))
        case Method(Class() as cls, "create"):
            return made_of_class(run, cls, given)
        case Method(Holder() as holder, name):
            return holders.call(run, holder, name, given)
        case Method(State() as state, "apply_gradients"):
            return _apply_gradients(run, state, given)
        case Method(State() as state, "replace"):
            return _replace(run, state, given)
        case Method(State() as state, name):
            run.escape(given.node, "LNX012", f"`{name}` of a train state has no rewriting yet", state)
            return UNKNOWN
        case Method((Params() | Variables()) as tree, name):
            return same_trees.call(run, tree, name, given)
        case Method(Array() as array, name):
            args = arrays.spread(run, given)
            arrays.learn_rank(run, name, [array, *args], dict(given.keywords))
            return array_functions.method(array, name, args, dict(given.keywords))
        case Method(Sequence(), name) if run.owner is not None and filled_sequences.appends(run, name, given):
            return UNKNOWN
        case Method(Sequence() | Collected() as items, name) if collected.changes(
            run, items, name, given
        ) or layer_lists.fills(run, items, name, given):
            return collected.change(run, items, name, given)
        case Method(Sequence() as items, _):
            _escape_all(run, given, "a followed value is put into a list", items)
            return UNKNOWN
        case _:
            return lost(run, given, callee)


def made_of_class(run: Run, cls: Class, given: Arguments) -> Value:
    """A state of a class of the project, by `create` or as `create` would make it."""
    return stats_states.create(run, cls, given) or holders.create(run, cls, given)


def _replace(run: Run, state: State, given: Arguments) -> Value:
    """`state.replace(...)`, by what it is given."""
    known = state_views.replaced(run, state, given) or replaced_trees.replaced(run, state, given)
    return known or stats_states.replaced(run, state, given)


def _escape_all(run: Run, given: Arguments, message: str, *more: Value) -> None:
    values = (*given.args, *dict(given.keywords).values(), *more)
    run.keep(*values)
    run.escape(given.node, "LNX013", message, *values)


def _init_one_of(run: Run, receiver: Value, given: Arguments) -> Value:
    """`init` of a definition, or of the one of several that the program has chosen."""
    made = [_init(run, instance, given) for instance in sorted(instances_of(receiver), key=repr)]
    return functools.reduce(join, made)


def _init(run: Run, instance: Instance, given: Arguments) -> Value:
    node = given.node
    names = modules.call_inputs(instance)
    if not given.args or any(name not in names for name, _ in given.keywords):
        run.escape(node, "LNX006", "`init` is called with keywords that have no rewriting yet", instance)
    if run.owner is not None or not node.args or not _has_key(given):
        return UNKNOWN
    shapes = tuple(arrays.of(value) or UNKNOWN_SHAPE for value in given.args[1:])
    samples = (*given.args, *dict(given.keywords).values())
    run.escape(node, "LNX010", "a followed value is handed to `init`", *samples)
    named_shapes = {name: arrays.of(value) or UNKNOWN_SHAPE for name, value in given.keywords}
    named = tuple((k.arg, k.value, named_shapes[k.arg]) for k in node.keywords if k.arg in named_shapes)
    definition = replace(instance, made=())
    output = initial_outputs.output_of(run.facts, node)
    run.facts.site(Init(node, definition, node.args[0], tuple(node.args[1:]), shapes, named, output))
    modules.initialised(run, definition, node, given.args[1:], dict(given.keywords))
    token = Token(node, "of " + " of ".join(map(place, (instance.site, *instance.made))))
    known = run.facts.origins.get(token, frozenset())
    run.facts.origins[token] = known | {instance}
    run.facts.initialised[node] = run.facts.initialised.get(node, frozenset()) | {definition}
    return Variables(frozenset({token}))


def _has_key(given: Arguments) -> bool:
    """Whether the key is seen, or is the first item of a list that holds all arguments: `init(*inputs)`."""
    match given.node, given.args:
        case ast.Call(args=[ast.Starred(value=ast.Name())], keywords=[]), (Sequence((key, *_)),):
            return not isinstance(key, Dict)
        case _:
            return not isinstance(given.node.args[0], ast.Starred)


def _apply(run: Run, instances: frozenset[Instance], given: Arguments) -> Value:
    node = given.node
    definition = ApplyFn(instances)
    if not given.args or isinstance(node.args[0], ast.Starred):
        run.escape(node, "LNX003", "`apply` is called without its variables in first place", definition)
        return UNKNOWN
    variables = given.args[0]
    run.escape(node, "LNX010", "a followed value is an input of `apply`", *given.args[1:])
    if views.is_of_nnx(run, node.args[0]):
        return UNKNOWN
    option = apply_options.read(run, given, definition, variables)
    beside = views.params_beside_others(variables)
    kept = option.kept or beside is not None
    match beside or variables:
        case Params(tokens) if beside is not None:
            pass
        case Variables(tokens):
            pass
        case Dict((("params", Params(tokens)),)):
            pass
        case Dict((("params", Params(tokens)), ("batch_stats", Stats(stats, stale)))) if stats == tokens:
            if stale:
                message = "`apply` is called with statistics that another call has changed since"
                run.escape(node, "LNX011", message, variables)
        case _:
            message = "`apply` is called with variables that cannot be followed to an `init`"
            run.escape(node, "LNX003", message, definition, variables)
            return UNKNOWN
    if not views.same_or_seen(run, node, instances, tokens):
        message = "`apply` of one model is called with the parameters of another"
        run.escape(node, "LNX003", message, definition, variables)
    run.facts.site(Apply(node, node.args[0], option.method, kept))
    if kept:
        message = "`apply` is given or gives collections of its own, which only a module of Linen takes"
        run.escape(node, "LNX310", message, definition, variables, bridgeable=True)
    if not option.stats:
        return Outputs(tokens) if option.sometimes else UNKNOWN
    return apply_options.moved(run, node, tokens, variables)


def create(run: Run, given: Arguments) -> Value:
    """`TrainState.create(...)`."""
    node = given.node
    expressions = {k.arg: k.value for k in node.keywords}
    keywords = dict(given.keywords)
    if given.args or set(keywords) != {"apply_fn", "params", "tx"}:
        return lost(run, given)
    params, apply_fn = keywords["params"], keywords["apply_fn"]
    params = groups.grouped(run, params) or params
    if not isinstance(params, (Params, Variables, Group)) or not is_apply(apply_fn):
        return loaded_states.created(run, given) or lost(run, given)
    expression = expressions["params"]
    group = params if isinstance(params, Group) else None
    copied = lasting_params.lasts(run, node, expression) and not isinstance(params, Group)
    check_created(run, node, params, apply_fn, copied)
    run.facts.site(CreateState(node, expression, expressions["tx"], group=group, copied=copied))
    run.facts.links |= {(a, b) for a in params.tokens for b in params.tokens}
    tokens = lasting_params.copied(run, node, params.tokens) if copied else params.tokens
    return State(tokens, isinstance(params, Variables), group=group)


def _apply_gradients(run: Run, state: State, given: Arguments) -> Value:
    node = given.node
    assert isinstance(node.func, ast.Attribute)
    keywords = dict(given.keywords)
    if not {"grads"} <= set(keywords) <= {"grads", state.stats} or node.args:
        run.escape(node, "LNX002", "`apply_gradients` is called with more than `grads`", state)
        return UNKNOWN
    grads = keywords["grads"]
    if not isinstance(grads, Grads):
        run.escape(node, "LNX002", "it cannot be seen that these are the gradients of this model", state)
        return UNKNOWN
    train_states.update(run, node, state, grads)
    updated = groups.fresh(state)
    assert isinstance(updated, State)
    updated = replace(updated, bare=False)
    if state.stats in keywords:
        return stats_states.taken(run, node, updated, keywords[state.stats])
    return updated


def differentiated(run: Run, grad: Grad, given: Arguments) -> Value:
    """A call of `jax.grad(loss)`: the gradients of the parameters, or nothing followed."""
    if grad.argnums is None:
        return lost(run, given)
    targets = _targets(run, grad.argnums, given)
    function, entered = grad.function, given
    if isinstance(function, Bound) and grad.argnums == (0,) and len(grad.site.args) == 1:
        entered = replace(given, args=(function.first, *given.args))
        function = function.function
    under = function if isinstance(function, Jit | Batched) and function is grad.function else None
    loss = under.function if under is not None else function
    handed = any(map(followed, (*given.args, *dict(given.keywords).values())))
    if not isinstance(loss, Function) or not targets or not handed:
        return lost(run, given)
    tokens = tokens_of(Sequence(targets))
    if any(tokens & frozen for frozen in run.frozen):
        message = "the gradient of a model of the enclosing scope is taken inside a traced function"
        run.escape(given.node, "LNX203", message, *targets)
    in_place = isinstance(under, Jit) and run.style == "stateful"
    with run.freezing(run.visible()), run.differentiating(tokens if under is None or in_place else NO_TOKENS):
        value = enter(run, loss, entered)
    if under is not None:
        of_transform = Compile if isinstance(under, Jit) else Batch
        run.facts.site(of_transform(under.site, loss.node))
        run.facts.links |= {(token, loss.node) for token in tokens_of(Sequence(given.args))}
    scaled = tokens if grad.scaled else NO_TOKENS
    run.facts.site(Differentiate(grad.site, grad.site.args[0], grad.argnums, scaled, not tokens))
    run.facts.links |= {(a, b) for a in tokens for b in tokens}
    each = tuple(Grads(tokens_of(target)) if followed(target) else UNKNOWN for target in targets)
    grads = each[0] if len(each) == 1 else Sequence(each)
    aux = value.items[1] if isinstance(value, Sequence) and len(value.items) == 2 else UNKNOWN
    if followed(aux) and not isinstance(aux, Grads) and not only_stats(aux):
        run.escape(
            given.node,
            "LNX203",
            "a followed value is a result of a loss function: return it from the step",
            aux,
        )
    if grad.scaled:
        return dynamic_scales.shaped(grad.has_aux, grads, aux)
    return shaped(grad.with_value, grad.has_aux, grads, aux)


def _targets(run: Run, argnums: tuple[int, ...], given: Arguments) -> tuple[Value, ...]:
    """What a gradient is taken of: inputs, and parameters apart from one another; nothing where not known."""
    if any(isinstance(arg, ast.Starred) for arg in given.node.args):
        return ()
    known = [given.args[at] for at in argnums if -len(given.args) <= at < len(given.args)]
    targets = tuple(groups.grouped(run, target) or target for target in known)
    trees = [target for target in targets if followed(target)]
    if len(targets) < len(argnums) or not all(isinstance(tree, Params | Variables | Group) for tree in trees):
        return ()
    apart = sum(len(tokens_of(tree)) for tree in trees) == len(tokens_of(Sequence(targets)))
    return targets if apart or len(trees) == 1 else ()


def compiled(run: Run, function: Function, site: ast.expr, given: Arguments) -> Value:
    """A call of a jitted function: it works on copies, and what it returns is new.

    Under `nnx.jit` (the stateful style) nothing is copied: updates reach the caller's objects.
    """
    visible = run.visible()
    values = (*given.args, *(value for _, value in given.keywords))
    used = frozenset().union(*(tokens_of(value) for value in values))
    apply_options.check_times(run, given)
    if any(followed(value) and not isinstance(value, Thing) for value in values):
        assert isinstance(site, ast.expr)
        run.facts.site(Compile(site, function.node))
    if run.style == "stateful":
        with run.freezing(visible - used), run.differentiating(), run.at_once():
            return enter(run, function, given)
    copied = copies_of(function, values)
    with adopted(run, copied):
        return _on_copies(run, function, site, given, copied)


def _on_copies(
    run: Run, function: Function, site: ast.expr, given: Arguments, copied: dict[Token, Token]
) -> Value:
    inside = with_renamed(given, copied)
    with run.freezing(run.visible()), run.differentiating(), run.collecting() as updated:
        result = enter(run, function, inside)
    if discarded := frozenset(updated) & frozenset(copied.values()) - tokens_of(without_stats(result)):
        message = "a train state is updated inside `jit` and not returned"
        run.facts.escape(site, "LNX202", message, discarded)
    names = {token: returned(run, given.node, token, copied) for token in tokens_of(result)}
    adopt(run, names)
    return renamed(result, names, fresh=True)
