"""Evaluates one call in abstract values and tells what reached each Linen layer. Runs in a child process."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import jax
from flax import linen as nn
from flax.linen import kw_only_dataclasses

FLAX = f"{Path(nn.__file__).parents[1]}{os.sep}"
MAKERS = ("<string>", kw_only_dataclasses.__file__)
"""Where the `__init__` of a dataclass is, and what Flax puts around it."""
SITE = "_linen2nnx_site"
Site = tuple[str, int, int, int, int]
"""The file, and where the call that builds a layer begins and ends, as `ast` counts."""
Seen = dict[Site, set[tuple[int, ...]]]


def main(file: str, call: str, out: str) -> None:
    """Write the shapes of the first input of every layer that `call` reaches, by where it was built."""
    module = load(Path(file))
    names = {"jax": jax, "jnp": jax.numpy, **vars(module)}
    seen: Seen = {}
    _remember_sites()

    def watch(step: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
        site = getattr(context.module, SITE, None)
        shape = getattr(args[0], "shape", None) if args else None
        if site is not None and shape is not None and context.method_name == "__call__":
            seen.setdefault(site, set()).add(tuple(shape))
        return step(*args, **kwargs)

    def evaluate() -> None:
        eval(call, names)

    with nn.intercept_methods(watch):
        jax.eval_shape(evaluate)
    Path(out).write_text(json.dumps([(site, [*shapes]) for site, shapes in seen.items()]), encoding="utf-8")


def load(file: Path) -> ModuleType:
    """Import a file under the name that its package gives it."""
    root, parts = file.parent, [file.stem]
    while (root / "__init__.py").exists():
        root, parts = root.parent, [root.name, *parts]
    sys.path.insert(0, str(root))
    if len(parts) > 1:
        return importlib.import_module(".".join(parts))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _remember_sites() -> None:
    """Let every module remember the call that built it; copies that Flax makes have none."""
    original = nn.Module.__post_init__

    def post_init(self: nn.Module) -> None:
        original(self)
        if (site := _site(sys._getframe(1))) is not None:
            object.__setattr__(self, SITE, site)

    nn.Module.__post_init__ = post_init


def _site(frame: FrameType | None) -> Site | None:
    while frame is not None and frame.f_code.co_filename in MAKERS:
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(FLAX):
        return None
    begin, end, column, end_column = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    if begin is None or end is None or column is None or end_column is None:
        return None
    return os.path.realpath(frame.f_code.co_filename), begin, column, end, end_column


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}".partition("\n")[0])
