"""What several tests share; the modules beside this file are importable by their own names from every test."""

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

# By hand and not through sys.path: with tests/ on the path its folders would answer to `import graph`.
_NAMES = (
    "browser",
    "cutting",
    "evident",
    "fake_endpoint",
    "fault_cases",
    "postgres_server",
    "questions",
    "replay_endpoint",
    "scripted_agent",
    "golden_agent",
    "nursery",
    "store_writes",
    "mortal_store",
    "whole_agent",
)
for _name in _NAMES:
    _spec = spec_from_file_location(_name, Path(__file__).with_name(f"{_name}.py"))
    assert _spec is not None and _spec.loader is not None
    sys.modules[_name] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_name])

# The benchmarks, too: with the project's folder on the path, `graph` would be importable twice.
_folder = Path(__file__).parent.parent / "benchmarks"
_spec = spec_from_file_location("benchmarks", _folder / "__init__.py", submodule_search_locations=[str(_folder)])
assert _spec is not None and _spec.loader is not None
sys.modules["benchmarks"] = module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["benchmarks"])


_LONGEST = ("test_dojo.py", "test_notebooks.py", "test_faults.py", "test_invariants.py", "test_canary.py")
"""Files that keep a worker busy for long: begun last, one of them would be all that is left to wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)
    for item in items:
        for number in sys.modules["fault_cases"].cases_of(item.nodeid):
            item.add_marker(pytest.mark.fault(number))


@pytest.fixture(scope="session")
def nursery() -> Iterator[Any]:
    """Starts processes that have surefoot and both stores imported; see tests/nursery.py."""
    started = sys.modules["nursery"].Nursery(
        "surefoot.graph.door", "surefoot.graph.build", "surefoot.graph.store.postgres"
    )
    yield started
    started.close()


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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A real Postgres on loopback; see tests/postgres_server.py for what can be done to it."""
    server = sys.modules["postgres_server"].PostgresServer()
    server.make_database("runs")
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """The address of a database without a store."""
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'runs' AND pid <> %s"
    postgres_server.execute(others, 0)
    postgres_server.execute("DROP SCHEMA IF EXISTS surefoot CASCADE", database="runs")
    return str(postgres_server.url("runs"))
