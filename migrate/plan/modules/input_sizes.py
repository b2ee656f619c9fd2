"""The arguments by which a module class learns the sizes of its inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names, inputs_of
from migrate.analysis.modules.forwarding import signature
from migrate.analysis.modules.item_inputs import in_order
from migrate.analysis.modules.optional_inputs import optional_inputs
from migrate.analysis.modules.presence import asked
from migrate.analysis.program.syntax import names_in
from migrate.analysis.shapes.sizes import PLACEHOLDER
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import FIRST_AXIS, Draft
from migrate.plan.modules.told_sizes import named, told_arguments

Form = Literal["last", "rest", "shape", "first", "told"]
AXES = {2: ("in_features",), 3: ("length", "in_features"), 4: ("height", "width", "in_features"),
        5: ("depth", "height", "width", "in_features")}  # fmt: skip


PASSED = re.compile(r"\((\w+) or None\)")
"""An optional size that is handed on as it is."""

WORDS = {"shape": "shape", "first": "length"}
"""What the argument for an input is called after it; a size of the last axis is called `<input>_features`."""

ALONE = re.compile(r"^\((\w+ or [\w.]+)\)$")
"""A choice of sizes that is an argument by itself."""


@dataclass(frozen=True)
class InputSize:
    """One argument: the last axis of an input, all of its axes but the first, their product, or the first.

    A size that is told by callers belongs to no input; `parameter` is what it is called then.
    """

    argument: str
    parameter: str
    form: Form
    rank: int = 0
    optional: bool = False

    @property
    def annotated(self) -> str:
        """The parameter of `__init__`."""
        if self.form == "shape" or self.rank:
            return f"{self.argument}: tuple[{', '.join(['int'] * (self.rank - 1))}]"
        return f"{self.argument}: int | None = None" if self.optional else f"{self.argument}: int"


@dataclass(frozen=True)
class InputSizes:
    """All of the arguments, what stands for each placeholder, and the lines that unpack shapes."""

    arguments: tuple[InputSize, ...]
    names: dict[str, str]
    unpacking: tuple[str, ...]

    def renamed(self, text: str) -> str:
        """A text with the placeholders in their final names."""
        final = PLACEHOLDER.sub(lambda match: self.names.get(match[0], match[0]), text)
        return named(ALONE.sub(r"\1", PASSED.sub(r"\1", final)))


def input_sizes(plan: Plan, cls: Class, draft: Draft) -> InputSizes:
    """What `__init__` needs to be told of the inputs of `__call__`."""
    if any(FIRST_AXIS.search(text) for text in draft.texts()):
        raise Blocked(cls.node, "LNX112", "a layer's size depends on the size of the batch")
    if draft.base is not None:
        inherited = input_sizes(plan, draft.base.cls, draft.base).arguments
        _check_taken(cls, _used(cls), [*inherited])
        return InputSizes(inherited, {}, ())
    needed = draft.needed()
    call = signature(cls)
    inputs = in_order(plan.facts, cls, inputs_of(call)) if call else ()
    order = [name for name in inputs if name in needed]
    forms = {name: _form(plan, cls, name, needed[name]) for name in order}
    used = _used(cls)
    single = len(order) == 1
    arguments: list[InputSize] = []
    names: dict[str, str] = {}
    unpacking: list[str] = []
    for name in order:
        form = forms[name]
        if form != "last" and name in asked(draft.texts()):
            message = f"which layers there are depends on `{name}` being given, and sizes on all its axes"
            raise Blocked(cls.node, "LNX111", message)
        rank = _rank(plan, cls, name) if form == "shape" else 0
        plain = "in_shape" if form == "shape" else "in_features"
        prefixed = f"{name}_{WORDS.get(form, 'features')}"
        argument = plain if single and plain not in used and form != "first" else prefixed
        optional = form == "last" and is_optional(draft, name)
        arguments.append(InputSize(argument, name, form, rank, optional))
        if form == "shape":
            parts = _parts(name, _axes(draft, name, rank), used, single)
            unpacking.append(f"{', '.join(parts)} = {argument}")
            names |= {f"_axis_{rank - 1 - i}_of_{name}": part for i, part in enumerate(parts)}
        elif form == "first":
            names[f"_axis_{_rank(plan, cls, name)}_of_{name}"] = argument
        else:
            names[f"_axis_1_of_{name}" if form == "last" else f"_rest_of_{name}"] = argument
    arguments += [InputSize(name, name, "told", draft.told[name].rank) for name in told_arguments(draft)]
    _check_taken(cls, used, arguments)
    return InputSizes(tuple(arguments), names, tuple(unpacking))


def is_optional(draft: Draft, name: str) -> bool:
    """Whether the size of an input is only asked for where the input is given."""
    if name in asked(draft.texts()):
        return True
    if name not in optional_inputs(draft.cls):
        return False
    size = f"_axis_1_of_{name}"
    return all(text.count(size) == text.count(f"({size} or ") for text in draft.texts())


def _form(plan: Plan, cls: Class, name: str, axes: set[int]) -> Form:
    if axes == {1}:
        return "last"
    if axes == {0}:
        return "rest"
    if 0 in axes:
        raise Blocked(cls.node, "LNX112", f"`{name}` is used both as it is and flattened")
    rank = _rank(plan, cls, name)
    if axes == {rank} and cls.node not in plan.facts.scans:
        return "first"
    if max(axes) >= rank:
        raise Blocked(cls.node, "LNX112", f"the first axis of `{name}` would be an argument: the batch")
    return "shape"


def _rank(plan: Plan, cls: Class, name: str) -> int:
    rank = plan.facts.summaries[cls.node].ranks.get(name)
    if rank is None or rank not in AXES:
        raise Blocked(cls.node, "LNX112", f"it is not known how many axes `{name}` has")
    return rank


def _axes(draft: Draft, name: str, rank: int) -> tuple[str, ...]:
    """What the axes of an input are called: features come last, or first where layers are given those."""
    *others, features = AXES[rank]
    first = others and _is_alone(draft, f"_axis_{rank - 1}_of_{name}")
    return (features, *others) if first and not _is_alone(draft, f"_axis_1_of_{name}") else AXES[rank]


def _is_alone(draft: Draft, size: str) -> bool:
    """Whether a size is the first argument of a layer by itself."""
    return any(text == size or re.search(rf"\w\({size}, ", text) for text in draft.texts())


def _parts(name: str, axes: tuple[str, ...], used: frozenset[str], single: bool) -> list[str]:
    if not single:
        return [f"{name}_{part.removeprefix('in_')}" for part in axes]
    return [part if part not in used else f"in_{part}" for part in axes]


def _used(cls: Class) -> frozenset[str]:
    return names_in(cls.node).union(field_names(cls))


def _check_taken(cls: Class, used: frozenset[str], arguments: list[InputSize]) -> None:
    if taken := used & {argument.argument for argument in arguments}:
        message = f"`{min(taken)}`, which would be an argument, means something else here"
        raise Blocked(cls.node, "LNX111", message)
