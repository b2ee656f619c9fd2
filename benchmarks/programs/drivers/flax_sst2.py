"""Flax's text classifier on random sentences."""

import numpy as np
from driver_support import Config, Examples, absent, module

absent("ml_collections", "tensorflow", "flax.metrics.tensorboard")
WORDS, LENGTH, SIZE = 20, 6, 4


class TextDataset:
    vocab = range(WORDS)

    def __init__(self, tfds_name, split):
        self.random = np.random.default_rng(len(split))

    def get_batches(self, batch_size, **options):
        return [self.batch() for _ in range(6)]

    def get_bucketed_batches(self, batch_size, bucket_size, **options):
        return self.get_batches(batch_size)

    def batch(self):
        return {
            "token_ids": Examples(self.random.integers(1, WORDS, (SIZE, LENGTH))),
            "length": Examples(self.random.integers(2, LENGTH + 1, SIZE)),
            "label": Examples(self.random.integers(0, 2, SIZE).astype(np.float32)),
        }


module("input_pipeline", TextDataset=TextDataset)

import train

train.train_and_evaluate(
    Config(
        embedding_size=8,
        hidden_size=8,
        output_size=1,
        dropout_rate=0.5,
        word_dropout_rate=0.1,
        unk_idx=1,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=3e-6,
        batch_size=SIZE,
        bucket_size=8,
        max_input_length=LENGTH,
        num_epochs=2,
        seed=0,
    ),
    "logs",
)
