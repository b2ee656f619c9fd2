"""What is said of the shapes of library functions, against what jax itself says of them."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest

from migrate.analysis.kinds import Array, Const, Sequence, Value
from migrate.analysis.shapes import array_functions
from migrate.analysis.shapes.gathering import GATHERING
from migrate.analysis.shapes.sizes import Shape, number

LIBRARIES = {
    "jax.numpy": jnp,
    "jax.nn": jax.nn,
    "jax.lax": jax.lax,
    "jax.numpy.linalg": jnp.linalg,
    "flax.linen": nn,
}
KNOWN = sorted(
    {*array_functions.ELEMENTWISE, *array_functions.REDUCTIONS, *array_functions.HANDLERS, *GATHERING}
    | {"zeros", "ones", "full", "empty"}
)
NAMES = [
    f"{library}.{name}"
    for library, module in LIBRARIES.items()
    for name in KNOWN
    if hasattr(module, name) and (library, name) != ("jax.nn", "dot_product_attention")
]
"""Without attention, which jax gives back arrays for that have no axes."""
LETTERS = "abcdefg"
DRAWS = 60


@dataclass(frozen=True)
class Given:
    """One argument: as the analysis knows it, and as jax is given it."""

    value: Value
    real: Any


def _array(draw: random.Random, sizes: tuple[int, ...] | None = None) -> Given:
    """An array, perhaps without its first axes, or with sizes that are not known."""
    sizes = sizes if sizes is not None else tuple(draw.choices([1, 2, 3, 4, 6], k=draw.randint(0, 4)))
    exact = draw.random() < 0.6
    kept = sizes if exact else sizes[draw.randint(0, len(sizes)) :]
    axes = tuple(number(size) if draw.random() < 0.85 else None for size in kept)
    return Given(
        Array(Shape(axes, exact)), jax.ShapeDtypeStruct(sizes, draw.choice([jnp.float32, jnp.int32]))
    )


def _numbers(numbers: Any) -> Given:
    if isinstance(numbers, (list, tuple)):
        parts = [_numbers(each) for each in numbers]
        return Given(Sequence(tuple(part.value for part in parts)), tuple(part.real for part in parts))
    return Given(Const(numbers), numbers)


def _several(*parts: Given) -> Given:
    return Given(Sequence(tuple(part.value for part in parts)), [part.real for part in parts])


def _anything(draw: random.Random, first: Given) -> Given:
    choice = draw.randrange(8)
    if choice < 2:
        return _numbers(draw.randint(-4, 5))
    if choice < 4:
        return _numbers([draw.randint(-3, 5) for _ in range(draw.randint(0, 3))])
    if choice == 4:
        return _numbers(draw.sample(range(3), 3))
    if choice == 5:
        return first
    return _array(draw) if choice == 6 else _numbers(draw.choice([None, True, False]))


def _at_random(draw: random.Random) -> tuple[list[Given], dict[str, Given]]:
    first = _several(_array(draw), _array(draw)) if draw.random() < 0.1 else _array(draw)
    args = [first, *(_anything(draw, first) for _ in range(draw.choice([0, 0, 1, 1, 2, 3])))]
    axis = {"axis": _anything(draw, first)} if draw.random() < 0.5 else {}
    kept = {"keepdims": _numbers(draw.random() < 0.7)} if draw.random() < 0.2 else {}
    return args, axis | kept


def _shaped(draw: random.Random, least: int = 1) -> tuple[tuple[int, ...], Given, int]:
    """The sizes of an array with some axes, the array, and one of its axes."""
    sizes = tuple(draw.choices([1, 2, 3, 4, 6], k=draw.randint(least, 4)))
    return sizes, _array(draw, sizes), draw.randrange(-len(sizes), len(sizes))


def _reshape(draw: random.Random) -> list[Given]:
    sizes, x, _ = _shaped(draw)
    target = [*draw.sample(sizes, len(sizes))]
    if draw.random() < 0.7:
        target[draw.randrange(len(target))] = -1
    return [x, _numbers(target)]


def _concatenate(draw: random.Random) -> list[Given]:
    sizes, _, axis = _shaped(draw)
    parts = []
    for _ in range(draw.randint(1, 3)):
        other = [*sizes]
        other[axis] = draw.randint(1, 5)
        parts.append(_array(draw, tuple(other)))
    return [_several(*parts), _numbers(axis)]


def _stack(draw: random.Random) -> list[Given]:
    sizes, _, axis = _shaped(draw)
    return [_several(*(_array(draw, sizes) for _ in range(draw.randint(1, 3)))), _numbers(axis)]


def _split(draw: random.Random) -> list[Given]:
    _, x, axis = _shaped(draw)
    parts = draw.choice([draw.randint(1, 4), [draw.randint(-2, 6) for _ in range(draw.randint(0, 3))]])
    return [x, _numbers(parts), _numbers(axis)]


def _einsum(draw: random.Random) -> list[Given]:
    size = {letter: draw.randint(1, 5) for letter in LETTERS}
    terms = ["".join(draw.sample(LETTERS[:4], draw.randint(1, 3))) for _ in range(draw.randint(1, 3))]
    used = sorted({*"".join(terms)})
    output = "".join(draw.sample(used, draw.randint(0, len(used))))
    dots = "..." if draw.random() < 0.4 else ""
    text = f"{','.join(dots + term for term in terms)}->{dots}{output}"
    front = (draw.randint(1, 3),) if dots else ()
    return [_numbers(text), *(_array(draw, (*front, *(size[c] for c in term))) for term in terms)]


def _axis_of(draw: random.Random) -> list[Given]:
    _, x, axis = _shaped(draw)
    return [x, _numbers(axis)]


def _two_axes(draw: random.Random) -> list[Given]:
    sizes, x, axis = _shaped(draw)
    return [x, _numbers(axis), _numbers(draw.randrange(-len(sizes), len(sizes)))]


def _repeated(draw: random.Random) -> list[Given]:
    _, x, axis = _shaped(draw)
    return [x, _numbers(draw.randint(1, 3)), _numbers(axis)]


def _tiled(draw: random.Random) -> list[Given]:
    return [_shaped(draw)[1], _numbers([draw.randint(1, 3) for _ in range(draw.randint(1, 5))])]


def _padded(draw: random.Random) -> list[Given]:
    sizes, x, _ = _shaped(draw)
    return [x, _numbers([(draw.randint(0, 2), draw.randint(0, 2)) for _ in sizes])]


def _product(draw: random.Random) -> list[Given]:
    inner = draw.randint(1, 4)
    front = tuple(draw.choices([1, 2, 3], k=draw.randint(0, 2)))
    other = front if draw.random() < 0.5 else tuple(draw.choices([1, 2, 3], k=draw.randint(0, 2)))
    left, right = (*front, draw.randint(1, 4), inner), (*other, inner, draw.randint(1, 4))
    return [_array(draw, left), _array(draw, right)]


def _transposed(draw: random.Random) -> list[Given]:
    sizes, x, _ = _shaped(draw)
    order = draw.sample(range(len(sizes)), len(sizes))
    return [x, _numbers([axis - len(sizes) if draw.random() < 0.2 else axis for axis in order])]


MEANT: dict[str, Callable[[random.Random], list[Given]]] = {
    "reshape": _reshape,
    "concatenate": _concatenate,
    "stack": _stack,
    "split": _split,
    "array_split": _split,
    "einsum": _einsum,
    "expand_dims": _axis_of,
    "squeeze": _axis_of,
    "swapaxes": _two_axes,
    "moveaxis": _two_axes,
    "repeat": _repeated,
    "tile": _tiled,
    "pad": _padded,
    "matmul": _product,
    "dot": _product,
    "transpose": _transposed,
    "softmax": _axis_of,
    "one_hot": _axis_of,
    **dict.fromkeys(("mean", "max", "argmax", "cumsum", "sort", "flip", "var"), _axis_of),
}
"""How arguments are drawn that mean something; of what is drawn at random most is refused by jax."""


def _asked(name: str, args: list[Given], keywords: dict[str, Given]) -> Any:
    """What jax gives for such arguments; None where it refuses them."""
    library, _, short = name.rpartition(".")
    function = getattr(LIBRARIES[library], short)
    given = ([each.real for each in args], {name: each.real for name, each in keywords.items()})
    arrays, rest = jax.tree.flatten(given, is_leaf=lambda x: x is None)
    places = [i for i, each in enumerate(arrays) if isinstance(each, jax.ShapeDtypeStruct)]

    def called(*real: Any) -> Any:
        leaves = [*arrays]
        for place, each in zip(places, real, strict=True):
            leaves[place] = each
        positional, named = jax.tree.unflatten(rest, leaves)
        return function(*positional, **named)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return jax.eval_shape(called, *(arrays[place] for place in places))
        except Exception:  # whatever jax says against the arguments
            return None


def _differs(value: Value, real: Any) -> bool:
    """Whether anything that is said of a result is not so."""
    match value:
        case Array(shape):
            sizes = getattr(real, "shape", None)
            if (
                sizes is None
                or len(shape.axes) > len(sizes)
                or (shape.exact and len(shape.axes) != len(sizes))
            ):
                return True
            told = zip(reversed(shape.axes), reversed(sizes), strict=False)
            return any(axis is not None and eval(axis.text) != size for axis, size in told)
        case Sequence(items):
            return (
                not isinstance(real, (list, tuple))
                or len(real) != len(items)
                or any(map(_differs, items, real))
            )
        case _:
            return False


@pytest.mark.parametrize("name", NAMES)
def test_no_shape_is_wrong(name: str) -> None:
    draw = random.Random(name)
    short = name.rpartition(".")[2]
    for turn in range(DRAWS):
        meant = MEANT.get(short) if turn % 2 else None
        args, keywords = (meant(draw), {}) if meant else _at_random(draw)
        said = array_functions.function(
            name, [a.value for a in args], {n: a.value for n, a in keywords.items()}
        )
        real = _asked(name, args, keywords)
        assert real is None or not _differs(said, real), (args, keywords, said, real)
