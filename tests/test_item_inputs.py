"""Inputs that are tuples, whose items have sizes: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, migrated, program

TOKENS = (2, 5, 6)
PAIR = "X, X[..., :4] > 0"
NET = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        values, mask = x
        return nn.Dense(3)(values) * mask[..., :1]
"""
TWO = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        values, mask = x
        return nn.Dense(3)(values) + nn.Dense(3)(mask)
"""
NESTED = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, scale):
        (values, mask), other = x
        return nn.Dense(3)(values) * scale + nn.Dense(3)(other)
"""
SAME_NAME = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x, mask = x
        return nn.Dense(3)(x) * mask[..., :1]
"""
INNER = """
class Inner(nn.Module):
    @nn.compact
    def __call__(self, pair):
        values, mask = pair
        return nn.Dense(values.shape[-1])(values) * mask[..., :1]

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        values, mask = x
        return nn.Dense(2)(Inner()((nn.Dense(7)(values), mask)))
"""
IMAGES = """
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        images, mask = x
        y = nn.Conv(2, (2,))(images)
        return nn.Dense(3)(y.reshape(y.shape[0], -1))
"""
FORMS = [
    pytest.param(NET, f"({PAIR})", "", "in_features=X.shape[-1]", id="one-item"),
    pytest.param(TWO, f"({PAIR})", "", "values_features=X.shape[-1], mask_features=4", id="two-items"),
    pytest.param(
        NESTED,
        "((X, X), X[..., :4])",
        "2.0",
        "values_features=X.shape[-1], other_features=4",
        id="nested",
    ),
    pytest.param(SAME_NAME, f"({PAIR})", "", "in_features=X.shape[-1]", id="the-name-of-the-input"),
    pytest.param(INNER, f"({PAIR})", "", "Inner(in_features=7", id="a-module-that-is-given-one"),
    pytest.param(IMAGES, f"({PAIR})", "", "in_shape=X.shape[1:]", id="a-convolution"),
    pytest.param(NET, "INPUTS", "", "in_features=6", id="a-name"),
]


@pytest.mark.parametrize(("text", "inputs", "given", "written"), FORMS)
def test_items_have_sizes(text: str, inputs: str, given: str, written: str) -> None:
    module = f"INPUTS = ({PAIR})\n\n{text.strip()}"
    done = compared(program(module, "Net()", TOKENS, given=given, inputs=inputs), inputs, given)
    assert_identical(done)
    assert written in done.text


REFUSED = [
    pytest.param(NET, "jnp.stack([X, X])", "LNX112", id="an-array-that-is-unpacked"),
    pytest.param(NET, "[*map(jnp.sin, [X, X])]", "LNX112", id="a-tuple-that-is-computed"),
    pytest.param(NET.replace("values, mask = x", "values, *rest = x\n        mask = rest[0]"), f"({PAIR})",
                 "LNX112", id="a-star"),
    pytest.param(NET.replace("values, mask = x", "values, mask = x[1], x[0]"), f"({PAIR})", "LNX112",
                 id="items-by-number"),
    pytest.param(NET.replace("nn.Dense(3)(values)", "nn.Dense(values.shape[1])(values)"), "(P, X)",
                 "LNX111", id="an-axis-from-the-front"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inputs", "code"), REFUSED)
def test_other_inputs_stay(text: str, inputs: str, code: str) -> None:
    module = f"P = np.load('x.npy')\n\n{text.strip()}"
    found = findings(program(module, "Net()", TOKENS, inputs=inputs))
    assert any(code in each for each in found), found


def test_callers_are_told_which_item() -> None:
    head = program(TWO, "", TOKENS).partition("\n\nnet = ")[0]
    told = [f.message for f in migrate_sources({"model.py": head}, Options()).findings if f.code == "LNX116"]
    assert "`values_features` (the last axis of `x[0]`)" in told[0]


STEPS = """
class Steps(nn.Module):
    @partial(nn.scan, variable_broadcast="params", in_axes=0, out_axes=0, split_rngs={"params": False})
    @nn.compact
    def __call__(self, carry, x):
        values, resets = x
        zeros = self.start(values.shape[0], values.shape[1])
        carry = jnp.where(resets[:, None], zeros, carry)
        return nn.GRUCell(features=values.shape[1])(carry, values)

    @staticmethod
    def start(batch, width):
        cell = nn.GRUCell(features=width)
        return cell.initialize_carry(jax.random.key(0), (batch, width))

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        values, resets = x
        y = nn.relu(nn.Dense(8)(values))
        carry, y = Steps()(jnp.zeros((x[0].shape[1], 8)), (y, resets))
        return nn.Dense(3)(y) + carry[:, :1]
