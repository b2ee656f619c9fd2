"""Classes that are written into a file because NNX has no layer of the same function.

Each gives what Linen's layer gives, bit by bit, from parameters under the same names.
"""

from __future__ import annotations

from migrate.rewrite.helper_layers import LAYERS
from migrate.rewrite.helper_weight_norms import NORMS

CARRY = """
    def initialize_carry(self, input_shape, rngs=None, carry_init=nnx.initializers.zeros_init()):
        return carry_init(rngs, (*input_shape[:-1], self.features), self.param_dtype)

    @property
    def num_feature_axes(self):
        return 1
"""
GRU = (
    '''
class LinenGRUCell(nnx.RNNCellBase):
    """The GRU cell of Linen, which has a bias in `hn`; that of NNX has none."""

    def __init__(
        self,
        in_features,
        features,
        *,
        gate_fn=nnx.sigmoid,
        activation_fn=nnx.tanh,
        kernel_init=nnx.initializers.lecun_normal(),
        recurrent_kernel_init=nnx.initializers.orthogonal(),
        bias_init=nnx.initializers.zeros_init(),
        dtype=None,
        param_dtype="float32",
        rngs: nnx.Rngs,
    ):
        self.features, self.param_dtype = features, param_dtype
        self.gate_fn, self.activation_fn = gate_fn, activation_fn
        given = {"bias_init": bias_init, "dtype": dtype, "param_dtype": param_dtype, "rngs": rngs}
        for gate in ("r", "z", "n"):
            layer = nnx.Linear(in_features, features, kernel_init=kernel_init, **given)
            setattr(self, f"i{gate}", layer)
            bias = gate == "n"
            layer = nnx.Linear(features, features, use_bias=bias, kernel_init=recurrent_kernel_init, **given)
            setattr(self, f"h{gate}", layer)

    def __call__(self, carry, inputs):
        r = self.gate_fn(self.ir(inputs) + self.hr(carry))
        z = self.gate_fn(self.iz(inputs) + self.hz(carry))
        n = self.activation_fn(getattr(self, "in")(inputs) + r * self.hn(carry))
        carry = (1.0 - z) * n + z * carry
        return carry, carry
'''
    + CARRY
)
MGU = (
    '''
class LinenMGUCell(nnx.RNNCellBase):
    """The minimal gated unit of Linen, which NNX does not have."""

    def __init__(
        self,
        in_features,
        features,
        *,
        gate_fn=nnx.sigmoid,
        activation_fn=nnx.tanh,
        kernel_init=nnx.initializers.lecun_normal(),
        recurrent_kernel_init=nnx.initializers.orthogonal(),
        forget_bias_init=nnx.initializers.ones_init(),
        activation_bias_init=nnx.initializers.zeros_init(),
        dtype=None,
        param_dtype="float32",
        reset_gate=True,
        rngs: nnx.Rngs,
    ):
        self.features, self.param_dtype, self.reset_gate = features, param_dtype, reset_gate
        self.gate_fn, self.activation_fn = gate_fn, activation_fn
        given = {"dtype": dtype, "param_dtype": param_dtype, "rngs": rngs}
        for gate, bias_init in (("f", forget_bias_init), ("n", activation_bias_init)):
            layer = nnx.Linear(in_features, features, kernel_init=kernel_init, bias_init=bias_init, **given)
            setattr(self, f"i{gate}", layer)
            given_here = {**given, "bias_init": activation_bias_init, "kernel_init": recurrent_kernel_init}
            layer = nnx.Linear(features, features, use_bias=gate == "n" and reset_gate, **given_here)
            setattr(self, f"h{gate}", layer)

    def __call__(self, carry, inputs):
        f = self.gate_fn(getattr(self, "if")(inputs) + self.hf(carry))
        x = self.hn(carry)
        if self.reset_gate:
            x *= f
        n = self.activation_fn(getattr(self, "in")(inputs) + x)
        carry = (1.0 - f) * n + f * carry
        return carry, carry
'''
    + CARRY
)
CONV_LSTM = '''
class LinenConvLSTMCell(nnx.RNNCellBase):
    """The convolutional LSTM cell of Linen, which NNX does not have."""

    def __init__(
        self,
        in_features,
        features,
        kernel_size,
        *,
        strides=None,
        padding="SAME",
        use_bias=True,
        dtype=None,
        param_dtype="float32",
        rngs: nnx.Rngs,
    ):
        self.features, self.kernel_size, self.param_dtype = features, tuple(kernel_size), param_dtype
        given = {"strides": 1 if strides is None else strides, "padding": padding, "use_bias": use_bias}
        given |= {"dtype": dtype, "param_dtype": param_dtype, "rngs": rngs}
        self.ih = nnx.Conv(in_features, 4 * features, self.kernel_size, **given)
        self.hh = nnx.Conv(features, 4 * features, self.kernel_size, **given)

    def __call__(self, carry, inputs):
        c, h = carry
        gates = self.ih(inputs) + self.hh(h)
        i, g, f, o = jnp.split(gates, 4, axis=-1)
        c = nnx.sigmoid(f + 1) * c + nnx.sigmoid(i) * nnx.tanh(g)
        h = nnx.sigmoid(o) * nnx.tanh(c)
        return (c, h), h

    def initialize_carry(self, input_shape, rngs=None, carry_init=nnx.initializers.zeros_init()):
        shape = (*input_shape[:-1], self.features)
        return carry_init(rngs, shape, self.param_dtype), carry_init(rngs, shape, self.param_dtype)

    @property
    def num_feature_axes(self):
        return len(self.kernel_size) + 1
'''
TEXTS = LAYERS | NORMS | {"LinenGRUCell": GRU, "LinenMGUCell": MGU, "LinenConvLSTMCell": CONV_LSTM}


def text_of_helper(name: str) -> str:
    """The class `name`: a cell, or the type of the variables of a collection of the project's own."""
    own = f'class {name}(nnx.Variable):\n    """The variables of a collection of its own."""\n'
    return TEXTS.get(name, own)
