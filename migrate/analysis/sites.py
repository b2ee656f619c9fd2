"""Sites: the places of Linen training code that rules rewrite, one class a kind."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from migrate.analysis.kinds import Class, Group, Instance, LayerField, Lifted, Loop, Tokens, Value
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.shapes.sizes import Shape, Size


@dataclass(frozen=True)
class CreateState:
    """`TrainState.create(apply_fn=..., params=..., tx=...)`; `copied` where it gets a model of its own.

    It is `bare` where the state is made without an optimizer: `tx` is None.
    """

    node: ast.Call
    params: ast.expr
    tx: ast.expr
    cls: Class | None = None
    group: Group | None = None
    copied: bool = False
    bare: bool = False


@dataclass(frozen=True)
class StateOfTree:
    """`TrainState.create(...)` from a tree that nothing follows; `whole` where it holds all variables.

    `stats` is the tree of the statistics that a state of a class for them is given.
    """

    node: ast.Call
    tree: ast.expr
    tx: ast.expr
    whole: bool
    stats: ast.expr | None = None


@dataclass(frozen=True)
class ReplaceStats:
    """`state.replace(batch_stats=...)` of statistics that the model has already."""

    node: ast.Call
    state: ast.expr


@dataclass(frozen=True)
class ReplaceTrees:
    """`state.replace(params=tree, opt_state=tree)` with trees made leaf by leaf."""

    node: ast.Call
    state: ast.expr


@dataclass(frozen=True)
class ViewState:
    """`state.replace(params=params)`: a name for the model, or parameters for the model of its `own`."""

    node: ast.Call
    state: ast.expr
    params: ast.expr
    own: bool


@dataclass(frozen=True)
class CloneState:
    """`state.replace(apply_fn=model.apply)`: the parameters of now under another definition."""

    node: ast.Call
    state: ast.expr


@dataclass(frozen=True)
class ApplyGradients:
    """`state.apply_gradients(grads=...)`."""

    node: ast.Call
    state: ast.expr
    grads: ast.expr


@dataclass(frozen=True)
class InitOptimizer:
    """`tx.init(params)`."""

    node: ast.Call
    tx: ast.expr
    params: ast.expr
    group: Group | None = None


@dataclass(frozen=True)
class UpdateModel:
    """`updates, opt_state = tx.update(grads, opt_state, params)`, with the call that applies the updates."""

    node: ast.Call
    optimizer: ast.expr
    grads: ast.expr
    application: ast.Call


@dataclass(frozen=True)
class ApplyUpdates:
    """`optax.apply_updates(params, updates)`."""

    node: ast.Call
    params: ast.expr
    updates: ast.expr


@dataclass(frozen=True)
class CreateRecord:
    """A record that is made with a model or an optimizer in it; `given` are its arguments by field."""

    node: ast.Call
    cls: Class
    given: tuple[tuple[str, ast.expr], ...]


@dataclass(frozen=True)
class ReadRecord:
    """A field of a record of the project."""

    node: ast.Attribute
    cls: Class
    field: str


@dataclass(frozen=True)
class ReadHyperparameter:
    """`state.opt_state[1].hyperparams["learning_rate"]`; `root` is the whole optimizer state."""

    node: ast.Attribute | ast.Subscript
    root: ast.Attribute


@dataclass(frozen=True)
class ReadItem:
    """An item of a dict or tuple of models that are trained as one."""

    node: ast.Subscript


@dataclass(frozen=True)
class ReplaceRecord:
    """`record.replace(...)` or `record._replace(...)`; `trees` are written into the models that are there."""

    node: ast.Call
    record: ast.expr
    cls: Class
    trees: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateHolder:
    """`State.create(...)` of a class with fields of its own.

    `held` are the fields that hold parameters, `copied` those of them that need a copy of their own, and
    `stats` is the one that holds batch statistics.
    """

    node: ast.Call
    cls: Class
    params: ast.expr
    tx: ast.expr
    held: tuple[str, ...]
    copied: tuple[str, ...]
    stats: str | None = None


@dataclass(frozen=True)
class ReadHolder:
    """A field of a train state of the project's own class."""

    node: ast.Attribute
    field: str


@dataclass(frozen=True)
class ReplaceHolder:
    """`state.replace(...)`: `trees` are updated in place, `models` take a copy, `stats` the model has."""

    node: ast.Call
    state: ast.expr
    trees: tuple[str, ...]
    models: tuple[str, ...]
    stats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Apply:
    """`model.apply(variables, *inputs)` or `state.apply_fn(variables, *inputs)`.

    One that takes or gives collections of its own beside the parameters is `kept` as it is.
    """

    node: ast.Call
    variables: ast.expr
    method: str | None = None
    kept: bool = False

    @property
    def transform(self) -> ast.Call | None:
        """`jax.vmap(model.apply, ...)`, where it stands around what is called."""
        return self.node.func if isinstance(self.node.func, ast.Call) else None

    @property
    def function(self) -> ast.expr:
        """`model.apply`, or `state.apply_fn`."""
        return self.transform.args[0] if self.transform is not None else self.node.func


