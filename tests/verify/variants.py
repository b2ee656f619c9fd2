"""Other ways to write a correct migration: each maps the text of one to another, or to itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

Variant = Callable[[str], str]
NAME = re.compile(r"self\.([A-Z]\w*?)_(\d+)\b")
STEP = re.compile(r"^@nnx\.jit\ndef (train_step)\(model, optimizer,.*?^    return ", re.DOTALL | re.MULTILINE)
LAYERS = re.compile(r"(?:^        self\.\w+ = nnx\.\w+\(.*\)\n){2,}", re.MULTILINE)
BY_PARTS = """
def by_parts(loss_fn, model):
    definition, params, rest = nnx.split(model, nnx.Param, ...)

    def loss_of(params):
        return loss_fn(nnx.merge(definition, params, rest))

    return jax.value_and_grad(loss_of)(params)


class """


def with_import(text: str, line: str) -> str:
    """The text with an import in front, unless it has it."""
    return text if f"{line}\n" in text else f"{line}\n{text}"


def other_seed(text: str) -> str:
    return re.sub(r"rngs=nnx\.Rngs\((\d+|keys\[\d\])\)", "rngs=nnx.Rngs(41)", text)


def snake_names(text: str) -> str:
    def lower(found: re.Match[str]) -> str:
        return "self." + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found[1]).lower() + "_" + found[2]

    return NAME.sub(lower, text).replace('f"Block_', 'f"block_')


def other_names(text: str) -> str:
    numbers, names = count(), dict[str, str]()
    return NAME.sub(lambda found: names.setdefault(found[0], f"self.part_{next(numbers)}"), text)


def reversed_layers(text: str) -> str:
    return LAYERS.sub(lambda found: "".join(reversed(found[0].splitlines(keepends=True))), text)


def functional(text: str) -> str:
    """The compiled step hands the objects out, and the caller binds them again."""
    if not STEP.search(text):
        return text
    text = STEP.sub(lambda found: found[0].replace("@nnx", "@jax") + "(model, optimizer), ", text)
    text = re.sub(r"(\w+) = train_step\(", r"(model, optimizer), \1 = train_step(", text)
    return with_import(text, "import jax")


def in_place(text: str) -> str:
    """The compiled step changes the objects and returns the rest."""
    text = text.replace("(model, optimizer), loss = train_step", "loss = train_step")
    return text.replace("return (model, optimizer), loss", "return loss").replace("@jax.jit", "@nnx.jit")


def keywords(text: str) -> str:
    return re.sub(r"nnx\.Linear\((\w+), (\w+),", r"nnx.Linear(in_features=\1, out_features=\2,", text)


def by_parts(text: str) -> str:
    """Gradients with respect to a state of parameters, where nothing else changes in a call."""
    stateful = "BatchNorm" in text or "nnx.RNN" in text
    if stateful or "nnx.value_and_grad(loss_fn)(model)" not in text:
        return text
    text = text.replace("nnx.value_and_grad(loss_fn)(model)", "by_parts(loss_fn, model)")
    return with_import(text.replace("\nclass ", BY_PARTS, 1), "import jax")


def cloned(text: str) -> str:
    return re.sub(r"^( +)(model|net) = (.*rngs=.*)\n", r"\1\2 = nnx.clone(\3)\n", text, flags=re.MULTILINE)


def merged(text: str) -> str:
    written = r"\1\2 = \3\n\1\2 = nnx.merge(*nnx.split(\2))\n"
    return re.sub(r"^( +)(model|net) = (.*rngs=.*)\n", written, text, flags=re.MULTILINE)


def partial_jit(text: str) -> str:
    changed = re.sub(r"^@(nnx|jax)\.jit$", r"@partial(\1.jit)", text, flags=re.MULTILINE)
    return text if changed == text else with_import(changed, "from functools import partial")


def forward_method(text: str) -> str:
    """`__call__` hands over to a method of the user's own."""

    def split(found: re.Match[str]) -> str:
        names = [part.partition("=")[0].strip() for part in found[1].split(",") if part.strip()]
        call = f"    def __call__(self, {found[1]}):\n        return self.forward({', '.join(names)})\n"
        return f"{call}\n    def forward(self, {found[1]}):\n"

    return re.sub(r"    def __call__\(self, (.*)\):\n", split, text)


def base_class(text: str) -> str:
    first = "\nclass Base(nnx.Module):\n    pass\n\n\nclass "
    return text.replace("(nnx.Module):", "(Base):").replace("\nclass ", first, 1)


def with_aux(text: str) -> str:
    """The gradient function hands out something besides the loss."""
    if "    loss, grads = nnx.value_and_grad(loss_fn)(model)" not in text:
        return text
    text = text.replace(
        "    loss, grads = nnx.value_and_grad(loss_fn)(model)",
        "    (loss, _), grads = nnx.value_and_grad(lambda m: (loss_fn(m), 0), has_aux=True)(model)",
    )
    return text


def renamed_step(text: str) -> str:
    return re.sub(r"\btrain_step\b", "one_update", text)


VARIANTS: dict[str, Variant] = {
    "seed": other_seed,
    "snake-names": snake_names,
    "other-names": other_names,
    "reversed": reversed_layers,
    "functional": functional,
    "in-place": in_place,
    "keywords": keywords,
    "by-parts": by_parts,
    "cloned": cloned,
    "merged": merged,
    "partial-jit": partial_jit,
    "method": forward_method,
    "base-class": base_class,
    "aux": with_aux,
    "step-name": renamed_step,
}


def variants(text: str) -> dict[str, str]:
    """All texts that differ from the given one and from each other, by the names of what was done to it."""
    single = {name: change(text) for name, change in VARIANTS.items()}
    several = {
        f"{name}+{other}": VARIANTS[other](single[name])
        for name, other in (("snake-names", "functional"), ("other-names", "seed"), ("method", "merged"))
    }
    found: dict[str, str] = {}
    for name, changed in (single | several).items():
        if changed != text and changed not in found.values():
            found[name] = changed
    return found
