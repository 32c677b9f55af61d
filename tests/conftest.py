"""What several tests share; the modules beside this file are importable by their own names from every test."""

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

# By hand and not through sys.path: with tests/ on the path its folders would answer to `import graph`.
for _name in ("fake_endpoint", "replay_endpoint", "scripted_agent", "mortal_store", "whole_agent"):
    _spec = spec_from_file_location(_name, Path(__file__).with_name(f"{_name}.py"))
    assert _spec is not None and _spec.loader is not None
    sys.modules[_name] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_name])


@pytest.fixture(scope="session")
def endpoint_server() -> Iterator[Any]:
    endpoint = sys.modules["fake_endpoint"].FakeEndpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def fake_endpoint(endpoint_server: Any) -> Any:
    """A misbehaving OpenAI-compatible server on loopback, fresh for each test."""
    endpoint_server.reset()
    return endpoint_server
