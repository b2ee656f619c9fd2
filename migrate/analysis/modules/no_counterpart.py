"""What Linen modules can do that has no rewriting, each with what is in the way."""

from __future__ import annotations

_ON_MODULES = "hands modules to functions, which NNX does with other rules for what they may change"
FUNCTIONS = {
    "share_scope": "NNX cannot keep the layers of one module under the names of another",
    "map_variables": "NNX has no variables that are changed on their way into a layer",
    "add_metadata_axis": "NNX has no variables that are changed on their way into a layer",
    "cond": _ON_MODULES,
    "switch": _ON_MODULES,
    "while_loop": _ON_MODULES,
    "custom_vjp": _ON_MODULES,
    "vjp": _ON_MODULES,
    "jvp": _ON_MODULES,
    "scan": "the steps of NNX's scan see the module with other rules for what they may change",
    "remat_scan": "NNX has no scan over layers that are computed again",
}
"""Functions of `flax.linen`."""

ATTRIBUTES = {
    "perturb": "NNX makes a perturbation at the first call and keeps it in the module",
    "is_mutable_collection": "no NNX module is told what `apply` may change: make it an argument",
    "is_initializing": "making an NNX module does not call it: ask for it in a condition",
    "scope": "NNX modules have no scope",
    "path": "NNX modules do not know where they are kept",
    "name": "NNX modules do not know their name",
}
"""Methods and attributes of every Linen module."""


def of_function(name: str) -> str | None:
    """Why a function of Linen has no rewriting."""
    short = name.removeprefix("flax.linen.")
    return f"`nn.{short}` has no rewriting: {FUNCTIONS[short]}" if short in FUNCTIONS else None


def of_attribute(name: str) -> str:
    """Why an attribute of a Linen module has no rewriting."""
    reason = f": {ATTRIBUTES[name]}" if name in ATTRIBUTES else " yet"
    return f"`self.{name}` of a Linen module has no rewriting{reason}"