@dataclass(frozen=True)
class Init:
    """`model.init(key, *inputs)`; `shapes` are those of the inputs, by position, `named` the keywords.

    In `model.init(*inputs)` the key is the first item of what is spread, and `key` the starred list.
    `y, variables = model.init_with_output(key, *inputs)` binds `output` beside the variables.
    """

    node: ast.Call
    instance: Instance
    key: ast.expr
    inputs: tuple[ast.expr, ...]
    shapes: tuple[Shape, ...]
    named: tuple[tuple[str, ast.expr, Shape], ...] = ()
    output: ast.expr | None = None

    @property
    def init(self) -> ast.expr:
        """`model.init`, which `jax.jit` may compile on the spot."""
        function = self.node.func
        return function.args[0] if isinstance(function, ast.Call) and function.args else function

    def samples(self) -> tuple[ast.expr, ...]:
        """Every sample, however it was given."""
        return (*self.inputs, *(node for _, node, _ in self.named))

    def sample(self, names: list[str], name: str) -> tuple[ast.expr, Shape] | None:
        """The sample for one parameter of `__call__`."""
        for given, node, shape in self.named:
            if given == name:
                return node, shape
        at = names.index(name)
        return (self.inputs[at], self.shapes[at]) if at < len(self.inputs) else None


@dataclass(frozen=True)
class Outline:
    """`net.tabulate(key, x)` or `jax.eval_shape(net.init, key, x)`: what `init` would give, without values.

    `definition` is what names the definition; `options` are keywords of `tabulate` itself.
    """

    node: ast.Call
    definition: ast.expr
    init: Init
    tabulates: bool
    options: tuple[ast.keyword, ...] = ()


@dataclass(frozen=True)
class ReadField:
    """`net.num_classes`, a field of the definition that a name holds, and what it was given.

    A `plain` field is a number, a flag or a text, which is in NNX what it was.
    """

    node: ast.Attribute
    instance: Instance
    plain: bool
    given: ast.expr | None


@dataclass(frozen=True)
class Construct:
    """A module definition built outside of any module: `model = Net(...)`."""

    node: ast.Call
    instance: Instance


@dataclass(frozen=True)
class Layer:
    """A layer or module built inside a module.

    `given` are the arguments of the construction by field, `inputs` those of its calls by parameter. A layer
    may be one of a class that `extends` its own. Settings that are spread may give what is `left_open`.
    """

    node: ast.Call
    layer: str
    name: str
    owner: Class
    given: tuple[tuple[str, ast.expr], ...] = ()
    cls: Class | None = None
    explicit: bool = False
    kept: str | None = None
    loops: tuple[Loop, ...] = ()
    inputs: tuple[tuple[str, Value], ...] | None = None
    calls: tuple[ast.Call, ...] = ()
    through: LayerField | None = None
    lifted: Lifted | None = None
    extends: Class | None = None
    left_open: frozenset[str] = frozenset()

    def named(self, name: str) -> Layer:
        """The layer under the name of the attribute that keeps it."""
        return replace(self, name=name, kept=name)

    def in_list(self) -> Layer:
        """The layer, which no attribute of its own keeps."""
        return replace(self, kept="*")


@dataclass(frozen=True)
class ChosenCheckpoint:
    """What puts a class under a checkpoint if a condition on fields holds, or does not hold.

    `plain` names the class; `statements` do nothing but choose.
    """

    plain: ast.expr
    test: ast.expr
    held: bool
    statements: tuple[ast.stmt, ...]


@dataclass(frozen=True)
class HandedLayer:
    """A layer that a module of the project is handed for a field, both made in `setup` of `owner`.

    `layer` is where it was built, or the field of `owner` that it came by; `choice` the expression that hands
    it or None.
    """

    node: ast.Call
    field: str
    layer: ast.Call | str
    owner: Class
    choice: ast.IfExp | None = None


@dataclass(frozen=True)
class Parameter:
    """`self.param(name, init, *args)` inside a module."""

    node: ast.Call
    name: str
    owner: Class
    init: ast.expr
    args: tuple[ast.expr, ...]
    kept: str | None = None
    loops: tuple[Loop, ...] = ()


@dataclass(frozen=True)
class OwnVariable:
    """`self.variable(collection, name, init, *args)` inside a module, bound to `target` if it has a name."""

    node: ast.Call
    collection: str
    name: str
    owner: Class
    init: ast.expr
    args: tuple[ast.expr, ...]
    named: tuple[tuple[str, ast.expr], ...]
    target: ast.Name | ast.Attribute | None
    kept: str | None = None
    loops: tuple[Loop, ...] = ()


