"""Layers that are written into a file because NNX has none of the same function.

Each gives what Linen's layer gives, bit by bit, from parameters under the same names.
"""

from __future__ import annotations

CONV_LOCAL = '''
class LinenConvLocal(nnx.Module):
    """The convolution of Linen with a kernel of its own at every place, which NNX does not have."""

    def __init__(
        self,
        in_shape,
        features,
        kernel_size,
        *,
        strides=1,
        padding="SAME",
        input_dilation=1,
        kernel_dilation=1,
        use_bias=True,
        mask=None,
        dtype=None,
        param_dtype="float32",
        precision=None,
        kernel_init=nnx.initializers.lecun_normal(),
        bias_init=nnx.initializers.zeros_init(),
        rngs: nnx.Rngs,
    ):
        self.kernel_size = (kernel_size,) if isinstance(kernel_size, int) else tuple(kernel_size)
        self.padding = nnx.nn.linear.canonicalize_padding(padding, len(self.kernel_size))
        self.strides = self._per_axis(strides)
        self.input_dilation = self._per_axis(input_dilation)
        self.kernel_dilation = self._per_axis(kernel_dilation)
        self.mask, self.dtype, self.precision = nnx.data(mask), dtype, precision
        shared = jax.ShapeDtypeStruct((*self.kernel_size, in_shape[-1], features), "float32")
        inputs = jax.ShapeDtypeStruct((1, *in_shape), "float32")
        outputs = jax.eval_shape(lambda x, w: self._with(jax.lax.conv_general_dilated, x, w), inputs, shared)
        places = outputs.shape[1:-1]
        size = in_shape[-1]
        for axis in self.kernel_size:
            size *= axis
        self.kernel = nnx.Param(kernel_init(rngs.params(), (*places, size, features), param_dtype))
        bias = bias_init(rngs.params(), (*places, features), param_dtype) if use_bias else None
        self.bias = nnx.data(None) if bias is None else nnx.Param(bias)

    def __call__(self, inputs):
        axes = len(self.kernel_size) + 1
        batch = inputs.shape[: inputs.ndim - axes]
        inputs = inputs.reshape(-1, *inputs.shape[inputs.ndim - axes :])
        kernel = self.kernel[...] if self.mask is None else self.kernel[...] * self.mask
        bias = None if self.bias is None else self.bias[...]
        inputs, kernel, bias = nnx.nn.dtypes.promote_dtype((inputs, kernel, bias), dtype=self.dtype)
        local = jax.lax.conv_general_dilated_local
        outputs = self._with(local, inputs, kernel, filter_shape=self.kernel_size)
        if bias is not None:
            outputs += bias.reshape(1, *bias.shape)
        return outputs.reshape(*batch, *outputs.shape[1:])

    def _with(self, convolution, inputs, kernel, **more):
        padding = self.padding
        if padding in ("CIRCULAR", "REFLECT", "CAUSAL"):
            wide = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.kernel_dilation)]
            pads = [(k - 1, 0) if padding == "CAUSAL" else ((k - 1) // 2, k // 2) for k in wide]
            mode = {"CIRCULAR": "wrap", "REFLECT": "reflect", "CAUSAL": "constant"}[padding]
            inputs = jax.numpy.pad(inputs, [(0, 0), *pads, (0, 0)], mode=mode)
            padding = "VALID"
        last = inputs.ndim - 1
        sides = (0, last, *range(1, last))
        return convolution(
            inputs,
            kernel,
            window_strides=self.strides,
            padding=padding,
            lhs_dilation=self.input_dilation,
            rhs_dilation=self.kernel_dilation,
            dimension_numbers=jax.lax.ConvDimensionNumbers(sides, (last, last - 1, *range(last - 1)), sides),
            precision=self.precision,
            **more,
        )

    def _per_axis(self, value):
        value = 1 if value is None else value
        return (value,) * len(self.kernel_size) if isinstance(value, int) else tuple(value)
'''
LAYERS = {"LinenConvLocal": CONV_LOCAL}
