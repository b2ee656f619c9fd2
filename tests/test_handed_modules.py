"""Modules of the project that another module is handed: who holds them, and what its calls are given."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, program

BIAS = """
class Bias(nn.Module):
    dim: int

    def setup(self):
        self.table = self.param("table", nn.initializers.normal(), (self.dim,))

    def look(self, x):
        return x + self.table

    def __call__(self, x):
        return x * self.table


"""
INNER = """
class Inner(nn.Module):
    dim: int
    bias: {annotation}

    def setup(self):
        self.norm = nn.LayerNorm()

    def __call__(self, x):
        x = self.norm(x)
        {body}
        return x


"""
NET = """
class Net(nn.Module):
    dim: int = 4
    wide: bool = {wide}

    def setup(self):
        {setup}

    def __call__(self, x):
        return {call}
"""
MIDDLE = """
class Middle(nn.Module):
    dim: int
    rows: Any

    def setup(self):
        self.inner = Inner(self.dim, bias=self.rows)

    def __call__(self, x):
        return self.inner(x)


"""
OTHER = BIAS.replace("class Bias", "class Other")
KEPT = "self.shared = Bias(self.dim); "
MAYBE = "if self.wide:; ....self.shared = Bias(self.dim); "
OPTIONAL = f"{MAYBE}self.a = Inner(self.dim, self.shared if self.wide else None)"
ASKED = "bias = self.bias(x) if self.bias is not None else 0.0; x = x + bias"


def of(
    setup: str,
    call: str = "self.a(x)",
    body: str = "x = x + self.bias(x)",
    annotation: str = "Callable[[jax.Array], jax.Array]",
    more: str = "",
    wide: bool = True,
) -> str:
    lines = setup.replace("....", "    ").replace("; ", "\n        ")
    inner = INNER.format(annotation=annotation, body=body.replace("....", "    ").replace("; ", "\n        "))
    net = NET.format(setup=lines, call=call, wide=wide)
    return program(BIAS + inner + more + net, "Net()", (2, 4))


FORMS = [
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared); self.b = Inner(self.dim, self.shared)",
                    "self.a(x) + self.b(x) + self.shared(x)"),
                 ["def __call__(self, x, *, bias: Callable[[jax.Array], jax.Array]):", "x = x + bias(x)",
                  "self.a(x, bias=self.shared)"], id="shared-by-two"),
    pytest.param(of(OPTIONAL, body=ASKED),
                 ["bias_layer=self.shared if self.wide else None", "bias_layer(x) if bias_layer is not"],
                 id="there-by-a-condition"),
    pytest.param(of(OPTIONAL, body=ASKED, wide=False), ["if self.wide:"], id="not-there"),
    pytest.param(of("self.shared = Bias(self.dim) if self.wide else None; "
                    "self.a = Inner(self.dim, self.shared)", body=ASKED, wide=False),
                 ["self.a(x, bias_layer=self.shared)"], id="a-module-or-none"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared if self.wide else None)",
                    body="if self.bias is not None:; ....x = x + self.bias(x)"),
                 ["        if self.wide:\n            self.shared = Bias"], id="handed-under-a-condition"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared); self.b = Inner(self.dim)",
                    "self.a(x) + self.b(x)", body=ASKED, annotation="Any = None"),
                 ["bias_layer: Any = None", "self.b(x)"], id="left-out-of-one"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, bias=None); self.b = Inner(self.dim, self.shared)",
                    "self.a(x) + self.b(x)", body=ASKED), ["self.a(x) +", " = None):"], id="none-for-one"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", annotation="nn.Module"),
                 ["bias: nnx.Module"], id="declared-as-a-module"),
    pytest.param(of(f"{KEPT}self.a = Middle(self.dim, self.shared)", more=MIDDLE),
                 ["self.inner(x, bias=rows)", "self.a(x, rows=self.shared)"], id="handed-on"),
    pytest.param(of("self.a = Inner(self.dim, Bias(self.dim))"),
                 ["self.dim, Bias(self.dim, rngs=rngs), in_features=", "self.bias(x)"], id="made-for-one"),
    pytest.param(of(f"{KEPT}self.blocks = [Inner(self.dim, self.shared) for _ in range(2)]",
                    "self.blocks[1](self.blocks[0](x))", body="_ = self.bias(x)"),
                 ["self.blocks[0](x, bias=self.shared), bias=self.shared)"], id="a-list-of-modules"),
    pytest.param(of("self.shared = Noisy(); self.a = Inner(self.dim, self.shared)",
                    body="x = x + self.bias(x, deterministic=True)", more="""
class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x, deterministic):
        return nn.Dropout(0.5)(x, deterministic=deterministic)


"""), ["bias(x, deterministic=True, rngs=rngs)", "self.a(x, bias=self.shared, rngs=rngs)"], id="draws"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), FORMS)
def test_each_module_is_held_once(text: str, written: list[str]) -> None:
    outcome = compared(text)
    assert_identical(outcome)
    assert not [part for part in written if part not in outcome.text], outcome.text


LOST = "handed to the constructor of a module"
UNSEEN = "it cannot be seen which layer"
REFUSED = [
    pytest.param(of(f"{KEPT}self.other = Other(self.dim); self.a = Inner(self.dim, self.shared); "
                    "self.b = Inner(self.dim, self.other)", "self.a(x) + self.b(x)", more=OTHER),
                 LOST, id="two-classes-in-one-field"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared); self.b = Inner(self.dim, jnp.sin)",
                    "self.a(x) + self.b(x)"), UNSEEN, id="a-function-for-another"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", body="x = self.bias.look(x)"),
                 "a layer that the module is handed is used as a value", id="another-method"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", body="x = jax.vmap(self.bias)(x)"),
                 "a layer that the module is handed is used as a value", id="used-as-a-value"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)",
                    body="if self.bias:; ....x = x + self.bias(x)"),
                 "a layer that the module is handed is used as a value", id="asked-for-its-truth"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)", body="x = x + self.bias(*[x])"),
                 "is called in a way that is not known", id="spread-arguments"),
    pytest.param(of(f"many = len(self.name or '') > 3; {KEPT}"
                    "self.a = Inner(self.dim, self.shared if many else None)", body=ASKED),
                 LOST, id="chosen-by-a-local-name"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)",
                    body="if self.dim > 8:; ....x = x + self.bias(x)"),
                 "whether this layer is called, and so has parameters", id="called-under-a-condition"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)",
                    body="bias_layer = bias = 1.0; x = x + self.bias(x) * bias + bias_layer"),
                 "which is taken", id="both-names-taken"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)").replace(
                    "net = Net()", "inner = Inner(4, None)\nnet = Net()"), UNSEEN, id="built-outside-too"),
    pytest.param(of(f"{KEPT}self.a = Inner(self.dim, self.shared)",
                    more="class More(Inner):\n    depth: int = 1\n\n\n"),
                 "is tied to another class", id="extended"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_seen_through_stays(text: str, reason: str) -> None:
    assert [finding for finding in findings(text) if reason in finding]


COMPACT = """
class Inner(nn.Module):
    dim: int
    bias: Any

    @nn.compact
    def __call__(self, x):
        if self.bias is not None:
            x = nn.Dense(4)(self.bias(x))
        return x


"""


def test_a_layer_that_only_calls_are_given_decides_nothing_in_the_constructor() -> None:
    text = of(f"{KEPT}self.a = Inner(self.dim, self.shared)")
    begin, end = text.index("class Inner"), text.index("class Net")
    assert findings(f"{text[:begin]}{COMPACT.lstrip()}{text[end:]}")