@dataclass(frozen=True)
class UseVariable:
    """A place that reads or sets a variable of a collection; where it `asks`, whether there is one.

    What `self.put_variable` is given is `put`.
    """

    node: ast.expr
    collection: str
    name: str
    owner: Class
    asks: bool = False
    put: ast.expr | None = None


@dataclass(frozen=True)
class AskInitializing:
    """`self.is_initializing()` inside a module."""

    node: ast.Call
    owner: Class


@dataclass(frozen=True)
class AskMutable:
    """`self.is_mutable_collection("batch_stats")` inside a module."""

    node: ast.Call
    owner: Class


@dataclass(frozen=True)
class PartitionAxes:
    """`nn.with_partitioning(init, names)` inside a module: an initializer that names the axes of a mesh."""

    node: ast.Call
    owner: Class


@dataclass(frozen=True)
class ReadLeaf:
    """`self.layer.variables["params"]["wte"]["embedding"]`: one parameter of a layer, inside a module."""

    node: ast.Subscript
    root: ast.expr
    path: tuple[str, ...]
    owner: Class


@dataclass(frozen=True)
class ApplyLayer:
    """`self.head.apply({"params": {"kernel": kernel}}, x)`; `layer` is where the layer was built."""

    node: ast.Call
    layer: ast.Call
    owner: Class


@dataclass(frozen=True)
class DrawKey:
    """`self.make_rng(name)` inside a module; where it `asks`, whether there is such a stream."""

    node: ast.Call
    name: str
    owner: Class
    asks: bool = False


@dataclass(frozen=True)
class Sow:
    """`self.sow("intermediates", name, value)` inside a module."""

    node: ast.Call
    name: str
    owner: Class


@dataclass(frozen=True)
class CellCarry:
    """`cell.initialize_carry(key, shape)` inside a module."""

    node: ast.Call
    owner: Class


@dataclass(frozen=True)
class FreeCarry:
    """`cell.initialize_carry(key, shape)` of a cell that a static method makes for it; `pair` of an LSTM."""

    node: ast.Call
    owner: Class
    cell: ast.Call
    features: ast.expr
    pair: bool


@dataclass(frozen=True)
class Scan:
    """`__call__` under `nn.scan`; `decorator` is the partial call of it, the axes are those of time."""

    decorator: ast.Call
    method: ast.FunctionDef
    in_axis: int
    out_axis: int


@dataclass(frozen=True)
class SubmoduleCall:
    """`self.embedder.encode(x)`: a method of another module, or a layer of it, is called."""

    node: ast.Call
    cls: Class
    name: str
    owner: Class


@dataclass(frozen=True)
class Running:
    """The size that goes round a loop: its name, what it starts from, what a turn leaves."""

    name: str
    start: Size
    end: Size


@dataclass(frozen=True)
class Turns:
    """A loop that builds layers, with the sizes that go round.

    A comprehension or loop of `setup` has no `loop`; its sizes change where `built` builds a layer.
    """

    loop: Loop | None
    running: tuple[Running, ...]
    built: ast.Call | None = None


@dataclass(frozen=True)
class Summary:
    """One reading of a module: with which ranks of its inputs, and what `__call__` gives."""

    cls: Class
    ranks: dict[str, int]
    result: Value


@dataclass(frozen=True)
class ReadState:
    """`state.params`, `state.step`, `state.opt_state`, `state.tx` or `state.apply_fn`."""

    node: ast.Attribute
    field: str


@dataclass(frozen=True)
class CheckType:
    """`isinstance(state, TrainState)`, or the same as an assertion of a test."""

    node: ast.Call
    state: ast.expr
    cls: ast.expr


@dataclass(frozen=True)
class ParamsItem:
    """`variables['params']`."""

    node: ast.Subscript


@dataclass(frozen=True)
class ParamsLeaf:
    """`state.params['Dense_0']['kernel']`: one leaf by its whole path."""

    node: ast.Subscript
    params: ast.expr
    path: tuple[str, ...]


@dataclass(frozen=True)
class Differentiate:
    """`jax.grad(loss)` or `jax.value_and_grad(loss)` with respect to parameters.

    Those of `scaled` are differentiated by a `DynamicScale`. One by `inputs` is handed parameters beside.
    """

    node: ast.Call
    function: ast.expr
    argnums: tuple[int, ...]
    scaled: Tokens = frozenset()
    inputs: bool = False


@dataclass(frozen=True)
class CompileApply:
    """`net.apply = jax.jit(net.apply)`; `transform` is what names `jax.jit`."""

    node: ast.Attribute
    statement: ast.Assign
    definition: ast.Name
    transform: ast.expr


@dataclass(frozen=True)
class CopyTree:
    """`jax.tree.map(jnp.copy, params)`: the same parameters, to be kept apart."""

    node: ast.Call
    params: ast.expr


