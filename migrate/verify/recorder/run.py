"""Entry point of the child process, started by path: `python run.py CONFIG.json`.

With `--serve` in place of the configuration it forks such processes when asked.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGE = "_linen2nnx_recorder"
SERVE = "--serve"


def load_package() -> None:
    """Import the recorder under a private name, so that no module of the user's is shadowed."""
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the recorder from {here}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load_package()
    program = importlib.import_module(f"{PACKAGE}.program")
    config = sys.argv[1]
    if config == SERVE:
        config = importlib.import_module(f"{PACKAGE}.serve").serve()
    program.main(config)
