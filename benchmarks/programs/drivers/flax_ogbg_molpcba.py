"""Flax's example of molecules as graphs, on random ones; with checkpoints and an evaluation between steps."""

import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import jraph_stand_in
import numpy as np
from driver_support import Config, absent, cycle, module, provide
from flax import serialization

absent("clu", "ml_collections", "sklearn", "sklearn.metrics", "tensorflow")
provide("jraph", jraph_stand_in)
LABELS = 3


class Metric:
    def __init__(self, function):
        self.function = function

    def __call__(self, outputs):
        values = jnp.where(outputs["mask"], self.function(**outputs), 0)
        return jnp.stack([values.sum(), outputs["mask"].sum()])


class Average:
    @staticmethod
    def from_fun(function):
        return Metric(function)

    @staticmethod
    def from_output(name):
        return Metric(lambda **outputs: outputs[name])


class CollectingMetric:
    @staticmethod
    def from_outputs(names):
        return CollectingMetric


class Collection:
    @classmethod
    def single_from_model_output(cls, **outputs):
        known = {n: m for n, m in cls.__annotations__.items() if isinstance(m, Metric)}
        others = dict.fromkeys(cls.__annotations__.keys() - known.keys(), jnp.ones(2))
        return cls(**{name: metric(outputs) for name, metric in known.items()}, **others)

    def merge(self, other):
        return jax.tree.map(jnp.add, self, other)

    def compute(self):
        values = {name: getattr(self, name) for name in type(self).__annotations__}
        return {name: float(value[0] / value[1]) for name, value in values.items()}


class Checkpoint:
    def __init__(self, directory, max_to_keep):
        self.path = Path(directory, "checkpoint")

    def save(self, state):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(serialization.to_bytes(state))

    def restore_or_initialize(self, state):
        self.save(state)
        return serialization.from_bytes(state, self.path.read_bytes())


class Graphs(list):
    def as_numpy_iterator(self):
        return iter(self)


def datasets(batch_size, **options):
    random = np.random.default_rng(0)
    return {
        "train": Forever([batch(random) for _ in range(4)]),
        "validation": Graphs([batch(random)]),
        "test": Graphs([batch(random)]),
    }


class Forever(Graphs):
    def __iter__(self):
        return cycle(self[:])


def batch(random):
    labels = (random.random((4, LABELS)) < 0.5).astype(np.float32)
    labels[0, 0] = np.nan
    return jraph_stand_in.GraphsTuple(
        nodes=random.normal(size=(12, 5)).astype(np.float32),
        edges=random.normal(size=(16, 4)).astype(np.float32),
        receivers=random.integers(0, 12, 16),
        senders=random.integers(0, 12, 16),
        globals=labels,
        n_node=np.array([3, 4, 3, 2]),
        n_edge=np.array([4, 4, 5, 3]),
    )


module("clu.metrics", Average=Average, Collection=Collection, CollectingMetric=CollectingMetric)
module("clu.checkpoint", Checkpoint=Checkpoint)
module("input_pipeline", get_datasets=datasets)


class Settings(Config):
    def to_dict(self):
        return dict(self)


import train

train.train_and_evaluate(
    Settings(
        model="GraphNet",
        optimizer="adam",
        learning_rate=0.01,
        batch_size=4,
        num_train_steps=12,
        log_every_steps=4,
        eval_every_steps=4,
        checkpoint_every_steps=6,
        add_virtual_node=True,
        add_undirected_edges=True,
        add_self_loops=True,
        message_passing_steps=2,
        latent_size=8,
        dropout_rate=0.1,
        num_mlp_layers=1,
        num_classes=LABELS,
        use_edge_model=True,
        skip_connections=True,
        layer_norm=True,
    ),
    tempfile.mkdtemp(),
)
