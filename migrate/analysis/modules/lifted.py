"""Module classes under a transform of Linen: `nn.vmap(Critic, ...)`, `nn.remat(Block)`, `nn.jit(Block)`."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Const, Dict, Lifted, Symbol, Value
from migrate.analysis.modules import mapped, stacked
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.ensembles import VMAP, maker
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS, OVER_WEIGHTS, WRAPPERS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.stacked import SCAN
from migrate.analysis.run import Run

PREFIXES = {
    "flax.linen.vmap": "Vmap",
    "flax.linen.remat": "Checkpoint",
    "flax.linen.jit": "Jit",
    "flax.linen.scan": "Scan",
}
"""The transforms, with what Linen puts in front of the name of the class."""

REMAT = "flax.linen.remat"
ALLOWED = {
    "flax.linen.vmap": {"variable_axes", "split_rngs", "in_axes", "out_axes", "axis_size"},
    "flax.linen.remat": {"policy", "prevent_cse", "static_argnums"},
    "flax.linen.jit": set[str](),
    "flax.linen.scan": {"variable_axes", "variable_broadcast", "split_rngs", "in_axes", "out_axes", "length",
                        "metadata_params", "unroll", "reverse"},
}  # fmt: skip


def lift(run: Run, name: str, given: Arguments) -> Value:
    """The class under the transform, where the form is one that NNX can do the same way."""
    cls = given.args[0] if len(given.args) == 1 else UNKNOWN
    inner = cls if name == SCAN and isinstance(cls, Lifted) and cls.transform == REMAT else None
    cls = inner.cls if inner is not None else cls
    if (reason := _against(run, name, cls, given)) is not None:
        blocked(run, given.node, "LNX130", reason)
    known = isinstance(cls, Class | Symbol) and _may_be_lifted(cls, name)
    return Lifted(name, cls, given.node, inner) if known and isinstance(cls, Class | Symbol) else UNKNOWN


def prefix(lifted: Lifted) -> str:
    """What Linen puts in front of the name of the class."""
    return PREFIXES[lifted.transform] + (prefix(lifted.inner) if lifted.inner is not None else "")


def _against(run: Run, name: str, cls: Value, given: Arguments) -> str | None:
    keywords = dict(given.keywords)
    function = run.facts.scopes.function(given.node)
    made = maker(run.facts, given.node) if name == VMAP else None
    if made is not None and _hands_on_rest(given.node, made):
        keywords.pop("**")
    if not _may_be_lifted(cls, name) or keywords.keys() - ALLOWED[name]:
        return f"`nn.{name.rpartition('.')[2]}` is used in a form that has no rewriting"
    if made is not None:
        return _ensemble(run, given, keywords, True)
    if not isinstance(function, ast.FunctionDef) or function.name not in {"__call__", "setup"}:
        return "a transform of a module class stands outside of `__call__` and `setup`"
    if name == SCAN:
        return stacked.against(run, given.node, keywords)
    return _mapped(run, given, keywords) if name == VMAP else None


def _may_be_lifted(value: Value, name: str) -> bool:
    """Whether a value is a module class of the project, or a layer that is called with its input alone."""
    if isinstance(value, Symbol):
        kind = LAYERS.get(value.name)
        if name == SCAN:
            return kind is not None and kind.output == "cell"
        alone = kind is not None and not (kind.calls or kind.before or kind.draws or kind.stats)
        return alone and value.name not in WRAPPERS and value.name not in OVER_WEIGHTS
    return isinstance(value, Class) and is_module(value)


def _mapped(run: Run, given: Arguments, keywords: dict[str, Value]) -> str | None:
    """Why the modules are neither an ensemble nor one module that is called for each entry."""
    if (reason := mapped.reason(keywords.get("in_axes"), keywords.get("out_axes"))) is not None:
        return reason
    if keywords.get("variable_axes") != mapped.SHARED:
        return _ensemble(run, given, keywords | {"in_axes": Const(None), "out_axes": Const(0)}, False)
    split = keywords.get("split_rngs")
    if not isinstance(split, Dict) or split.get("params") != Const(False):
        return "it is not said whether the one module of this `nn.vmap` draws its parameters once"
    return None


def _hands_on_rest(site: ast.Call, made: ast.FunctionDef) -> bool:
    """`**kwargs` of the function around, which no call of it gives anything."""
    rest = [keyword.value for keyword in site.keywords if keyword.arg is None]
    own = made.args.kwarg.arg if made.args.kwarg is not None else None
    return len(rest) == 1 and isinstance(rest[0], ast.Name) and rest[0].id == own


def _ensemble(run: Run, given: Arguments, keywords: dict[str, Value], made: bool) -> str | None:
    """Why the modules are no ensemble: own parameters, the same inputs, results side by side.

    A function that has `made` it goes on deciding how many there are.
    """
    assert run.owner is not None
    split = keywords.get("split_rngs")
    size = next((k.value for k in given.node.keywords if k.arg == "axis_size"), None)
    if keywords.get("variable_axes") != mapped.OWN:
        return "the modules of this `nn.vmap` have more than parameters, or keep them along another axis"
    if not isinstance(split, Dict) or split.get("params") != Const(True):
        return "the modules of this `nn.vmap` do not draw parameters of their own"
    if keywords.get("in_axes") != Const(None) or keywords.get("out_axes", Const(0)) != Const(0):
        return "the modules of this `nn.vmap` do not see the same inputs, or give results along another axis"
    if size is None or not (made or init_text(run.facts, run.owner, size) is not None):
        return "how many modules this `nn.vmap` makes is known only at the call"
    return None
