"""The ways to build and call a Linen class: what its fields and the inputs of its calls may be."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from benchmarks.modules.guesses import Parameter, Unguessed, calls, field_value, flipped, is_configuration
from benchmarks.modules.settings import settings, tied

WAYS = 3
SHARED = "shared_embedding"
"""An input that is there if and only if the configuration says so."""
MORE = 10
"""How many more ways to call are tried once one is found."""


@dataclasses.dataclass(frozen=True)
class Notes:
    """What is known of a class from its text: what its fields are annotated with, and its `__call__`."""

    classes: Mapping[str, Any]
    call: ast.FunctionDef | None = None

    @property
    def items(self) -> dict[str, tuple[str, ...]]:
        """The inputs that are tuples, with the names that `__call__` gives their items."""
        found: dict[str, tuple[str, ...]] = {}
        for node in ast.walk(self.call) if self.call is not None else ():
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Name(id=name)):
                    found[name] = tuple(ast.unparse(each) for each in names)
        return found


def fields(old: Any, notes: Notes) -> dict[str, Any]:
    """Values for the fields of a Linen class that need one."""
    given = {}
    for field in dataclasses.fields(old):
        if field.name in {"parent", "name"} or not field.init:
            continue
        factory = field.default_factory
        default = factory() if factory is not dataclasses.MISSING else field.default
        missing = default is dataclasses.MISSING
        text = annotation(field)
        if is_configuration(field.name, text, missing):
            value = settings(notes.classes.get(text))
        else:
            value = field_value(field.name, text, default, missing)
        if missing or value is not default:
            given[field.name] = value
    return given


def annotation(field: dataclasses.Field[Any]) -> str:
    return field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))


def ways(old: Any, given: dict[str, Any], notes: Notes) -> list[tuple[Any, dict[str, Any]]]:
    """The module with arguments that `init` accepts, in a few ways, and with every flag the other way."""
    every = _parameters(old)
    parameters = [each for each in every if each[0] != SHARED or not tied(given)]
    shared = {SHARED: jnp.full((12, 8), 0.3)} if len(parameters) < len(every) else {}
    complaint = ""
    found: list[dict[str, Any]] = []
    more = MORE
    for arguments in ({**each, **shared} for each in calls(parameters, notes.items)):
        problem = _refused(old, given, arguments)
        complaint = complaint or problem
        found += [] if problem else [arguments]
        more -= bool(found)
        if len(found) == WAYS or not more:
            break
    if not found:
        raise Unguessed(complaint)
    turned = [each for each in flipped(parameters, found[0]) if not _refused(old, given, each)]
    return [(old(**given), arguments) for arguments in (*found, *turned)]


def _refused(old: Any, given: dict[str, Any], arguments: dict[str, Any]) -> str:
    """Why a Linen module cannot be called like this."""
    try:
        net = old(**given)
        made = shapes(net, arguments)
    except TimeoutError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if any(leaf.size == 0 for leaf in jax.tree.leaves(made)):
        return "so small an input leaves nothing for one of its layers"
    return "its parameters depend on how many examples there are" if _grows(net, arguments, made) else ""


def _grows(net: Any, arguments: dict[str, Any], made: Any) -> bool:
    """Whether twice as many examples make other parameters: no network is called like this."""
    arrays, static = divided(arguments)
    try:
        twice = shapes(net, jax.tree.map(lambda a: jnp.concatenate([a, a]) if a.ndim else a, arrays) | static)
    except TimeoutError:
        raise
    except Exception:
        return False
    return jax.tree.map(_shape, twice.get("params")) != jax.tree.map(_shape, made.get("params"))


def _shape(leaf: Any) -> str:
    return str(leaf.shape)


def shapes(net: Any, arguments: dict[str, Any]) -> Any:
    """What `init` gives, without computing it, and without the names of axes of a mesh."""
    arrays, static = divided(arguments)

    def init(arrays: dict[str, Any]) -> Any:
        args, kwargs = passed(net, {name: {**arrays, **static}[name] for name in arguments})
        return nn.unbox(net.init(keys(0), *args, **kwargs))

    return jax.eval_shape(init, arrays)


def passed(net: Any, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """How arguments are handed over: by place as far as they can, as a lifted `__call__` takes no names."""
    parameters = [*inspect.signature(net.__call__).parameters.values()]
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    if [*arguments] == names[: len(arguments)]:
        return tuple(arguments.values()), {}
    return (), arguments


def divided(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays among arguments, tuples of them too, and the others."""
    arrays = {n: v for n, v in arguments.items() if isinstance(v, jax.Array | tuple)}
    return arrays, {n: v for n, v in arguments.items() if n not in arrays}


def _parameters(old: Any) -> list[Parameter]:
    """The parameters of `__call__` as they are written."""
    if not any("__call__" in vars(base) for base in old.__mro__):
        raise Unguessed("there is no `__call__`")
    found = []
    for parameter in [*inspect.signature(old.__call__).parameters.values()][1:]:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        text = parameter.annotation
        text = text if isinstance(text, str) else getattr(text, "__name__", str(text))
        found.append((parameter.name, text, parameter.default, parameter.default is parameter.empty))
    return found


def keys(first: int) -> dict[str, jax.Array]:
    return {name: jax.random.key(first + n) for n, name in enumerate(("params", "dropout", "droppath"))}
