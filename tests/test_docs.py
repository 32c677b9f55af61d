"""README and docs say what is so: their code runs, their drawings are the graphs, what they name exists."""

import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from surefoot import nodes
from surefoot.graph import Settings, build_graph
from surefoot.graph.cli.commands import app
from surefoot.nodes.questions import Reason

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.name: page.read_text() for page in PAGES}
WITH_CODE = [name for name, text in TEXTS.items() if "```python" in text]
MADE: Any = runpy.run_path(str(ROOT / "docs" / "make_docs.py"))


def blocks(name: str, kind: str) -> list[tuple[str, str]]:
    """What stands behind the kind in the first line, and the text, of each block of a page."""
    return re.findall(rf"^```{kind}\b *([^\n]*)\n(.*?)^```", TEXTS[name], re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_code_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the top, as one program; a block with `file=NAME` is written to that file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    program = []
    for about, text in blocks(name, "python"):
        if about:
            (tmp_path / about.removeprefix("file=")).write_text(text)
        else:
            program.append(text)
    (tmp_path / "program.py").write_text("\n".join(program))
    runpy.run_path(str(tmp_path / "program.py"))
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


def test_the_first_goal_of_the_readme_is_reached_without_a_key(tmp_path: Path) -> None:
    [goal] = re.findall(r'surefoot run "([^"]+)" --workspace notebooks/data', TEXTS["README.md"])
    shutil.copytree(ROOT / "notebooks" / "data", tmp_path, dirs_exist_ok=True)
    state = build_graph("offline", settings=Settings(workspace=tmp_path)).invoke(
        {"goal": goal}, {"configurable": {"thread_id": "readme"}}
    )
    assert state["status"] == "done"
    assert "Gentoo" in (tmp_path / "mass.md").read_text()


@pytest.mark.parametrize(("name", "inside"), [("README.md", False), ("how_it_works.md", True)])
def test_the_drawing_is_the_graph(name: str, inside: bool) -> None:
    """Regenerate them with `make docs`."""
    assert [text for _, text in blocks(name, "mermaid")] == [MADE["drawing"](inside=inside)]


def test_the_page_of_settings_is_made_from_the_settings() -> None:
    """Regenerate it with `make docs`."""
    assert TEXTS["settings.md"] == MADE["settings_page"]()


def test_each_setting_says_why_its_default_is_what_it_is_or_has_none_that_needs_it() -> None:
    numbers = [n for n, f in Settings.model_fields.items() if type(f.default) in (int, float)]
    assert [n for n in numbers if ":" not in Settings.about()[n]] == []


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for name in TEXTS for target in re.findall(r"(?:`|\$ )make ([a-z-]+)", TEXTS[name])}
    assert named
    assert named <= targets


def test_the_commands_and_their_options_exist() -> None:
    commands: Any = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    known = {name: {o for p in c.params for o in p.opts + p.secondary_opts} for name, c in commands.items()}
    typed = r"(?:`|\$ (?:\.venv/bin/)?)surefoot ([a-z]+)([^\n`]*)"
    told = [found for text in TEXTS.values() for found in re.findall(typed, text)]
    assert len(told) > 10
    for command, words in told:
        assert set(re.findall(r"--[a-z-]+", words)) <= known[command], (command, words)


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str) -> None:
    folder = next(page for page in PAGES if page.name == name).parent
    for target in re.findall(r"\]\(([^)#]+)", TEXTS[name]):
        assert target.startswith("https://") or (folder / target).exists(), target


def test_what_the_pages_name_exists() -> None:
    every = "\n".join(TEXTS.values())
    settings = set(re.findall(r"`Settings\.(\w+)`", every)) - set(dir(Settings))
    variables = set(re.findall(r"`SUREFOOT_(\w+)`", every)) - {n.upper() for n in Settings.model_fields}
    assert settings - set(Settings.model_fields) == variables - {"DEBUG"} == set()


def test_the_benchmarks_exist() -> None:
    named = {name for text in TEXTS.values() for name in re.findall(r"-m benchmarks ([a-z]+)", text)}
    assert named >= {"faults", "injection", "judgement", "frugality", "speed"}
    folder = ROOT / "benchmarks"
    assert [n for n in named if not (folder / n).is_dir() and not (folder / f"{n}.py").is_file()] == []


def test_the_tables_are_whole() -> None:
    text = TEXTS["how_it_works.md"]
    asked = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text.partition("## Who is asked")[2], re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(asked))) == sorted(get_args(Reason))
    components = re.findall(r"^\| `(\w+)` \| `", text, re.MULTILINE)
    assert len(components) == 7
    assert set(components) <= set(nodes.__all__)


def test_pages_are_short() -> None:
    assert len(list((ROOT / "docs").glob("*.md"))) <= 4
    assert {name for name, text in TEXTS.items() if len(text.splitlines()) > 220} == set()
