"""The kinds of values that the interpreter follows.

A `Token` names one object that NNX code would mutate: it is made where a model is initialised, where
a jitted function receives a copy, and where a jitted call returns one. A value that denotes a token
is `stale` once an update of that token has happened since it was read: Linen would still see the old
numbers there, an NNX object would show the new ones.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrate.analysis.nnx_code import nnx_kinds
from migrate.analysis.shapes.sizes import Shape, Size

if TYPE_CHECKING:
    from migrate.analysis.frames import Frame


@dataclass(frozen=True)
class Unknown:
    """Anything that is not followed."""


@dataclass(frozen=True)
class Symbol:
    """A library object by its canonical qualified name."""

    name: str


@dataclass(frozen=True)
class Namespace:
    """A module or package of the project, by the name under which `importer` reaches it."""

    importer: str
    level: int
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Const:
    """A Python constant; `name` is the variable that it was read from, which says nothing about its kind."""

    value: Any
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Array:
    """An array whose shape is known as expressions, or not known at all."""

    shape: Shape


@dataclass(frozen=True)
class ShapeOf:
    """`array.shape`."""

    shape: Shape


@dataclass(frozen=True)
class Length:
    """A value that is known as an expression: one axis, a field of a module, what is made from them.

    Where it is not surely a number, `scalar` is false: its shape in an operation on arrays is not known.
    """

    size: Size
    scalar: bool = True


@dataclass(frozen=True)
class Sequence:
    """A tuple or list display, item by item."""

    items: tuple[Value, ...]


@dataclass(frozen=True)
class Collected:
    """A list that code of a module fills; `item` covers whatever is in it, None where nothing is yet."""

    item: Value | None


@dataclass(frozen=True)
class Results:
    """What a module gives: a tuple that begins with `items`, or a record with these items and `fields`.

    `last` is the last item of the tuple, where that is known whatever its length.
    """

    items: tuple[Value, ...]
    fields: tuple[tuple[str, Value], ...] = ()
    last: Value = Unknown()


@dataclass(frozen=True)
class Dict:
    """A dict display with constant keys."""

    items: tuple[tuple[Any, Value], ...]

    def get(self, key: object) -> Value | None:
        """The value under `key`, or None."""
        return next((v for k, v in self.items if k == key), None)


@dataclass(frozen=True)
class Function:
    """A function of the project with the frame it closes over."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame


