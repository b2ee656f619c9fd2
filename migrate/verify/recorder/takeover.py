"""Starting from the middle: after a given step, the train state becomes the one of the Linen run."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from . import wire
from .modules import model_variables, non_parameter_variables
from .session import Session
from .trees import Path, is_traced, names_of
from .wire import Array

Place = tuple[str, Path]


class Takeover:
    """The Linen run's state in the names of the NNX program, by optimizer, put in after its last own step."""

    def __init__(self, session: Session) -> None:
        self.session = session
        source = session.settings.takeover
        found = [r for r in wire.records(File(source)) if r.kind == "takeover"] if source else []
        self.values = {str(record.header["optimizer"]): _values(record) for record in found}

    def after_step(self, optimizer: Any, model: Any) -> None:
        """Replace the variables of a model and its optimizer, now or when the traced step is the one."""
        identity = self.session.context.optimizer
        values = self.values.get(identity)
        if values is None:
            return
        variables = {place: v for place, v in _variables(optimizer, model).items() if place in values}
        places, own = list(variables), [variable.get_raw_value() for variable in variables.values()]
        step = optimizer.step.get_raw_value()

        def pick(count: Any, *fresh: Any) -> list[Array]:
            arrays = [np.asarray(array) for array in fresh]
            if int(np.max(count)) != self.session.settings.start:
                return arrays
            self.session.write({"kind": "takeover", "optimizer": identity, "leaves": len(places)}, [])
            pairs = zip(places, arrays, strict=True)
            return [values[place].astype(array.dtype).reshape(array.shape) for place, array in pairs]

        if is_traced([step, *own]):
            specs = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in own]
            new = jax.pure_callback(pick, specs, step, *own, vmap_method="broadcast_all")
        else:
            new = [jnp.asarray(array) for array in pick(step, *own)]
        for variable, value in zip(variables.values(), new, strict=True):
            variable.set_raw_value(value)


def _values(record: wire.Record) -> dict[Place, Array]:
    groups = {leaf.group for leaf in record.leaves}
    return {(group, path): array for group in groups for path, array in record.group(group).items()}


def _variables(optimizer: Any, model: Any) -> dict[Place, Any]:
    """Variables by the tree and the path under which an optimizer step records them."""
    state, _ = jax.tree_util.tree_flatten_with_path(
        optimizer.opt_state, is_leaf=lambda node: isinstance(node, nnx.Variable)
    )
    found: dict[Place, Any] = {("opt_state", names_of(keys)): v for keys, v in state}
    found |= {("params", path): v for path, v in model_variables(model).items()}
    found |= {("fields", path): v for path, v in non_parameter_variables(model).items()}
    found["step", ()] = optimizer.step
    return {place: variable for place, variable in found.items() if isinstance(variable, nnx.Variable)}
