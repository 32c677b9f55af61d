"""The shape of the house: layers, who may import whom, what happens at import, how large a file gets."""

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LAYERS = {"tools": {"tools"}, "nodes": {"nodes", "tools"}, "graph": {"graph", "nodes", "tools"}}
COMPONENTS = {"plan", "react", "act", "reflect", "replan", "checkpoint", "budget", "finish", "gates", "outcome"}
"""Modules of nodes/ that are components or node bodies; the others are what they share."""
PARTS = {
    "action_review": "checkpoint",
    "plan_review": "checkpoint",
    "questions": "checkpoint",
    "attempt": "react",
    "turn": "react",
    "acceptance": "react",
}
"""Modules of nodes/ that are a piece of one component, and of which."""
MODULES = [p for folder in LAYERS for p in sorted((ROOT / folder).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    """Every module a file names in an import, with the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    for name in imports(path):
        parts = name.split(".")
        assert parts[0] not in LAYERS, f"{name}: the bare folder is a second copy of the module"
        if parts[0] == "surefoot":
            assert parts[1] in LAYERS[layer], f"{layer}/ must not import {name}"
        if layer == "tools":
            assert parts[0] != "langgraph", "tools/ knows nothing of graphs"


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_no_component_imports_another(name: str) -> None:
    taken = {n.split(".")[2] for n in imports(ROOT / "nodes" / f"{name}.py") if n.startswith("surefoot.nodes.")}
    assert not taken & (COMPONENTS - {name})


@pytest.mark.parametrize(("part", "owner"), PARTS.items())
def test_a_part_of_a_component_imports_none_and_no_other_component_imports_it(part: str, owner: str) -> None:
    def taken(name: str) -> set[str]:
        return {n.split(".")[2] for n in imports(ROOT / "nodes" / f"{name}.py") if n.startswith("surefoot.nodes.")}

    assert part in taken(owner)
    assert not taken(part) & COMPONENTS
    assert [name for name in sorted(COMPONENTS - {owner}) if part in taken(name)] == []


@pytest.mark.parametrize(("package", "known"), [("evidence", {"evidence"}), ("quest", {"evidence", "quest"})])
def test_what_is_judged_from_the_log_alone_knows_nothing_of_the_loop(package: str, known: set[str]) -> None:
    for path in sorted((ROOT / "nodes" / package).glob("*.py")):
        taken = {n.split(".")[2] for n in imports(path) if n.startswith("surefoot.")}
        assert taken <= {*known, "state"}, path.name


def test_only_settings_read_the_environment() -> None:
    readers = [str(p.relative_to(ROOT)) for p in MODULES if "os.environ" in p.read_text() or "getenv" in p.read_text()]
    # The host hands variables that a tool names to its process; nothing of surefoot is set by them.
    assert readers == ["tools/host.py", "graph/settings.py"]


def test_only_the_checkpoint_interrupts() -> None:
    callers = [p.name for p in MODULES if "langgraph.types.interrupt" in set(imports(p))]
    assert callers == ["checkpoint.py"]


def test_every_package_is_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for folder in sorted({p.parent for p in MODULES}):
        assert f'"surefoot.{".".join(folder.relative_to(ROOT).parts)}"' in text


HOLES = {
    "langgraph": "1.0.9",  # CVE-2026-28277: reading a state runs code
    "langgraph-checkpoint": "4.1.0",  # CVE-2025-64439, CVE-2026-27794, CVE-2026-48775: reading a state runs code
    "langgraph-checkpoint-sqlite": "3.0.0",  # CVE-2025-67644: SQL in the key of a filter
    "langchain-core": "1.2.4",  # CVE-2025-68664: data read as objects
    "langgraph-sdk": "0.3.14",  # CVE-2026-48776: paths in ids
}
"""Package -> the last release with a known hole that reaches surefoot's users."""


@pytest.mark.parametrize("package", HOLES)
def test_no_release_with_a_known_hole_can_be_installed(package: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    [wanted] = [r for r in map(Requirement, named) if r.name == package]
    assert not wanted.specifier.contains(HOLES[package])
    installed = Version(importlib.metadata.version(package))
    assert installed > Version(HOLES[package]) and wanted.specifier.contains(installed)


def test_importing_the_components_builds_nothing(tmp_path: Path) -> None:
    code = "import surefoot.graph, surefoot.nodes, surefoot.tools, os; print(os.listdir('.'))"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_users_own_modules_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("MINE = True")
    code = "import tools, surefoot.tools; print(tools.MINE)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