@dataclass(frozen=True)
class Partial:
    """`functools.partial(function, *args, **keywords)`."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    site: ast.Call | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Class:
    """A class of the project."""

    node: ast.ClassDef
    frame: Frame
    bases: tuple[Value, ...]


@dataclass(frozen=True)
class Object:
    """`self` inside a Linen module class."""

    cls: Class


@dataclass(frozen=True)
class Loop:
    """A loop that can be written in `__init__` too: `index` counts its turns, `count` is their number.

    `header` is what stands between `for` and the colon there; `named` says that the original loop has to be
    given the same header, as its own has no index.
    """

    node: ast.For
    index: str
    count: str
    header: str
    target: str
    iterated: str
    bound: frozenset[str]

    @property
    def items(self) -> str:
        """What the loop runs over, without `enumerate` around it."""
        match ast.parse(self.iterated, mode="eval").body:
            case ast.Call(func=ast.Name(id="enumerate"), args=[items, *_]):
                return ast.unparse(items)
            case _:
                return self.iterated


@dataclass(frozen=True)
class Instance:
    """A Linen module definition: a class and the call that built it.

    `made` are the calls of the functions that gave it, outermost first, where it has left them.
    """

    cls: Class | Symbol
    site: ast.Call
    made: tuple[ast.Call, ...] = ()


@dataclass(frozen=True)
class Token:
    """One object that an update changes; `label` tells several made at one place apart."""

    node: ast.AST
    label: str = ""


Tokens = frozenset[Token]
NO_TOKENS: Tokens = frozenset()


@dataclass(frozen=True)
class LayerField:
    """A field of a module that holds a layer class, or a partial call of one.

    `early` are the keywords that the partial call gives, `late` those that it gives at every call of the
    module that is handed the class.
    """

    field: str
    layer: str
    cls: Class | None = None
    early: tuple[tuple[str, Value], ...] = ()
    late: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GivenLayer:
    """A layer in a field of a module, which belongs to another one or was made for it.

    `cls` is its class where that is one of the project.
    """

    field: str
    layer: str
    cls: Class | None = None


@dataclass(frozen=True)
class FreeCell:
    """A recurrent cell that only makes a first carry."""

    layer: str


@dataclass(frozen=True)
class Lifted:
    """A module class, or that of a layer, under a transform of Linen; `site` is the call that lifts it.

    `inner` is the transform that it was under before, as in `nn.scan(nn.remat(Block))`.
    """

    transform: str
    cls: Class | Symbol
    site: ast.Call
    inner: Lifted | None = None


@dataclass(frozen=True)
class Chain:
    """`nn.Sequential([...])` inside a module: layers and functions that are called one after the other."""

    items: tuple[Value, ...]
    site: ast.Call


@dataclass(frozen=True)
class Repeated:
    """A list of layers that `setup` builds turn by turn; `item` is each of them, or one of several.

    `site` is the comprehension, or the name of the list that a loop fills. In a list that is turned
    `backwards` the layer of the last turn comes first.
    """

    item: Value
    site: ast.expr
    backwards: bool = False


@dataclass(frozen=True)
class Lengthened:
    """A tuple of layers with names of their own that `setup` makes and lengthens: where each is built."""

    layers: tuple[ast.Call, ...]


@dataclass(frozen=True)
class Cell:
    """A variable that a module keeps in a collection of its own, and what `value` of it is."""

    collection: str
    name: str
    value: Value


@dataclass(frozen=True)
class OwnCollection:
    """`self.variables["cache"]` inside a module; `self.variables` itself where no collection is named."""

    collection: str | None = None


@dataclass(frozen=True)
class LayerTree:
    """`self.layer.variables` inside a module, or a part of it; `root` is the layer as it is written.

    Where it is read from the variables of the module, `root` is the module and `name` that of the layer.
    """

    instance: Instance
    root: ast.expr
    keys: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class Variables:
    """The whole dict of variable collections that `init` returns."""

    tokens: Tokens
    stale: bool = False


@dataclass(frozen=True)
class Params:
    """The parameters; `whole` where the program keeps the whole variables dict in their place."""

    tokens: Tokens
    stale: bool = False


@dataclass(frozen=True)
class Path:
    """A part of the parameters, read by constant keys from the expression `root`."""

    tokens: Tokens
    stale: bool
    root: ast.expr
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The parameters of several models that are trained as one, in a record, dict or tuple."""

    tokens: Tokens
    stale: bool
    shape: Value


@dataclass(frozen=True)
class State:
    """A train state; `whole` says that its `params` field holds a whole variables dict.

    `stats` is the field of a class `cls` of the project that holds batch statistics. They have `moved` where
    the model has newer ones than Linen's state. `group` are the parameters if they are of several models. Of
    a `view` only the model is there. One that is `bare` may have been made without an optimizer.
    """

    tokens: Tokens
    whole: bool
    stale: bool = False
    cls: Class | None = None
    stats: str | None = None
    moved: bool = False
    group: Group | None = None
    view: bool = False
    bare: bool = False


@dataclass(frozen=True)
class Holder:
    """A train state of a class of the project, which goes on as one value.

    `fields` are those of its own fields that hold parameters, sorted by name; `stats` is the one that holds
    batch statistics, which have `moved` where the model has newer ones.
    """

    cls: Class
    tokens: Tokens
    whole: bool
    stale: bool
    fields: tuple[tuple[str, Value], ...]
    stats: str | None = None
    moved: bool = False


