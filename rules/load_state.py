"""LNX405: a train state that is loaded is written into a model and its optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder
from migrate.analysis.sites import LoadState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.whole_states import fields_of, holder, linen_layout, needed, pair_of
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule
from rules.apply_gradients import in_place

SITE = LoadState

RULE = Rule(
    code="LNX405",
    name="load-state",
    title="A train state that is loaded can be written into the model and its optimizer",
    fix="automatic",
    what=(
        "Finds `restore_checkpoint` of `flax.training.checkpoints`, `from_bytes` and `from_state_dict` of "
        "`flax.serialization`, for a whole train state; and the calls that save one."
    ),
    why=(
        "Linen gives a new state, which takes the place of the old one. In NNX the model and the optimizer "
        "hold what changes, so it is written into them."
    ),
    use_instead=(
        "`linen_state(model, optimizer)` where the state was saved and as the target, and "
        "`load_linen_state(model, optimizer, ...)` around what is loaded. Both functions are written into "
        "the file: they keep Linen's layout, so that old files are read and new ones are the same."
    ),
    fix_safety=(
        "Under another name the loaded state gets a model and an optimizer of its own. Left alone: states "
        "in dicts that are loaded, states of classes with more fields than batch statistics, pickled states, "
        "and code that reads the old state afterwards (LNX011)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/checkpointing.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training import checkpoints, train_state


def main(x, folder):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    state = train_state.TrainState.create(
        apply_fn=model.apply, params=params, tx=optax.adam(0.1)
    )
    state = checkpoints.restore_checkpoint(folder, state)
    return state.apply_fn({"params": state.params}, x)
""",
            after="""\
from flax import nnx
import jax
import optax
from flax.training import checkpoints


def linen_state(model, optimizer):
    \"\"\"What a train state of Linen would hold, for checkpoints that keep its layout.\"\"\"
    params = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    layout = jax.tree.structure(optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(optimizer.opt_state))
    step = optimizer.step[...].astype("int32")
    return {"step": step, "params": params, "opt_state": opt_state}


def load_linen_state(model, optimizer, state):
    \"\"\"Take over what a checkpoint holds in the layout of Linen's train states.\"\"\"
    nnx.update(model, state["params"])
    nnx.update(optimizer.opt_state, nnx.state(state["opt_state"]))
    optimizer.step[...] = jax.numpy.asarray(state["step"], "uint32")


def main(x, folder):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adam(0.1), wrt=nnx.Param)
    load_linen_state(
        model,
        optimizer,
        checkpoints.restore_checkpoint(folder, linen_state(model, optimizer)),
    )
    return model(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx
from flax.training import checkpoints


def load(model: nnx.Module, folder):
    nnx.update(model, checkpoints.restore_checkpoint(folder, nnx.to_pure_dict(nnx.state(model))))
""",
    ),
)


def rewrite(plan: Plan, site: LoadState) -> None:
    """A line that writes into model and optimizer, after one that makes those of a new name."""
    if isinstance(plan.facts.values[site.state], Holder):
        _load_fields(plan, site)
        return
    parent, statement = plan.parent(site.node), plan.statement(site.node)
    plan.claimed.add(site.state)
    match parent:
        case ast.Return():
            pair = pair_of(plan, site.state)
            result = [] if in_place(plan, site.node) else [template(f"return {pair}")]
            plan.edits.statements[statement] = [_loading(plan, site, pair), *result]
        case ast.Assign(targets=[ast.Name() as target]):
            names = plan.names(target)
            pair = f"{names.model}, {names.optimizer}"
            plan.edits.statements[statement] = [*_made(plan, site, pair), _loading(plan, site, pair)]
        case _:
            message = "a train state is loaded inside an expression: name it first"
            raise Blocked(site.node, "LNX405", message)


def _load_fields(plan: Plan, site: LoadState) -> None:
    """A state that goes on as one value is loaded where it stands."""
    if not site.in_place:
        message = "a train state of an own class is loaded under another name: load it into its own"
        raise Blocked(site.node, "LNX405", message)
    load = fields_of(plan, site.state, "load_linen_fields")
    layout = linen_layout(plan, site.state)
    plan.edits.expressions[site.node] = _replaced(plan, site, load, holder(plan, site.state), layout)


def _made(plan: Plan, site: LoadState, pair: str) -> list[Piece]:
    """What makes the objects that are loaded into, where they are not there yet."""
    if isinstance(site.state, ast.Call):
        return [template(f"{pair} = {{}}", site.state)]
    source = pair_of(plan, site.state)
    if not site.in_place:
        return [template(f"{pair} = nnx.clone(({source}))")]
    if source != pair:
        raise Blocked(site.node, "LNX018", "the loaded train state would have two names: use one")
    return []


def _loading(plan: Plan, site: LoadState, pair: str) -> Piece:
    layout = f"{needed(plan, site.state, 'linen_state')}({pair})"
    load = needed(plan, site.state, "load_linen_state")
    if isinstance(site.state, ast.Call):
        return _replaced(plan, site, load, pair, layout)
    plan.edits.expressions[site.state] = layout
    return template(f"{load}({pair}, {{}})", site.node)


def _replaced(plan: Plan, site: LoadState, load: str, pair: str, layout: Piece) -> Piece:
    """The loading call with `layout` in place of what stands for the state."""
    pieces: list[Piece] = []
    for argument in site.node.args:
        pieces.append(layout if argument is site.state else argument)
    for keyword in site.node.keywords:
        value: Piece = layout if keyword.value is site.state else keyword.value
        pieces.append(template(f"{keyword.arg}={{}}", value))
    call = template("{}(" + ", ".join(["{}"] * len(pieces)) + ")", site.node.func, *pieces)
    return template(f"{load}({pair}, {{}})", call)
