"""The variables of an NNX module by path, in the order in which its constructor made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flax import nnx

from .trees import Path, is_key

STATISTICS = "batch_stats"


def model_variables(module: Any) -> dict[Path, Any]:
    """Path to Variable, without random streams and optimizer state, in creation order."""
    found = {
        tuple(str(part) for part in path): node
        for path, node in nnx.iter_graph(module)
        if isinstance(node, nnx.Variable) and not isinstance(node, (nnx.RngState, nnx.OptState))
    }
    ranks = {identity: rank for rank, identity in enumerate(_creation(module, set()))}
    held = [path for path in found if _is_array(found[path])]
    return {path: found[path] for path in sorted(held, key=lambda p: ranks.get(id(found[p]), len(ranks)))}


def _is_array(variable: Any) -> bool:
    value = variable.get_raw_value()
    return hasattr(value, "shape") and hasattr(value, "dtype") and not is_key(value)


def _creation(node: Any, seen: set[int]) -> Iterator[int]:
    """Identities of the variables below a node, depth first, attributes in assignment order."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, nnx.Variable):
        yield id(node)
    else:
        for child in _children(node):
            yield from _creation(child, seen)


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    if isinstance(node, (list, tuple)):
        return list(node)
    return list(vars(node).values()) if isinstance(node, nnx.Pytree) else []


def submodules(module: Any) -> list[Any]:
    """Modules held directly by this one, in lists and dicts too."""
    found: list[Any] = []
    pending = _children(module)
    while pending:
        node = pending.pop(0)
        if isinstance(node, nnx.Module) and not isinstance(node, (nnx.List, nnx.Dict)):
            found.append(node)
        else:
            pending = (
                _children(node) + pending if not isinstance(node, (nnx.Variable, nnx.Optimizer)) else pending
            )
    return found


def aliases(node: Any, path: Path = (), above: tuple[int, ...] = ()) -> Iterator[tuple[Path, Any]]:
    """Every variable below a node by every path that leads to it, shared ones several times."""
    if isinstance(node, nnx.Variable):
        yield path, node
    elif id(node) not in above:
        for name, child in _named_children(node):
            yield from aliases(child, (*path, str(name)), (*above, id(node)))


def _named_children(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        return list(node.items())
    if isinstance(node, (list, tuple)):
        return list(enumerate(node))
    return list(vars(node).items()) if isinstance(node, nnx.Pytree) else []


def non_parameters(model: Any) -> dict[str, Any]:
    """Values of a model's variables other than parameters, as a nested dict under their collection."""
    fields: dict[str, Any] = {}
    for path, variable in non_parameter_variables(model).items():
        level = fields
        for part in path[:-1]:
            level = level.setdefault(part, {})
        level[path[-1]] = variable.get_raw_value()
    return fields


def non_parameter_variables(model: Any) -> dict[Path, Any]:
    """A model's variables other than parameters, by collection and path."""
    return {
        (STATISTICS if isinstance(variable, nnx.BatchStat) else type(variable).__name__, *path): variable
        for path, variable in model_variables(model).items()
        if not isinstance(variable, nnx.Param)
    }
