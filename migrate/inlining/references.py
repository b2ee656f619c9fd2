"""The layers that the written-out bodies read, and how the helper gets them at each call."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from migrate.inlining.free_names import free_names
from migrate.inlining.marks import unmarked
from migrate.inlining.numbers import difference, split

NUMBERED = re.compile(r"([A-Za-z]\w*?)_(\d+|\{.*\})")
STEM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Reference:
    """One place that reads a layer: `self.Dense_0` or `getattr(self, f"Dense_{i}")`."""

    node: ast.expr
    text: str

    @property
    def names(self) -> set[str]:
        """The names that are read to find the layer."""
        return free_names(self.node)

    @property
    def attribute(self) -> str:
        """The name of the attribute, with braces where it is computed."""
        match self.node:
            case ast.Attribute(attr=name):
                return name
            case ast.Call(args=[_, ast.Constant(value=str(name))]):
                return name
            case ast.Call(args=[_, ast.JoinedStr() as name]):
                return ast.unparse(name)[2:-1]
            case _:
                return ""

    @property
    def numbered(self) -> tuple[str, str] | None:
        """The class and the number, where the attribute is named so."""
        found = NUMBERED.fullmatch(self.attribute)
        if found is None:
            return None
        number = found[2]
        if number.startswith("{"):
            number = number[1:-1]
            if "{" in number or "}" in number:
                return None
        return found[1], number


def references(
    body: Sequence[ast.stmt], known: set[str], text_of: Callable[[ast.AST], str]
) -> list[Reference]:
    """The layers that are read in a body, in the order of the text, beside the attributes that it `known`."""
    found: list[Reference] = []
    waiting: list[ast.AST] = [*reversed(body)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr) and _reads_layer(node, known):
            found.append(Reference(node, text_of(node)))
        else:
            waiting += reversed([*ast.iter_child_nodes(node)])
    return found


def _reads_layer(node: ast.expr, known: set[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Load()):
            return name not in known
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), _]):
            return ast.unparse(node) not in known
        case _:
            return False


def names_of(
    calls: Sequence[Sequence[Reference]], taken: set[str], classes: Sequence[str]
) -> list[str] | None:
    """A parameter for each place: `dense`, or `dense_0` and `dense_1`; None where one is taken."""
    groups = _groups(calls)
    if groups is None:
        return None
    stems = _stems(calls, classes)
    first = [place for place, group in enumerate(groups) if groups.index(group) == place]
    times = Counter(stems[place] for place in first)
    seen: Counter[str] = Counter()
    names: dict[int, str] = {}
    for place in first:
        stem = stems[place]
        name = f"{stem}_{seen[stem]}" if times[stem] > 1 else stem
        seen[stem] += 1
        name = f"{name}_layer" if name in taken else name
        if name in taken or name in names.values():
            return None
        names[groups[place]] = name
    return [names[group] for group in groups]


def _groups(calls: Sequence[Sequence[Reference]]) -> list[int] | None:
    """For each place the first one that reads the same layer, which must be so in every call."""
    every = []
    for call in calls:
        texts = [reference.text for reference in call]
        every.append([texts.index(text) for text in texts])
    return every[0] if all(groups == every[0] for groups in every) else None


def _stems(calls: Sequence[Sequence[Reference]], classes: Sequence[str]) -> list[str]:
    """`layer_norm` for layers that are all called `LayerNorm_0`, `LayerNorm_1`, ... or are of that class.

    The `classes` are those of the layers with names of their own, in their order.
    """
    found: list[str | None] = []
    for place in range(len(calls[0])):
        every = [call[place].numbered for call in calls]
        words = {each[0] if each else None for each in every}
        found.append(words.pop() if len(words) == 1 else None)
    own = iter(classes if found.count(None) == len(classes) else ["layer"] * len(found))
    return [STEM.sub("_", word or next(own)).lower() for word in found]


@dataclass(frozen=True)
class Counted:
    """A number for each call, and for each place what its own number has more, and adds in the body."""

    numbers: list[str]
    more: list[int]
    inner: list[str]


def counted(calls: Sequence[Sequence[Reference]], bound: Collection[str]) -> Counted | None:
    """How the layers are counted; None where that changes with the call."""
    every = [[r.numbered for r in call] for call in calls]
    known = [[each for each in call if each is not None] for call in every]
    names = [[name for name, _ in call] for call in known]
    parts = [[split(number, bound) for _, number in call] for call in known]
    texts = [[free for free, _ in call] for call in parts]
    inner = [[unmarked(within) for _, within in call] for call in parts]
    raw = [within for call in parts for _, within in call if within]
    if any(not free_names(text) <= {*bound, "self", *dir(builtins)} for text in raw):
        return None
    whole = all(len(a) == len(b) for a, b in zip(known, every, strict=True))
    if not whole or any(c != names[0] for c in names) or any(each != inner[0] for each in inner):
        return None
    for base in range(len(texts[0])):
        more = [[difference(number, call[base]) for number in call] for call in texts]
        if any(m != more[0] for m in more):
            return None
        constant = [m for m in more[0] if m is not None]
        if len(constant) != len(more[0]):
            return None
        if min(constant) == 0:
            return Counted([call[base] for call in texts], constant, inner[0])
    return None