@dataclass(frozen=True)
class Thing:
    """An object of an ordinary class of the project whose attributes are followed.

    `site` is where it was made, or its class where that is not known; `family` is the class that stands for
    all that are tied to it by inheritance.
    """

    cls: Class
    family: ast.ClassDef
    site: ast.AST

    @property
    def token(self) -> Token:
        """What ties everything together that is kept in such objects."""
        return Token(self.family, "object")


@dataclass(frozen=True)
class Bound:
    """A method of an object, or a class method, with what it gets as its first argument."""

    first: Value
    function: Value


@dataclass(frozen=True)
class Wrapped:
    """A method below `staticmethod`, `classmethod` or `property`."""

    how: str
    function: Value


@dataclass(frozen=True)
class OptState:
    """The optimizer state of a train state."""

    tokens: Tokens
    stale: bool = False


@dataclass(frozen=True)
class Transformation:
    """A gradient transformation; `makers` are the places where it may have been made.

    `masks` says that it looks into the parameters by their names: it would find a state in place of a dict,
    `ordered` that it may treat leaves by their order. It is `labelled` by the paths of models.
    """

    makers: frozenset[Hashable]
    masks: bool = False
    ordered: bool = False
    labelled: Tokens = frozenset()


@dataclass(frozen=True)
class Labels:
    """Labels or a mask for parameters, made of their paths, on the way to a transformation."""

    tokens: Tokens


@dataclass(frozen=True)
class Optimizer:
    """An optimizer state that the program carries by itself, with the makers of its transformation."""

    tokens: Tokens
    stale: bool
    makers: frozenset[Hashable]


@dataclass(frozen=True)
class Pending:
    """The updates that a transformation gave, and the call that applies them; None where that was refused."""

    tokens: Tokens
    application: ast.Call | None


@dataclass(frozen=True)
class Record:
    """A NamedTuple or dataclass of the project, field by field."""

    cls: Class
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Stats:
    """The batch statistics of a model: an NNX model holds them, so that nothing stays of the value."""

    tokens: Tokens
    stale: bool = False


@dataclass(frozen=True)
class Updates:
    """The dict of changed collections that `apply` with `mutable` gives beside its result."""

    tokens: Tokens
    stale: bool = False


@dataclass(frozen=True)
class Outputs:
    """What `apply` gives by itself, at a line that gives `Updates` beside it when it is called otherwise."""

    tokens: Tokens


@dataclass(frozen=True)
class Grads:
    """Gradients with respect to a model's parameters, or another tree of their form.

    `made` are the calls that made it of parameters alone, leaf by leaf.
    """

    tokens: Tokens
    made: frozenset[ast.Call] = frozenset()


@dataclass(frozen=True)
class OptTree:
    """An optimizer state that was made from others, leaf by leaf."""

    tokens: Tokens


@dataclass(frozen=True)
class SavedState:
    """What a whole train state holds, changed leaf by leaf on its way into a file, by the calls `made`."""

    tokens: Tokens
    made: frozenset[ast.Call] = frozenset()


@dataclass(frozen=True)
class ApplyFn:
    """`model.apply` or `state.apply_fn`, whichever definition it belongs to."""

    instances: frozenset[Instance]


@dataclass(frozen=True)
class Method:
    """A method looked up on a followed value."""

    receiver: Value
    name: str


@dataclass(frozen=True)
class Grad:
    """`jax.grad(function)` or `jax.value_and_grad(function)`; `scaled` by a `DynamicScale`."""

    function: Value
    site: ast.Call
    argnums: tuple[int, ...] | None
    has_aux: bool
    with_value: bool
    scaled: bool = False


@dataclass(frozen=True)
class Jit:
    """`jax.jit(function)`; `site` is the call or decorator."""

    function: Value
    site: ast.expr


@dataclass(frozen=True)
class Batched:
    """A function under one of `batches.TRANSFORMS`; `site` is the call or decorator."""

    function: Value
    site: ast.expr