"""
RESETS = "(X, X[..., 0] > 0)"
AT_ONCE = STEPS.replace(
    """        cell = nn.GRUCell(features=width)
        return cell.initialize""",
    "        return nn.GRUCell(features=width).initialize",
)
CHOSEN = "carry = jnp.where(resets[:, None], zeros, carry)"
PAIRS = (
    STEPS.replace("GRUCell", "LSTMCell")
    .replace(CHOSEN, "carry = tuple(jnp.where(resets[:, None], z, c) for z, c in zip(zeros, carry))")
    .replace("jnp.zeros((x[0].shape[1], 8))", "(jnp.zeros((5, 8)), jnp.zeros((5, 8)))")
    .replace("carry[:", "carry[0][:")
)
BATCH_FIRST = (
    STEPS.replace("in_axes=0, out_axes=0", "in_axes=1, out_axes=1")
    .replace("x[0].shape[1], 8", "x[0].shape[0], 8")
    .replace("carry[:, :1]", "carry[:, None, :1]")
)
CALLED = "return nn.GRUCell(features=values.shape[1])(carry, values)"
LATER = (
    STEPS.replace("        zeros = self.start(values.shape[0], values.shape[1])\n", "")
    .replace(CHOSEN, CALLED.replace("return", "carry, y ="))
    .replace(CALLED, "return carry + self.start(values.shape[0], values.shape[1]), y")
)
START = "        zeros = self"
DETACHED = AT_ONCE.replace("features=width", "width, parent=None")
CARRIES = [
    pytest.param(STEPS, "GRUCell_1", id="a-cell-for-the-carry"),
    pytest.param(STEPS.replace("start(", "initialize_carry("), "GRUCell_1", id="the-name-of-the-method"),
    pytest.param(AT_ONCE, "GRUCell_1", id="without-a-name"),
    pytest.param(PAIRS, "LSTMCell_1", id="a-pair"),
    pytest.param(BATCH_FIRST, "in_axes=(None, nnx.Carry, 1)", id="batch-first"),
    pytest.param(LATER, "GRUCell_0", id="the-carry-comes-later"),
    pytest.param(DETACHED, "GRUCell_0", id="a-cell-of-no-module"),
    pytest.param(DETACHED.replace(START, f"        self.start(1, 1)\n{START}"), "GRUCell_0",
                 id="a-cell-of-no-module-twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), CARRIES)
def test_cells_that_only_make_a_carry(text: str, written: str) -> None:
    done = compared(program(text, "Net()", TOKENS, inputs=RESETS), RESETS)
    assert_identical(done)
    assert written in done.text
    assert "jnp.zeros((batch, width), jnp.float32)" in done.text


KEPT = [
    pytest.param("(batch, width))", "shape_of(batch, width))", "LNX110", id="a-shape-that-is-computed"),
    pytest.param("(features=width)", "(features=width, param_dtype=KIND)", "LNX111", id="another-type"),
    pytest.param("(features=width)", "(features=width, parent=KIND)", "LNX111", id="a-parent-from-elsewhere"),
    pytest.param("(batch, width))", "(batch, *[width]))", "LNX110", id="axes-from-a-list"),
    pytest.param("        return cell", "        print(cell)\n        return cell", "LNX111", id="used"),
    pytest.param(START, f"        self.start(1, 1)\n{START}", "LNX111", id="two-calls"),
    pytest.param(START, f"        if KIND:\n            self.start(1, 1)\n{START}", "LNX111",
                 id="under-a-condition"),
    pytest.param("self.start(values.shape[0], values.shape[1])",
                 "[self.start(*values.shape) for _ in range(3)][0]", "LNX111", id="repeated"),
    pytest.param("zeros = self.start(", "start = self.start\n        zeros = start(", "LNX111", id="renamed"),
    pytest.param("y = nn.relu(", "Steps.start(2, 2)\n        y = nn.relu(", "LNX111", id="in-another-module"),
    pytest.param("values.shape[1])(", "values.shape[1] + 0 * KIND)(", "LNX112", id="computed-features"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code"), KEPT)
def test_other_cells_stay(before: str, after: str, code: str) -> None:
    assert before in STEPS
    text = f"KIND = 1\n\ndef shape_of(*axes):\n    return axes\n\n{STEPS.replace(before, after).strip()}"
    found = findings(program(text, "Net()", TOKENS, inputs=RESETS))
    assert any(code in each for each in found), found


def test_a_carry_of_any_number_of_batch_axes() -> None:
    text = (
        DETACHED.replace("start(batch, width)", "start(width, *batch)")
        .replace("(batch, width)", "(*batch, width)")
        .replace("start(values.shape[0], values.shape[1])", "start(values.shape[1], *values.shape[:-1])")
    )
    done = compared(program(text, "Net()", TOKENS, inputs=RESETS), RESETS)
    assert_identical(done)
    assert "jnp.zeros((*batch, width), jnp.float32)" in done.text


def test_a_static_method_is_called_on_the_class() -> None:
    text = program(STEPS, "Net()", TOKENS, inputs=RESETS)
    assert "start = Steps.start(3, 4)" in migrated(f"{text}\nstart = Steps.start(3, 4)\n")
