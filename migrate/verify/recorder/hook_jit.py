"""What the user's compiled functions leave behind: their results, and the NNX objects they changed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import jax
from flax import nnx
from jax._src import core

from .context import is_user_file
from .emit import emit_leaves
from .modules import aliases
from .session import Session
from .trees import LARGE, Path, named_leaves

CALLS = 200


def install(session: Session) -> None:
    """Wrap `jit` and `pmap` of jax and of NNX where the user's own code calls them."""
    for library, name in ((jax, "jit"), (jax, "pmap"), (nnx, "jit"), (nnx, "pmap")):
        setattr(library, name, _watched(session, getattr(library, name), library is nnx))


def _watched(session: Session, transform: Callable[..., Any], in_place: bool) -> Callable[..., Any]:
    @functools.wraps(transform)
    def call(*args: Any, **kwargs: Any) -> Any:
        made = transform(*args, **kwargs)
        if not is_user_file(sys._getframe(1).f_code.co_filename):
            return made
        if args or "fun" in kwargs:
            return Boundary(session, made, in_place, _name(args[0] if args else kwargs["fun"]))
        return lambda function: Boundary(session, made(function), in_place, _name(function))

    return call


def _name(function: Any) -> str:
    """The name of a function below partial calls, which the two libraries name in different ways."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", ""))


class Boundary:
    """A compiled function whose outermost calls are recorded after they have run.

    With `in_place`, the NNX objects among its arguments are recorded as it left them.
    """

    def __init__(self, session: Session, function: Any, in_place: bool, name: str) -> None:
        self.session = session
        self.name = name
        self.in_place = in_place
        self.function = function
        self.calls = 0
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        context = self.session.context
        with context.enter("boundary") as outermost:
            result = self.function(*args, **kwargs)
        if outermost and core.trace_state_clean() and self.calls < CALLS:
            self.calls += 1
            self._record(result, args)
            self.session.resume_if_due((result, args))
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["function"], name)

    def _record(self, result: Any, args: tuple[Any, ...]) -> None:
        given = args if self.in_place else ()
        changed = {str(i): nnx.state(arg) for i, arg in enumerate(given) if isinstance(arg, nnx.Pytree)}
        trees = {"out": self._leaves(result), "args": [*self._leaves(changed), *self._shared(given)]}
        if trees["out"] or trees["args"]:
            emit_leaves(self.session, {"kind": "return", "function": self.name}, trees)

    def _shared(self, given: tuple[Any, ...]) -> list[tuple[Path, Any]]:
        """Variables that objects share, by the paths that `nnx.state` leaves out."""
        objects = {str(i): arg for i, arg in enumerate(given) if isinstance(arg, nnx.Pytree)}
        seen, found = set(), []
        for path, variable in aliases(objects):
            if id(variable) in seen:
                found += [((*path, *rest), leaf) for rest, leaf in self._leaves(variable.get_raw_value())]
            seen.add(id(variable))
        return found

    def _leaves(self, tree: Any) -> list[tuple[Path, Any]]:
        """Leaves by path; large ones of an optimizer's state are left to its next step, which shows them."""
        found = named_leaves(tree)
        if self.session.settings.exact:
            return found
        return [(p, leaf) for p, leaf in found if "opt_state" not in p or getattr(leaf, "size", 1) <= LARGE]
