"""Flax's sequence tagger on random sentences, without dropout."""

from types import SimpleNamespace

import numpy as np
from driver_support import Config, Examples, absent, cycle, module

absent("tensorflow", "flax.metrics.tensorboard")
absent("absl.app", "absl.flags", "absl.logging")
WORDS, TAGS, LENGTH, SIZE = 20, 5, 8, 4


def sentences(filename, vocabs, inputs, targets, batch_size, bucket_size, repeat=None):
    random = np.random.default_rng(len(filename))
    batches = [
        {
            "inputs": Examples(random.integers(0, WORDS, (SIZE, LENGTH)).astype(np.float32)),
            "targets": Examples(random.integers(0, TAGS, (SIZE, LENGTH))),
        }
        for _ in range(5)
    ]
    return batches if repeat else cycle(batches)


module(
    "input_pipeline",
    create_vocabs=lambda path: {"forms": range(WORDS), "xpos": range(TAGS)},
    sentence_dataset_dict=sentences,
    CoNLLAttributes=SimpleNamespace(FORM=0, XPOS=1),
)

import models
import train

train.FLAGS = Config(
    model_dir="logs",
    experiment="tags",
    batch_size=SIZE,
    eval_frequency=4,
    num_train_steps=12,
    learning_rate=0.05,
    max_length=LENGTH,
    random_seed=0,
    train="train",
    dev="dev",
)
full = models.TransformerConfig
models.TransformerConfig = lambda **sizes: full(
    **sizes,
    emb_dim=8,
    num_heads=2,
    num_layers=1,
    qkv_dim=8,
    mlp_dim=16,
    dropout_rate=0.0,
    attention_dropout_rate=0.0,
)
train.main(["train"])
