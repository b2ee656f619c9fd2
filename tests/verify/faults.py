"""Faults planted in correct migrations: the edit, and the cause that verify should name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: `cause` is its code in the catalogue, or None where no entry fits it."""

    case: str
    name: str
    old: str
    new: str
    cause: str | None


STEP = "    agent.optimizer.update(agent.critic, grads)\n"
UPDATE = "    optimizer.update(model, grads)\n"
LOOP = "        loss = train_step(model, optimizer"

FAULTS = (
    # mlp
    Fault("mlp", "no-update", UPDATE, "", "update-skipped"),
    Fault("mlp", "plain-jit", "@nnx.jit", "@__import__('jax').jit", "plain-jit"),
    Fault("mlp", "double-update", UPDATE, UPDATE + UPDATE, "update-doubled"),
    Fault("mlp", "rate", "adam(1e-2)", "adam(2e-2)", "learning-rate"),
    Fault("mlp", "sgd", "adam(1e-2)", "sgd(1e-2)", "optimizer-kind"),
    Fault("mlp", "adam-b1", "adam(1e-2)", "adam(1e-2, b1=0.8)", "optimizer-setting"),
    Fault("mlp", "adam-eps", "adam(1e-2)", "adam(1e-2, eps=1e-6)", "optimizer-setting"),
    Fault("mlp", "activation", "nnx.relu", "nnx.gelu", "activation"),
    Fault("mlp", "no-activation", "nnx.relu(self.Dense_0(x))", "self.Dense_0(x)", "activation"),
    Fault("mlp", "loss-sum", "y).mean()", "y).sum()", "loss-scaled"),
    Fault("mlp", "smoothing", "logits, y)", "logits * 0.9, y)", "loss-function"),
    Fault("mlp", "data-scale", "model(x)", "model(x * 1.1)", "other-data"),
    Fault("mlp", "data-order", "logits = model(x)", "logits = model(x[::-1])", "other-data"),
    Fault(
        "mlp",
        "scaled-gradient",
        UPDATE,
        UPDATE.replace("grads)", "nnx.map_state(lambda _, v: v.replace(2 * v[...]), grads))"),
        "gradient-scaled",
    ),
    Fault(
        "mlp",
        "stopped-gradient",
        "x = nnx.relu(self.Dense_0(x))",
        "x = __import__('jax').lax.stop_gradient(nnx.relu(self.Dense_0(x)))",
        "gradient-stopped",
    ),
    Fault(
        "mlp",
        "fresh-optimizer",
        LOOP,
        "        optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)\n" + LOOP,
        "fresh-optimizer",
    ),
    Fault("mlp", "no-bias", "nnx.Linear(hidden, 3,", "nnx.Linear(hidden, 3, use_bias=False,", "bias"),
    Fault(
        "mlp",
        "extra-parameter",
        "        self.Dense_1 =",
        "        self.gain = nnx.Param(jnp.ones(()))\n        self.Dense_1 =",
        "leaf-new",
    ),
    Fault(
        "mlp",
        "counter",
        UPDATE,
        UPDATE + "    optimizer.step[...] = optimizer.step[...] + 1\n",
        "step-counter",
    ),
    Fault("mlp", "layer-twice", "return self.Dense_1(x)", "return self.Dense_1(x) * 1.001", "model-output"),
    # cnn with batch norm, group norm and dropout
    Fault("cnn", "norm-momentum", "momentum=0.9, rngs", "momentum=0.99, rngs", "norm-momentum"),
    Fault(
        "cnn", "norm-epsilon", "BatchNorm(4, momentum", "BatchNorm(4, epsilon=1e-3, momentum", "norm-epsilon"
    ),
    Fault("cnn", "positional-group-norm", "num_groups=3", "num_groups=2", "group-norm-groups"),
    Fault("cnn", "group-norm-epsilon", "num_groups=3", "num_groups=3, epsilon=1e-5", "norm-epsilon"),
    Fault(
        "cnn",
        "average-in-training",
        "use_running_average=not train)",
        "use_running_average=True)",
        "running-average-in-training",
    ),
    Fault(
        "cnn",
        "training-in-evaluation",
        "use_running_average=not train)",
        "use_running_average=False)",
        "training-mode-in-evaluation",
    ),
    Fault("cnn", "dropout-off", "deterministic=not train", "deterministic=True", "dropout-missing"),
    Fault("cnn", "dropout-rate", "Dropout(0.3)", "Dropout(0.2)", "dropout-rate"),
    Fault("cnn", "dropout-frozen", "dropout=key", "dropout=0", "dropout-frozen"),
    Fault(
        "cnn",
        "dropout-in-evaluation",
        'model(batch["x"], train=False)',
        'model(batch["x"], train=True, rngs=nnx.Rngs(dropout=0))',
        None,
    ),
    Fault("cnn", "exact-gelu", "nnx.gelu(x)", "nnx.gelu(x, approximate=False)", "activation"),
    Fault("cnn", "avg-pool", "nnx.max_pool", "nnx.avg_pool", "activation"),
    Fault("cnn", "group-norm-scale", "num_groups=3", "num_groups=3, use_scale=False", "norm-scale"),
    Fault("cnn", "clip", "clip_by_global_norm(0.5)", "clip_by_global_norm(5.0)", "clipping"),
    Fault("cnn", "no-clip", "optax.clip_by_global_norm(0.5), ", "", "clipping"),
    Fault("cnn", "momentum", "sgd(schedule, momentum=0.9", "sgd(schedule, momentum=0.8", "momentum"),
    Fault("cnn", "schedule", "1e-3, 1e-2, 3, 20", "1e-3, 1e-2, 4, 20", "schedule"),
    Fault("cnn", "constant-rate", "sgd(schedule,", "sgd(1e-3,", "schedule"),
    Fault(
        "cnn", "schedule-shift", "sgd(schedule,", "sgd(lambda count: schedule(count + 1),", "schedule-shifted"
    ),
    Fault("cnn", "new-bias", "(3, 3), use_bias=False, rngs", "(3, 3), rngs", "bias"),
    Fault("cnn", "metric", "logits.argmax(-1) == batch", "logits.argmin(-1) == batch", None),
    Fault(
        "cnn",
        "stale-statistics",
        '        logits = model(batch["x"], train=True, rngs',
        '        logits = nnx.clone(model)(batch["x"], train=True, rngs',
        "stale-statistics",
    ),
    # transformer
    Fault("transformer", "mask-lost", "mask=mask, ", "", "attention-mask-lost"),
    Fault(
        "transformer",
        "layer-norm-epsilon",
        "self.LayerNorm_0 = nnx.LayerNorm(WIDTH, rngs",
        "self.LayerNorm_0 = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs",
        "norm-epsilon",
    ),
    Fault(
        "transformer",
        "dropout-missing",
        "self.Dropout_0(y, deterministic=not train",
        "self.Dropout_0(y, deterministic=True",
        "dropout-missing",
    ),
    Fault("transformer", "attention-dropout", "dropout_rate=0.1", "dropout_rate=0.2", "dropout-rate"),
    Fault(
        "transformer",
        "attention-silent",
        "mask=mask, deterministic=not train",
        "mask=mask, deterministic=True",
        "dropout-missing",
    ),
    Fault("transformer", "residual-lost", "x = x + y", "x = y", "between-layers"),
    Fault(
        "transformer",
        "exact-gelu",
        "nnx.gelu(self.Dense_0(y))",
        "nnx.gelu(self.Dense_0(y), approximate=False)",
        "activation",
    ),
    Fault(
        "transformer",
        "position-lost",
        "self.Embed_0(tokens) + self.position[...]",
        "self.Embed_0(tokens)",
        "between-layers",
    ),
    Fault(
        "transformer",
        "position-constant",
        "nnx.Param(nnx.initializers.normal(0.02)(rngs.params(), (LENGTH, WIDTH)))",
        "nnx.Cache(jnp.zeros((LENGTH, WIDTH)))",
        "wrong-wrt",
    ),
    Fault("transformer", "heads", "num_heads=2", "num_heads=4", "attention-heads"),
    Fault(
        "transformer",
        "decay-mask",
        "mask=lambda params: jax.tree.map(lambda leaf: leaf.ndim > 1, params),",
        "",
        "optimizer-mask",
    ),
    Fault("transformer", "weight-decay", "weight_decay=0.1", "weight_decay=0.01", "weight-decay"),
    Fault("transformer", "b2", "b2=0.98", "b2=0.999", "optimizer-setting"),
    Fault("transformer", "clip", "optax.clip_by_global_norm(1.0),", "", "clipping"),
    Fault(
        "transformer",
        "key-not-folded",
        "    key = jax.random.fold_in(key, optimizer.step[...])\n",
        "",
        "dropout-frozen",
    ),
    Fault(
        "transformer",
        "evaluation-with-dropout",
        "model(tokens, train=False)",
        "model(tokens, train=True, rngs=nnx.Rngs(dropout=1))",
        "dropout-in-evaluation",
    ),
    Fault(
        "transformer",
        "shift-lost",
        "logits[:, :-1], tokens[:, 1:]",
        "logits[:, :-1], tokens[:, :-1]",
        "loss-function",
    ),
    # two optimizers
    Fault("gan", "generator-momentum", "momentum=0.8", "momentum=0.9", "norm-momentum"),
    Fault(
        "gan",
        "discriminator-rate",
        "rngs=nnx.Rngs(keys[1])), 2e-2",
        "rngs=nnx.Rngs(keys[1])), 1e-2",
        "learning-rate",
    ),
    Fault(
        "gan",
        "generator-skipped",
        "        loss_g = generator_step(generator, optimizer_g",
        "        loss_g = generator_step(nnx.clone(generator), optimizer_g",
        "plain-jit",
    ),
    Fault("gan", "slope", "0.2)", "0.01)", "activation"),
    Fault("gan", "b1", "b1=0.5", "b1=0.9", "optimizer-setting"),
    Fault("gan", "statistics-twice", "fake = nnx.clone(generator)(z)", "fake = generator(z)", None),
    Fault("gan", "no-generator-update", "    optimizer.update(generator, grads)\n", "", "update-skipped"),
    # recurrent
    Fault("recurrent", "not-reversed", "reverse=True, keep_order=True, ", "", "recurrence-direction"),
    Fault(
        "recurrent", "order-lost", "reverse=True, keep_order=True, ", "reverse=True, ", "recurrence-direction"
    ),
    Fault("recurrent", "decay", "decay=0.9", "decay=0.99", "optimizer-setting"),
    Fault(
        "recurrent",
        "schedule",
        "exponential_decay(1e-2, 2, 0.5)",
        "exponential_decay(1e-2, 3, 0.5)",
        "schedule",
    ),
    # optimizer steps in a scan
    Fault("scan", "first-batch", "net, *batch)", "net, xs[0], ys[0])", "other-data"),
    Fault(
        "scan",
        "update-lost",
        "optimizer.update(net, grads)",
        "optimizer.update(nnx.clone(net), grads)",
        "plain-jit",
    ),
    Fault("scan", "weight-decay", "weight_decay=1e-2", "weight_decay=0.0", "weight-decay"),
    Fault("scan", "layer-lost", "nnx.Linear(8, 8, rngs=rngs), ", "", "leaf-missing"),
    Fault("scan", "silu", "nnx.silu", "nnx.tanh", "activation"),
    Fault("scan", "squared", "jnp.mean(jnp.abs(net(x) - y))", "jnp.mean((net(x) - y) ** 2)", "loss-function"),
    # target network and average
    Fault("target", "swapped-average", "0.8 * old + 0.2 * new", "0.2 * old + 0.8 * new", "average-swapped"),
    Fault(
        "target",
        "early-average",
        STEP + "    params = nnx.state(agent.critic, nnx.Param)\n",
        "    params = nnx.clone(nnx.state(agent.critic, nnx.Param))\n" + STEP,
        "average-early",
    ),
    Fault("target", "frozen-target", "    nnx.update(agent.target, target)\n", "", "average-frozen"),
    Fault("target", "shared-target", "nnx.clone(critic)\n", "critic\n", "average-is-model"),
    Fault("target", "tau", "TAU = 0.1", "TAU = 0.2", "average-factor"),
    Fault(
        "target",
        "shared-average",
        "nnx.data(nnx.clone(nnx.state(critic, nnx.Param)))",
        "nnx.data(nnx.state(critic, nnx.Param))",
        "average-is-model",
    ),
    Fault("target", "norm-epsilon", "nnx.LayerNorm(8,", "nnx.LayerNorm(8, epsilon=1e-5,", "norm-epsilon"),
    Fault("target", "huber", "huber_loss(critic(x), goal)", "l2_loss(critic(x), goal)", "loss-function"),
    # half precision
    Fault(
        "half_norm",
        "promote-dtype",
        "            promote_dtype=lambda args, dtype=None, **_: args,\n",
        "",
        "half-precision-norm",
    ),
    Fault(
        "half_norm",
        "norm-epsilon",
        "            8,\n",
        "            8,\n            epsilon=1e-5,\n",
        "norm-epsilon",
    ),
    Fault("half_norm", "activation", "nnx.relu", "nnx.softplus", "activation"),
    Fault("half_norm", "dtype", "nnx.Linear(4, 8, dtype=jnp.bfloat16,", "nnx.Linear(4, 8,", "compute-dtype"),
    # accumulation
    Fault("accumulate", "every-k", "every_k_schedule=2", "every_k_schedule=3", "accumulation"),
    Fault(
        "accumulate",
        "no-accumulation",
        "optax.MultiSteps(optax.adam(1e-2), every_k_schedule=2)",
        "optax.adam(1e-2)",
        "accumulation",
    ),
    Fault(
        "accumulate",
        "dilation",
        'padding="VALID", kernel_dilation=2',
        "padding=((1, 1),), kernel_dilation=3",
        "convolution-padding",
    ),
    Fault("accumulate", "penalty-lost", " + 1e-3 * penalty", "", "loss-function"),
    Fault(
        "accumulate",
        "wrong-wrt",
        "wrt=nnx.Param",
        "wrt=nnx.All(nnx.Param, nnx.PathContains('conv'))",
        "wrong-wrt",
    ),
    Fault("accumulate", "bias-new", "use_bias=False, ", "", "bias"),
    # convolutions of every kind, over inputs far from zero
    Fault(
        "depthwise",
        "padding",
        "4, (3, 3), rngs",
        '4, (3, 3), padding="CIRCULAR", rngs',
        "convolution-padding",
    ),
    Fault("depthwise", "strides", "4, (3, 3), rngs", "4, (3, 3), strides=2, rngs", "convolution-strides"),
    Fault(
        "depthwise",
        "dilation",
        "4, (3, 3), rngs",
        "4, (3, 3), kernel_dilation=2, rngs",
        "convolution-dilation",
    ),
    Fault("depthwise", "groups", "feature_group_count=2, ", "", "convolution-groups"),
    Fault(
        "depthwise",
        "norm-axes",
        "nnx.LayerNorm(6, ",
        "nnx.LayerNorm(6, reduction_axes=(1, 2, 3), ",
        "norm-axis",
    ),
    Fault(
        "depthwise",
        "slow-variance",
        "nnx.LayerNorm(2, ",
        "nnx.LayerNorm(2, use_fast_variance=False, ",
        "norm-variance",
    ),
    Fault("depthwise", "norm-bias", "use_bias=False, rngs", "rngs", "bias"),
    Fault(
        "depthwise", "shared-mask", "Dropout(0.2)", "Dropout(0.2, broadcast_dims=(1, 2))", "dropout-broadcast"
    ),
    Fault("depthwise", "evaluation", "deterministic=not train", "deterministic=False", None),
    Fault("depthwise", "rule", "optax.adagrad", "optax.rmsprop", "optimizer-kind"),
    # two networks of the same leaves
    Fault("twins", "own-goal", "0.5 * other(x)", "0.5 * critic(x)", None),
    Fault("twins", "second-rate", "make(1, 2e-2)", "make(1, 1e-2)", "learning-rate"),
    # vmap over seeds, fori_loop
    Fault("seeds", "rate", "lion(1e-2", "lion(2e-2", "learning-rate"),
    Fault(
        "seeds",
        "update-lost",
        "        optimizer.update(net, grads)\n",
        "        optimizer.update(nnx.clone(net), grads)\n",
        "plain-jit",
    ),
    Fault("seeds", "target-shift", "(net(X) - X)", "(net(X) - 1.01 * X)", "loss-function"),
)
