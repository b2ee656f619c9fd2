"""Flax's addition example: it makes its own data."""

import random

from driver_support import absent

absent("clu", "clu.metric_writers")

import train

random.seed(0)
train.FLAGS(["train", "--batch_size=4", "--hidden_size=16", "--num_train_steps=14", "--decode_frequency=5"])
train.train_and_evaluate("logs")
