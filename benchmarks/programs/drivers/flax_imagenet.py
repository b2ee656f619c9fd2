"""Flax's ImageNet example: its smallest network on random images."""

from types import SimpleNamespace

import numpy as np
from driver_support import Config, absent, cycle, module

absent("clu", "ml_collections", "tensorflow", "tensorflow_datasets")
module("input_pipeline")

import train

SIZE = 4


def batches(builder, batch_size, image_size, dtype, train, **options):
    random = np.random.default_rng(int(train))
    images = random.normal(size=(6, 1, SIZE, 32, 32, 3)).astype(np.float32)
    labels = random.integers(0, 10, (6, 1, SIZE))
    return cycle({"image": x, "label": y} for x, y in zip(images, labels, strict=True))


splits = {name: SimpleNamespace(num_examples=4 * SIZE) for name in ("train", "validation")}
train.tfds = SimpleNamespace(builder=lambda name: SimpleNamespace(info=SimpleNamespace(splits=splits)))
train.create_input_iter = lambda builder, size, image_size, dtype, *args, **options: batches(
    builder, size, image_size, dtype, **options
)
train.train_and_evaluate(
    Config(
        model="_ResNet1",
        dataset="random",
        learning_rate=0.1,
        warmup_epochs=1.0,
        momentum=0.9,
        batch_size=SIZE,
        shuffle_buffer_size=1,
        prefetch=1,
        num_epochs=5.0,
        log_every_steps=2,
        cache=False,
        half_precision=False,
        num_train_steps=20,
        steps_per_eval=1,
        profile=False,
    ),
    "no_checkpoints_here",
)