@dataclass(frozen=True)
class BoundFunction:
    """`nn.apply(function, module)`, which calls `function` with the module when it is given variables."""

    function: Function
    instances: frozenset[Instance]
    site: ast.Call


@dataclass(frozen=True)
class BoundModel:
    """`model.bind(variables)`: a definition with variables in it; `site` is the call of `bind`."""

    tokens: Tokens
    stale: bool
    instances: frozenset[Instance]
    site: ast.Call


@dataclass(frozen=True)
class Mixed:
    """A value that is followed on one path and something else on another."""

    parts: frozenset[Value]


Value = (
    Unknown
    | Symbol
    | Namespace
    | Const
    | Array
    | ShapeOf
    | Length
    | Sequence
    | Collected
    | Results
    | Dict
    | Function
    | Partial
    | Class
    | Object
    | Instance
    | LayerField
    | GivenLayer
    | FreeCell
    | Lifted
    | Chain
    | Repeated
    | Lengthened
    | Cell
    | OwnCollection
    | LayerTree
    | Variables
    | Params
    | Path
    | Group
    | State
    | Holder
    | Thing
    | Bound
    | Wrapped
    | OptState
    | Transformation
    | Labels
    | Optimizer
    | Pending
    | Record
    | Stats
    | Updates
    | Outputs
    | Grads
    | OptTree
    | SavedState
    | ApplyFn
    | Method
    | Grad
    | Jit
    | Batched
    | BoundFunction
    | BoundModel
    | Mixed
    | nnx_kinds.NnxModel
    | nnx_kinds.NnxOptimizer
    | nnx_kinds.NnxTree
    | nnx_kinds.NnxArgument
    | nnx_kinds.NnxGrads
    | nnx_kinds.NnxUpdates
    | nnx_kinds.NnxTransform
    | nnx_kinds.NnxCompiled
    | nnx_kinds.NnxSelf
)
UNKNOWN = Unknown()
TOKENED = (
    Variables,
    Params,
    Path,
    Group,
    State,
    OptState,
    Optimizer,
    Pending,
    Stats,
    Updates,
    Grads,
    OptTree,
    SavedState,
    BoundModel,
)
TIMELESS = (Grads, OptTree, Pending, SavedState)
VANISHING = (Stats, Updates)
OF_STATS = (Stats, Updates, Variables)
FOLLOWED = (Instance, ApplyFn, BoundFunction, Holder, Thing, *TOKENED)
COMPOSED = (Sequence, Dict, Record, Mixed, Collected, Partial, Method)
"""What is put together from other values."""
WITH_TOKENS = frozenset({Holder, Thing, *TOKENED, *COMPOSED})
"""The kinds that may denote tokens; most values are of others, which a look at their type tells."""


def parts(value: Value) -> tuple[Value, ...]:
    """The values that a value is put together from, or may be one of."""
    match value:
        case Sequence(items):
            return items
        case Dict(items) | Record(fields=items):
            return tuple(item for _, item in items)
        case Mixed(alternatives):
            return tuple(alternatives)
        case Collected(item) if item is not None:
            return (item,)
        case Partial(function, args, keywords):
            return (function, *args, *(given for _, given in keywords))
        case Method(receiver, _):
            return (receiver,)
        case _:
            return ()


def followed(value: Value) -> bool:
    """Whether the value, or a part of it, must be accounted for wherever it goes."""
    composed = isinstance(value, COMPOSED)
    return isinstance(value, FOLLOWED) or (composed and any(followed(part) for part in parts(value)))


def tokens_of(value: Value) -> Tokens:
    """Every token that the value or a part of it denotes."""
    if type(value) not in WITH_TOKENS:
        return NO_TOKENS
    match value:
        case _ if isinstance(value, TOKENED):
            return value.tokens
        case Thing():
            return frozenset({value.token})
        case Holder(tokens=tokens, fields=fields):
            return tokens.union(*(tokens_of(field) for _, field in fields))
        case _:
            return NO_TOKENS.union(*(tokens_of(part) for part in parts(value)))
