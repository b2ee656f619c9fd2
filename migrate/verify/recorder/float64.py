"""Evaluating a jaxpr with every float widened to float64, equation by equation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .trees import is_key

INLINED = ("jaxpr", "call_jaxpr", "fun_jaxpr", "call")
CALLS = {
    "pjit",
    "jit",
    "closed_call",
    "core_call",
    "remat",
    "remat2",
    "checkpoint",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
    "custom_vmap_call",
}
NARROW = {"bitcast_convert_type", "nextafter"}
TYPES = ("dtype", "new_dtype", "preferred_element_type", "accumulator_dtype")


def evaluate(jaxpr: Any, arrays: list[Any], impls: list[Any]) -> list[Any]:
    """Outputs of a jaxpr in float64; `arrays` are its constants and then its inputs.

    `impls` names the PRNG implementation of each value that is a key and holds None elsewhere.
    """
    with jax.enable_x64(True):
        values = [
            widen(jnp.asarray(array)) if impl is None else jax.random.wrap_key_data(array, impl=impl)
            for array, impl in zip(arrays, impls, strict=True)
        ]
        count = len(jaxpr.constvars)
        outputs = _run(jaxpr, values[:count], values[count:])
        return [np.asarray(jax.random.key_data(out) if is_key(out) else out) for out in outputs]


def widen(value: Any) -> Any:
    """A float as float64, anything else as it is."""
    dtype = getattr(value, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jnp.floating):
        return value.astype(jnp.float64)
    return value


def _run(jaxpr: Any, consts: list[Any], args: list[Any]) -> list[Any]:
    env: dict[Any, Any] = {}
    env.update(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return widen(jnp.asarray(atom.val)) if hasattr(atom, "val") else env[atom]

    for equation in jaxpr.eqns:
        results = _equation(equation, [read(atom) for atom in equation.invars])
        env.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _equation(equation: Any, values: list[Any]) -> list[Any]:
    name, params = equation.primitive.name, equation.params
    if name == "debug_callback" or (not equation.outvars and "callback" in name):
        return []
    if name in CALLS:
        inner = next(params[key] for key in INLINED if key in params)
        return _closed(inner)(*values)
    special = SPECIAL.get(name)
    if special is not None:
        return special(params, values)
    if name in NARROW:
        values = [_as(value, atom.aval.dtype) for value, atom in zip(values, equation.invars, strict=True)]
    bound = {key: _wide_type(value) if key in TYPES else value for key, value in params.items()}
    if name in NARROW:
        bound = params
    options = equation.primitive.get_bind_params(bound)
    functions, options = options if isinstance(options, tuple) else ((), options)
    result = equation.primitive.bind(*functions, *values, **options)
    return [widen(item) for item in (result if equation.primitive.multiple_results else [result])]


def _as(value: Any, dtype: Any) -> Any:
    return value.astype(dtype) if jnp.issubdtype(dtype, jnp.floating) else value


def _wide_type(value: Any) -> Any:
    return np.dtype(np.float64) if value is not None and jnp.issubdtype(value, jnp.floating) else value


def _closed(inner: Any) -> Callable[..., list[Any]]:
    """A jaxpr, open or closed, as a function over float64."""
    jaxpr = getattr(inner, "jaxpr", inner)
    consts = [widen(jnp.asarray(const)) for const in getattr(inner, "consts", [])]
    return lambda *values: _run(jaxpr, consts, list(values))


def _scan(params: dict[str, Any], values: list[Any]) -> list[Any]:
    body = _closed(params["jaxpr"])
    fixed, start, rows = _scan_parts(params, values)
    carry = len(start)

    def step(state: Any, row: Any) -> Any:
        out = body(*fixed, *state, *row)
        return tuple(out[:carry]), tuple(out[carry:])

    last, stacked = jax.lax.scan(
        step, tuple(start), tuple(rows), length=params["length"], reverse=params["reverse"]
    )
    return [*last, *stacked]


def _scan_parts(params: dict[str, Any], values: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Constants, carry and rows; newer versions of jax say with a tree which is which."""
    if "ft_in" in params:
        consts, carry, rows = (list(part) for part in params["ft_in"].update(values).unpack())
        return consts, carry, rows
    first, last = params["num_consts"], params["num_consts"] + params["num_carry"]
    return values[:first], values[first:last], values[last:]


def _while(params: dict[str, Any], values: list[Any]) -> list[Any]:
    first, second = params["cond_nconsts"], params["body_nconsts"]
    test, body = _closed(params["cond_jaxpr"]), _closed(params["body_jaxpr"])
    for_test, for_body, state = values[:first], values[first : first + second], values[first + second :]
    return list(
        jax.lax.while_loop(
            lambda now: test(*for_test, *now)[0], lambda now: tuple(body(*for_body, *now)), tuple(state)
        )
    )


def _cond(params: dict[str, Any], values: list[Any]) -> list[Any]:
    branches = [_tupled(_closed(branch)) for branch in params["branches"]]
    return list(jax.lax.switch(values[0], branches, *values[1:]))


def _tupled(function: Callable[..., list[Any]]) -> Callable[..., tuple[Any, ...]]:
    return lambda *values: tuple(function(*values))


def _scatter_add(params: dict[str, Any], values: list[Any]) -> list[Any]:
    keys = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    return [jax.lax.scatter_add(*values, **{key: params[key] for key in keys})]


SPECIAL: dict[str, Callable[[dict[str, Any], list[Any]], list[Any]]] = {
    "scan": _scan,
    "while": _while,
    "cond": _cond,
    "scatter-add": _scatter_add,
    "reduce_precision": lambda params, values: values,
}
