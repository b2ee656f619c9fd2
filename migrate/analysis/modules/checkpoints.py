"""Layers that are checkpointed if a field says so: one list of `nn.remat(Block)`, or the same of `Block`.

    if self.gradient_checkpointing:
        CheckpointBlock = nn.remat(Block, static_argnums=(2,))
        self.blocks = [CheckpointBlock(self.size, name=str(i)) for i in range(self.depth)]
    else:
        self.blocks = [Block(self.size, name=str(i)) for i in range(self.depth)]

Their parameters are the same, so that one list is made, and a call is checkpointed or not.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Lifted, Symbol
from migrate.analysis.modules.classes import is_module
from migrate.analysis.run import Run

REMAT = frozenset({"flax.linen.remat", "flax.linen.checkpoint", "flax.linen.partitioning.remat"})


def recognised(run: Run, node: ast.If) -> bool:
    """Whether a condition of `setup` only decides about checkpoints; its other branch tells the rest."""
    function = run.facts.scopes.function(node)
    if not isinstance(function, ast.FunctionDef) or function.name != "setup":
        return False
    match node.body, node.orelse:
        case (
            [
                ast.Assign(targets=[ast.Name() as name], value=ast.Call(args=[plain]) as call),
                ast.Assign() as lifted,
            ],
            [ast.Assign(targets=[ast.Attribute()], value=ast.ListComp(elt=ast.Call() as built)) as other],
        ):
            pass
        case _:
            return False
    uses = run.facts.scopes.names(run.facts.scopes.variable(name, name.id))
    known = run.evaluate(call.func) in {Symbol(text) for text in REMAT} and _is_class(run, plain)
    options = all(keyword.arg == "static_argnums" for keyword in call.keywords)
    if not (known and options) or len(uses) != 2 or not _same(lifted, other, name.id, plain):
        return False
    cls = run.facts.values[plain]
    assert isinstance(cls, Class)
    run.facts.record(call, Lifted("flax.linen.remat", cls, call))
    run.facts.checkpoints[built] = node
    return True


def _is_class(run: Run, node: ast.expr) -> bool:
    found = run.evaluate(node) if isinstance(node, ast.Name) else None
    return isinstance(found, Class) and is_module(found)


def _same(lifted: ast.Assign, other: ast.Assign, name: str, plain: ast.expr) -> bool:
    """Whether two statements differ in nothing but the class that they build."""
    text = ast.dump(lifted).replace(ast.dump(ast.Name(name, ast.Load())), ast.dump(plain))
    return text == ast.dump(other)
