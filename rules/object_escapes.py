"""LNX022: the attributes of an object that holds a state are not all known."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX022",
    name="object-escapes",
    title="An object that holds a train state or model has attributes that cannot all be followed",
    fix="manual",
    what=(
        "Reports classes whose objects keep a train state, a model or parameters in an attribute, where "
        "something else may read or set that attribute: a base class that is not known, a name in a "
        "string, a decorator, "
        "`__getattr__`, `__dict__`, a property, another object of the class, a traced function."
    ),
    why=(
        "`self.state` becomes `self.model` and `self.optimizer`, which change in place. Whatever reads the "
        "attribute has to be rewritten with it, and nothing may keep its old value."
    ),
    use_instead=(
        "Read the attribute by its name in methods of the class or through a variable that holds the "
        "object, hand the state itself to functions that need it, and return it from what is traced."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


class Trainer:
    def __init__(self, x):
        model = nn.Dense(1)
        params = model.init(jax.random.key(0), x)["params"]
        self.state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))

    def everything(self):
        return dict(self.__dict__)
""",
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


class Trainer:
    def __init__(self, x):
        self.model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
        self.optimizer = nnx.Optimizer(self.model, optax.sgd(0.1), wrt=nnx.Param)

    def everything(self):
        return dict(self.__dict__)
""",
    ),
)
