"""Flax's language model on random tokens."""

import numpy as np
from driver_support import Config, Examples, absent, cycle, module

absent("clu", "ml_collections", "tensorflow")
WORDS, LENGTH, SIZE = 24, 8, 4


class Encoder:
    def vocab_size(self):
        return WORDS

    def tokenize(self, text):
        return Examples(np.arange(3, 7))

    def detokenize(self, tokens):
        return Examples(b"text")


def datasets(n_devices, config, vocab_path):
    random = np.random.default_rng(0)
    batches = [random.integers(1, WORDS, (SIZE, LENGTH)) for _ in range(6)]
    evaluated = [{"inputs": Examples(batches[0])}]
    return cycle({"inputs": batch} for batch in batches), evaluated, None, Encoder()


module("input_pipeline", get_datasets=datasets)

import train

train.train_and_evaluate(
    Config(
        vocab_path="vocabulary",
        sampling_temperature=0.6,
        sampling_top_k=4,
        num_train_steps=14,
        num_eval_steps=1,
        learning_rate=0.01,
        warmup_steps=4,
        weight_decay=0.1,
        per_device_batch_size=SIZE,
        max_target_length=LENGTH,
        max_eval_target_length=LENGTH,
        max_predict_length=LENGTH,
        logits_via_embedding=False,
        num_layers=1,
        qkv_dim=8,
        emb_dim=8,
        mlp_dim=16,
        num_heads=2,
        dropout_rate=0.1,
        attention_dropout_rate=0.1,
        save_checkpoints=False,
        restore_checkpoints=False,
        checkpoint_every_steps=100,
        eval_every_steps=6,
        use_bfloat16=False,
        seed=0,
        prompts="a text",
        mesh_axes=["data", "fsdp", "tensor"],
        logical_axis_rules=[["mlp", "tensor"], ["vocab", "tensor"], ["embed", "fsdp"], ["heads", "tensor"]],
        data_sharding=["data"],
        dcn_data_parallelism=1,
        dcn_fsdp_parallelism=1,
        dcn_tensor_parallelism=1,
        ici_data_parallelism=1,
        ici_fsdp_parallelism=1,
        ici_tensor_parallelism=1,
    ),
    "logs",
)
