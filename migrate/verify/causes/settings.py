"""Faults that show in what modules and optimizers say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.verify.causes.evidence import Evidence, Facts, ModulePair, module_pairs
from migrate.verify.pairing import TrackPair
from migrate.verify.report import Cause

OWN_LEAVES = frozenset({"bias", "norm-scale", "convolution-groups", "attention-heads"})
TURNS = 4
Parts = dict[str, list[Facts]]
HALF = ("bfloat16", "float16")
SETTINGS = {
    "epsilon": "norm-epsilon",
    "momentum": "norm-momentum",
    "axis": "norm-axis",
    "reduction_axes": "norm-axis",
    "feature_axes": "norm-axis",
    "use_fast_variance": "norm-variance",
    "num_groups": "group-norm-groups",
    "group_size": "group-norm-groups",
    "rate": "dropout-rate",
    "dropout_rate": "dropout-rate",
    "broadcast_dims": "dropout-broadcast",
    "use_bias": "bias",
    "use_scale": "norm-scale",
    "padding": "convolution-padding",
    "strides": "convolution-strides",
    "kernel_dilation": "convolution-dilation",
    "input_dilation": "convolution-dilation",
    "feature_group_count": "convolution-groups",
    "num_heads": "attention-heads",
    "normalize_qk": "attention-heads",
    "reverse": "recurrence-direction",
    "keep_order": "recurrence-direction",
    "negative_slope": "activation",
    "dtype": "compute-dtype",
}


def module_settings(evidence: Evidence) -> Iterator[Cause]:
    """Settings of a layer that differ."""
    for pair in module_pairs(evidence):
        for name, code in SETTINGS.items():
            one, other = pair.before.get(name), pair.after.get(name)
            known = name in pair.before and name in pair.after
            if name == "dtype":
                one, other = one or pair.before.get("param_dtype"), other or pair.after.get("param_dtype")
            if (known or name == "dtype") and not _equal(one, other):
                message = f"{pair.kind} at {pair.path or 'the top'} has {name}={other} where it was {one}"
                yield Cause(code, message)
        yield from _function_fields(pair)
        yield from _half_precision(pair)


def other_leaves(evidence: Evidence) -> Iterator[Cause]:
    """Settings that decide which leaves a layer has, where the trees of leaves differ."""
    unpaired = {
        leaf for pair in evidence.pairs for leaf in (*pair.leaves.only_before, *pair.leaves.only_after)
    }
    if unpaired:
        yield from (cause for cause in module_settings(evidence) if cause.code in OWN_LEAVES)


def _equal(one: Any, other: Any) -> bool:
    """Equal values; one number stands for a list of it."""
    if isinstance(one, list) != isinstance(other, list):
        single, several = (other, one) if isinstance(one, list) else (one, other)
        return all(item == single for item in several)
    return bool(one == other)


def _function_fields(pair: ModulePair) -> Iterator[Cause]:
    """Activations that are handed to a module by the same field."""
    for name in ("act", "activation", "activation_fn", "act_fn", "nonlinearity"):
        one, other = pair.before.get(name), pair.after.get(name)
        if one and other and one != other:
            yield Cause("activation", f"{pair.kind} at {pair.path} uses {other} where it used {one}")


def _half_precision(pair: ModulePair) -> Iterator[Cause]:
    """NNX norms cast their parameters first; Linen's do not."""
    if "Norm" in pair.kind and pair.before.get("dtype") in HALF:
        own = pair.after.get("promote_dtype")
        if pair.before.get("dtype") == pair.after.get("dtype") and own == "promote_dtype":
            yield Cause(
                "half-precision-norm",
                f"{pair.kind} at {pair.path} computes in {pair.before['dtype']}, and NNX rounds its "
                "parameters first; pass promote_dtype=lambda args, dtype=None, **_: args",
            )


def call_switches(evidence: Evidence) -> Iterator[Cause]:
    """Layers called in another mode than before."""
    for pair in module_pairs(evidence):
        where = f"{pair.kind} at {pair.path}"
        statistics = _values(pair, "use_running_average")
        if statistics == ({False}, {True}) and pair.training:
            yield Cause("running-average-in-training", f"{where} uses its running average in training")
        elif statistics == ({True}, {False}):
            yield Cause("training-mode-in-evaluation", f"{where} is in training mode in evaluation")
        silent = _values(pair, "deterministic")
        if silent == ({False}, {True}):
            yield Cause("dropout-missing", f"{where} drops nothing in training")
        elif silent == ({True}, {False}):
            yield Cause("dropout-in-evaluation", f"{where} is active in evaluation")
        if _values(pair, "mask") in (({True}, set()), ({True}, {False})):
            yield Cause("attention-mask-lost", f"{where} is called without the mask that it had")


def _values(pair: ModulePair, flag: str) -> tuple[set[bool], set[bool]]:
    before = {flags[flag] for flags in pair.before_flags if flag in flags}
    return before, {flags[flag] for flags in pair.after_flags if flag in flags}


PARTS = {
    "clip_by_global_norm": "clipping",
    "clip": "clipping",
    "clip_by_block_rms": "clipping",
    "adaptive_grad_clip": "clipping",
    "masked": "optimizer-mask",
    "add_decayed_weights": "weight-decay",
    "trace": "momentum",
    "MultiSteps": "accumulation",
    "scale_by_schedule": "schedule",
}
NUMBERS = {
    "clip_by_global_norm": "clipping",
    "clip": "clipping",
    "add_decayed_weights": "weight-decay",
    "trace": "momentum",
    "MultiSteps": "accumulation",
    "scale": "learning-rate",
    "scale_by_learning_rate": "learning-rate",
}


def optimizer_settings(evidence: Evidence) -> Iterator[Cause]:
    """Parts of the gradient transformation that are missing, new or set otherwise."""
    for before, after in (found for pair in evidence.pairs for found in _transforms(pair)):
        for name in [*before, *after]:
            one, other = before.get(name), after.get(name)
            if one is None or other is None:
                code = PARTS.get(name, "optimizer-kind")
                lost = "is gone" if other is None else "is new"
                yield Cause(code, f"{name} {lost} in the optimizer")
            elif one != other:
                code = NUMBERS.get(name, "schedule" if _is_schedule(name, one) else "optimizer-setting")
                yield Cause(code, f"{name} has {_shown(other)} where it had {_shown(one)}")


def _transforms(pair: TrackPair) -> Iterator[tuple[Parts, Parts]]:
    """The transformations of the first updates; optimizers of equal shapes take turns in one track."""
    for one, other in zip(pair.before.updates[:TURNS], pair.after.updates[:TURNS], strict=False):
        yield parts(one.header["transform"]), parts(other.header["transform"])


def _is_schedule(name: str, numbers: list[Facts]) -> bool:
    return "schedule" in name or any("init_value" in part for part in numbers)


def parts(transform: list[Facts]) -> Parts:
    """Numbers of each part that comes from optax; wrappers without a meaning of their own are left out."""
    found: dict[str, list[Facts]] = {}
    for part in transform:
        wrapper = part["name"] in ("chain", "with_extra_args_support", "named_chain")
        if part["module"].partition(".")[0] == "optax" and not wrapper:
            found.setdefault(part["name"], []).append(part["numbers"])
    return found


def _shown(numbers: list[Facts]) -> str:
    return ", ".join(f"{name}={value}" for part in numbers for name, value in part.items()) or "nothing"
