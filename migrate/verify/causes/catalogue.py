"""All known faults in the order in which they are believed, and what each code means."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrate.verify.causes import averages, settings, values
from migrate.verify.causes.evidence import Evidence
from migrate.verify.causes.layers import between_layers
from migrate.verify.layers import LayerPair
from migrate.verify.report import Cause, Phase

Check = Callable[[Evidence], Iterator[Cause]]

CATALOGUE = {
    "update-skipped": "gradients are computed and the optimizer is never called",
    "plain-jit": "an in-place update inside jax.jit that is not returned",
    "update-doubled": "the same gradients applied twice",
    "fresh-optimizer": "the optimizer is built anew in every step",
    "wrong-wrt": "nnx.Optimizer or the gradient sees too few parameters",
    "leaf-missing": "a parameter that the NNX model does not have",
    "leaf-new": "a parameter that the Linen program did not train",
    "learning-rate": "another learning rate",
    "schedule": "another schedule, or none",
    "schedule-shifted": "the schedule is read one step early or late",
    "clipping": "gradient clipping lost or set otherwise",
    "weight-decay": "weight decay lost or set otherwise",
    "optimizer-mask": "the mask of a gradient transformation lost",
    "accumulation": "gradient accumulation lost or over another number of steps",
    "momentum": "momentum lost or set otherwise",
    "optimizer-setting": "another number in the optimizer, such as b1 or eps",
    "optimizer-kind": "another optimizer",
    "gradient-scaled": "gradients multiplied by a factor",
    "gradient-stopped": "no gradient reaches a parameter",
    "loss-scaled": "the loss multiplied by a factor, such as sum against mean",
    "loss-function": "another loss on the same outputs",
    "other-data": "other inputs, or the same in another order",
    "activation": "another activation or pooling, or exact against approximate gelu",
    "between-layers": "other code between two layers",
    "model-output": "other code after the last layer",
    "norm-epsilon": "another epsilon in a norm",
    "norm-momentum": "another momentum in a batch norm",
    "norm-axis": "a norm over other axes",
    "norm-variance": "another way to compute the variance",
    "norm-scale": "a norm with or without scale",
    "group-norm-groups": "positional GroupNorm, or another number of groups",
    "half-precision-norm": "an NNX norm in half precision without the promote_dtype recipe",
    "compute-dtype": "another compute dtype",
    "running-average-in-training": "batch norm in evaluation mode while training",
    "training-mode-in-evaluation": "batch norm in training mode in evaluation",
    "stale-statistics": "batch statistics that stand still",
    "dropout-rate": "another dropout rate",
    "dropout-broadcast": "dropout broadcast over other axes",
    "dropout-frozen": "the same dropout mask in every step",
    "dropout-missing": "dropout switched off in training",
    "dropout-in-evaluation": "dropout active in evaluation",
    "attention-mask-lost": "attention without its mask",
    "attention-heads": "attention with other heads",
    "bias": "a layer with or without bias",
    "convolution-padding": "other padding",
    "convolution-strides": "other strides",
    "convolution-dilation": "other dilation",
    "convolution-groups": "another number of feature groups",
    "recurrence-direction": "a recurrent layer in the other direction",
    "average-swapped": "moving average with swapped factors",
    "average-factor": "moving average or target copy with another factor",
    "average-early": "moving average taken before the update",
    "average-frozen": "moving average or target copy that stands still",
    "average-is-model": "a target copy that is the model itself",
    "step-counter": "a step counter that counts otherwise",
}

FIRST: tuple[Check, ...] = (
    values.update_never_arrives,
    settings.other_leaves,
    values.wrong_leaves,
    values.update_twice,
    values.fresh_optimizer,
)
BY_PHASE: dict[Phase, tuple[Check, ...]] = {
    "forward": (
        values.frozen_masks,
        settings.call_switches,
        settings.module_settings,
        values.gradient_scaled,
        settings.optimizer_settings,
    ),
    "backward": (
        values.gradient_scaled,
        values.gradient_stopped,
        settings.call_switches,
        settings.module_settings,
    ),
    "update": (settings.optimizer_settings, values.schedule_shifted, values.step_counter),
    "state": (
        settings.optimizer_settings,
        averages.averages,
        values.stale_statistics,
        settings.call_switches,
        settings.module_settings,
        values.frozen_masks,
    ),
}


def causes(evidence: Evidence, layers: list[LayerPair]) -> tuple[Cause, ...]:
    """Known faults that fit the evidence, the most probable first; each code once."""
    found = [cause for check in FIRST for cause in check(evidence)]
    for check in BY_PHASE[evidence.divergence.phase]:
        found += check(evidence)
    if evidence.divergence.phase != "update":
        found += between_layers(layers, in_loss=evidence.divergence.phase != "state")
    unique: dict[str, Cause] = {}
    for cause in found:
        unique.setdefault(cause.code, cause)
    return tuple(unique.values())
