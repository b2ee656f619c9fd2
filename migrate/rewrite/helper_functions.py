"""Functions that are written into a file which needs them.

Those that save and load whole train states keep the layout of Linen's `TrainState`, so that files stay the
same.
"""

from __future__ import annotations

SAVED = '''
def linen_state(model, optimizer):
    """What a train state of Linen would hold, for checkpoints that keep its layout."""
    params = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    layout = jax.tree.structure(optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(optimizer.opt_state))
    step = optimizer.step[...].astype("int32")
    return {"step": step, "params": params, "opt_state": opt_state}
'''
SAVED_WITH_STATS = '''
def linen_state_with_stats(model, optimizer):
    """What a train state of Linen would hold, for checkpoints that keep its layout."""
    params = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    layout = jax.tree.structure(optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(optimizer.opt_state))
    step = optimizer.step[...].astype("int32")
    stats = nnx.to_pure_dict(nnx.state(model, nnx.BatchStat))
    return {"step": step, "params": params, "opt_state": opt_state, "batch_stats": stats}
'''
SAVED_OF_VARIABLES = '''
def linen_state_of_variables(model, optimizer):
    """What a train state of Linen would hold, for checkpoints that keep its layout."""
    params = {"params": nnx.to_pure_dict(nnx.state(model, nnx.Param))}
    layout = jax.tree.structure(optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(optimizer.opt_state))
    step = optimizer.step[...].astype("int32")
    return {"step": step, "params": params, "opt_state": opt_state}
'''
SAVED_FIELDS = '''
def linen_fields(state):
    """What the state would hold in Linen, for checkpoints that keep its layout."""
    params = nnx.to_pure_dict(nnx.state(state.model, nnx.Param))
    layout = jax.tree.structure(state.optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(state.optimizer.opt_state))
    step = state.optimizer.step[...].astype("int32")
    own = {name: value for name, value in vars(state).items() if name not in ("model", "optimizer")}
    return {"step": step, "params": params, "opt_state": opt_state, **own}
'''
LOADED_FIELDS = '''
def load_linen_fields(state, fields):
    """Take over what a checkpoint holds in the layout of Linen's train states."""
    nnx.update(state.model, fields["params"])
    nnx.update(state.optimizer.opt_state, nnx.state(fields["opt_state"]))
    state.optimizer.step[...] = jax.numpy.asarray(fields["step"], "uint32")
    return state.replace(**{name: fields[name] for name in vars(state) if name in fields})
'''
LOADED = '''
def load_linen_state(model, optimizer, state):
    """Take over what a checkpoint holds in the layout of Linen's train states."""
    nnx.update(model, state["params"])
    nnx.update(optimizer.opt_state, nnx.state(state["opt_state"]))
    optimizer.step[...] = jax.numpy.asarray(state["step"], "uint32")
'''
LOADED_WITH_STATS = '''
def load_linen_state_with_stats(model, optimizer, state):
    """Take over what a checkpoint holds in the layout of Linen's train states."""
    nnx.update(model, state["params"])
    nnx.update(model, state["batch_stats"])
    nnx.update(optimizer.opt_state, nnx.state(state["opt_state"]))
    optimizer.step[...] = jax.numpy.asarray(state["step"], "uint32")
'''
LOADED_OF_VARIABLES = '''
def load_linen_state_of_variables(model, optimizer, state):
    """Take over what a checkpoint holds in the layout of Linen's train states."""
    params = state["params"]["params"]
    nnx.update(model, params)
    layout = jax.tree.structure(optimizer.tx.init(params))
    opt_state = layout.unflatten(jax.tree.leaves(state["opt_state"]))
    nnx.update(optimizer.opt_state, nnx.state(opt_state))
    optimizer.step[...] = jax.numpy.asarray(state["step"], "uint32")
'''
SCALED = '''
def scaled_value_and_grad(dynamic_scale, loss_fn, **options):
    """`dynamic_scale.value_and_grad` for a loss of a model: the gradients of its parameters."""

    def grad_fn(model, *args):
        graphdef, params, rest = nnx.split(model, nnx.Param, ...)

        def loss_of_params(params, *args):
            return loss_fn(nnx.merge(graphdef, params, rest), *args)

        return dynamic_scale.value_and_grad(loss_of_params, **options)(params, *args)

    return grad_fn
'''
PULLED_BACK = '''
def vjp_of_params(function, model, *inputs, **options):
    """`jax.vjp` of a function of a model: by its parameters, and by the inputs."""
    graphdef, params, rest = nnx.split(model, nnx.Param, ...)

    def of_params(params, *inputs):
        return function(nnx.merge(graphdef, params, rest), *inputs)

    return jax.vjp(of_params, params, *inputs, **options)
'''
OF_VARIABLES = '''
def with_linen_variables(module, variables):
    """A wrapper of the Linen module that has these variables."""
    model = nnx.bridge.ToNNX(module)
    plain = nnx.traversals.unflatten_mapping(nnx.traversals.flatten_mapping(variables))
    for name, value in nnx.bridge.variables.linen_vars_to_nnx_attrs(plain).items():
        setattr(model, name, value)
    return model
'''
UPDATING_STATS = '''
def call_updating_stats(model, *inputs, **options):
    """Call a wrapped module, and write the batch statistics that it gives into the model."""
    moving = nnx.clone(model)
    outputs = moving(*inputs, **options)
    nnx.update(model, nnx.state(moving, nnx.BatchStat))
    return outputs
'''

FUNCTIONS = {
    "call_updating_stats": UPDATING_STATS,
    "linen_fields": SAVED_FIELDS,
    "linen_state": SAVED,
    "linen_state_of_variables": SAVED_OF_VARIABLES,
    "linen_state_with_stats": SAVED_WITH_STATS,
    "scaled_value_and_grad": SCALED,
    "load_linen_fields": LOADED_FIELDS,
    "load_linen_state": LOADED,
    "load_linen_state_of_variables": LOADED_OF_VARIABLES,
    "load_linen_state_with_stats": LOADED_WITH_STATS,
    "vjp_of_params": PULLED_BACK,
    "with_linen_variables": OF_VARIABLES,
}
