"""Flax's variational autoencoder on random binary images."""

from types import SimpleNamespace

import numpy as np
from driver_support import Config, absent, cycle, module

absent("ml_collections", "tensorflow", "tensorflow_datasets", "PIL")
random = np.random.default_rng(0)
images = random.integers(0, 2, (24, 784)).astype(np.float32)
module(
    "input_pipeline",
    build_train_set=lambda size, builder: cycle(np.split(images, len(images) // size)),
    build_test_set=lambda builder: images[:8],
)
module("utils", save_image=lambda *args, **kwargs: None)

import train

splits = {"train": SimpleNamespace(num_examples=len(images))}
builder = SimpleNamespace(info=SimpleNamespace(splits=splits), download_and_prepare=lambda: None)
train.tfds = SimpleNamespace(builder=lambda name: builder)
train.train_and_evaluate(Config(learning_rate=1e-3, latents=4, batch_size=4, num_epochs=2))
