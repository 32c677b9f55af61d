"""What several tests share; `fake_endpoint` is importable by its own name from every test."""

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

# By hand and not through sys.path: with tests/ on the path its folders would answer to `import graph`.
_spec = spec_from_file_location("fake_endpoint", Path(__file__).with_name("fake_endpoint.py"))
assert _spec is not None and _spec.loader is not None
sys.modules["fake_endpoint"] = module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["fake_endpoint"])


@pytest.fixture
def fake_endpoint() -> Iterator[Any]:
    """A misbehaving OpenAI-compatible server on loopback."""
    endpoint = sys.modules["fake_endpoint"].FakeEndpoint()
    yield endpoint
    endpoint.close()