@dataclass(frozen=True)
class RenewTree:
    """`ema = jax.tree.map(..., ema, state.params)`: a name for parameters is given other numbers."""

    node: ast.Name
    value: ast.expr


@dataclass(frozen=True)
class MapPaths:
    """`path_aware_map(f, params)` that makes labels; `outer` is the same below `freeze`."""

    node: ast.Call
    outer: ast.expr


@dataclass(frozen=True)
class PlainTree:
    """A call that reads parameters as plain data, such as `to_bytes(params)`; `trees` are the arguments."""

    node: ast.Call
    trees: tuple[ast.expr, ...]


@dataclass(frozen=True)
class LoadTree:
    """`from_bytes(params, data)`: into the model that is there, or into one of its own."""

    node: ast.Call
    params: ast.expr
    in_place: bool


@dataclass(frozen=True)
class LoadState:
    """`restore_checkpoint(folder, state)`: into the model and optimizer that are there, or into copies."""

    node: ast.Call
    state: ast.expr
    in_place: bool


@dataclass(frozen=True)
class ReadCollection:
    """`variables["cache"]`, of what `init` gives: something else than parameters and batch statistics."""

    node: ast.Subscript


@dataclass(frozen=True)
class DeleteName:
    """`del params`: a name that is given up, whose object may be held under another one."""

    node: ast.Name


@dataclass(frozen=True)
class LoadTrees:
    """`(config, (one, other)) = from_bytes((None, (one, other)), data)`."""

    node: ast.Call
    target: ast.Tuple
    trees: tuple[tuple[ast.expr, ast.expr], ...]


@dataclass(frozen=True)
class Carry:
    """A loop of jax whose carry holds models; `parameter` is the one of the body that receives it."""

    node: ast.Call
    init: ast.expr
    body: FunctionNode
    parameter: int


@dataclass(frozen=True)
class Choose:
    """`jax.lax.cond` or `jax.lax.switch` among whose operands are models."""

    node: ast.Call
    branches: tuple[ast.expr, ...]


@dataclass(frozen=True)
class Compile:
    """`jax.jit` around a function that receives or returns followed values."""

    node: ast.expr
    function: FunctionNode


@dataclass(frozen=True)
class Batch:
    """`jax.vmap`, `jax.pmap` or `jax.checkpoint` around a function that receives followed values."""

    node: ast.expr
    function: FunctionNode


@dataclass(frozen=True)
class Replicate:
    """`jax_utils.replicate(state)` or `unreplicate`: the same objects with an axis more or less."""

    node: ast.Call
    tree: ast.expr


@dataclass(frozen=True)
class ApplyFunction:
    """`nn.apply(function, module)(variables)`; `inner` is the call of `nn.apply`."""

    node: ast.Call
    inner: ast.Call
    variables: ast.expr
    function: FunctionNode
    instances: frozenset[Instance]


@dataclass(frozen=True)
class Bind:
    """`model.bind(variables)`, which is called, or named to be called."""

    node: ast.Call
    variables: ast.expr
    instances: frozenset[Instance]


@dataclass(frozen=True)
class SameTree:
    """`unfreeze(params)` or `variables.pop("params")`: the parameters of the model that `tree` is of."""

    node: ast.Call
    tree: ast.expr


@dataclass(frozen=True)
class Binding:
    """A call of a function of the project: which expression each parameter receives."""

    node: ast.Call
    function: FunctionNode
    arguments: tuple[tuple[str, ast.expr], ...]


Site = (
    CreateState
    | StateOfTree
    | ApplyGradients
    | InitOptimizer
    | UpdateModel
    | ApplyUpdates
    | CreateRecord
    | ReadRecord
    | ReadItem
    | ReadHyperparameter
    | ReplaceRecord
    | Apply
    | Init
    | Outline
    | ReadField
    | Construct
    | Layer
    | Parameter
    | OwnVariable
    | UseVariable
    | AskInitializing
    | AskMutable
    | PartitionAxes
    | ReadLeaf
    | ApplyLayer
    | DrawKey
    | CellCarry
    | FreeCarry
    | Sow
    | SubmoduleCall
    | ReadState
    | CheckType
    | ParamsItem
    | ParamsLeaf
    | Differentiate
    | CreateHolder
    | ReadHolder
    | ReadCollection
    | ReplaceHolder
    | Carry
    | Choose
    | CopyTree
    | RenewTree
    | MapPaths
    | PlainTree
    | SameTree
    | ApplyFunction
    | Bind
    | Batch
    | Replicate
    | ReplaceStats
    | ReplaceTrees
    | ViewState
    | CloneState
    | LoadTree
    | LoadTrees
    | LoadState
    | DeleteName
    | CompileApply
    | Compile
)
