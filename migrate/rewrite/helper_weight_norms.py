"""The norms of Linen over the weights of a layer, which leave the layer as it is.

Those of NNX write what they have normalised into the parameters at every call, so that training goes another
way. Linen's `init` does that once, and so do these.
"""

from __future__ import annotations

WEIGHT_NORM = '''
class LinenWeightNorm(nnx.Module):
    """The weight norm of Linen; that of NNX writes into the layer at every call."""

    def __init__(
        self,
        layer,
        layer_name="layer_instance",
        *,
        epsilon=1e-12,
        dtype=None,
        param_dtype="float32",
        use_scale=True,
        scale_init=nnx.initializers.ones_init(),
        feature_axes=-1,
        variable_filter=("kernel",),
        rngs: nnx.Rngs,
    ):
        self.layer_name, self.epsilon, self.dtype = layer_name, epsilon, dtype
        self.use_scale = use_scale
        self.feature_axes = (feature_axes,) if isinstance(feature_axes, int) else tuple(feature_axes or ())
        self.variable_filter = tuple(variable_filter or ("",))
        if layer_name == "layer_instance":
            self.layer_instance = layer
        for path, weights in self._chosen(layer):
            if use_scale:
                shape = [weights.shape[axis] for axis in self._features(weights)]
                setattr(self, f"{path}/scale", nnx.Param(scale_init(rngs.params(), shape, param_dtype)))
            weights.set_value(self._normalized(path, weights[...]))

    def __call__(self, *inputs, layer=None, **options):
        layer = nnx.clone(self.layer_instance if layer is None else layer)
        for path, weights in self._chosen(layer):
            weights.set_value(self._normalized(path, weights[...]))
        return layer(*inputs, **options)

    def _chosen(self, layer):
        paths = {f"{self.layer_name}/{key}": part for key, part in vars(layer).items()}
        chosen = {path: part for path, part in paths.items() if any(n in path for n in self.variable_filter)}
        return [(path, part) for path, part in chosen.items() if isinstance(part, nnx.Param)]

    def _features(self, weights):
        return [axis % weights.ndim for axis in self.feature_axes]

    def _normalized(self, path, weights):
        features, parts = self._features(weights), [weights]
        others = tuple(axis for axis in range(weights.ndim) if axis not in features)
        squares = (weights * weights).sum(axis=others, keepdims=True)
        normalized = weights * jax.lax.rsqrt(squares + self.epsilon)
        if self.use_scale:
            shape = [weights.shape[axis] if axis in features else 1 for axis in range(weights.ndim)]
            parts.append(getattr(self, f"{path}/scale")[...].reshape(shape))
            normalized *= parts[1]
        return normalized.astype(jax.numpy.result_type(*parts) if self.dtype is None else self.dtype)
'''
SPECTRAL_NORM = '''
class LinenSpectralNorm(nnx.Module):
    """The spectral norm of Linen; that of NNX writes into the layer at every call."""

    def __init__(
        self,
        layer,
        layer_name="layer_instance",
        *,
        n_steps=1,
        epsilon=1e-12,
        dtype=None,
        param_dtype="float32",
        error_on_non_matrix=False,
        rngs: nnx.Rngs,
    ):
        self.layer_name, self.n_steps, self.epsilon, self.dtype = layer_name, n_steps, epsilon, dtype
        self.error_on_non_matrix = error_on_non_matrix
        if layer_name == "layer_instance":
            self.layer_instance = layer
        for path, weights in self._matrices(layer):
            shape = (1, weights.shape[-1])
            u = nnx.BatchStat(jax.random.normal(rngs.params(), shape, param_dtype))
            setattr(self, f"{path}/u", u)
            setattr(self, f"{path}/sigma", nnx.BatchStat(jax.numpy.ones((), param_dtype)))
            weights.set_value(self._normalized(path, weights[...], False))

    def __call__(self, *inputs, update_stats, layer=None, **options):
        layer = nnx.clone(self.layer_instance if layer is None else layer)
        for path, weights in self._matrices(layer):
            weights.set_value(self._normalized(path, weights[...], update_stats))
        return layer(*inputs, **options)

    def _matrices(self, layer):
        weights = {key: part for key, part in vars(layer).items() if isinstance(part, nnx.Param)}
        matrices = {key: part for key, part in weights.items() if part.ndim > 1 and self.n_steps > 0}
        if self.error_on_non_matrix and any(part.ndim > 2 for part in matrices.values()):
            raise ValueError("a layer under LinenSpectralNorm has weights of more than two axes")
        return [(f"{self.layer_name}/{key}", part) for key, part in matrices.items()]

    def _normalized(self, path, weights, update_stats):
        kept_u, kept_sigma = getattr(self, f"{path}/u"), getattr(self, f"{path}/sigma")
        matrix, u = weights.reshape(-1, weights.shape[-1]), kept_u[...]
        for _ in range(self.n_steps):
            v = self._unit(jax.numpy.matmul(u, matrix.transpose([1, 0])))
            u = self._unit(jax.numpy.matmul(v, matrix))
        u, v = jax.lax.stop_gradient(u), jax.lax.stop_gradient(v)
        sigma = jax.numpy.matmul(jax.numpy.matmul(v, matrix), u.transpose())[0, 0]
        matrix /= jax.numpy.where(sigma != 0, sigma, 1)
        if update_stats:
            kept_u.set_value(u)
            kept_sigma.set_value(sigma)
        found = jax.numpy.result_type(weights, u, v, sigma)
        return matrix.reshape(weights.shape).astype(found if self.dtype is None else self.dtype)

    def _unit(self, x):
        return x * jax.lax.rsqrt((x * x).sum(axis=None, keepdims=True) + self.epsilon)
'''
NORMS = {"LinenWeightNorm": WEIGHT_NORM, "LinenSpectralNorm": SPECTRAL_NORM}
