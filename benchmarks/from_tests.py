"""Takes modules from tests/ that a benchmark needs too; the folder itself must not come on the path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load(*names: str) -> ModuleType:
    """Load modules in this order, under their bare names; returns the last."""
    for name in names:
        path = Path(__file__).parent.parent / "tests" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[names[-1]]
